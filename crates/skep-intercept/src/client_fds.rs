//! A client's descriptors: from (thread, number) by way of the file to the object.

use std::os::fd::{AsFd, AsRawFd};

use skep_kernel::{Fd, FdEntry, FdObject, FdTable, MapAccess};
use skep_object::{SysError, SysResult};
use skep_uapi::Errno;

use crate::carrier::{ClientCall, Give, OnExec};
use crate::file_key::FileKey;
use crate::handles::Backing;
use crate::session::Session;
use crate::writers;

/// The descriptors of whoever made a call.
pub(crate) struct ClientFds<'c> {
    pub(crate) session: &'c Session,
    pub(crate) call: &'c ClientCall,
}

/// What a descriptor of a thread is called here.
pub(crate) fn path(thread: u32, fd: i32) -> String {
    format!("/proc/{thread}/fd/{fd}")
}

/// What a descriptor of this process is called here: the way to open its file again.
pub(crate) fn own(fd: &impl AsFd) -> String {
    format!("/proc/self/fd/{}", fd.as_fd().as_raw_fd())
}

impl ClientFds<'_> {
    /// The file behind a descriptor.
    pub(crate) fn key(&self, fd: Fd) -> Option<FileKey> {
        let stat = self.session.fd_dirs.stat(self.call.thread, fd.0)?;
        Some(FileKey::from_stat(&stat))
    }

    /// What a descriptor of any thread means.
    fn look(&self, thread: u32, fd: Fd) -> FdEntry {
        if fd.0 < 0 {
            return FdEntry::Closed;
        }
        let Some(stat) = self.session.fd_dirs.stat(thread, fd.0) else {
            return FdEntry::Closed;
        };
        match self.session.handles.find(FileKey::from_stat(&stat)) {
            None => FdEntry::Foreign,
            Some((FdObject::Map { map, .. }, Backing::Memory)) => FdEntry::Object(FdObject::Map {
                map,
                access: opened_for(thread, fd),
            }),
            Some((object, _)) => {
                if may_wait(&object) {
                    self.session.workers.step_down();
                }
                FdEntry::Object(object)
            }
        }
    }
}

/// What a descriptor of a mappable map was opened for: the permission bits of its link say so.
fn opened_for(thread: u32, fd: Fd) -> MapAccess {
    let mode = rustix::fs::lstat(path(thread, fd.0)).map_or(0o600, |stat| stat.st_mode);
    match mode & 0o600 {
        0o400 => MapAccess::ReadOnly,
        0o200 => MapAccess::WriteOnly,
        _ => MapAccess::ReadWrite,
    }
}

impl FdTable for ClientFds<'_> {
    fn get(&self, fd: Fd) -> FdEntry {
        self.look(self.call.thread, fd)
    }

    fn get_of(&self, process: u32, fd: Fd) -> Option<FdEntry> {
        let there = rustix::fs::stat(format!("/proc/{process}")).is_ok();
        there.then(|| self.look(process, fd))
    }

    fn is_mapped_writable(&self, fd: Fd) -> bool {
        // Only memory can be mapped.
        self.key(fd).is_some_and(|key| {
            let found = self.session.handles.find(key);
            found.is_some_and(|(_, backing)| backing == Backing::Memory)
                && writers::is_mapped_writable(key)
        })
    }

    fn install(&self, object: FdObject) -> SysResult<Fd> {
        self.session
            .give(self.call, object, Give::Only, OnExec::Close)
            .map(|number| Fd(number as i32))
    }
}

/// Whether a command on it may have to wait for programs that run.
fn may_wait(object: &FdObject) -> bool {
    match object {
        FdObject::Map { map, .. } => map.reference().map().writes_wait_for_programs(),
        FdObject::Prog(_)
        | FdObject::Btf(_)
        | FdObject::Link { .. }
        | FdObject::Statistics(_)
        | FdObject::PerfEvent(_) => false,
    }
}

/// An error of the host as one of ours.
pub(crate) fn from_host(error: &std::io::Error, why: &'static str) -> SysError {
    let number = error
        .raw_os_error()
        .and_then(|errno| u16::try_from(errno).ok());
    SysError::new(number.map_or(Errno::EIO, Errno), why)
}
