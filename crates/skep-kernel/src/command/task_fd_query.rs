//! TASK_FD_QUERY: which program a descriptor of some process has at which probe. Only raw tracepoints exist.

use core::mem::offset_of;

use skep_catalog::Caps;
use skep_object::{Errno, Ref, SysError, SysResult};
use skep_uapi::attr::TaskFdQueryAttr;

use super::obj_get_info_by_fd::write_name;
use super::{Call, DONE, Reply};
use crate::object::{Link, LinkKind};
use crate::{Fd, FdEntry, FdObject};

/// BPF_FD_TYPE_RAW_TRACEPOINT.
const RAW_TRACEPOINT: u32 = 0;

pub(super) fn run(call: &Call<'_>) -> SysResult<Reply> {
    let attr: TaskFdQueryAttr = call.parse()?;
    call.task
        .require(Caps::SYS_ADMIN, "looking at tasks needs CAP_SYS_ADMIN")?;
    if attr.flags != 0 {
        return SysError::err(Errno::EINVAL, "queries have no flags");
    }
    let fd = Fd::from_attr(attr.fd);
    match call.task.fds().get_of(attr.pid, fd) {
        None => SysError::err(Errno::ENOENT, "no such task"),
        Some(FdEntry::Closed) => SysError::err(Errno::EBADF, "the task has no such fd"),
        Some(FdEntry::Object(FdObject::Link { link, .. })) => {
            describe(call, &attr, link.reference())
        }
        Some(FdEntry::Foreign | FdEntry::Object(_)) => {
            SysError::err(Errno::ENOTSUPP, "fd is no probe")
        }
    }
}

fn describe(call: &Call<'_>, attr: &TaskFdQueryAttr, link: &Ref<Link>) -> SysResult<Reply> {
    let LinkKind::RawTracepoint { name, .. } = link.kind() else {
        return SysError::err(Errno::ENOTSUPP, "link is not one of a tracepoint");
    };
    let memory = call.task.memory();
    // Without its NUL.
    let len = u32::try_from(name.len()).unwrap_or(u32::MAX);
    call.write_back(offset_of!(TaskFdQueryAttr, buf_len), len)?;
    let fits = write_name(memory, attr.buf, attr.buf_len, name);
    if fits
        .as_ref()
        .is_err_and(|error| error.errno != Errno::ENOSPC)
    {
        fits?;
        return Ok(DONE);
    }
    let prog = link.prog().id().map_or(0, |id| id.get());
    let words = [
        (offset_of!(TaskFdQueryAttr, prog_id), prog),
        (offset_of!(TaskFdQueryAttr, fd_type), RAW_TRACEPOINT),
        (offset_of!(TaskFdQueryAttr, probe_offset), 0),
        (offset_of!(TaskFdQueryAttr, probe_offset) + 4, 0),
        (offset_of!(TaskFdQueryAttr, probe_addr), 0),
        (offset_of!(TaskFdQueryAttr, probe_addr) + 4, 0),
    ];
    for (offset, value) in words {
        call.write_back(offset, value)?;
    }
    fits.map(|()| DONE)
}
