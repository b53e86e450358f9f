//! What OBJ_PIN and OBJ_GET have in common: a path, and the flag that says where it starts.

use skep_object::{Errno, SysError, SysResult};
use skep_uapi::ObjFlags;
use skep_uapi::attr::ObjAttr;

use super::Call;
use crate::Fd;
use crate::bpffs::{Bpffs, PinPath};

/// Bytes of a path with its NUL.
const PATH_MAX: usize = 4096;

/// The flags, none but `allowed`. EINVAL; a directory without the flag that makes it count is EINVAL too.
pub(super) fn flags(attr: &ObjAttr, allowed: ObjFlags) -> SysResult<ObjFlags> {
    let flags = ObjFlags::from_bits_retain(attr.file_flags);
    if !allowed.union(ObjFlags::PATH_FD).contains(flags) {
        return SysError::err(Errno::EINVAL, "file_flags has an unknown flag");
    }
    if attr.path_fd != 0 && !flags.contains(ObjFlags::PATH_FD) {
        return SysError::err(Errno::EINVAL, "path_fd without BPF_F_PATH_FD");
    }
    Ok(flags)
}

/// The path. EFAULT, ENOENT for "", ENAMETOOLONG.
pub(super) fn path(call: &Call<'_>, attr: &ObjAttr, flags: ObjFlags) -> SysResult<PinPath> {
    let path = call.task.memory().read_string(attr.pathname, PATH_MAX)?;
    if path.is_empty() {
        return SysError::err(Errno::ENOENT, "path is empty");
    }
    if path.len() >= PATH_MAX {
        return SysError::err(Errno::ENAMETOOLONG, "path is longer than PATH_MAX");
    }
    let dir = match attr.path_fd {
        // AT_FDCWD
        _ if !flags.contains(ObjFlags::PATH_FD) => None,
        -100 => None,
        fd => Some(Fd(fd)),
    };
    Ok(PinPath { path, dir })
}

/// The task's bpf file systems. EPERM where the carrier has none: as on any other file system.
pub(super) fn bpffs<'c>(call: &'c Call<'_>) -> SysResult<&'c dyn Bpffs> {
    match call.task.bpffs() {
        Some(bpffs) => Ok(bpffs),
        None => SysError::err(Errno::EPERM, "this carrier has no bpf file system"),
    }
}
