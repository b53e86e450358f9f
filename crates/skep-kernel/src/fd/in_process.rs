//! The descriptors of a client in this process: numbers of our own, not the process's.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use skep_object::{Errno, SysError, SysResult};

use crate::{Fd, FdEntry, FdObject, FdTable};

/// A table of descriptors. 0, 1 and 2 are open and none of ours, as in most processes.
#[derive(Default)]
pub struct InProcessFds {
    open: Mutex<BTreeMap<i32, FdObject>>,
}

/// The least number handed out.
const FIRST: i32 = 3;
/// As the hard limit of RLIMIT_NOFILE usually is.
const END: i32 = 1 << 20;

impl InProcessFds {
    /// A table with nothing of ours in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Closes a descriptor. EBADF.
    pub fn close(&self, fd: Fd) -> SysResult<()> {
        let closed = self.open.lock().remove(&fd.0);
        // The object is dropped here, after the lock: a prog array may clear itself now.
        match closed {
            Some(_) => Ok(()),
            None => SysError::err(Errno::EBADF, "no such fd"),
        }
    }

    /// Every open descriptor, ascending.
    pub fn open_fds(&self) -> Vec<Fd> {
        self.open.lock().keys().copied().map(Fd).collect()
    }
}

impl FdTable for InProcessFds {
    fn get(&self, fd: Fd) -> FdEntry {
        match self.open.lock().get(&fd.0) {
            Some(object) => FdEntry::Object(object.clone()),
            None if (0..FIRST).contains(&fd.0) => FdEntry::Foreign,
            None => FdEntry::Closed,
        }
    }

    fn get_of(&self, process: u32, fd: Fd) -> Option<FdEntry> {
        (process == std::process::id()).then(|| self.get(fd))
    }

    fn install(&self, object: FdObject) -> SysResult<Fd> {
        let mut open = self.open.lock();
        let mut free = FIRST;
        for used in open.keys() {
            if *used != free {
                break;
            }
            free = free.saturating_add(1);
        }
        if free >= END {
            return SysError::err(Errno::EMFILE, "all fds are in use");
        }
        open.insert(free, object);
        Ok(Fd(free))
    }
}
