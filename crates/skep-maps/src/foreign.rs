//! Maps whose elements are a kernel's objects: sockets, devices, cgroups, stack traces.
//!
//! skep has no such objects, so every element is missing. The maps can be made, used by programs and asked,
//! and answer as Linux does where the object is not there; each type's file says what that is.

pub(crate) mod cgroup_array;
pub(crate) mod cgroup_storage;
pub(crate) mod devmap;
pub(crate) mod devmap_hash;
pub(crate) mod local_storage;
pub(crate) mod reuseport_sockarray;
pub(crate) mod sockhash;
pub(crate) mod sockmap;
pub(crate) mod stack_trace;
pub(crate) mod xskmap;

use skep_memory::{Addr, Permissions, RacyBytes, SpanSource};
use skep_object::{Errno, SysError, SysResult};
use skep_uapi::{ElemFlags, MapFlags};

use crate::array::{index_of, next_index};
use crate::{FdResolver, Map, MapAttr, MapBase, MapEnv};

/// What a type answers. There is no element, so a look-up is an error and a deletion does nothing at most.
pub(crate) struct Answers {
    /// Memory by Linux's accounting.
    pub(crate) memlock: fn(&MapBase) -> u64,
    /// Bytes of a value as system calls see it.
    pub(crate) sys_value_size: fn(&MapBase) -> u64,
    /// Why there is no value.
    pub(crate) lookup: fn(&MapBase, &[u8]) -> SysError,
    /// What is wrong with a new element.
    pub(crate) update: fn(&MapBase, Update<'_>) -> SysResult<()>,
    /// Deleting nothing.
    pub(crate) delete: fn(&MapBase, &[u8]) -> SysResult<()>,
    /// The order of keys.
    pub(crate) next_key: NextKey,
    /// Looking up and deleting.
    pub(crate) lookup_and_delete: fn(&MapBase, &[u8]) -> SysError,
}

/// The key after one, or the first, written where the third argument is.
type NextKey = fn(&MapBase, Option<&[u8]>, &mut [u8]) -> SysResult<()>;

/// The arguments of an update.
pub(crate) struct Update<'a> {
    pub(crate) key: &'a [u8],
    pub(crate) value: &'a [u8],
    pub(crate) flags: u64,
    pub(crate) fds: &'a dyn FdResolver,
}

/// A map without elements.
pub(crate) struct ForeignMap {
    base: MapBase,
    answers: &'static Answers,
}

/// Makes a map. ENOMEM beyond the limit: what Linux would take is what counts.
pub(crate) fn create(
    attr: MapAttr,
    env: &MapEnv,
    answers: &'static Answers,
) -> SysResult<Box<dyn Map>> {
    let map = ForeignMap {
        base: MapBase::new(attr, env),
        answers,
    };
    env.charge(map.memlock())?;
    Ok(Box::new(map))
}

impl SpanSource for ForeignMap {
    fn bytes_at(&self, _addr: Addr) -> Option<(RacyBytes<'_>, Permissions)> {
        None
    }
}

impl Map for ForeignMap {
    fn base(&self) -> &MapBase {
        &self.base
    }

    fn memlock(&self) -> u64 {
        (self.answers.memlock)(&self.base)
    }

    fn sys_value_size(&self) -> u64 {
        (self.answers.sys_value_size)(&self.base)
    }

    fn lookup(&self, key: &[u8], _value: &mut [u8], _flags: u64) -> SysResult<()> {
        Err((self.answers.lookup)(&self.base, key))
    }

    fn update(&self, key: &[u8], value: &[u8], flags: u64, fds: &dyn FdResolver) -> SysResult<()> {
        let update = Update {
            key,
            value,
            flags,
            fds,
        };
        (self.answers.update)(&self.base, update)
    }

    fn delete(&self, key: &[u8]) -> SysResult<()> {
        (self.answers.delete)(&self.base, key)
    }

    fn next_key(&self, key: Option<&[u8]>, next: &mut [u8]) -> SysResult<()> {
        (self.answers.next_key)(&self.base, key, next)
    }

    fn lookup_and_delete(&self, key: &[u8], _value: &mut [u8], _flags: u64) -> SysResult<()> {
        Err((self.answers.lookup_and_delete)(&self.base, key))
    }

    fn prog_delete(&self, _cpu: u32, key: RacyBytes<'_>) -> Result<(), Errno> {
        (self.answers.delete)(&self.base, &key.to_vec()).map_err(|error| error.errno)
    }
}

/// The rules that socket and device maps share: a 4-byte key (where `key` says so), a value of 4 or 8 bytes.
fn check_slots(attr: &MapAttr, key: KeyRule, value_sizes: &[u32]) -> SysResult<()> {
    let key_fits = match key {
        KeyRule::Index => attr.key_size == 4,
        KeyRule::Bytes => attr.key_size != 0,
    };
    if attr.max_entries == 0 || !key_fits || !value_sizes.contains(&attr.value_size) {
        return SysError::err(Errno::EINVAL, "sizes do not fit the map type");
    }
    attr.check_flags(MapFlags::NUMA_NODE | MapFlags::RDONLY | MapFlags::WRONLY)
}

/// What keys are.
#[derive(Clone, Copy)]
enum KeyRule {
    /// A u32 below max_entries.
    Index,
    /// Any bytes.
    Bytes,
}

/// One system-call value is one value.
fn one_value(base: &MapBase) -> u64 {
    u64::from(base.attr().value_size)
}

/// Bytes of a table of pointers.
fn pointers(base: &MapBase) -> u64 {
    u64::from(base.attr().max_entries) * 8
}

/// The command does not exist for the type: ENOTSUPP.
fn not_supported() -> SysError {
    SysError::new(Errno::ENOTSUPP, "map type does not have the command")
}

fn no_lookup_and_delete(_base: &MapBase, _key: &[u8]) -> SysError {
    not_supported()
}

fn no_lookup(_base: &MapBase, _key: &[u8]) -> SysError {
    not_supported()
}

fn missing(_base: &MapBase, _key: &[u8]) -> SysError {
    SysError::new(Errno::ENOENT, "no such element")
}

fn delete_missing(base: &MapBase, key: &[u8]) -> SysResult<()> {
    Err(missing(base, key))
}

/// Deleting from an array of slots. E2BIG, ENOENT.
fn delete_slot(base: &MapBase, key: &[u8]) -> SysResult<()> {
    check_index(base, key)?;
    SysError::err(Errno::ENOENT, "slot is empty")
}

/// The update of an array whose values are fds of things that are not there.
fn no_such_fd(base: &MapBase, update: Update<'_>) -> SysResult<()> {
    if update.flags != 0 {
        return SysError::err(Errno::EINVAL, "arrays of fds take no update flag");
    }
    check_index(base, update.key)?;
    SysError::err(Errno::EBADF, "no such fd of the map's kind")
}

/// Emptying an empty slot is fine for redirect maps. EINVAL beyond them.
fn delete_quietly(base: &MapBase, key: &[u8]) -> SysResult<()> {
    if index_of(key) >= base.attr().max_entries {
        return SysError::err(Errno::EINVAL, "index is beyond the map");
    }
    Ok(())
}

fn next_slot(base: &MapBase, key: Option<&[u8]>, next: &mut [u8]) -> SysResult<()> {
    next_index(base.attr().max_entries, key, next)
}

/// There is no key, so none is next.
fn no_next(_base: &MapBase, _key: Option<&[u8]>, _next: &mut [u8]) -> SysResult<()> {
    SysError::err(Errno::ENOENT, "map is empty")
}

/// E2BIG for an index that is none.
fn check_index(base: &MapBase, key: &[u8]) -> SysResult<()> {
    if index_of(key) >= base.attr().max_entries {
        return SysError::err(Errno::E2BIG, "index is beyond the map");
    }
    Ok(())
}

/// EINVAL for anything but ANY, NOEXIST and EXIST.
fn check_mode(flags: u64) -> SysResult<()> {
    if flags > ElemFlags::EXIST.bits() {
        return SysError::err(Errno::EINVAL, "unknown update flag");
    }
    Ok(())
}

/// The answer to an fd that should be a socket's. EBADF: no such fd. ENOTSOCK: it is something else, as all
/// fds that skep knows. EINVAL: a number that no fd has.
fn no_socket(value: &[u8], fds: &dyn FdResolver) -> SysResult<()> {
    let fd = match (value.first_chunk::<8>(), value.first_chunk::<4>()) {
        (Some(wide), _) => u64::from_ne_bytes(*wide),
        (None, Some(narrow)) => u64::from(u32::from_ne_bytes(*narrow)),
        (None, None) => u64::MAX,
    };
    // A negative int in a 4-byte value is an fd nobody has; in a wide one it is no int.
    match u32::try_from(fd) {
        Ok(fd) if value.len() == 4 || i32::try_from(fd).is_ok() => {
            if is_other_fd(fd, fds) {
                SysError::err(Errno::ENOTSOCK, "fd is no socket's")
            } else {
                SysError::err(Errno::EBADF, "no such fd")
            }
        }
        Ok(_) | Err(_) => SysError::err(Errno::EINVAL, "value is no fd"),
    }
}

/// Is the fd there, and not what these maps want?
fn is_other_fd(fd: u32, fds: &dyn FdResolver) -> bool {
    match fds.prog(fd) {
        Ok(_) => true,
        Err(error) => error.errno != Errno::EBADF,
    }
}
