//! One RCU domain: its readers, waiting for them, and work for after they are gone.

use core::cell::Cell;
use std::marker::PhantomData;

use super::barrier::Barrier;
use super::worker::Worker;
use crate::sync::{Arc, AtomicU64, Mutex, Ordering, lock, thread};

/// A domain. `D` keeps the guards of different domains apart.
pub struct Domain<D> {
    core: Arc<Core>,
    worker: Worker,
    /// Readers that system calls borrow.
    spare: Mutex<Vec<RcuReader<D>>>,
}

/// What readers and waiters share.
pub(super) struct Core {
    /// The number of the current grace period; from 1, for 0 means "outside".
    period: AtomicU64,
    slots: Mutex<Vec<Arc<Slot>>>,
    barrier: Barrier,
}

/// One reader's word, on a cache line of its own.
#[repr(align(64))]
struct Slot {
    entered: AtomicU64,
}

impl<D> Domain<D> {
    /// A domain without readers.
    pub fn new() -> Self {
        let core = Arc::new(Core {
            period: AtomicU64::new(1),
            slots: Mutex::new(Vec::new()),
            barrier: Barrier::choose(),
        });
        Self {
            worker: Worker::new(Arc::clone(&core)),
            core,
            spare: Mutex::new(Vec::new()),
        }
    }

    /// A new reader, for one thread at a time: a vCPU slot keeps one.
    pub fn reader(&self) -> RcuReader<D> {
        let slot = Arc::new(Slot {
            entered: AtomicU64::new(0),
        });
        lock(&self.core.slots).push(Arc::clone(&slot));
        RcuReader {
            core: Arc::clone(&self.core),
            slot,
            nesting: Cell::new(0),
            domain: PhantomData,
        }
    }

    /// Runs `read` inside the domain with a borrowed reader, for system calls.
    pub fn read<R>(&self, read: impl FnOnce(&RcuGuard<'_, D>) -> R) -> R {
        let spare = lock(&self.spare).pop();
        let reader = spare.unwrap_or_else(|| self.reader());
        let result = read(&reader.enter());
        lock(&self.spare).push(reader);
        result
    }

    /// Waits until every reader that was inside at the call has left. Deadlocks if the caller is inside.
    pub fn synchronize(&self) {
        self.core.synchronize();
    }

    /// Runs `work` after a grace period, on the domain's thread.
    pub fn call(&self, work: impl FnOnce() + Send + 'static) {
        self.worker.push(Box::new(work));
    }

    /// Waits until all work handed over so far has run.
    pub fn barrier(&self) {
        self.worker.barrier();
    }
}

impl<D> Default for Domain<D> {
    fn default() -> Self {
        Self::new()
    }
}

impl Core {
    pub(super) fn synchronize(&self) {
        let period = self.period.fetch_add(1, Ordering::SeqCst) + 1;
        self.barrier.waiter();
        let slots: Vec<_> = lock(&self.slots).iter().map(Arc::clone).collect();
        for slot in slots {
            let mut patience = Patience::default();
            loop {
                let entered = slot.entered.load(Ordering::Acquire);
                if entered == 0 || entered >= period {
                    break;
                }
                patience.pause();
            }
        }
    }
}

/// Waits longer and longer: most readers leave within a microsecond, some hold on for hours.
#[derive(Default)]
struct Patience {
    rounds: u32,
}

impl Patience {
    #[cfg(not(loom))]
    fn pause(&mut self) {
        self.rounds = self.rounds.saturating_add(1);
        match self.rounds {
            0..32 => core::hint::spin_loop(),
            32..64 => thread::yield_now(),
            64..164 => thread::sleep(std::time::Duration::from_micros(20)),
            _ => thread::sleep(std::time::Duration::from_millis(1)),
        }
    }

    #[cfg(loom)]
    fn pause(&mut self) {
        self.rounds = self.rounds.saturating_add(1);
        thread::yield_now();
    }
}

/// A reader's slot in a domain. Usable by one thread at a time; may move between threads while outside.
pub struct RcuReader<D> {
    core: Arc<Core>,
    slot: Arc<Slot>,
    nesting: Cell<u32>,
    domain: PhantomData<fn() -> D>,
}

impl<D> RcuReader<D> {
    /// Enters the domain: what is found from here on stays until the guard is dropped. Nests.
    #[inline]
    pub fn enter(&self) -> RcuGuard<'_, D> {
        let nesting = self.nesting.get();
        if nesting == 0 {
            let period = self.core.period.load(Ordering::Acquire);
            self.slot.entered.store(period, Ordering::Relaxed);
            self.core.barrier.reader();
        }
        self.nesting.set(nesting + 1);
        RcuGuard { reader: self }
    }

    /// Is the reader inside?
    pub fn is_inside(&self) -> bool {
        self.nesting.get() != 0
    }
}

impl<D> Drop for RcuReader<D> {
    fn drop(&mut self) {
        // Guards borrow the reader, so it is outside, unless one was leaked: then it stays in the list.
        if self.nesting.get() == 0 {
            lock(&self.core.slots).retain(|slot| !Arc::ptr_eq(slot, &self.slot));
        }
    }
}

/// Proof of being inside a domain; leaving is dropping it.
pub struct RcuGuard<'r, D> {
    reader: &'r RcuReader<D>,
}

impl<D> Drop for RcuGuard<'_, D> {
    #[inline]
    fn drop(&mut self) {
        let nesting = self.reader.nesting.get() - 1;
        self.reader.nesting.set(nesting);
        if nesting == 0 {
            self.reader.slot.entered.store(0, Ordering::Release);
        }
    }
}
