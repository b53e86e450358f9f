//! LINK_UPDATE: another program for a link.

use skep_object::{Errno, SysError, SysResult};
use skep_uapi::AttachFlags;
use skep_uapi::attr::LinkUpdateAttr;

use super::{Call, DONE, Reply};
use crate::Fd;

pub(super) fn run(call: &Call<'_>) -> SysResult<Reply> {
    let attr: LinkUpdateAttr = call.parse()?;
    let flags = AttachFlags::from_bits_retain(attr.flags);
    if !AttachFlags::REPLACE.contains(flags) {
        return SysError::err(Errno::EINVAL, "flag other than BPF_F_REPLACE");
    }
    let fds = call.fds();
    let link = fds.link(Fd::from_attr(attr.link_fd))?;
    let new = fds.prog(Fd::from_attr(attr.new_fd))?;
    let old = if flags.contains(AttachFlags::REPLACE) {
        Some(fds.prog(Fd::from_attr(attr.old_fd))?)
    } else if attr.old_fd != 0 {
        return SysError::err(Errno::EINVAL, "old_prog_fd without BPF_F_REPLACE");
    } else {
        None
    };
    link.update_prog(new, old.as_ref())?;
    Ok(DONE)
}
