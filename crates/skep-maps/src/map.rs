//! The trait behind which every map type stands.
//!
//! Three parties ask a map for things, and each has its own methods:
//!
//! - **system calls** bring copies of the client's bytes and get errors with reasons; the checks that all
//!   types share are in [`crate::syscall`], which is what a command calls;
//! - **programs** bring live bytes and get native addresses or an errno;
//! - **executors and the verifier** ask for layouts.
//!
//! What a type does not do it does not write: the defaults answer as Linux does for a type without it.

use core::ops::ControlFlow;
use std::os::fd::BorrowedFd;
use std::sync::Arc;

use skep_memory::{Addr, RacyBytes, Region, SpanSource};
use skep_object::{Errno, HeldProg, HeldRef, SysError, SysResult};

use crate::array_of_maps::ArrayOfMaps;
use crate::batch::BucketWalk;
use crate::perf_event::PerfEvent;
use crate::perf_event_array::PerfEventArray;
use crate::poll::PollSource;
use crate::prog_array::ProgArray;
use crate::ringbuf::RingBuf;
use crate::user_ringbuf::UserRingBuf;
use crate::{InnerTemplate, MapBase};

/// A map of any type.
pub trait Map: SpanSource + Send + Sync {
    /// What all maps have.
    fn base(&self) -> &MapBase;

    /// Memory by Linux's accounting, as info and fdinfo report it.
    fn memlock(&self) -> u64;

    // System calls.

    /// Bytes of a value as system calls see it: all CPUs' parts for per-CPU types, an id for slots.
    fn sys_value_size(&self) -> u64 {
        u64::from(self.base().attr().value_size)
    }

    /// Is the value of a look-up what the client asks about, rather than what it gets? (Bloom filters.)
    fn lookup_reads_value(&self) -> bool {
        false
    }

    /// Copies the value of `key`; `value` has [`Self::sys_value_size`] bytes. ENOENT.
    /// `flags` holds at most `BPF_F_LOCK`, and that only if the values have a lock.
    fn lookup(&self, key: &[u8], value: &mut [u8], flags: u64) -> SysResult<()> {
        let _ = (key, value, flags);
        absent("map type has no look-up")
    }

    /// Sets the value of `key`. Types with slots take an fd as value and ask `fds` for what it is.
    fn update(&self, key: &[u8], value: &[u8], flags: u64, fds: &dyn FdResolver) -> SysResult<()> {
        let _ = (key, value, flags, fds);
        absent("map type has no update")
    }

    /// Removes `key`. ENOENT.
    fn delete(&self, key: &[u8]) -> SysResult<()> {
        let _ = key;
        absent("map type has no delete")
    }

    /// The key after `key`, or the first if there is none or it is not in the map. ENOENT: it was the last.
    fn next_key(&self, key: Option<&[u8]>, next: &mut [u8]) -> SysResult<()> {
        let _ = (key, next);
        absent("map type has no key order")
    }

    /// Copies the value of `key` and removes it, in one step.
    fn lookup_and_delete(&self, key: &[u8], value: &mut [u8], flags: u64) -> SysResult<()> {
        let _ = (key, value, flags);
        absent("map type has no look-up and delete")
    }

    /// The buckets, where look-up batches go by bucket.
    fn bucket_walk(&self) -> Option<&dyn BucketWalk> {
        None
    }

    /// Must a writing system call end with a grace period of the ordinary domain? (Outer maps.)
    fn writes_wait_for_programs(&self) -> bool {
        false
    }

    /// The last user reference (fd, pin) went.
    fn on_last_user_ref(&self) {}

    // Programs. The verifier knows which types have which; the defaults are never reached by a verified program.

    /// The address of the value of `key` for a program on `cpu`; null if there is none.
    fn prog_lookup(&self, cpu: u32, key: RacyBytes<'_>) -> Addr {
        let _ = (cpu, key);
        Addr::NULL
    }

    /// Sets the value of `key` as a program on `cpu` does.
    fn prog_update(
        &self,
        cpu: u32,
        key: RacyBytes<'_>,
        value: RacyBytes<'_>,
        flags: u64,
    ) -> Result<(), Errno> {
        let _ = (cpu, key, value, flags);
        Err(Errno::EOPNOTSUPP)
    }

    /// Removes `key` as a program on `cpu` does.
    fn prog_delete(&self, cpu: u32, key: RacyBytes<'_>) -> Result<(), Errno> {
        let _ = (cpu, key);
        Err(Errno::EOPNOTSUPP)
    }

    /// The address of another CPU's part of a value; null if there is none or no such CPU.
    fn prog_lookup_percpu(&self, key: RacyBytes<'_>, cpu: u32) -> Addr {
        let _ = (key, cpu);
        Addr::NULL
    }

    /// Adds a value to a type without keys (`bpf_map_push_elem`).
    fn prog_push(&self, value: RacyBytes<'_>, flags: u64) -> Result<(), Errno> {
        let _ = (value, flags);
        Err(Errno::EOPNOTSUPP)
    }

    /// Copies the next value and removes it (`bpf_map_pop_elem`). ENOENT: there is none, `value` is zeroed.
    fn prog_pop(&self, value: RacyBytes<'_>) -> Result<(), Errno> {
        let _ = value;
        Err(Errno::EOPNOTSUPP)
    }

    /// As [`Self::prog_pop`], but the value stays (`bpf_map_peek_elem`); bloom filters look for `value`.
    fn prog_peek(&self, value: RacyBytes<'_>) -> Result<(), Errno> {
        let _ = value;
        Err(Errno::EOPNOTSUPP)
    }

    /// Calls `visit` for each element until it breaks; how many were visited (`bpf_for_each_map_elem`).
    fn for_each(
        &self,
        cpu: u32,
        visit: &mut dyn FnMut(Element<'_>) -> ControlFlow<()>,
    ) -> Result<u64, Errno> {
        let _ = (cpu, visit);
        Err(Errno::EINVAL)
    }

    /// The key of the element whose value is at this address: what a callback of a timer in the value is given.
    fn key_of(&self, value: Addr) -> Option<Vec<u8>> {
        let _ = value;
        None
    }

    // Executors and the verifier.

    /// The address of a byte of the only value, for BPF_PSEUDO_MAP_VALUE. ENOTSUPP, EINVAL.
    fn direct_value(&self, offset: u32) -> SysResult<Addr> {
        let _ = offset;
        absent("map type has no direct value access")
    }

    /// The memory of all values, one stride after the other, where they lie so and clients may map them: for
    /// mmap, and for the hash that info gives of frozen arrays.
    fn value_memory(&self) -> Option<&Region> {
        None
    }

    /// The memfd that clients map, if they may map the map.
    fn client_memory(&self) -> Option<BorrowedFd<'_>> {
        self.value_memory().and_then(Region::memfd)
    }

    /// How a look-up can be done without calling [`Self::prog_lookup`].
    fn inline_lookup(&self) -> InlineLookup {
        InlineLookup::None
    }

    /// What inner maps must look like, for map-in-map types.
    fn inner_template(&self) -> Option<&InnerTemplate> {
        None
    }

    /// The prog array, if this is one.
    fn as_prog_array(&self) -> Option<&ProgArray> {
        None
    }

    /// The array of maps, if this is one.
    fn as_array_of_maps(&self) -> Option<&ArrayOfMaps> {
        None
    }

    /// What clients wait for with poll(2), if that is anything but EPOLLERR.
    fn poll_source(&self) -> Option<&dyn PollSource> {
        None
    }

    /// The user ring buffer, if this is one.
    fn as_user_ringbuf(&self) -> Option<&UserRingBuf> {
        None
    }

    /// The array of perf events, if this is one.
    fn as_perf_event_array(&self) -> Option<&PerfEventArray> {
        None
    }

    /// The ring buffer, if this is one.
    fn as_ringbuf(&self) -> Option<&RingBuf> {
        None
    }
}

/// The answer of a type without the operation: ENOTSUPP (524), as Linux.
fn absent<T>(why: &'static str) -> SysResult<T> {
    SysError::err(Errno::ENOTSUPP, why)
}

/// One element as `for_each` shows it.
#[derive(Clone, Copy, Debug)]
pub struct Element<'m> {
    /// The key's bytes; programs may only read them.
    pub key: RacyBytes<'m>,
    /// The value's bytes (this CPU's part, for per-CPU types).
    pub value: RacyBytes<'m>,
}

/// The layout behind a look-up, for executors that inline it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InlineLookup {
    /// Call the map.
    None,
    /// `index < max_entries ? base + index * stride : null`
    Array {
        /// The first value.
        base: Addr,
        /// Bytes from one value to the next.
        stride: u32,
        /// Number of values.
        max_entries: u32,
    },
    /// `index < max_entries ? base + cpu * cpu_stride + index * stride : null`
    PercpuArray {
        /// The first value of CPU 0.
        base: Addr,
        /// Bytes from one value to the next.
        stride: u32,
        /// Bytes from one CPU's values to the next's.
        cpu_stride: u64,
        /// Number of values.
        max_entries: u32,
    },
    /// `index < max_entries ? load-acquire of the u64 at base + index * 8 : null`: the handle of the held
    /// program or map, null for an empty slot.
    Handles {
        /// The first slot.
        base: Addr,
        /// Number of slots.
        max_entries: u32,
    },
}

/// Turns the fds that clients put into maps into references.
pub trait FdResolver {
    /// The program behind `fd`. EBADF: no such fd. EINVAL: not a program.
    fn prog(&self, fd: u32) -> SysResult<Arc<dyn HeldProg>>;

    /// The map behind `fd`. EBADF: no such fd. EINVAL: not a map.
    fn map(&self, fd: u32) -> SysResult<Arc<dyn HeldMap>>;

    /// The perf event behind `fd`. EBADF: none.
    fn perf_event(&self, fd: u32) -> SysResult<Arc<PerfEvent>> {
        let _ = fd;
        SysError::err(Errno::EBADF, "no such fd of a perf event")
    }
}

/// A client without fds.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFds;

impl FdResolver for NoFds {
    fn prog(&self, _fd: u32) -> SysResult<Arc<dyn HeldProg>> {
        SysError::err(Errno::EBADF, "no such fd")
    }

    fn map(&self, _fd: u32) -> SysResult<Arc<dyn HeldMap>> {
        SysError::err(Errno::EBADF, "no such fd")
    }
}

/// A map that another map may hold.
pub trait HeldMap: HeldRef {
    /// The map itself.
    fn map(&self) -> &dyn Map;
}
