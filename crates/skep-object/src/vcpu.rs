//! The CPUs programs run on.
//!
//! A non-sleepable run owns one slot from begin to end: its number names the per-CPU data the program
//! sees, and its RCU reader protects what the program finds. Take the slot before entering RCU. A run
//! started inside another run (on the same thread) uses the outer run's slot; see [`VcpuSlot::nest`].

use core::cell::Cell;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};

use crate::rcu::{Ordinary, RcuGuard, RcuReader};
use crate::{Platform, Rcu};

/// All possible CPUs of a session's identity.
pub struct VcpuSlots {
    slots: Box<[Mutex<Slot>]>,
}

struct Slot {
    reader: RcuReader<Ordinary>,
    depth: Cell<u32>,
}

/// How long to wait for one busy slot before looking at the next.
const PATIENCE: Duration = Duration::from_millis(1);

impl VcpuSlots {
    /// `possible` CPUs (at least one), readers of `rcu`.
    pub fn new(possible: u32, rcu: &Rcu) -> Self {
        let slot = || {
            Mutex::new(Slot {
                reader: rcu.reader(),
                depth: Cell::new(0),
            })
        };
        let slots = (0..possible.max(1)).map(|_| slot()).collect();
        Self { slots }
    }

    /// How many CPUs are possible; per-CPU values have that many parts.
    pub fn possible(&self) -> u32 {
        u32::try_from(self.slots.len()).unwrap_or(u32::MAX)
    }

    /// Takes a slot for a run: that of the current CPU if it is free, else any free one, else the first
    /// that becomes free. Never called by a thread that owns a slot already.
    pub fn take(&self, platform: &dyn Platform) -> VcpuSlot<'_> {
        let hint = platform.current_cpu() as usize % self.slots.len();
        let order = || {
            self.slots
                .iter()
                .enumerate()
                .cycle()
                .skip(hint)
                .take(self.slots.len())
        };
        for (cpu, slot) in order() {
            if let Some(owned) = slot.try_lock() {
                return VcpuSlot {
                    cpu: cpu as u32,
                    owned,
                };
            }
        }
        loop {
            for (cpu, slot) in order() {
                if let Some(owned) = slot.try_lock_for(PATIENCE) {
                    return VcpuSlot {
                        cpu: cpu as u32,
                        owned,
                    };
                }
            }
        }
    }

    /// Takes the slot of one CPU, once it is free; `None` if there is no such CPU. Never called by a thread that owns a
    /// slot already.
    pub fn take_on(&self, cpu: u32) -> Option<VcpuSlot<'_>> {
        let slot = self.slots.get(usize::try_from(cpu).ok()?)?;
        Some(VcpuSlot {
            cpu,
            owned: slot.lock(),
        })
    }

    /// A CPU number for a sleepable run, which owns no slot: per-CPU data is shared with the slot's owner.
    pub fn sleepable_cpu(&self, platform: &dyn Platform) -> u32 {
        platform.current_cpu() % self.possible()
    }
}

/// Ownership of one CPU for a run.
pub struct VcpuSlot<'s> {
    cpu: u32,
    owned: MutexGuard<'s, Slot>,
}

impl VcpuSlot<'_> {
    /// The CPU's number.
    pub fn cpu(&self) -> u32 {
        self.cpu
    }

    /// Enters the ordinary RCU domain with this slot's reader.
    #[inline]
    pub fn enter_rcu(&self) -> RcuGuard<'_, Ordinary> {
        self.owned.reader.enter()
    }

    /// Counts a run on this slot: the outer one is depth 1, one started inside it depth 2.
    pub fn nest(&self) -> Nested<'_> {
        self.owned.depth.set(self.owned.depth.get() + 1);
        Nested {
            depth: &self.owned.depth,
        }
    }

    /// Runs on this slot right now.
    pub fn depth(&self) -> u32 {
        self.owned.depth.get()
    }
}

/// One run counted by [`VcpuSlot::nest`], until dropped.
pub struct Nested<'s> {
    depth: &'s Cell<u32>,
}

impl Drop for Nested<'_> {
    fn drop(&mut self) {
        self.depth.set(self.depth.get() - 1);
    }
}
