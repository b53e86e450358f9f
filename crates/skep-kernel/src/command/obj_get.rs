//! OBJ_GET: a descriptor for what is pinned at a path. The file's mode decides, no capability does.

use skep_object::{Errno, SysError, SysResult};
use skep_uapi::ObjFlags;
use skep_uapi::attr::ObjAttr;

use super::{Call, Reply, obj_path};
use crate::MapAccess;

pub(super) fn run(call: &Call<'_>) -> SysResult<Reply> {
    let attr: ObjAttr = call.parse()?;
    if attr.bpf_fd != 0 {
        return SysError::err(Errno::EINVAL, "bpf_fd is set");
    }
    let flags = obj_path::flags(&attr, ObjFlags::RDONLY.union(ObjFlags::WRONLY))?;
    let Some(access) = MapAccess::from_flags(flags) else {
        return SysError::err(Errno::EINVAL, "RDONLY and WRONLY exclude each other");
    };
    let path = obj_path::path(call, &attr, flags)?;
    let pinned = obj_path::bpffs(call)?.open(&path, access)?;
    Ok(Reply::NewFd(pinned.open(access)?))
}
