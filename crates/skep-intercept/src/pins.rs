//! Pins: files on the session's bpffs that hold objects until they are removed.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use rustix::fs::inotify::WatchFlags;
use rustix::fs::{Mode, OFlags, Stat};
use skep_kernel::{Bpffs, MapAccess, ObjectName, PinPath, Pinned};
use skep_object::{SysError, SysResult};
use skep_uapi::Errno;

use crate::carrier::ClientCall;
use crate::client_fds::from_host;
use crate::file_key::FileKey;
use crate::hints::{Hinted, Hints, Watch};
use crate::session::Session;
use crate::view::{LastLink, Start, View, exists, split};

struct Pin {
    object: Pinned,
    /// Keeps the inode's number from being used again, and tells when the file has no name any more.
    file: OwnedFd,
    watch: Option<Watch>,
}

/// The pins of a session.
#[derive(Default)]
pub(crate) struct Pins {
    by_file: Mutex<HashMap<FileKey, Pin>>,
}

impl Pins {
    /// Drops the pins whose files have no name any more.
    pub(crate) fn settle(&self, hints: &Hints, hinted: &Hinted) {
        let mut gone = Vec::new();
        let mut by_file = self.by_file.lock();
        by_file.retain(|_, pin| {
            let named = !hinted.includes(pin.watch)
                || rustix::fs::fstat(&pin.file).is_ok_and(|stat| stat.st_nlink > 0);
            if !named {
                if let Some(watch) = pin.watch {
                    hints.forget(watch);
                }
                gone.push(pin.object.clone());
            }
            named
        });
        drop(by_file);
        drop(gone);
    }

    /// Every pin and its path, as clients see it.
    pub(crate) fn all(&self, view: &View) -> Vec<(ObjectName, PathBuf)> {
        let by_file = self.by_file.lock();
        let all = by_file.values();
        all.filter_map(|pin| Some((pin.object.object_name()?, view.path_of(&pin.file)?)))
            .collect()
    }

    /// Removes the files of an object, and its pins with them. An error of the file system.
    pub(crate) fn remove(&self, view: &View, hints: &Hints, object: ObjectName) -> SysResult<()> {
        let mut gone = Vec::new();
        let mut by_file = self.by_file.lock();
        for (key, pin) in &*by_file {
            if pin.object.object_name() == Some(object) {
                view.remove(&pin.file).map_err(|error| {
                    from_host(&error.into(), "the pin's file cannot be removed")
                })?;
                gone.push(*key);
            }
        }
        let gone: Vec<Pin> = gone.iter().filter_map(|key| by_file.remove(key)).collect();
        for watch in gone.iter().filter_map(|pin| pin.watch) {
            hints.forget(watch);
        }
        drop(by_file);
        drop(gone);
        Ok(())
    }
}

/// bpffs as the caller of one call sees it.
pub(crate) struct ClientBpffs<'c> {
    pub(crate) session: &'c Session,
    pub(crate) call: &'c ClientCall,
}

impl ClientBpffs<'_> {
    fn find(&self, path: &PinPath, part: &[u8], last: LastLink) -> SysResult<Option<OwnedFd>> {
        let start = match path.dir {
            None => Start::WorkingDirectory,
            Some(fd) => Start::Directory(fd.0),
        };
        let found = self.session.view.find(self.call.thread, start, part, last);
        found.map_err(|error| from_host(&error.into(), "no such path"))
    }
}

impl Bpffs for ClientBpffs<'_> {
    fn pin(&self, path: &PinPath, object: Pinned) -> SysResult<()> {
        let host =
            |error: rustix::io::Errno| from_host(&error.into(), "the pin's file cannot be made");
        let (directory, name) = split(&path.path).map_err(host)?;
        let Some(directory) = self.find(path, directory, LastLink::Follow)? else {
            return SysError::err(Errno::EPERM, "path is not on a bpf file system");
        };
        if exists(&directory, name) {
            return SysError::err(Errno::EEXIST, "something has this path");
        }
        if name.contains(&b'.') {
            return SysError::err(Errno::EPERM, "names on bpffs have no dots");
        }
        let name = Path::new(OsStr::from_bytes(name));
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDONLY | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&directory, name, flags, Mode::RUSR).map_err(host)?;
        let mode = Mode::RUSR | Mode::WUSR;
        let mode = mode.difference(umask(self.call.thread));
        let key = FileKey::of(&file).map_err(host)?;
        let session = self.session;
        let mut by_file = session.pins.by_file.lock();
        // Watched before its mode may shut us out.
        let watch = session
            .hints
            .watch(&file, WatchFlags::ATTRIB | WatchFlags::DELETE_SELF);
        let _ = rustix::fs::fchmod(&file, mode);
        by_file.insert(
            key,
            Pin {
                object,
                file,
                watch,
            },
        );
        Ok(())
    }

    fn open(&self, path: &PinPath, access: MapAccess) -> SysResult<Pinned> {
        let no_pin = || SysError::new(Errno::EACCES, "path is not a pin");
        let found = self
            .find(path, &path.path, LastLink::Follow)?
            .ok_or_else(no_pin)?;
        let stat = rustix::fs::fstat(&found)
            .map_err(|error| from_host(&error.into(), "the pin's file is gone"))?;
        if !permits(&stat, wanted(access)) {
            return SysError::err(Errno::EACCES, "the file's mode does not allow this");
        }
        let by_file = self.session.pins.by_file.lock();
        let pin = by_file.get(&FileKey::from_stat(&stat)).ok_or_else(no_pin)?;
        Ok(pin.object.clone())
    }
}

/// The permission bits an access wants.
fn wanted(access: MapAccess) -> u32 {
    match access {
        MapAccess::ReadWrite => 6,
        MapAccess::ReadOnly => 4,
        MapAccess::WriteOnly => 2,
    }
}

/// Whether a file's mode gives `wanted` of its permission bits (4 to read, 2 to write). Clients have our uid.
pub(crate) fn permits(stat: &Stat, wanted: u32) -> bool {
    let uid = rustix::process::geteuid();
    let shift = if uid.as_raw() == stat.st_uid {
        6
    } else if rustix::process::getegid().as_raw() == stat.st_gid {
        3
    } else {
        0
    };
    uid.is_root() || (stat.st_mode >> shift) & wanted == wanted
}

/// The mode bits that a thread's process takes away from files it makes.
pub(crate) fn umask(thread: u32) -> Mode {
    let status = std::fs::read_to_string(format!("/proc/{thread}/status")).unwrap_or_default();
    let text = status.lines().find_map(|line| line.strip_prefix("Umask:"));
    let bits = text.and_then(|text| u32::from_str_radix(text.trim(), 8).ok());
    Mode::from_raw_mode(bits.unwrap_or(0o022))
}
