//! MAP_LOOKUP_AND_DELETE_ELEM: copies one value out and removes it; pops from queues and stacks.

use skep_maps::syscall;
use skep_object::{Errno, SysError, SysResult};
use skep_uapi::attr::MapElemAttr;

use super::map_update_elem::{copy_key, size_in_memory};
use super::{Call, DONE, Reply};
use crate::{Fd, memory};

pub(super) fn run(call: &Call<'_>) -> SysResult<Reply> {
    let attr: MapElemAttr = call.parse()?;
    syscall::check_lookup_flags(attr.flags)?;
    let (object, access) = call.fds().map_access(Fd::from_attr(attr.map_fd))?;
    let map = object.map();
    let _writing = map.base().begin_write()?;
    if !access.reads() || !access.writes() {
        return SysError::err(Errno::EPERM, "map fd is read-only or write-only");
    }
    syscall::check_lock(map, attr.flags)?;
    let key = copy_key(call, map, attr.key)?;
    let mut value = memory::zeroed(size_in_memory(map.sys_value_size())?)?;
    syscall::lookup_and_delete(map, &key, &mut value, attr.flags)?;
    // What cannot be written back is gone all the same, as in Linux.
    call.task.memory().write(attr.value, &value)?;
    Ok(DONE)
}
