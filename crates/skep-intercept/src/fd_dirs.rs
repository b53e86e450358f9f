//! The directories `/proc/THREAD/fd` of the last callers, kept open: the way to a descriptor is walked in part only.
//!
//! Such a directory is its thread's for good. When that has ended nothing is found in it any more, also if its number
//! is used again; then the way is walked from the start.

use std::os::fd::OwnedFd;

use parking_lot::Mutex;
use rustix::fs::{AtFlags, Mode, OFlags, Stat};
use rustix::path::DecInt;

/// Threads whose directories are kept, by number: few make calls at the same time.
const KEPT: usize = 4;

/// Directories of descriptors.
#[derive(Default)]
pub(crate) struct FdDirs {
    kept: [Mutex<Option<FdDir>>; KEPT],
}

struct FdDir {
    thread: u32,
    dir: OwnedFd,
}

impl FdDir {
    fn of(thread: u32) -> Option<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let dir = rustix::fs::open(format!("/proc/{thread}/fd"), flags, Mode::empty()).ok()?;
        Some(Self { thread, dir })
    }

    fn stat(&self, fd: i32) -> Option<Stat> {
        rustix::fs::statat(&self.dir, DecInt::new(fd), AtFlags::empty()).ok()
    }
}

impl FdDirs {
    /// The file behind a thread's descriptor; `None` if there is none.
    pub(crate) fn stat(&self, thread: u32, fd: i32) -> Option<Stat> {
        let mut kept = self.kept.get(thread as usize % KEPT)?.lock();
        let known = kept.as_ref().filter(|dir| dir.thread == thread);
        if let Some(stat) = known.and_then(|dir| dir.stat(fd)) {
            return Some(stat);
        }
        let dir = FdDir::of(thread)?;
        let stat = dir.stat(fd);
        *kept = Some(dir);
        stat
    }

    /// Closes all: their threads may have ended.
    pub(crate) fn forget(&self) {
        self.kept.iter().for_each(|kept| drop(kept.lock().take()));
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::{AsRawFd, OwnedFd};

    use super::FdDirs;
    use crate::file_key::FileKey;

    fn own_thread() -> u32 {
        rustix::thread::gettid().as_raw_nonzero().get() as u32
    }

    #[test]
    fn descriptors_come_and_go() {
        let (dirs, me) = (FdDirs::default(), own_thread());
        let file = OwnedFd::from(std::fs::File::open("/proc/self/exe").unwrap());
        let key = FileKey::of(&file).unwrap();
        let number = file.as_raw_fd();
        for _ in 0..2 {
            let stat = dirs.stat(me, number).unwrap();
            assert_eq!(FileKey::from_stat(&stat), key);
        }
        assert!(dirs.stat(me, i32::MAX).is_none());
        assert!(dirs.stat(me, number).is_some());
    }

    #[test]
    fn an_ended_thread_has_none() {
        let dirs = std::sync::Arc::new(FdDirs::default());
        let theirs = std::sync::Arc::clone(&dirs);
        let ended = std::thread::spawn(move || {
            let me = own_thread();
            assert!(theirs.stat(me, 0).is_some());
            me
        });
        let ended = ended.join().unwrap();
        // A thread may be joined just before it is gone.
        let gone = || dirs.stat(ended, 0).is_none();
        assert!((0..1000).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(1));
            gone()
        }));
    }
}
