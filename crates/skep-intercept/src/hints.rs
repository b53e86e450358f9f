//! Hints that a file may have been closed or unlinked: one inotify instance for a session.
//!
//! Events merge and come late: they say where to look, never what is true.

use std::collections::BTreeSet;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::io::{Errno, Result};

/// The number of a watch.
pub(crate) type Watch = i32;

/// Where to look.
#[derive(Debug)]
pub(crate) enum Hinted {
    /// At these.
    These(BTreeSet<Watch>),
    /// At everything: events were lost.
    All,
}

impl Hinted {
    /// Whether to look at this one; what has no watch is looked at each time.
    pub(crate) fn includes(&self, watch: Option<Watch>) -> bool {
        match (self, watch) {
            (Self::All, _) | (_, None) => true,
            (Self::These(these), Some(watch)) => these.contains(&watch),
        }
    }
}

/// Bytes that are read at once.
const BUFFER: usize = 4096;
/// Events that fill them, of 16 bytes and a name that files have none of.
const FULL: usize = BUFFER / 16;

/// The watches of a session.
pub(crate) struct Hints {
    inotify: OwnedFd,
}

impl Hints {
    /// No watches yet. EMFILE: this user has too many instances.
    pub(crate) fn new() -> Result<Self> {
        let inotify = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        Ok(Self { inotify })
    }

    /// Watches an open file; `None` if there are too many watches: then it must be looked at each time.
    pub(crate) fn watch(&self, file: impl AsFd, events: WatchFlags) -> Option<Watch> {
        let path = format!("/proc/self/fd/{}", file.as_fd().as_raw_fd());
        inotify::add_watch(&self.inotify, path, events).ok()
    }

    /// Ends a watch.
    pub(crate) fn forget(&self, watch: Watch) {
        // It may have ended with its file.
        let _ = inotify::remove_watch(&self.inotify, watch);
    }

    /// What was hinted at since the last time.
    pub(crate) fn take(&self) -> Hinted {
        let mut buffer = [MaybeUninit::uninit(); BUFFER];
        let mut reader = Reader::new(&self.inotify, &mut buffer);
        let mut these = BTreeSet::new();
        let mut events = 0;
        loop {
            match reader.next() {
                Ok(event) if event.events().contains(ReadFlags::QUEUE_OVERFLOW) => {
                    return Hinted::All;
                }
                Ok(event) => {
                    these.insert(event.wd());
                    events += 1;
                    // A read that left room has taken all there was.
                    if reader.is_buffer_empty() && events < FULL {
                        return Hinted::These(these);
                    }
                }
                Err(Errno::INTR) => {}
                Err(_) => return Hinted::These(these),
            }
        }
    }

    /// Waits for a hint, at most so long.
    pub(crate) fn wait(&self, at_most: Option<Duration>) {
        let mut source = [PollFd::new(&self.inotify, PollFlags::IN)];
        let at_most = at_most.and_then(|time| Timespec::try_from(time).ok());
        let _ = poll(&mut source, at_most.as_ref());
    }
}
