//! MAP_UPDATE_ELEM: sets one value.

use skep_maps::{Map, syscall};
use skep_object::{Errno, SysError, SysResult};
use skep_uapi::UserPtr;
use skep_uapi::attr::MapElemAttr;

use super::{Call, DONE, Reply};
use crate::Fd;

struct Args {
    map: Fd,
    key: UserPtr,
    value: UserPtr,
    flags: u64,
}

impl Args {
    fn of(call: &Call<'_>) -> SysResult<Self> {
        let attr: MapElemAttr = call.parse()?;
        Ok(Self {
            map: Fd::from_attr(attr.map_fd),
            key: attr.key,
            value: attr.value,
            flags: attr.flags,
        })
    }
}

pub(super) fn run(call: &Call<'_>) -> SysResult<Reply> {
    let args = Args::of(call)?;
    let (object, access) = call.fds().map_access(args.map)?;
    if !access.writes() {
        return SysError::err(Errno::EPERM, "map fd is read-only");
    }
    let map = object.map();
    // A frozen map is found out before anything is copied; from here on nobody freezes it.
    let writing = map.base().begin_write()?;
    syscall::check_lock(map, args.flags)?;
    let key = copy_key(call, map, args.key)?;
    let size = size_in_memory(map.sys_value_size())?;
    let value = call.task.memory().read_vec(args.value, size)?;
    syscall::update(map, &key, &value, args.flags, &call.fds())?;
    drop(writing);
    wait_for_programs(call, map);
    Ok(DONE)
}

/// A key of the map's size. EINVAL: a pointer where keys have no bytes. EFAULT.
pub(super) fn copy_key(call: &Call<'_>, map: &dyn Map, at: UserPtr) -> SysResult<Vec<u8>> {
    let size = map.base().attr().key_size;
    if size == 0 {
        if at.is_null() {
            return Ok(Vec::new());
        }
        return SysError::err(Errno::EINVAL, "keys of this map have no bytes");
    }
    call.task.memory().read_vec(at, size as usize)
}

/// A size as this process counts. ENOMEM.
pub(super) fn size_in_memory(size: u64) -> SysResult<usize> {
    usize::try_from(size).map_err(|_| SysError::new(Errno::ENOMEM, "value is too large"))
}

/// After a write to an outer map no (ordinary) program uses the old inner map any more.
pub(super) fn wait_for_programs(call: &Call<'_>, map: &dyn Map) {
    if map.writes_wait_for_programs() {
        call.kernel.rcu().ordinary.synchronize();
    }
}
