//! MAP_DELETE_ELEM: removes one key.

use skep_maps::syscall;
use skep_object::{Errno, SysError, SysResult};
use skep_uapi::attr::MapElemAttr;

use super::map_update_elem::{copy_key, wait_for_programs};
use super::{Call, DONE, Reply};
use crate::Fd;

pub(super) fn run(call: &Call<'_>) -> SysResult<Reply> {
    let attr: MapElemAttr = call.parse()?;
    let (object, access) = call.fds().map_access(Fd::from_attr(attr.map_fd))?;
    if !access.writes() {
        return SysError::err(Errno::EPERM, "map fd is read-only");
    }
    let map = object.map();
    let writing = map.base().begin_write()?;
    let key = copy_key(call, map, attr.key)?;
    syscall::delete(map, &key)?;
    drop(writing);
    wait_for_programs(call, map);
    Ok(DONE)
}
