//! BPF_MAP_TYPE_QUEUE, STACK: values without keys, first in first out or last in first out.
//!
//! ```text
//! first ... first + len (wrapping)   queue pops `first`, stack pops the newest; both push behind the newest
//! ```
//!
//! Programs get copies, so values need no address of their own.

use parking_lot::Mutex;
use skep_catalog::Caps;
use skep_memory::{Addr, Permissions, RacyBytes, Region, SpanSource};
use skep_object::{Errno, SysError, SysResult};
use skep_uapi::limits::KMALLOC_MAX_SIZE;
use skep_uapi::{ElemFlags, MapFlags, MapType};

use crate::attr::no_memory;
use crate::kind::{AsInner, Holds, MapKind};
use crate::{FdResolver, Map, MapAttr, MapBase, MapEnv, Source};

/// What queues answer to MAP_CREATE.
pub(crate) const QUEUE: MapKind = MapKind {
    map_type: MapType::Queue,
    check,
    create: create_queue,
    as_inner: AsInner::Generic,
    holds: Holds::Bytes,
};

/// The same for stacks.
pub(crate) const STACK: MapKind = MapKind {
    map_type: MapType::Stack,
    create: create_stack,
    ..QUEUE
};

/// `struct bpf_queue_stack` in memlock figures.
const MAP_BYTES: u64 = 312;

/// Which value is popped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Oldest,
    Newest,
}

/// A queue or a stack.
pub struct QueueStack {
    base: MapBase,
    order: Order,
    values: Region,
    filled: Mutex<Filled>,
}

/// Which values are there.
struct Filled {
    first: u32,
    len: u32,
}

/// What happens to the value that is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    Keep,
    Remove,
}

fn check(attr: &MapAttr, _caps: Caps) -> SysResult<()> {
    if attr.max_entries == 0 || attr.key_size != 0 || attr.value_size == 0 {
        return SysError::err(Errno::EINVAL, "needs no key, a value and entries");
    }
    attr.check_flags(
        MapFlags::NUMA_NODE
            | MapFlags::RDONLY
            | MapFlags::WRONLY
            | MapFlags::RDONLY_PROG
            | MapFlags::WRONLY_PROG,
    )?;
    if attr.value_size > KMALLOC_MAX_SIZE {
        return SysError::err(Errno::E2BIG, "value is too large");
    }
    Ok(())
}

fn create_queue(attr: MapAttr, env: MapEnv) -> SysResult<Box<dyn Map>> {
    create(attr, &env, Order::Oldest)
}

fn create_stack(attr: MapAttr, env: MapEnv) -> SysResult<Box<dyn Map>> {
    create(attr, &env, Order::Newest)
}

fn create(attr: MapAttr, env: &MapEnv, order: Order) -> SysResult<Box<dyn Map>> {
    env.charge(memlock(&attr))?;
    let bytes = u64::from(attr.max_entries) * u64::from(attr.value_size);
    let values = Region::new(env.charge(bytes)?).map_err(|_| no_memory())?;
    Ok(Box::new(QueueStack {
        base: MapBase::new(attr, env),
        order,
        values,
        filled: Mutex::new(Filled { first: 0, len: 0 }),
    }))
}

/// Linux keeps one value more than can be in use.
fn memlock(attr: &MapAttr) -> u64 {
    MAP_BYTES + (u64::from(attr.max_entries) + 1) * u64::from(attr.value_size)
}

impl QueueStack {
    /// The bytes of the value `position` places behind the oldest.
    fn value(&self, filled: &Filled, position: u32) -> Option<RacyBytes<'_>> {
        let attr = self.base.attr();
        let place = (u64::from(filled.first) + u64::from(position))
            .checked_rem(u64::from(attr.max_entries))?;
        let size = attr.value_size as usize;
        self.values.part(place as usize * size, size).ok()
    }

    /// E2BIG: full, unless `BPF_EXIST` says to drop the oldest.
    fn push(&self, from: Source<'_>, flags: u64) -> SysResult<()> {
        let drop_oldest = flags == ElemFlags::EXIST.bits();
        if flags != 0 && !drop_oldest {
            return SysError::err(Errno::EINVAL, "a push takes no flag but BPF_EXIST");
        }
        let max = self.base.attr().max_entries;
        let mut filled = self.filled.lock();
        if filled.len >= max {
            if !drop_oldest {
                return SysError::err(Errno::E2BIG, "no room for another value");
            }
            filled.first = (filled.first + 1).checked_rem(max).unwrap_or(0);
            filled.len = max - 1;
        }
        let Some(target) = self.value(&filled, filled.len) else {
            return SysError::err(Errno::E2BIG, "no room for another value");
        };
        self.base.fields().write(target, from);
        filled.len += 1;
        Ok(())
    }

    /// Calls `copy` with the value that is next. ENOENT: none is.
    fn take(&self, after: After, copy: impl FnOnce(RacyBytes<'_>)) -> SysResult<()> {
        let mut filled = self.filled.lock();
        let position = match self.order {
            Order::Oldest => Some(0).filter(|_| filled.len != 0),
            Order::Newest => filled.len.checked_sub(1),
        };
        let Some(value) = position.and_then(|position| self.value(&filled, position)) else {
            return SysError::err(Errno::ENOENT, "nothing to take");
        };
        copy(value);
        if after == After::Remove {
            filled.len -= 1;
            if self.order == Order::Oldest {
                let next = (filled.first + 1).checked_rem(self.base.attr().max_entries);
                filled.first = next.unwrap_or(0);
            }
        }
        Ok(())
    }

    /// As [`Self::take`] for a client.
    fn read(&self, after: After, out: &mut [u8]) -> SysResult<()> {
        self.take(after, |value| self.base.fields().read(value, out))
    }

    /// As [`Self::take`] for a program, whose bytes are zeroed when there is no value.
    fn prog_read(&self, after: After, out: RacyBytes<'_>) -> Result<(), Errno> {
        self.take(after, |value| out.copy_from(value))
            .map_err(|error| {
                out.zero();
                error.errno
            })
    }
}

impl SpanSource for QueueStack {
    fn bytes_at(&self, _addr: Addr) -> Option<(RacyBytes<'_>, Permissions)> {
        None
    }
}

impl Map for QueueStack {
    fn base(&self) -> &MapBase {
        &self.base
    }

    fn memlock(&self) -> u64 {
        memlock(self.base.attr())
    }

    fn lookup(&self, _key: &[u8], value: &mut [u8], _flags: u64) -> SysResult<()> {
        self.read(After::Keep, value)
    }

    fn update(
        &self,
        _key: &[u8],
        value: &[u8],
        flags: u64,
        _fds: &dyn FdResolver,
    ) -> SysResult<()> {
        self.push(Source::Copy(value), flags)
    }

    fn delete(&self, _key: &[u8]) -> SysResult<()> {
        SysError::err(Errno::EINVAL, "values are popped, not deleted")
    }

    fn next_key(&self, _key: Option<&[u8]>, _next: &mut [u8]) -> SysResult<()> {
        SysError::err(Errno::EINVAL, "values have no keys")
    }

    fn lookup_and_delete(&self, _key: &[u8], value: &mut [u8], flags: u64) -> SysResult<()> {
        if flags != 0 {
            return SysError::err(Errno::EINVAL, "a pop takes no flag");
        }
        self.read(After::Remove, value)
    }

    fn prog_push(&self, value: RacyBytes<'_>, flags: u64) -> Result<(), Errno> {
        self.push(Source::Live(value), flags)
            .map_err(|error| error.errno)
    }

    fn prog_pop(&self, value: RacyBytes<'_>) -> Result<(), Errno> {
        self.prog_read(After::Remove, value)
    }

    fn prog_peek(&self, value: RacyBytes<'_>) -> Result<(), Errno> {
        self.prog_read(After::Keep, value)
    }
}
