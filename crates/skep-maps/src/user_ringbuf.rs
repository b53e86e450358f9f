//! BPF_MAP_TYPE_USER_RINGBUF: records from a client to programs.
//!
//! The ring of [`crate::ringbuf`] with the roles swapped: the client produces, `bpf_user_ringbuf_drain` consumes. What
//! the client wrote is read once and believed only as far as it cannot lead out of the ring.

use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, Ordering};

use skep_catalog::Caps;
use skep_memory::{Addr, Permissions, RacyBytes, RingMemory, SpanSource};
use skep_object::{Errno, SysResult};
use skep_uapi::MapType;

use crate::attr::no_memory;
use crate::kind::{AsInner, Holds, MapKind};
use crate::poll::{Awaited, PollSource, WaitQueue};
use crate::ringbuf::{BUSY, DISCARD, HEADER, check_ring, record_len, ring_memlock};
use crate::{Map, MapAttr, MapBase, MapEnv};

/// What the type answers to MAP_CREATE.
pub(crate) const KIND: MapKind = MapKind {
    map_type: MapType::UserRingbuf,
    check,
    create,
    as_inner: AsInner::Generic,
    holds: Holds::Bytes,
};

/// Bytes of a dynptr at most.
const SAMPLE_MAX: u32 = (1 << 24) - 1;

/// A ring that clients fill.
pub struct UserRingBuf {
    base: MapBase,
    memory: RingMemory,
    /// Is somebody draining?
    busy: AtomicBool,
    waiters: WaitQueue,
}

fn check(_attr: &MapAttr, _caps: Caps) -> SysResult<()> {
    // Linux checks ring buffers while it makes them, after capabilities.
    Ok(())
}

fn create(attr: MapAttr, env: MapEnv) -> SysResult<Box<dyn Map>> {
    let size = check_ring(&attr, &env)?;
    Ok(Box::new(UserRingBuf {
        base: MapBase::new(attr, &env),
        memory: RingMemory::new(size).map_err(|_| no_memory())?,
        busy: AtomicBool::new(false),
        waiters: WaitQueue::default(),
    }))
}

/// What is next in the ring.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// Nothing yet.
    Nothing,
    /// A sample that its producer took back; it is passed over.
    Discarded,
    /// A sample, to be looked at and then released.
    Sample(Sample),
}

/// A sample in the ring.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sample {
    /// Where it begins.
    pub data: Addr,
    /// Its bytes, at most what a dynptr holds.
    pub len: u32,
    end: u64,
}

/// The only one who drains a ring, until dropped.
pub struct Drain<'r> {
    ring: &'r UserRingBuf,
}

impl Drain<'_> {
    /// What is next. EINVAL: the positions or the sample make no sense. E2BIG: the sample is larger than the ring or
    /// than a dynptr holds.
    pub fn peek(&mut self) -> Result<Next, Errno> {
        let memory = &self.ring.memory;
        let producer = memory.producer().load(Ordering::Acquire);
        if !producer.is_multiple_of(8) {
            return Err(Errno::EINVAL);
        }
        let consumer = memory.consumer().load(Ordering::Relaxed);
        if consumer >= producer {
            return Ok(Next::Nothing);
        }
        let header = memory.header(consumer).load(Ordering::Acquire);
        let len = header & !(BUSY | DISCARD);
        let whole = record_len(len);
        if whole > producer.wrapping_sub(consumer) {
            return Err(Errno::EINVAL);
        }
        if whole > memory.size() as u64 || len > SAMPLE_MAX {
            return Err(Errno::E2BIG);
        }
        let end = consumer.wrapping_add(whole);
        if header & DISCARD != 0 {
            memory.consumer().store(end, Ordering::Release);
            return Ok(Next::Discarded);
        }
        if header & BUSY != 0 {
            return Ok(Next::Nothing);
        }
        Ok(Next::Sample(Sample {
            data: memory.at(consumer.wrapping_add(HEADER)),
            len,
            end,
        }))
    }

    /// Gives the room of a sample back to the producer.
    pub fn release(&mut self, sample: Sample) {
        let consumer = self.ring.memory.consumer();
        consumer.store(sample.end, Ordering::Release);
    }
}

impl Drop for Drain<'_> {
    fn drop(&mut self) {
        self.ring.busy.store(false, Ordering::Release);
    }
}

impl UserRingBuf {
    /// The memory that clients map.
    pub fn memory(&self) -> &RingMemory {
        &self.memory
    }

    /// Begins to take samples out. EBUSY: somebody else does.
    pub fn drain(&self) -> Result<Drain<'_>, Errno> {
        match self.busy.swap(true, Ordering::Acquire) {
            false => Ok(Drain { ring: self }),
            true => Err(Errno::EBUSY),
        }
    }

    /// Tells producers that there is room again.
    pub fn wake(&self) {
        self.waiters.wake();
    }
}

impl SpanSource for UserRingBuf {
    /// Samples are looked at through dynptrs, which carry their own bounds inside the data.
    fn bytes_at(&self, addr: Addr) -> Option<(RacyBytes<'_>, Permissions)> {
        self.memory.offset_of(addr)?;
        let data = self.memory.part(0, 2 * self.memory.size()).ok()?;
        Some((data, Permissions::ReadWrite))
    }
}

impl PollSource for UserRingBuf {
    fn awaited(&self) -> Awaited {
        Awaited::Room
    }

    fn is_ready(&self) -> bool {
        let consumer = self.memory.consumer().load(Ordering::Acquire);
        let producer = self.memory.producer().load(Ordering::Acquire);
        producer.wrapping_sub(consumer) < self.memory.size() as u64
    }

    fn waiters(&self) -> &WaitQueue {
        &self.waiters
    }
}

impl Map for UserRingBuf {
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

    fn as_user_ringbuf(&self) -> Option<&UserRingBuf> {
        Some(self)
    }
}
