//! Places that need a live object of the host: a cgroup, a device, a network namespace, an event. There are none here,
//! so what is given is always something else or nothing, and the errno is the one of Linux for that.

use skep_object::{Errno, SysError, SysResult, unsupported};
use skep_uapi::MapType;

use crate::command::Call;
use crate::{Fd, FdEntry};

/// Attaching to a cgroup. EBADF.
pub(in crate::command) fn cgroup() -> SysError {
    unsupported!(EBADF, "cgroups: no fd is one")
}

/// Attaching to a device by number, where Linux says `errno` if there is no such device.
pub(in crate::command) fn device(errno: Errno) -> SysError {
    skep_object::error::not_implemented(errno, "network devices: none has this number".to_owned())
}

/// Attaching to a network namespace. EBADF, EINVAL.
pub(in crate::command) fn network_namespace(call: &Call<'_>, fd: u32) -> SysError {
    match call.task.fds().get(Fd::from_attr(fd)) {
        FdEntry::Closed => SysError::new(Errno::EBADF, "no such fd"),
        FdEntry::Foreign => unsupported!(EINVAL, "network namespaces: no fd is one"),
        FdEntry::Object(_) => SysError::new(Errno::EINVAL, "fd is not a network namespace"),
    }
}

/// Attaching to an event. EBADF.
pub(in crate::command) fn event() -> SysError {
    unsupported!(EBADF, "perf events: no fd is one that programs attach to")
}

/// Attaching to a sockmap, where Linux says `other` of maps of other types. EBADF, EINVAL.
pub(in crate::command) fn sockmap(call: &Call<'_>, fd: u32, other: Errno) -> SysResult<SysError> {
    let map = call.fds().map(Fd::from_attr(fd))?;
    Ok(match map.map().base().attr().map_type {
        MapType::Sockmap | MapType::Sockhash => {
            unsupported!(EOPNOTSUPP, "programs of sockmaps")
        }
        _ => SysError::new(other, "map is not a sockmap"),
    })
}
