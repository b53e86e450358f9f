//! The guard: a small process between the supervisor and its clients.
//!
//! ```text
//! supervisor ── lifeline ── guard ── client ── its descendants
//!   └ adopts what a dead guard leaves    └ adopts every orphan of theirs
//! ```
//!
//! A client without its supervisor would limp on: every call that is notified fails. PR_SET_PDEATHSIG reaches only a
//! direct child, and is lost in a fork and by set-uid programs; so the guard adopts orphans (PR_SET_CHILD_SUBREAPER)
//! and, when the lifeline breaks, kills its children until there are none. A supervisor that loses its guard does the
//! same. The guard reaps, and reports how the client fares, each report a wait status.
//!
//! # Safety
//!
//! The guard is a fork of a process with threads and never executes anything: system calls on plain numbers and
//! buffers of its own frames, no lock, no allocation.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, Signal};

use super::{checked, pass_fd};

/// The report after the last: nobody is left.
pub(crate) const ALL_GONE: i32 = -1;
/// What a supervisor sends that wants its clients to end, and has said so itself.
pub(crate) const FAREWELL: u8 = 1;

/// Said when the supervisor died without a word.
const LINE: &[u8] = b"skep run: the supervisor was killed, so its clients are killed too\n";

/// Watches over `client` and its descendants until none is left; the process then ends.
pub(super) fn watch_over(lifeline: BorrowedFd<'_>, client: Pid, supervisor: Pid) -> i32 {
    let Ok(ended_children) = child_signals() else {
        return 1;
    };
    let mut guard = Guard {
        lifeline,
        client,
        supervisor,
        supervisor_stopped: false,
    };
    loop {
        let mut sources = [
            PollFd::new(&lifeline, PollFlags::IN),
            PollFd::new(&ended_children, PollFlags::IN),
        ];
        let _ = poll(&mut sources, None);
        let [lifeline_source, _] = &sources;
        drain(ended_children.as_fd());
        if guard.reap() == Left::Nobody {
            let _ = pass_fd::send(lifeline.as_raw_fd(), ALL_GONE, None);
            return 0;
        }
        if !lifeline_source.revents().is_empty() {
            let mut word = [0];
            let asked = rustix::io::read(lifeline, &mut word) == Ok(1) && word == [FAREWELL];
            kill_children();
            if !asked {
                let _ = rustix::io::write(rustix::stdio::stderr(), LINE);
            }
            return 0;
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Left {
    Some,
    Nobody,
}

struct Guard<'g> {
    lifeline: BorrowedFd<'g>,
    client: Pid,
    supervisor: Pid,
    supervisor_stopped: bool,
}

impl Guard<'_> {
    /// Reaps, and reports what befell the client.
    fn reap(&mut self) -> Left {
        loop {
            let mut status = 0;
            let how = libc::WNOHANG | libc::WUNTRACED | libc::WCONTINUED;
            // SAFETY: a live number.
            let pid = match checked(unsafe { libc::waitpid(-1, &raw mut status, how) }) {
                Ok(0) => return Left::Some,
                Ok(pid) => pid,
                Err(error) if error.raw_os_error() == Some(libc::EINTR) => continue,
                Err(_) => return Left::Nobody,
            };
            if pid != i64::from(self.client.as_raw_nonzero().get()) {
                continue;
            }
            let _ = pass_fd::send(self.lifeline.as_raw_fd(), status, None);
            // A supervisor stops with its client, so that a shell sees the job stopped, and must not miss the rest.
            if self.supervisor_stopped {
                let _ = rustix::process::kill_process(self.supervisor, Signal::CONT);
            }
            self.supervisor_stopped = libc::WIFSTOPPED(status);
        }
    }
}

/// A descriptor that is readable when a child changed. Every signal is blocked: the guard outlives ^C.
fn child_signals() -> std::io::Result<OwnedFd> {
    let mut all = MaybeUninit::uninit();
    // SAFETY: sigfillset initialises the set.
    unsafe { libc::sigfillset(all.as_mut_ptr()) };
    // SAFETY: an initialised set; the old one is not wanted.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), std::ptr::null_mut()) };
    let mut child = MaybeUninit::uninit();
    // SAFETY: sigemptyset initialises the set.
    unsafe { libc::sigemptyset(child.as_mut_ptr()) };
    // SAFETY: an initialised set and a valid number.
    unsafe { libc::sigaddset(child.as_mut_ptr(), libc::SIGCHLD) };
    let flags = libc::SFD_CLOEXEC | libc::SFD_NONBLOCK;
    // SAFETY: an initialised set.
    let fd = checked(unsafe { libc::signalfd(-1, child.as_ptr(), flags) })? as i32;
    // SAFETY: the kernel just made this descriptor for us.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn drain(signals: BorrowedFd<'_>) {
    let mut buffer = [0; size_of::<libc::signalfd_siginfo>()];
    while rustix::io::read(signals, &mut buffer).is_ok() {}
}

/// Kills this thread's children, and those that thereby become its children, until there are none.
///
/// Needs `/proc` with `children` (CONFIG_PROC_CHILDREN); else only the direct child dies, by its parent-death signal.
pub(crate) fn kill_children() {
    while kill_each().is_ok() {
        loop {
            // SAFETY: nothing is written.
            match unsafe { libc::waitpid(-1, std::ptr::null_mut(), libc::WNOHANG) } {
                0 => break,
                ..0 => return,
                _ => {}
            }
        }
        // What was killed takes a moment to end.
        let moment = Timespec {
            tv_sec: 0,
            tv_nsec: 1_000_000,
        };
        let _ = poll(&mut [], Some(&moment));
    }
}

/// Sends SIGKILL to each child of this thread.
fn kill_each() -> rustix::io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let list = rustix::fs::open(c"/proc/thread-self/children", flags, Mode::empty())?;
    let mut buffer = [0; 1024];
    let mut pid = 0i32;
    while let Ok(len @ 1..) = rustix::io::read(&list, &mut buffer) {
        for byte in buffer.iter().take(len) {
            match byte {
                b'0'..=b'9' => pid = pid.wrapping_mul(10).wrapping_add(i32::from(byte - b'0')),
                _ => {
                    if let Some(child) = Pid::from_raw(std::mem::take(&mut pid)) {
                        let _ = rustix::process::kill_process(child, Signal::KILL);
                    }
                }
            }
        }
    }
    Ok(())
}
