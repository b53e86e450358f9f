//! Handles: the files that stand for objects in clients.
//!
//! ```text
//! memfd_create ── fd A   sealed; closed at once (maps with memory of their own keep theirs)
//!    opened again ── the client's descriptor
//!    opened again ── ours, kept: is anybody else there? (a lease knows)
//! ```
//!
//! A handle is one open file of Linux's: it owns one user reference, and lives while any copy of the client's opening
//! is open or mapped. A handle without memory is opened for writing only and sealed against it, so that nothing can be
//! read, written or mapped. A map that clients may map has its own memfd, and all its handles are one file.

use std::collections::HashMap;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use parking_lot::Mutex;
use rustix::fs::inotify::WatchFlags;
use rustix::fs::{MemfdFlags, Mode, OFlags, SealFlags};
use skep_kernel::{FdObject, MapAccess};
use skep_memory::Region;

use crate::file_key::FileKey;
use crate::hints::{Hinted, Hints, Watch};
use crate::sys::lease::{Holders, holders};

/// What is behind a handle.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Backing {
    /// Nothing: the file is a name only.
    Name,
    /// The map's values; how the client opened it says what it may do.
    Values,
}

struct Handle {
    object: FdObject,
    backing: Backing,
    kept: OwnedFd,
    watch: Option<Watch>,
}

/// The handles of a session.
#[derive(Default)]
pub(crate) struct Handles {
    open: Mutex<HashMap<FileKey, Handle>>,
}

impl Handles {
    /// Makes a handle for an object; the client's opening of it. EMFILE and ENFILE are ours, not the client's.
    pub(crate) fn make(&self, hints: &Hints, object: FdObject) -> rustix::io::Result<OwnedFd> {
        if let FdObject::Map { map, access } = &object {
            let (map, access) = (map.reference().clone(), *access);
            if let Some(memory) = map.map().value_memory().and_then(Region::memfd) {
                return self.open_values(hints, object, memory, access);
            }
        }
        let name = match &object {
            FdObject::Map { .. } => c"bpf-map",
            FdObject::Prog(_) => c"bpf-prog",
            FdObject::Btf(_) => c"btf",
        };
        let created = memfd(name)?;
        let seals = SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE | SealFlags::SEAL;
        rustix::fs::fcntl_add_seals(&created, seals)?;
        let clients = reopen(created.as_fd(), OFlags::WRONLY)?;
        let kept = reopen(created.as_fd(), OFlags::RDONLY)?;
        drop(created);
        let key = FileKey::of(&kept)?;
        let mut open = self.open.lock();
        let watch = hints.watch(&kept, WatchFlags::CLOSE);
        open.insert(
            key,
            Handle {
                object,
                backing: Backing::Name,
                kept,
                watch,
            },
        );
        Ok(clients)
    }

    fn open_values(
        &self,
        hints: &Hints,
        object: FdObject,
        memory: BorrowedFd<'_>,
        access: MapAccess,
    ) -> rustix::io::Result<OwnedFd> {
        let flags = match access {
            MapAccess::ReadWrite => OFlags::RDWR,
            MapAccess::ReadOnly => OFlags::RDONLY,
            MapAccess::WriteOnly => OFlags::WRONLY,
        };
        let key = FileKey::of(memory)?;
        // Under the lock, so that nobody finds the file unused between the two openings.
        let mut open = self.open.lock();
        let clients = reopen(memory, flags)?;
        if open.contains_key(&key) {
            return Ok(clients);
        }
        let kept = reopen(memory, OFlags::RDONLY)?;
        let watch = hints.watch(&kept, WatchFlags::CLOSE);
        open.insert(
            key,
            Handle {
                object,
                backing: Backing::Values,
                kept,
                watch,
            },
        );
        Ok(clients)
    }

    /// The object a file stands for.
    pub(crate) fn find(&self, key: FileKey) -> Option<(FdObject, Backing)> {
        let open = self.open.lock();
        let handle = open.get(&key)?;
        Some((handle.object.clone(), handle.backing))
    }

    /// No new writable mappings of a frozen map's values.
    pub(crate) fn seal_values(&self, key: FileKey) {
        if let Some(handle) = self.open.lock().get(&key)
            && handle.backing == Backing::Values
        {
            let _ = rustix::fs::fcntl_add_seals(&handle.kept, SealFlags::FUTURE_WRITE);
        }
    }

    /// Drops the handles that no client has open any more.
    pub(crate) fn settle(&self, hints: &Hints, hinted: &Hinted) {
        let mut gone = Vec::new();
        let mut open = self.open.lock();
        open.retain(|_, handle| {
            if !hinted.includes(handle.watch) || holders(&handle.kept) == Holders::Others {
                return true;
            }
            if let Some(watch) = handle.watch {
                hints.forget(watch);
            }
            gone.push(handle.object.clone());
            false
        });
        // Objects end after the lock: a prog array may clear itself now.
        drop(open);
        drop(gone);
    }
}

fn memfd(name: &std::ffi::CStr) -> rustix::io::Result<OwnedFd> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    match rustix::fs::memfd_create(name, flags | MemfdFlags::NOEXEC_SEAL) {
        // Before Linux 6.3.
        Err(rustix::io::Errno::INVAL) => rustix::fs::memfd_create(name, flags),
        made => made,
    }
}

fn reopen(file: BorrowedFd<'_>, flags: OFlags) -> rustix::io::Result<OwnedFd> {
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    rustix::fs::open(path, flags | OFlags::CLOEXEC, Mode::empty())
}
