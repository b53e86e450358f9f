//! BPF_MAP_TYPE_RINGBUF: records from programs to one consumer, in order.
//!
//! ```text
//! consumer ......... pending ............. producer
//!          committed         maybe busy             free
//! ```
//!
//! Positions only grow. A record is an 8-byte header and its data, rounded up to 8 bytes; the header holds
//! the length and two bits, busy until it is submitted or discarded. The consumer stops at a busy record, so
//! records arrive in the order they were reserved. `pending` is the oldest record that may be busy: the
//! ring never wraps over it even if the consumer claims to be further.

mod consumer;

use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use skep_catalog::Caps;
use skep_memory::{Addr, Permissions, RacyBytes, RingMemory, SpanSource};
use skep_object::{Errno, SysError, SysResult};
use skep_uapi::limits::{PAGE_SIZE, RINGBUF_MAX_RECORD_SZ};
use skep_uapi::{MapFlags, MapType};

use crate::attr::no_memory;
use crate::kind::{AsInner, Holds, MapKind};
use crate::poll::{Awaited, PollSource, WaitQueue};
use crate::{Map, MapAttr, MapBase, MapEnv};

pub use consumer::Records;

/// What the type answers to MAP_CREATE.
pub(crate) const KIND: MapKind = MapKind {
    map_type: MapType::Ringbuf,
    check,
    create,
    as_inner: AsInner::Generic,
    holds: Holds::Bytes,
};

/// Header bit: reserved and not yet submitted.
pub const BUSY: u32 = 1 << 31;
/// Header bit: discarded, the consumer skips it.
pub const DISCARD: u32 = 1 << 30;
/// Bytes of a header.
pub const HEADER: u64 = 8;

/// Submit or output flag: do not wake the consumer.
pub const NO_WAKEUP: u64 = 1;
/// Submit or output flag: wake the consumer in any case.
pub const FORCE_WAKEUP: u64 = 2;

/// `struct bpf_ringbuf_map` in memlock figures.
const MAP_BYTES: u64 = 304;
/// Control pages of Linux's ring: its own, the consumer's, the producer's.
const META_PAGES: u64 = 3;

/// A ring buffer.
pub struct RingBuf {
    base: MapBase,
    memory: RingMemory,
    /// Held while reserving; the position of the oldest record that may be busy.
    pending: Mutex<u64>,
    waiters: WaitQueue,
    dropped: AtomicU64,
}

/// How a reserved record ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Commit {
    /// The consumer gets it.
    Submit,
    /// The consumer skips it.
    Discard,
}

fn check(_attr: &MapAttr, _caps: Caps) -> SysResult<()> {
    // Linux checks ring buffers while it makes them, after capabilities.
    Ok(())
}

fn create(attr: MapAttr, env: MapEnv) -> SysResult<Box<dyn Map>> {
    let size = check_ring(&attr, &env)?;
    Ok(Box::new(RingBuf {
        base: MapBase::new(attr, &env),
        memory: RingMemory::new(size).map_err(|_| no_memory())?,
        pending: Mutex::new(0),
        waiters: WaitQueue::default(),
        dropped: AtomicU64::new(0),
    }))
}

/// The rules of rings in both directions; the bytes of the data area.
pub(crate) fn check_ring(attr: &MapAttr, env: &MapEnv) -> SysResult<usize> {
    attr.check_flags(MapFlags::NUMA_NODE)?;
    let size = attr.max_entries as usize;
    if attr.key_size != 0
        || attr.value_size != 0
        || !size.is_power_of_two()
        || !size.is_multiple_of(PAGE_SIZE)
    {
        return SysError::err(
            Errno::EINVAL,
            "a ring buffer has no key, no value, and a power of two of pages",
        );
    }
    env.charge(u64::from(attr.max_entries))
}

/// Linux's figure for a ring: the pages, and a table of them in which the data is twice.
pub(crate) fn ring_memlock(memory: &RingMemory) -> u64 {
    let pages = memory.size() as u64 / PAGE_SIZE as u64;
    MAP_BYTES + (META_PAGES + pages) * PAGE_SIZE as u64 + (META_PAGES + 2 * pages) * 8
}

impl RingBuf {
    /// The memory that clients map.
    pub fn memory(&self) -> &RingMemory {
        &self.memory
    }

    /// Reserves a record of `size` bytes for a program; the address of its data, null if it does not fit.
    /// The verifier sees to it that the program submits or discards it.
    pub fn reserve(&self, size: u64) -> Addr {
        match self.reserve_at(size) {
            Some(position) => self.memory.at(position).wrapping_add(HEADER),
            None => {
                self.dropped.fetch_add(1, Ordering::Relaxed);
                Addr::NULL
            }
        }
    }

    /// Ends the record whose data begins at `data`. Data that is not a busy record's is left alone.
    pub fn commit(&self, data: Addr, commit: Commit, flags: u64) {
        if let Some(offset) = self.memory.offset_of(data)
            && let Some(position) = offset.checked_sub(HEADER)
        {
            self.commit_at(position, commit, flags);
        }
    }

    /// Reserves, copies and submits. EINVAL: unknown flag. EAGAIN: it does not fit.
    pub fn output(&self, data: RacyBytes<'_>, flags: u64) -> Result<(), Errno> {
        if flags & !(NO_WAKEUP | FORCE_WAKEUP) != 0 {
            return Err(Errno::EINVAL);
        }
        let Some(position) = self.reserve_at(data.len() as u64) else {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return Err(Errno::EAGAIN);
        };
        let first = (position & (self.memory.size() as u64 - 1)) + HEADER;
        if let Ok(record) = self.memory.part(first, data.len()) {
            record.copy_from(data);
        }
        self.commit_at(position, Commit::Submit, flags);
        Ok(())
    }

    /// `bpf_ringbuf_query`: 0 bytes to read, 1 ring size, 2 consumer position, 3 producer position; else 0.
    pub fn query(&self, what: u64) -> u64 {
        let consumer = self.memory.consumer().load(Ordering::Acquire);
        let producer = self.memory.producer().load(Ordering::Acquire);
        match what {
            0 => producer.wrapping_sub(consumer),
            1 => self.memory.size() as u64,
            2 => consumer,
            3 => producer,
            _ => 0,
        }
    }

    /// Records that did not fit so far.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    fn reserve_at(&self, size: u64) -> Option<u64> {
        let mask = self.memory.size() as u64 - 1;
        if size > u64::from(RINGBUF_MAX_RECORD_SZ) {
            return None;
        }
        let len = record_len(size as u32);
        if len > self.memory.size() as u64 {
            return None;
        }
        let consumer = self.memory.consumer().load(Ordering::Acquire);
        let mut pending = self.pending.lock();
        let start = self.memory.producer().load(Ordering::Relaxed);
        while *pending < start {
            let header = self.memory.header(*pending).load(Ordering::Acquire);
            if header & BUSY != 0 {
                break;
            }
            *pending = pending.wrapping_add(record_len(header & !DISCARD));
        }
        let end = start.wrapping_add(len);
        // The consumer's position is the client's word: wrapping, and never trusted beyond this test.
        if end.wrapping_sub(consumer) > mask || end.wrapping_sub(*pending) > mask {
            return None;
        }
        let page = META_PAGES + ((start & mask) / PAGE_SIZE as u64);
        self.memory
            .header_page(start)
            .store(page as u32, Ordering::Relaxed);
        self.memory
            .header(start)
            .store(size as u32 | BUSY, Ordering::Relaxed);
        // The consumer must find the busy header behind the new position.
        self.memory.producer().store(end, Ordering::Release);
        Some(start)
    }

    fn commit_at(&self, position: u64, commit: Commit, flags: u64) {
        let header = self.memory.header(position);
        let busy = header.load(Ordering::Relaxed);
        if busy & BUSY == 0 {
            return;
        }
        let len = busy & !BUSY;
        // Before the consumer may look. A length that the client has spoilt is at worst too long: an error.
        let _ = self
            .memory
            .repeat_end(position, HEADER as usize + len as usize);
        header.swap(
            if commit == Commit::Discard {
                len | DISCARD
            } else {
                len
            },
            Ordering::SeqCst,
        );
        let mask = self.memory.size() as u64 - 1;
        let consumer = self.memory.consumer().load(Ordering::SeqCst) & mask;
        let caught_up = consumer == position & mask;
        if flags & FORCE_WAKEUP != 0 || (caught_up && flags & NO_WAKEUP == 0) {
            self.waiters.wake();
        }
    }
}

/// Bytes a record of `size` bytes takes.
pub(crate) fn record_len(size: u32) -> u64 {
    (u64::from(size) + HEADER).next_multiple_of(8)
}

impl SpanSource for RingBuf {
    /// The data of the busy record that holds `addr`.
    fn bytes_at(&self, addr: Addr) -> Option<(RacyBytes<'_>, Permissions)> {
        let record = self.busy_record_at(addr)?;
        Some((record, Permissions::ReadWrite))
    }
}

impl RingBuf {
    fn busy_record_at(&self, addr: Addr) -> Option<RacyBytes<'_>> {
        let offset = self.memory.offset_of(addr)?;
        let mask = self.memory.size() as u64 - 1;
        let pending = *self.pending.lock();
        let producer = self.memory.producer().load(Ordering::Acquire);
        let mut position = pending;
        while position < producer {
            let header = self.memory.header(position).load(Ordering::Acquire);
            let size = header & !(BUSY | DISCARD);
            let first = (position & mask) + HEADER;
            // The last record runs on behind the end.
            if header & BUSY != 0 && (first..first + u64::from(size)).contains(&offset) {
                return self.memory.part(first, size as usize).ok();
            }
            position = position.wrapping_add(record_len(size));
        }
        None
    }
}

impl PollSource for RingBuf {
    fn awaited(&self) -> Awaited {
        Awaited::Records
    }

    fn is_ready(&self) -> bool {
        self.query(0) != 0
    }

    fn waiters(&self) -> &WaitQueue {
        &self.waiters
    }
}

impl Map for RingBuf {
    fn base(&self) -> &MapBase {
        &self.base
    }

    fn memlock(&self) -> u64 {
        ring_memlock(&self.memory)
    }

    fn client_memory(&self) -> Option<BorrowedFd<'_>> {
        Some(self.memory.memfd())
    }

    fn poll_source(&self) -> Option<&dyn PollSource> {
        Some(self)
    }

    fn as_ringbuf(&self) -> Option<&RingBuf> {
        Some(self)
    }
}
