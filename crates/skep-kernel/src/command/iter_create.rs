//! ITER_CREATE: there are links of iterators, but nothing walks yet.

use skep_object::{Errno, SysError, SysResult, unsupported};
use skep_uapi::LinkType;
use skep_uapi::attr::LinkFdAttr;

use super::{Call, Reply};
use crate::Fd;

pub(super) fn run(call: &Call<'_>) -> SysResult<Reply> {
    let attr: LinkFdAttr = call.parse()?;
    if attr.flags != 0 {
        return SysError::err(Errno::EINVAL, "iterators have no flags");
    }
    let link = call.fds().link(Fd::from_attr(attr.link_fd))?;
    if link.link_type() != LinkType::Iter {
        return SysError::err(Errno::EINVAL, "link is not one of an iterator");
    }
    Err(unsupported!(EINVAL, "reading from iterators"))
}
