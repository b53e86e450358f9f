//! PROG_BIND_MAP: a program holds one more map, which it need not use.

use skep_object::{Errno, SysError, SysResult};
use skep_uapi::attr::ProgBindMapAttr;

use super::{Call, DONE, Reply};
use crate::Fd;

pub(super) fn run(call: &Call<'_>) -> SysResult<Reply> {
    let attr: ProgBindMapAttr = call.parse()?;
    if attr.flags != 0 {
        return SysError::err(Errno::EINVAL, "binding has no flags");
    }
    let prog = call.fds().prog(Fd::from_attr(attr.prog_fd))?;
    let map = call.fds().map(Fd::from_attr(attr.map_fd))?;
    prog.bind_map(map);
    Ok(DONE)
}
