//! Where bpffs is for clients, and what their paths lead to.
//!
//! ```text
//! Mounted   a file system at /sys/fs/bpf in the clients' mount namespace: paths are native, found through /proc
//! Private   a directory of ours: only OBJ_PIN, OBJ_GET and statfs know that it stands for /sys/fs/bpf
//! ```

use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use crate::file_key::FileKey;

/// A place that a client's path starts from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Start {
    /// The working directory.
    WorkingDirectory,
    /// A directory's descriptor.
    Directory(i32),
}

/// How links at the end of a path are taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LastLink {
    /// Followed.
    Follow,
    /// Taken as they are.
    Keep,
}

/// The session's bpffs.
pub(crate) enum View {
    /// A file system of its own.
    Mounted {
        /// The file system.
        device: u64,
        /// Its root, so that it lives as long as the session.
        _root: OwnedFd,
    },
    /// A directory that only we know.
    Private {
        /// The directory.
        root: OwnedFd,
    },
}

impl View {
    /// The file system with this root.
    pub(crate) fn mounted(root: OwnedFd) -> rustix::io::Result<Self> {
        let device = FileKey::of(&root)?.device();
        Ok(Self::Mounted {
            device,
            _root: root,
        })
    }

    /// A directory of ours.
    pub(crate) fn private(directory: &Path) -> rustix::io::Result<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::open(directory, flags, Mode::empty())?;
        Ok(Self::Private { root })
    }

    /// Opens (O_PATH) what a client's path leads to; `None` if that is not on our bpffs.
    pub(crate) fn find(
        &self,
        thread: u32,
        start: Start,
        path: &[u8],
        last: LastLink,
    ) -> rustix::io::Result<Option<OwnedFd>> {
        let mut flags = OFlags::PATH | OFlags::CLOEXEC;
        if last == LastLink::Keep {
            flags |= OFlags::NOFOLLOW;
        }
        let path = Path::new(OsStr::from_bytes(path));
        let base = if path.is_absolute() {
            format!("/proc/{thread}/root")
        } else {
            match start {
                Start::WorkingDirectory => format!("/proc/{thread}/cwd"),
                Start::Directory(fd) => crate::client_fds::path(thread, fd),
            }
        };
        match self {
            Self::Mounted { device, .. } => {
                let base = open_directory(&base)?;
                let how = if path.is_absolute() {
                    ResolveFlags::IN_ROOT
                } else {
                    ResolveFlags::NO_MAGICLINKS
                };
                let found = rustix::fs::openat2(&base, path, flags, Mode::empty(), how)?;
                let ours = FileKey::of(&found)?.device() == *device;
                Ok(ours.then_some(found))
            }
            Self::Private { root } => {
                let whole = if path.is_absolute() {
                    path.to_owned()
                } else {
                    let text = rustix::fs::readlink(base.as_str(), Vec::new())?;
                    Path::new(OsStr::from_bytes(text.as_bytes())).join(path)
                };
                let whole = without_dots(&whole);
                let Ok(inside) = whole.strip_prefix("/sys/fs/bpf") else {
                    return Ok(None);
                };
                let inside = if inside.as_os_str().is_empty() {
                    Path::new(".")
                } else {
                    inside
                };
                rustix::fs::openat2(root, inside, flags, Mode::empty(), ResolveFlags::IN_ROOT)
                    .map(Some)
            }
        }
    }

    /// Whether an open file is on our bpffs.
    pub(crate) fn has(&self, thread: u32, fd: i32) -> bool {
        match self {
            Self::Mounted { device, .. } => {
                let stat = rustix::fs::stat(crate::client_fds::path(thread, fd));
                stat.is_ok_and(|stat| FileKey::from_stat(&stat).device() == *device)
            }
            // Clients have no descriptors of a directory they cannot see.
            Self::Private { .. } => false,
        }
    }
}

/// A path as it reads: no `.`, no `..`, no doubled slashes.
fn without_dots(path: &Path) -> PathBuf {
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

fn open_directory(path: &str) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    match rustix::fs::openat(CWD, path, flags, Mode::empty()) {
        // A closed descriptor.
        Err(Errno::NOENT) => Err(Errno::BADF),
        other => other,
    }
}

/// A path's directory and the name in it. ENOENT: it ends in a slash. EEXIST: it names a directory by dots.
pub(crate) fn split(path: &[u8]) -> rustix::io::Result<(&[u8], &[u8])> {
    let (directory, name) = match path.iter().rposition(|byte| *byte == b'/') {
        None => (&b"."[..], path),
        Some(0) => (&b"/"[..], path.get(1..).unwrap_or_default()),
        Some(at) => (
            path.get(..at).unwrap_or_default(),
            path.get(at.saturating_add(1)..).unwrap_or_default(),
        ),
    };
    match name {
        b"" => Err(Errno::NOENT),
        b"." | b".." => Err(Errno::EXIST),
        _ => Ok((directory, name)),
    }
}

/// Whether anything is at `name` in a directory, a broken link included.
pub(crate) fn exists(directory: impl AsFd, name: &[u8]) -> bool {
    let name = Path::new(OsStr::from_bytes(name));
    rustix::fs::statat(directory, name, rustix::fs::AtFlags::SYMLINK_NOFOLLOW).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_split_and_read_as_they_stand() {
        assert_eq!(
            split(b"/sys/fs/bpf/m").unwrap(),
            (&b"/sys/fs/bpf"[..], &b"m"[..])
        );
        assert_eq!(split(b"m").unwrap(), (&b"."[..], &b"m"[..]));
        assert_eq!(split(b"/m").unwrap(), (&b"/"[..], &b"m"[..]));
        assert_eq!(split(b"a/").unwrap_err(), Errno::NOENT);
        assert_eq!(split(b"a/..").unwrap_err(), Errno::EXIST);
        let plain = without_dots(Path::new("/sys//fs/./x/../bpf/m"));
        assert_eq!(plain, Path::new("/sys/fs/bpf/m"));
    }
}
