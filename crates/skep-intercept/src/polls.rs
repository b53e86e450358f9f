//! Waiting for rings: the epolls of clients, and a file for each ring that is ready when the ring is.
//!
//! ```text
//! client's epoll (made here, a copy kept) ── marker: an eventfd that is never ready; its data is the epoll's cookie
//!                                         └─ signal of a ring: the client's events and data
//! program commits a record ── wake-up ──> signal raised
//! client waits             ── notified ─> signals of empty rings lowered, then the host's epoll_wait
//! ```
//!
//! A memfd cannot be added to an epoll, so what is added for it is its signal. All epolls share one inode: the cookie,
//! which /proc shows for any copy, tells them apart. Linux looks at a ring again at each wait until it is found empty,
//! whatever the consumer did in between, and sees new records by wake-ups only; so a signal is raised by wake-ups
//! (and when a ring is added that has records), and lowered when a wait finds nothing.

use std::collections::{BTreeSet, HashMap};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};
use rustix::event::{EventfdFlags, epoll, eventfd};
use rustix::io::{Errno, Result};
use rustix::pipe::{PipeFlags, fcntl_setpipe_size, pipe_with};
use skep_kernel::{FdObject, MapObject};
use skep_maps::perf_event::PerfEvent;
use skep_maps::{Awaited, PollSource};
use skep_object::Ref;

use crate::client_fds;
use crate::file_key::FileKey;

/// The epolls of clients and the signals of rings.
pub(crate) struct Polls {
    marker: OwnedFd,
    epolls: Mutex<Epolls>,
    signals: RwLock<HashMap<FileKey, Arc<RingSignal>>>,
}

struct Epolls {
    by_cookie: HashMap<u64, OwnedFd>,
    /// With so many, those that nobody has any more are looked for.
    look_from: usize,
}

/// As many epolls are kept without looking whether somebody has them.
const KEPT: usize = 64;

impl Polls {
    /// No epolls yet.
    pub(crate) fn new() -> Result<Self> {
        Ok(Self {
            marker: eventfd(0, EventfdFlags::CLOEXEC)?,
            epolls: Mutex::new(Epolls {
                by_cookie: HashMap::new(),
                look_from: KEPT,
            }),
            signals: RwLock::default(),
        })
    }

    /// Makes an epoll and gives it to a client by `give`.
    pub(crate) fn make<T>(
        &self,
        give: impl FnOnce(BorrowedFd<'_>) -> std::io::Result<T>,
    ) -> std::io::Result<T> {
        let made = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let mut cookie = [0; 8];
        rustix::rand::getrandom(&mut cookie, rustix::rand::GetRandomFlags::empty())?;
        let cookie = u64::from_ne_bytes(cookie);
        let (data, none) = (
            epoll::EventData::new_u64(cookie),
            epoll::EventFlags::empty(),
        );
        epoll::add(&made, &self.marker, data, none)?;
        let mut epolls = self.epolls.lock();
        if epolls.by_cookie.len() >= epolls.look_from {
            let used = cookies_in_use();
            epolls.by_cookie.retain(|cookie, _| used.contains(cookie));
            epolls.look_from = KEPT.max(2 * epolls.by_cookie.len());
        }
        // Under the lock: whoever looks for it meanwhile finds that somebody has it.
        let given = give(made.as_fd())?;
        epolls.by_cookie.insert(cookie, made);
        Ok(given)
    }

    /// Does something with our copy of a client's epoll; `None` if the descriptor is none of those made here.
    pub(crate) fn with_epoll<T>(
        &self,
        thread: u32,
        fd: i32,
        work: impl FnOnce(BorrowedFd<'_>) -> T,
    ) -> Option<T> {
        let info = std::fs::read_to_string(format!("/proc/{thread}/fdinfo/{fd}")).ok()?;
        let epolls = self.epolls.lock();
        let ours = cookies(&info).find_map(|cookie| epolls.by_cookie.get(&cookie))?;
        Some(work(ours.as_fd()))
    }

    /// The signal of an object, made when it is first asked for; `None` if nobody can wait for it.
    pub(crate) fn signal(
        &self,
        key: FileKey,
        object: &FdObject,
    ) -> Option<Result<Arc<RingSignal>>> {
        let watched = Watched::of(object)?;
        let mut signals = self.signals.write();
        if let Some(signal) = signals.get(&key) {
            return Some(Ok(Arc::clone(signal)));
        }
        let made = RingSignal::new(watched).map(Arc::new);
        if let Ok(signal) = &made {
            signals.insert(key, Arc::clone(signal));
        }
        Some(made)
    }

    /// Lowers the signals of rings that are not ready.
    pub(crate) fn correct(&self) {
        for signal in self.signals.read().values() {
            signal.lower_unless_ready();
        }
    }

    /// Drops the signals of files that are nobody's any more.
    pub(crate) fn settle(&self, is_handle: impl Fn(FileKey) -> bool) {
        if self.signals.read().is_empty() {
            return;
        }
        let mut gone = Vec::new();
        self.signals.write().retain(|key, signal| {
            let keep = is_handle(*key);
            if !keep {
                gone.push(Arc::clone(signal));
            }
            keep
        });
        drop(gone);
    }
}

/// The data of what an epoll's fdinfo shows as added.
fn cookies(info: &str) -> impl Iterator<Item = u64> {
    info.lines()
        .filter(|line| line.starts_with("tfd:"))
        .filter_map(|line| {
            let (_, data) = line.split_once("data:")?;
            let data = data.split_whitespace().next()?;
            u64::from_str_radix(data, 16).ok()
        })
}

/// The cookies of all epolls that a process other than this one has. One on its way over a socket is not seen: rings
/// stay added to it, and no ring can be added any more.
fn cookies_in_use() -> BTreeSet<u64> {
    let mut used = BTreeSet::new();
    let own = std::process::id();
    let numbers = |path: &str| {
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
    };
    for process in numbers("/proc").filter(|process| *process != own) {
        for fd in numbers(&format!("/proc/{process}/fd")) {
            let link = rustix::fs::readlink(client_fds::path(process, fd as i32), Vec::new());
            if link.is_ok_and(|link| link.as_bytes() == b"anon_inode:[eventpoll]") {
                let info = std::fs::read_to_string(format!("/proc/{process}/fdinfo/{fd}"));
                used.extend(cookies(&info.unwrap_or_default()));
            }
        }
    }
    used
}

/// What clients wait for. No user reference: a ring that is waited for may still lose its last descriptor.
enum Watched {
    Ring(Ref<MapObject>),
    Event(Arc<PerfEvent>),
}

impl Watched {
    fn of(object: &FdObject) -> Option<Self> {
        match object {
            FdObject::Map { map, .. } => {
                map.reference().map().poll_source()?;
                Some(Self::Ring(map.reference().clone()))
            }
            FdObject::PerfEvent(event) => Some(Self::Event(Arc::clone(event))),
            FdObject::Prog(_)
            | FdObject::Btf(_)
            | FdObject::Link { .. }
            | FdObject::Statistics(_) => None,
        }
    }

    fn source(&self) -> Option<&dyn PollSource> {
        match self {
            Self::Ring(map) => map.map().poll_source(),
            Self::Event(event) => Some(&**event),
        }
    }
}

/// A file that is ready when a ring is.
pub(crate) struct RingSignal {
    watched: Watched,
    lamp: Arc<Lamp>,
}

impl RingSignal {
    fn new(watched: Watched) -> Result<Self> {
        let awaited = watched
            .source()
            .map_or(Awaited::Records, PollSource::awaited);
        let lamp = Arc::new(Lamp::new(awaited)?);
        let waker = Arc::clone(&lamp);
        if let Some(source) = watched.source() {
            let waiters = source.waiters();
            waiters.set_waker(Some(Box::new(move || waker.raise())));
        }
        Ok(Self { watched, lamp })
    }

    /// The file to add to epolls.
    pub(crate) fn file(&self) -> BorrowedFd<'_> {
        self.lamp.file()
    }

    /// Is the ring ready?
    pub(crate) fn is_ready(&self) -> bool {
        self.watched.source().is_some_and(PollSource::is_ready)
    }

    /// What its readiness is called in poll(2).
    pub(crate) fn awaited(&self) -> Awaited {
        let source = self.watched.source();
        source.map_or(Awaited::Records, PollSource::awaited)
    }

    /// Linux tells of each wake-up of a perf event once, whether or not edges were asked for.
    pub(crate) fn adapt(&self, operation: Operation) -> Operation {
        let once = |event: Event| Event {
            events: event.events | libc::EPOLLET as u32,
            ..event
        };
        match (&self.watched, operation) {
            (Watched::Event(_), Operation::Add(event)) => Operation::Add(once(event)),
            (Watched::Event(_), Operation::Modify(event)) => Operation::Modify(once(event)),
            (Watched::Event(_) | Watched::Ring(_), other) => other,
        }
    }

    /// poll(2) has told of it.
    pub(crate) fn was_told(&self) {
        if let Watched::Event(event) = &self.watched {
            event.take_wakeup();
        }
    }

    /// Brings the file in line with the ring, as when Linux looks at it for the first time.
    pub(crate) fn correct(&self) {
        if self.is_ready() {
            self.lamp.raise();
        } else {
            self.lower_unless_ready();
        }
    }

    fn lower_unless_ready(&self) {
        if !self.is_ready() {
            self.lamp.lower();
            // A wake-up that came in between was lowered, too.
            if self.is_ready() {
                self.lamp.raise();
            }
        }
    }
}

impl Drop for RingSignal {
    fn drop(&mut self) {
        if let Some(source) = self.watched.source() {
            source.waiters().set_waker(None);
        }
    }
}

/// The least a pipe can hold: a page. Bytes written one by one share it, so it is full from the first on.
const PIPE_BYTES: usize = 4096;

/// A file whose readiness we decide.
enum Lamp {
    /// Readable or not: an eventfd. Each raise is an edge.
    Readable(OwnedFd),
    /// Writable or not: a pipe of one page that is empty or in use. The write end shows no other event.
    Writable { read: OwnedFd, write: OwnedFd },
}

impl Lamp {
    fn new(awaited: Awaited) -> Result<Self> {
        Ok(match awaited {
            Awaited::Records => {
                Self::Readable(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?)
            }
            Awaited::Room => {
                let (read, write) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
                fcntl_setpipe_size(&write, PIPE_BYTES)?;
                Self::Writable { read, write }
            }
        })
    }

    fn file(&self) -> BorrowedFd<'_> {
        match self {
            Self::Readable(file) | Self::Writable { write: file, .. } => file.as_fd(),
        }
    }

    /// None of the calls below blocks, and each fails only if the file is as wanted already.
    fn raise(&self) {
        let _: Result<usize> = match self {
            Self::Readable(file) => rustix::io::write(file, &1_u64.to_ne_bytes()),
            Self::Writable { read, .. } => rustix::io::read(read, &mut [0_u8; PIPE_BYTES]),
        };
    }

    fn lower(&self) {
        let _: Result<usize> = match self {
            Self::Readable(file) => rustix::io::read(file, &mut [0_u8; 8]),
            Self::Writable { write, .. } => rustix::io::write(write, &[0]),
        };
    }
}

/// Applies a client's epoll_ctl to our copy of its epoll.
pub(crate) fn control(
    epoll: BorrowedFd<'_>,
    file: BorrowedFd<'_>,
    operation: Operation,
) -> Result<()> {
    let flags = epoll::EventFlags::from_bits_retain;
    let data = epoll::EventData::new_u64;
    match operation {
        Operation::Add(event) => epoll::add(epoll, file, data(event.data), flags(event.events)),
        Operation::Modify(event) => {
            epoll::modify(epoll, file, data(event.data), flags(event.events))
        }
        Operation::Delete => epoll::delete(epoll, file),
        Operation::Unknown => Err(Errno::INVAL),
    }
}

/// What epoll_ctl is to do.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Operation {
    /// EPOLL_CTL_ADD.
    Add(Event),
    /// EPOLL_CTL_MOD.
    Modify(Event),
    /// EPOLL_CTL_DEL.
    Delete,
    /// A number without a meaning.
    Unknown,
}

/// `struct epoll_event`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    pub(crate) events: u32,
    pub(crate) data: u64,
}

#[cfg(test)]
mod tests {
    use super::cookies;

    #[test]
    fn cookies_of_an_fdinfo() {
        let info = "pos:\t0\nflags:\t02000002\nmnt_id:\t16\nino:\t1059\n\
            tfd:        5 events:       18 data: 123456789abcdef0  pos:0 ino:423 sdev:f\n\
            tfd:        7 events: 80000019 data:                7  pos:0 ino:423 sdev:f\n";
        let all: Vec<u64> = cookies(info).collect();
        assert_eq!(all, [0x1234_5678_9abc_def0, 7]);
    }
}
