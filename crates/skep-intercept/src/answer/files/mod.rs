//! Files of the host that tell about bpf: what a client reads there is what this session goes by.
//!
//! Each is a text or a file made when it is opened for reading. The rest of the host's files are the host's.

mod fdinfo;
mod kernel;
mod mounts;
mod status;

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{MemfdFlags, Mode, OFlags};

use crate::carrier::ClientCall;
use crate::client_fds::own;
use crate::proc_path::ProcPath;
use crate::session::Session;

pub(crate) use kernel::KernelBtf;

/// What is at a path in place of the host's file.
pub(super) enum Shown {
    /// This file, read only.
    File(OwnedFd),
    /// Nothing.
    Absent,
}

/// Opens what a client sees at a path, if that is not the host's file.
pub(super) fn open(session: &Session, call: &ClientCall, path: &Path) -> Option<Shown> {
    let text = path.to_str()?;
    if text.starts_with("/sys/") {
        return session.kernel_btf.open(text);
    }
    if !text.starts_with("/proc/") && text != "/etc/mtab" {
        return None;
    }
    let text = match ProcPath::parse(path, call.thread) {
        Some(path) => of_process(session, &path),
        None if text == "/proc/mounts" || text == "/etc/mtab" => {
            mounts::of(session, call.thread, mounts::Table::Mounts)
        }
        None => kernel::setting(&session.kernel, text),
    }?;
    file_of(text.as_bytes()).ok().map(Shown::File)
}

/// As [`open`], for the types of the kernel only: the rest looks as on the host.
pub(super) fn open_kernel_btf(session: &Session, path: &Path) -> Option<Shown> {
    session.kernel_btf.open(path.to_str()?)
}

/// Whether a file is one of the kernel's settings that only this session may change.
pub(super) fn is_setting(session: &Session, path: &Path) -> bool {
    let text = path.to_str();
    text.is_some_and(|text| kernel::setting(&session.kernel, text).is_some())
}

fn of_process(session: &Session, path: &ProcPath<'_>) -> Option<String> {
    match *path.rest {
        ["fdinfo", fd] => fdinfo::of(session, path.thread, fd.parse().ok()?),
        ["mounts"] => mounts::of(session, path.thread, mounts::Table::Mounts),
        ["mountinfo"] => mounts::of(session, path.thread, mounts::Table::MountInfo),
        ["status"] => status::of(session, path.thread),
        _ => None,
    }
}

/// A file with these bytes, opened for reading.
fn file_of(bytes: &[u8]) -> rustix::io::Result<OwnedFd> {
    let memory = rustix::fs::memfd_create(c"skep", MemfdFlags::CLOEXEC)?;
    let mut rest = bytes;
    while !rest.is_empty() {
        let written = rustix::io::write(&memory, rest)?;
        rest = rest.get(written..).unwrap_or_default();
    }
    read_only(&memory)
}

/// Another opening of a file, so that its position is its own.
fn read_only(file: &impl AsFd) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    rustix::fs::open(own(file), flags, Mode::empty())
}
