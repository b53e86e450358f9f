//! A client's path as it reads: absolute, without dots, wherever it started from.
//!
//! Nothing is followed here: symbolic links that a client puts on its own way to our files are not seen, nor is a
//! slash at the end.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

use skep_kernel::UserMemory;
use skep_uapi::UserPtr;

use crate::carrier::ClientCall;
use crate::client_fds;
use crate::sys::process_memory::ProcessMemory;
use crate::view::Start;

/// Bytes of a path with its NUL.
const PATH_MAX: usize = 4096;

/// A string of the caller's; `None` if it cannot be read: the kernel then says what is wrong with it.
pub(crate) fn string(call: &ClientCall, at: u64) -> Option<Vec<u8>> {
    let memory = ProcessMemory(call.thread);
    let memory: &dyn UserMemory = &memory;
    memory.read_string(UserPtr(at), PATH_MAX).ok()
}

/// The path of an argument; `None` if it is empty or cannot be read.
pub(crate) fn argument(call: &ClientCall, start: Start, at: u64) -> Option<PathBuf> {
    let text = string(call, at)?;
    if text.first() == Some(&b'/') && is_plain(&text) {
        return Some(PathBuf::from(OsString::from_vec(text)));
    }
    Some(match text.first()? {
        b'/' => without_dots(Path::new(OsStr::from_bytes(&text))),
        _ => {
            let base = base(call.thread, start)?;
            without_dots(&base.join(OsStr::from_bytes(&text)))
        }
    })
}

/// Whether a path has no dots and no empty parts to take out; most have none.
fn is_plain(text: &[u8]) -> bool {
    let parts = text.windows(2);
    !text.ends_with(b"/") && parts.into_iter().all(|two| two != b"/." && two != b"//")
}

/// Where a relative path starts.
pub(crate) fn base(thread: u32, start: Start) -> Option<PathBuf> {
    let link = match start {
        Start::WorkingDirectory => format!("/proc/{thread}/cwd"),
        Start::Directory(fd) => client_fds::path(thread, fd),
    };
    let text = rustix::fs::readlink(link, Vec::new()).ok()?;
    Some(PathBuf::from(OsStr::from_bytes(text.as_bytes())))
}

/// A path as it reads: no `.`, no `..`, no doubled slashes.
pub(crate) fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir | Component::Prefix(_) => {}
            Component::RootDir | Component::Normal(_) => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_as_they_read() {
        let plain = without_dots(Path::new("/sys//fs/./x/../bpf/m"));
        assert_eq!(plain, Path::new("/sys/fs/bpf/m"));
        assert_eq!(without_dots(Path::new("/../..")), Path::new("/"));
        assert!(is_plain(b"/usr/lib/x.so") && !is_plain(b"/usr//x") && !is_plain(b"/a/../b"));
    }
}
