//! MAP_LOOKUP_ELEM: copies one value out.

use skep_maps::syscall;
use skep_object::{Errno, SysError, SysResult};
use skep_uapi::UserPtr;
use skep_uapi::attr::MapElemAttr;

use super::map_update_elem::{copy_key, size_in_memory};
use super::{Call, DONE, Reply};
use crate::{Fd, memory};

struct Args {
    map: Fd,
    key: UserPtr,
    value: UserPtr,
    flags: u64,
}

impl Args {
    fn of(call: &Call<'_>) -> SysResult<Self> {
        let attr: MapElemAttr = call.parse()?;
        syscall::check_lookup_flags(attr.flags)?;
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
    if !access.reads() {
        return SysError::err(Errno::EPERM, "map fd is write-only");
    }
    let map = object.map();
    syscall::check_lock(map, args.flags)?;
    let key = copy_key(call, map, args.key)?;
    let size = size_in_memory(map.sys_value_size())?;
    if map.lookup_reads_value() {
        let mut value = call.task.memory().read_vec(args.value, size)?;
        syscall::lookup(map, &key, &mut value, args.flags)?;
        return Ok(DONE);
    }
    let mut value = memory::zeroed(size)?;
    syscall::lookup(map, &key, &mut value, args.flags)?;
    call.task.memory().write(args.value, &value)?;
    Ok(DONE)
}
