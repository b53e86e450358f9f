//! Where bpffs is for clients, and what their paths lead to.
//!
//! ```text
//! Mounted   a file system at /sys/fs/bpf in the clients' mount namespace: paths are native, found through /proc
//! Private   a directory of ours: every call with a path below /sys/fs/bpf is carried out in it
//! ```

use std::ffi::OsStr;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use crate::client_path::without_dots;
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

impl Start {
    /// From the directory argument of a call.
    pub(crate) fn at(directory: u64) -> Self {
        match directory as i32 {
            libc::AT_FDCWD => Self::WorkingDirectory,
            fd => Self::Directory(fd),
        }
    }
}

/// How the session's bpffs reaches clients.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// Mounted: what Linux's bpffs refuses is refused here, the rest is native.
    Mounted,
    /// A directory of ours, at this path: every call that names it is carried out here.
    Private(PathBuf),
}

/// The session's bpffs.
pub(crate) struct View {
    root: OwnedFd,
    device: u64,
    form: Form,
}

/// Where clients have it.
const BPFFS: &str = "/sys/fs/bpf";

impl View {
    /// The file system with this root.
    pub(crate) fn mounted(root: OwnedFd) -> rustix::io::Result<Self> {
        Self::new(root, Form::Mounted)
    }

    /// A directory of ours.
    pub(crate) fn private(directory: &Path) -> rustix::io::Result<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::open(directory, flags, Mode::empty())?;
        let real = rustix::fs::readlink(crate::client_fds::own(&root), Vec::new())?;
        let real = PathBuf::from(OsStr::from_bytes(real.as_bytes()));
        Self::new(root, Form::Private(real))
    }

    fn new(root: OwnedFd, form: Form) -> rustix::io::Result<Self> {
        let device = FileKey::of(&root)?.device();
        Ok(Self { root, device, form })
    }

    /// How clients get to it.
    pub(crate) fn form(&self) -> &Form {
        &self.form
    }

    /// A path without dots, from the root of our bpffs on; `None` if it is elsewhere.
    pub(crate) fn inside<'p>(&self, path: &'p Path) -> Option<&'p Path> {
        match (path.strip_prefix(BPFFS), &self.form) {
            (Ok(inside), _) => Some(inside),
            // A client that is in a directory we gave it.
            (Err(_), Form::Private(real)) => path.strip_prefix(real).ok(),
            (Err(_), Form::Mounted) => None,
        }
    }

    /// A path inside as clients know it.
    pub(crate) fn shown(inside: &Path) -> PathBuf {
        Path::new(BPFFS).join(inside)
    }

    /// Opens (O_PATH) a path inside.
    pub(crate) fn open(&self, inside: &Path, last: LastLink) -> rustix::io::Result<OwnedFd> {
        let mut flags = OFlags::PATH | OFlags::CLOEXEC;
        if last == LastLink::Keep {
            flags |= OFlags::NOFOLLOW;
        }
        let path = if inside.as_os_str().is_empty() {
            Path::new(".")
        } else {
            inside
        };
        let how = ResolveFlags::IN_ROOT;
        rustix::fs::openat2(&self.root, path, flags, Mode::empty(), how)
    }

    /// The directory and the name of a path inside; "." is the root.
    pub(crate) fn parent<'p>(&self, inside: &'p Path) -> rustix::io::Result<(OwnedFd, &'p OsStr)> {
        let (parent, name) = match (inside.parent(), inside.file_name()) {
            (Some(parent), Some(name)) => (parent, name),
            _ => (Path::new(""), OsStr::new(".")),
        };
        Ok((self.open(parent, LastLink::Follow)?, name))
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
        match &self.form {
            Form::Mounted => {
                let base = open_directory(&base)?;
                let how = if path.is_absolute() {
                    ResolveFlags::IN_ROOT
                } else {
                    ResolveFlags::NO_MAGICLINKS
                };
                let found = rustix::fs::openat2(&base, path, flags, Mode::empty(), how)?;
                let ours = FileKey::of(&found)?.device() == self.device;
                Ok(ours.then_some(found))
            }
            Form::Private(_) => {
                let whole = if path.is_absolute() {
                    path.to_owned()
                } else {
                    let text = rustix::fs::readlink(base.as_str(), Vec::new())?;
                    Path::new(OsStr::from_bytes(text.as_bytes())).join(path)
                };
                let whole = without_dots(&whole);
                match self.inside(&whole) {
                    Some(inside) => self.open(inside, last).map(Some),
                    None => Ok(None),
                }
            }
        }
    }

    /// What clients call a file on our bpffs; `None` if it has no name any more.
    pub(crate) fn path_of(&self, file: &OwnedFd) -> Option<PathBuf> {
        Some(Path::new(BPFFS).join(self.way_to(file)?))
    }

    /// Removes the name of a file on our bpffs.
    pub(crate) fn remove(&self, file: &OwnedFd) -> rustix::io::Result<()> {
        let inside = self.way_to(file).ok_or(Errno::NOENT)?;
        rustix::fs::unlinkat(&self.root, inside, rustix::fs::AtFlags::empty())
    }

    /// The way from our root to a file, if it is still there.
    fn way_to(&self, file: &OwnedFd) -> Option<PathBuf> {
        let link = |fd: &OwnedFd| {
            let path = format!("/proc/self/fd/{}", fd.as_raw_fd());
            std::fs::read_link(path).ok()
        };
        let inside = link(file)?.strip_prefix(link(&self.root)?).ok()?.to_owned();
        let there = rustix::fs::statat(&self.root, &inside, rustix::fs::AtFlags::SYMLINK_NOFOLLOW);
        let same = FileKey::from_stat(&there.ok()?) == FileKey::of(file).ok()?;
        same.then_some(inside)
    }

    /// Whether an open file is on our bpffs.
    pub(crate) fn has(&self, thread: u32, fd: i32) -> bool {
        let path = crate::client_fds::path(thread, fd);
        match &self.form {
            Form::Mounted => {
                let stat = rustix::fs::stat(path);
                stat.is_ok_and(|stat| FileKey::from_stat(&stat).device() == self.device)
            }
            Form::Private(real) => rustix::fs::readlink(path, Vec::new())
                .is_ok_and(|text| Path::new(OsStr::from_bytes(text.as_bytes())).starts_with(real)),
        }
    }
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
    fn paths_are_split() {
        assert_eq!(
            split(b"/sys/fs/bpf/m").unwrap(),
            (&b"/sys/fs/bpf"[..], &b"m"[..])
        );
        assert_eq!(split(b"m").unwrap(), (&b"."[..], &b"m"[..]));
        assert_eq!(split(b"/m").unwrap(), (&b"/"[..], &b"m"[..]));
        assert_eq!(split(b"a/").unwrap_err(), Errno::NOENT);
        assert_eq!(split(b"a/..").unwrap_err(), Errno::EXIST);
    }
}
