//! LINK_DETACH: no link that exists here can be detached while it is held, as in Linux.

use skep_object::{Errno, SysError, SysResult};
use skep_uapi::attr::LinkFdAttr;

use super::{Call, Reply};
use crate::Fd;

pub(super) fn run(call: &Call<'_>) -> SysResult<Reply> {
    let attr: LinkFdAttr = call.parse()?;
    let link = call.fds().link(Fd::from_attr(attr.link_fd))?;
    SysError::err(
        Errno::EOPNOTSUPP,
        format!("{} links end with their last reference", link.link_type()),
    )
}
