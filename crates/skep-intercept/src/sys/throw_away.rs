//! Trials in throw-away children: what is allowed here is asked by doing it, never by reading versions or settings.
//!
//! # Safety
//!
//! The closures run in a forked child of a process that may have threads: they make system calls on values prepared
//! before the fork, allocate nothing, and end in `_exit`.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, WaitOptions};
use skep_kernel::UserMemory;
use skep_uapi::UserPtr;

use super::filter::Scope;
use super::fork::fork;
use super::namespace::{Entry, Namespaces};
use super::process_memory::ProcessMemory;
use super::{filter, listener, pass_fd};
use crate::carrier::Verdict;

fn exit_status(pid: Pid) -> Option<i32> {
    let ended = rustix::process::waitpid(Some(pid), WaitOptions::empty());
    ended.ok().flatten()?.1.exit_status()
}

/// Whether a bpffs can be mounted with these namespaces: the error number if not.
pub(crate) fn mounts(namespaces: Namespaces) -> io::Result<()> {
    let entry = Entry::new(namespaces);
    let trial = || match entry.enter() {
        Ok(_) => 0,
        Err(error) => error.raw_os_error().unwrap_or(libc::EIO),
    };
    // SAFETY: `enter` is made for this.
    let pid = unsafe { fork(trial) }?;
    match exit_status(pid) {
        Some(0) => Ok(()),
        status => Err(io::Error::from_raw_os_error(status.unwrap_or(libc::EIO))),
    }
}

/// What became of a bpf(2) under our filter.
#[derive(Debug)]
pub(crate) enum ListenerTrial {
    /// It came to us, and its caller's memory could be read.
    Notified,
    /// It came to us, but its caller's memory is closed to us.
    NoMemory,
    /// Something answered before us.
    Shadowed(io::Error),
    /// The filter could not be installed.
    NoListener(io::Error),
}

/// A number no kernel answers.
const TRIAL: i64 = 0x5ce9;

/// Installs the filter in a child that then calls bpf(2) once.
pub(crate) fn listener() -> io::Result<ListenerTrial> {
    let (ours, theirs) = UnixDatagram::pair()?;
    let socket = theirs.as_raw_fd();
    let program = filter::program(Scope::Opens);
    let trial = || {
        let listener = match listener::install(&program) {
            Ok(listener) => listener,
            Err(error) => {
                let errno = error.raw_os_error().unwrap_or(libc::EIO);
                let _ = pass_fd::send(socket, errno, None);
                return 1;
            }
        };
        let _ = pass_fd::send(socket, 0, Some(listener.as_raw_fd()));
        let word = TRIAL as u64;
        // SAFETY: no command has this number: whoever answers, nothing happens. Its "attr" is a live word.
        let result =
            unsafe { libc::syscall(libc::SYS_bpf, TRIAL, &raw const word, size_of::<u64>()) };
        let answer = match result {
            -1 => io::Error::last_os_error()
                .raw_os_error()
                .unwrap_or(libc::EIO),
            _ => -1,
        };
        let _ = pass_fd::send(socket, answer, None);
        0
    };
    // SAFETY: the closure makes system calls on what was prepared.
    let pid = unsafe { fork(trial) }?;
    drop(theirs);
    let outcome = watch(&ours);
    let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    exit_status(pid);
    outcome
}

fn watch(socket: &UnixDatagram) -> io::Result<ListenerTrial> {
    let listener = match pass_fd::receive(socket.as_raw_fd())? {
        Some((0, Some(listener))) => listener,
        Some((errno, _)) => {
            return Ok(ListenerTrial::NoListener(io::Error::from_raw_os_error(
                errno,
            )));
        }
        None => return Err(io::ErrorKind::UnexpectedEof.into()),
    };
    let mut sources = [
        PollFd::new(&listener, PollFlags::IN),
        PollFd::from_borrowed_fd(socket.as_fd(), PollFlags::IN),
    ];
    let patience = Timespec::try_from(Duration::from_secs(2)).ok();
    poll(&mut sources, patience.as_ref())?;
    if sources[0].revents().contains(PollFlags::IN) {
        return answer(&listener);
    }
    match pass_fd::receive(socket.as_raw_fd())? {
        Some((errno, _)) => Ok(ListenerTrial::Shadowed(io::Error::from_raw_os_error(errno))),
        None => Err(io::ErrorKind::TimedOut.into()),
    }
}

fn answer(listener: &OwnedFd) -> io::Result<ListenerTrial> {
    let call = listener::receive(listener.as_fd())?;
    let mut word = [0; 8];
    let [_, at, ..] = call.data.args;
    let read = ProcessMemory(call.pid).read(UserPtr(at), &mut word);
    listener::send(listener.as_fd(), call.id, Verdict::Return(1))?;
    if read.is_ok() && i64::from_ne_bytes(word) == TRIAL {
        Ok(ListenerTrial::Notified)
    } else {
        Ok(ListenerTrial::NoMemory)
    }
}
