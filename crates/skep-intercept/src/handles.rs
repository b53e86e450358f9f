//! Handles: the files that stand for objects in clients.
//!
//! ```text
//! memfd_create ── fd A   sealed; closed at once (maps with memory of their own keep theirs)
//!    opened again ── the client's descriptor
//!    opened again ── ours, kept: is anybody else there? (a lease knows)
//! ```
//!
//! A handle owns one user reference, and lives while any client's opening of it is open or mapped. A handle without memory is opened for writing only and sealed against it, so that nothing can be
//! read, written or mapped. A map that clients may map has its own memfd, and all its handles are one file.

use std::collections::HashMap;
use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rustix::fs::inotify::WatchFlags;
use rustix::fs::{MemfdFlags, Mode, OFlags, SealFlags};
use rustix::path::DecInt;
use skep_kernel::{FdObject, MapAccess, ObjectName};
use skep_memory::Addr;

use crate::file_key::FileKey;
use crate::hints::{Hinted, Hints, Watch};
use crate::sys::lease::{Holders, holders};

/// What is behind a handle.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Backing {
    /// Nothing: the file is a name only.
    Name,
    /// The map's memory; how the client opened it says what it may do.
    Memory,
}

struct Handle {
    object: FdObject,
    backing: Backing,
    kept: OwnedFd,
    watch: Option<Watch>,
}

/// What tells handles apart: the object, and what is the handle's own. Handles that agree are openings of one file.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Which {
    name: &'static CStr,
    object: Addr,
    own: u8,
}

impl Which {
    /// `None`: each is a file of its own.
    fn of(object: &FdObject) -> Option<Self> {
        let (at, own) = match object {
            FdObject::Map { map, access } => (map.reference().address(), *access as u8),
            FdObject::Prog(prog) => (prog.reference().address(), 0),
            FdObject::Btf(btf) => (btf.reference().address(), 0),
            FdObject::Link { link, origin } => (link.reference().address(), *origin as u8),
            FdObject::Statistics(_) | FdObject::PerfEvent(_) => return None,
        };
        Some(Self {
            name: file_name(object),
            object: at,
            own,
        })
    }
}

/// What the file is called.
fn file_name(object: &FdObject) -> &'static CStr {
    match object {
        FdObject::Map { .. } => c"bpf-map",
        FdObject::Prog(_) => c"bpf-prog",
        FdObject::Btf(_) => c"btf",
        FdObject::Link { .. } => c"bpf-link",
        FdObject::Statistics(_) => c"bpf-stats",
        FdObject::PerfEvent(_) => c"perf_event",
    }
}

/// A file that nobody has open any more. Making one costs more than all else of an answer, so the next object gets it.
struct Idle {
    name: &'static CStr,
    key: FileKey,
    kept: OwnedFd,
    watch: Watch,
    since: Instant,
}

/// Idle files are kept for a create-and-close loop, not for good.
const IDLE_AT_MOST: usize = 16;
const IDLE_FOR: Duration = Duration::from_millis(500);

/// An opening for clients that we keep to give it again. It hides whether anybody else has the file open, so it is only
/// kept while somebody has: the last other opening's close is hinted at, and a hint ends this.
struct Spare {
    key: FileKey,
    opening: Arc<OwnedFd>,
}

/// Few objects are asked for over and over at the same time.
const SPARE_AT_MOST: usize = 4;

#[derive(Default)]
struct Open {
    by_file: HashMap<FileKey, Handle>,
    by_watch: HashMap<Watch, FileKey>,
    by_object: HashMap<Which, FileKey>,
    idle: Vec<Idle>,
    spares: Vec<Spare>,
    /// Handles that may be unused, and since when that is known.
    suspects: HashMap<FileKey, Instant>,
    /// The last object that got a name: the one that a create-and-close loop has closed.
    last: Option<FileKey>,
}

impl Open {
    fn insert(&mut self, key: FileKey, handle: Handle) {
        match handle.watch {
            Some(watch) => drop(self.by_watch.insert(watch, key)),
            // Nothing will ever hint at it.
            None => drop(self.suspects.insert(key, Instant::now())),
        }
        if handle.backing == Backing::Name
            && let Some(which) = Which::of(&handle.object)
        {
            self.by_object.insert(which, key);
            self.last = Some(key);
        }
        self.by_file.insert(key, handle);
    }

    /// The spare opening of a handle.
    fn spare(&self, key: FileKey) -> Option<Arc<OwnedFd>> {
        let spare = self.spares.iter().find(|spare| spare.key == key)?;
        Some(Arc::clone(&spare.opening))
    }

    /// Keeps a handle's opening that is about to be made a client's, if another is sure to be there or hinted at.
    fn spare_next(&mut self, key: FileKey, opening: &Arc<OwnedFd>) {
        if self.spares.len() >= SPARE_AT_MOST {
            self.spares.remove(0);
        }
        let opening = Arc::clone(opening);
        self.spares.push(Spare { key, opening });
    }

    /// Takes a handle that nobody has open any more out; its file waits for the next object.
    fn retire(&mut self, hints: &Hints, key: FileKey) -> Option<FdObject> {
        let handle = self.by_file.remove(&key)?;
        if let Some(watch) = handle.watch {
            self.by_watch.remove(&watch);
        }
        if handle.backing == Backing::Name
            && let Some(which) = Which::of(&handle.object)
        {
            self.by_object.remove(&which);
        }
        match handle.watch {
            Some(watch) if handle.backing == Backing::Name && self.idle.len() < IDLE_AT_MOST => {
                self.idle.push(Idle {
                    name: file_name(&handle.object),
                    key,
                    kept: handle.kept,
                    watch,
                    since: Instant::now(),
                });
            }
            Some(watch) => hints.forget(watch),
            None => {}
        }
        Some(handle.object)
    }

    fn suspect(&mut self, hinted: &Hinted) {
        let now = Instant::now();
        let keys: Vec<FileKey> = match hinted {
            Hinted::All => self.by_file.keys().copied().collect(),
            Hinted::These(watches) => {
                let keys = watches.iter().filter_map(|watch| self.by_watch.get(watch));
                keys.copied().collect()
            }
        };
        self.suspects.extend(keys.into_iter().map(|key| (key, now)));
    }
}

/// The event of a close comes before the file is really closed (Linux 6.18: `__fput`), so a handle that is still in use
/// stays suspect for a while. A caller's own closes are done before its next call.
const CLOSING: Duration = Duration::from_millis(20);

/// The handles of a session.
pub(crate) struct Handles {
    open: Mutex<Open>,
    /// `/proc/self/fd`: what is opened through it is opened again.
    links: OwnedFd,
}

impl Handles {
    /// None yet.
    pub(crate) fn new() -> rustix::io::Result<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self {
            open: Mutex::default(),
            links: rustix::fs::open("/proc/self/fd", flags, Mode::empty())?,
        })
    }

    /// Makes a handle for an object; the client's opening of it. EMFILE and ENFILE are ours, not the client's.
    pub(crate) fn make(&self, hints: &Hints, object: FdObject) -> rustix::io::Result<Arc<OwnedFd>> {
        if let FdObject::Map { map, access } = &object {
            let (map, access) = (map.reference().clone(), *access);
            if let Some(memory) = map.map().client_memory() {
                return self
                    .open_memory(hints, object, memory, access)
                    .map(Arc::new);
            }
        }
        if let FdObject::PerfEvent(event) = &object {
            let event = Arc::clone(event);
            if let Some(memory) = event.memfd() {
                let made = self.open_memory(hints, object, memory, MapAccess::ReadWrite);
                return made.map(Arc::new);
            }
        }
        // Under the lock, so that nobody finds a file unused between two openings.
        let mut open = self.open.lock();
        let known = Which::of(&object).and_then(|which| open.by_object.get(&which).copied());
        if let Some(key) = known
            && open.by_file.contains_key(&key)
        {
            return self.open_again(&mut open, key);
        }
        let name = file_name(&object);
        let found = open.idle.iter().rposition(|idle| idle.name == name);
        if let Some(idle) = found.map(|at| open.idle.swap_remove(at)) {
            // Unless a client has taken its mode away.
            if let Ok(clients) = self.reopen(idle.kept.as_fd(), OFlags::WRONLY) {
                open.insert(
                    idle.key,
                    Handle {
                        object,
                        backing: Backing::Name,
                        kept: idle.kept,
                        watch: Some(idle.watch),
                    },
                );
                return Ok(Arc::new(clients));
            }
            hints.forget(idle.watch);
        }
        let created = memfd(name)?;
        let seals = SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE | SealFlags::SEAL;
        rustix::fs::fcntl_add_seals(&created, seals)?;
        let clients = self.reopen(created.as_fd(), OFlags::WRONLY)?;
        let kept = self.reopen(created.as_fd(), OFlags::RDONLY)?;
        drop(created);
        let key = FileKey::of(&kept)?;
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
        Ok(Arc::new(clients))
    }

    /// An opening of a handle that has another, or had.
    fn open_again(&self, open: &mut Open, key: FileKey) -> rustix::io::Result<Arc<OwnedFd>> {
        if let Some(spare) = open.spare(key) {
            return Ok(spare);
        }
        let handle = open.by_file.get(&key).ok_or(rustix::io::Errno::BADF)?;
        // A suspect's other opening may be one that is being closed, of which nothing more will be hinted.
        let sure = handle.watch.is_some()
            && !open.suspects.contains_key(&key)
            && holders(&handle.kept) == Holders::Others;
        let opening = Arc::new(self.reopen(handle.kept.as_fd(), OFlags::WRONLY)?);
        if sure {
            open.spare_next(key, &opening);
        }
        Ok(opening)
    }

    fn open_memory(
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
        let clients = self.reopen(memory, flags)?;
        if open.by_file.contains_key(&key) {
            return Ok(clients);
        }
        let kept = self.reopen(memory, OFlags::RDONLY)?;
        let watch = hints.watch(&kept, WatchFlags::CLOSE);
        open.insert(
            key,
            Handle {
                object,
                backing: Backing::Memory,
                kept,
                watch,
            },
        );
        Ok(clients)
    }

    /// The object a file stands for.
    pub(crate) fn find(&self, key: FileKey) -> Option<(FdObject, Backing)> {
        let open = self.open.lock();
        let handle = open.by_file.get(&key)?;
        Some((handle.object.clone(), handle.backing))
    }

    /// Whether a file is a handle.
    pub(crate) fn has(&self, key: FileKey) -> bool {
        self.open.lock().by_file.contains_key(&key)
    }

    /// No new writable mappings of a frozen map's memory.
    pub(crate) fn seal_memory(&self, key: FileKey) {
        if let Some(handle) = self.open.lock().by_file.get(&key)
            && handle.backing == Backing::Memory
        {
            // Seals are set through a writable opening.
            let sealed = self
                .reopen(handle.kept.as_fd(), OFlags::RDWR)
                .and_then(|file| rustix::fs::fcntl_add_seals(file, SealFlags::FUTURE_WRITE));
            // Without the seal a client can still write what it maps; no memory of ours is at stake.
            let _ = sealed;
        }
    }

    /// Drops the handles that no client has open any more.
    pub(crate) fn settle(&self, hints: &Hints, hinted: &Hinted) {
        let mut open = self.open.lock();
        open.suspect(hinted);
        let mut unused = Vec::new();
        let Open {
            by_file,
            suspects,
            spares,
            ..
        } = &mut *open;
        spares.retain(|spare| !suspects.contains_key(&spare.key));
        suspects.retain(|key, since| {
            let Some(handle) = by_file.get(key) else {
                return false;
            };
            if holders(&handle.kept) == Holders::Others {
                return handle.watch.is_none() || since.elapsed() < CLOSING;
            }
            unused.push(*key);
            false
        });
        let retired = unused.iter().map(|key| open.retire(hints, *key));
        let gone: Vec<Option<FdObject>> = retired.collect();
        open.idle.retain(|idle| {
            let keep = idle.since.elapsed() < IDLE_FOR;
            if !keep {
                hints.forget(idle.watch);
            }
            keep
        });
        // Objects end after the lock: a prog array may clear itself now.
        drop(open);
        drop(gone);
    }

    /// Drops the handle that was made last, if no client has it open any more; whether it was so.
    pub(crate) fn settle_last(&self, hints: &Hints) -> bool {
        let mut open = self.open.lock();
        let last = open
            .last
            .and_then(|key| Some((key, open.by_file.get(&key)?)));
        let unused = last.filter(|(_, handle)| holders(&handle.kept) == Holders::Alone);
        let Some((key, _)) = unused else {
            return false;
        };
        let gone = open.retire(hints, key);
        // As above.
        drop(open);
        drop(gone);
        true
    }

    /// Every file that stands for an object with an id.
    pub(crate) fn all(&self) -> Vec<(FileKey, ObjectName)> {
        let open = self.open.lock();
        let all = open.by_file.iter();
        all.filter_map(|(key, handle)| Some((*key, handle.object.object_name()?)))
            .collect()
    }

    /// Forgets the files of an object: to clients that have them open they are any other file from now on.
    pub(crate) fn remove(&self, hints: &Hints, object: ObjectName) {
        let mut open = self.open.lock();
        let Open {
            by_file,
            by_watch,
            by_object,
            spares,
            suspects,
            ..
        } = &mut *open;
        let gone: Vec<(FileKey, Handle)> = by_file
            .extract_if(|_, handle| handle.object.object_name() == Some(object))
            .collect();
        for (key, handle) in &gone {
            if let Some(watch) = handle.watch {
                hints.forget(watch);
                by_watch.remove(&watch);
            }
            if let Some(which) = Which::of(&handle.object) {
                by_object.remove(&which);
            }
            suspects.remove(key);
            spares.retain(|spare| spare.key != *key);
        }
        // Objects end after the lock.
        drop(open);
        drop(gone);
    }

    /// When to settle again, hint or none.
    pub(crate) fn look_again(&self) -> Option<Duration> {
        let open = self.open.lock();
        if !open.suspects.is_empty() {
            return Some(CLOSING);
        }
        (!open.idle.is_empty()).then_some(IDLE_FOR)
    }

    /// Opens a file again: a description of its own.
    fn reopen(&self, file: BorrowedFd<'_>, flags: OFlags) -> rustix::io::Result<OwnedFd> {
        let number = DecInt::from_fd(file);
        rustix::fs::openat(&self.links, number, flags | OFlags::CLOEXEC, Mode::empty())
    }
}

fn memfd(name: &CStr) -> rustix::io::Result<OwnedFd> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    match rustix::fs::memfd_create(name, flags | MemfdFlags::NOEXEC_SEAL) {
        // Before Linux 6.3.
        Err(rustix::io::Errno::INVAL) => rustix::fs::memfd_create(name, flags),
        made => made,
    }
}
