//! A bpffs of our own at /sys/fs/bpf: the client's mount namespace, entered between fork and exec.
//!
//! # Safety
//!
//! unshare(2) and mount(2) with static strings. [`Entry::enter`] allocates nothing, so it may run between fork and exec.
#![allow(unsafe_code)]

use std::ffi::CStr;
use std::io;
use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags};

use super::checked;

/// Where bpffs is.
pub(crate) const BPFFS: &CStr = c"/sys/fs/bpf";

/// Which namespaces a client gets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Namespaces {
    /// A mount namespace: for who may mount.
    Mount,
    /// A user namespace, so that the mount namespace may be changed. Real capabilities are lost inside.
    UserAndMount,
}

/// What entering needs, prepared before the fork.
pub(crate) struct Entry {
    namespaces: Namespaces,
    uid_map: Vec<u8>,
    gid_map: Vec<u8>,
}

impl Entry {
    /// Prepares to enter; users keep their numbers.
    pub(crate) fn new(namespaces: Namespaces) -> Self {
        let uid = rustix::process::geteuid().as_raw();
        let gid = rustix::process::getegid().as_raw();
        Self {
            namespaces,
            uid_map: format!("{uid} {uid} 1\n").into_bytes(),
            gid_map: format!("{gid} {gid} 1\n").into_bytes(),
        }
    }

    /// Moves this process in, mounts, and gives the root of what was mounted.
    pub(crate) fn enter(&self) -> io::Result<OwnedFd> {
        let flags = match self.namespaces {
            Namespaces::Mount => libc::CLONE_NEWNS,
            Namespaces::UserAndMount => libc::CLONE_NEWUSER | libc::CLONE_NEWNS,
        };
        // SAFETY: flags by value; the process has one thread, being fresh from fork.
        checked(unsafe { libc::unshare(flags) })?;
        if self.namespaces == Namespaces::UserAndMount {
            write_file(c"/proc/self/setgroups", b"deny")?;
            write_file(c"/proc/self/uid_map", &self.uid_map)?;
            write_file(c"/proc/self/gid_map", &self.gid_map)?;
        }
        // What the host mounts later shows here, and nothing of ours shows there.
        mount(None, c"/", None, libc::MS_REC | libc::MS_SLAVE, None)?;
        let flags = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;
        mount(
            Some(c"bpf"),
            BPFFS,
            Some(c"tmpfs"),
            flags,
            Some(c"mode=1777"),
        )?;
        let root = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(rustix::fs::open(BPFFS, root, Mode::empty())?)
    }
}

fn write_file(path: &CStr, text: &[u8]) -> io::Result<()> {
    let file = rustix::fs::open(path, OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())?;
    rustix::io::write(&file, text)?;
    Ok(())
}

fn mount(
    source: Option<&CStr>,
    target: &CStr,
    kind: Option<&CStr>,
    flags: libc::c_ulong,
    options: Option<&CStr>,
) -> io::Result<()> {
    let raw = |text: Option<&CStr>| text.map_or(std::ptr::null(), CStr::as_ptr);
    // SAFETY: strings that live across the call, or null where mount(2) takes it.
    let result = unsafe {
        libc::mount(
            raw(source),
            target.as_ptr(),
            raw(kind),
            flags,
            raw(options).cast(),
        )
    };
    checked(result)?;
    Ok(())
}
