//! OBJ_PIN: gives an object a path. Any descriptor that cannot be pinned is EINVAL, a closed one too.

use skep_object::{Errno, SysError, SysResult};
use skep_uapi::ObjFlags;
use skep_uapi::attr::ObjAttr;

use super::{Call, DONE, Reply, obj_path};
use crate::bpffs::Pinned;
use crate::{Fd, FdEntry, FdObject};

pub(super) fn run(call: &Call<'_>) -> SysResult<Reply> {
    let attr: ObjAttr = call.parse()?;
    let flags = obj_path::flags(&attr, ObjFlags::empty())?;
    let object = match call.task.fds().get(Fd::from_attr(attr.bpf_fd)) {
        FdEntry::Object(FdObject::Map { map, .. }) => Pinned::Map(map),
        FdEntry::Object(FdObject::Prog(prog)) => Pinned::Prog(prog),
        FdEntry::Object(FdObject::Link { link, .. }) => Pinned::Link(link),
        FdEntry::Object(FdObject::Btf(_)) => {
            return SysError::err(Errno::EINVAL, "a BTF object cannot be pinned");
        }
        FdEntry::Object(FdObject::Statistics(_) | FdObject::PerfEvent(_)) => {
            return SysError::err(Errno::EINVAL, "fd cannot be pinned");
        }
        FdEntry::Foreign | FdEntry::Closed => {
            return SysError::err(Errno::EINVAL, "fd is no bpf object");
        }
    };
    let path = obj_path::path(call, &attr, flags)?;
    obj_path::bpffs(call)?.pin(&path, object)?;
    Ok(DONE)
}
