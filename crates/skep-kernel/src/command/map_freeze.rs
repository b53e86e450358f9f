//! MAP_FREEZE: ends writing by system calls for good. Needs no capability, only a writable descriptor.

use skep_object::{Errno, SysError, SysResult};
use skep_uapi::attr::MapElemAttr;

use super::{Call, DONE, Reply};
use crate::Fd;

pub(super) fn run(call: &Call<'_>) -> SysResult<Reply> {
    let fd = Fd::from_attr(call.parse::<MapElemAttr>()?.map_fd);
    let (map, access) = call.fds().map_access(fd)?;
    let base = map.map().base();
    base.check_freezable()?;
    if !access.writes() {
        return SysError::err(Errno::EPERM, "map fd is read-only");
    }
    if call.task.fds().is_mapped_writable(fd) {
        return SysError::err(Errno::EBUSY, "map is mapped writably");
    }
    base.freeze()?;
    Ok(DONE)
}
