//! Starting the client: what happens between fork and exec.
//!
//! # Safety
//!
//! The closure given to `pre_exec` runs in a forked child of a process with threads: it makes system calls on values
//! prepared before the fork, takes no lock and allocates nothing.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::CommandExt;
use std::process::Command;

use rustix::process::{Pid, Resource, Rlimit, Signal};

use super::namespace::{Entry, Namespaces};
use super::signals::Signals;
use super::{filter, listener, pass_fd};

/// What descriptor a message brings.
const LISTENER: i32 = 1;
const BPFFS: i32 = 2;

/// A client that runs, and what it left us.
pub(crate) struct Spawned {
    /// Its process id.
    pub(crate) pid: Pid,
    /// Where its calls arrive.
    pub(crate) listener: OwnedFd,
    /// The root of its bpffs, if it got namespaces.
    pub(crate) bpffs: Option<OwnedFd>,
}

/// What the client needs back of what the supervisor changed for itself.
pub(crate) struct Inherited {
    /// The signal mask.
    pub(crate) mask: Signals,
    /// RLIMIT_NOFILE.
    pub(crate) files: Rlimit,
}

/// At which step starting failed.
#[derive(Debug)]
pub(crate) enum SpawnError {
    /// Namespaces or the mount.
    Namespace(io::Error),
    /// The filter.
    Filter(io::Error),
    /// The program itself: not found, not executable.
    Exec(io::Error),
}

/// Starts `command` under the filter.
pub(crate) fn spawn(
    mut command: Command,
    namespaces: Option<Namespaces>,
    inherited: Inherited,
) -> Result<Spawned, SpawnError> {
    let (ours, theirs) = UnixDatagram::pair().map_err(SpawnError::Filter)?;
    let socket = theirs.as_raw_fd();
    let entry = namespaces.map(Entry::new);
    let filter = filter::program();
    let supervisor = rustix::process::getpid();
    let prepare = move || {
        if let Some(entry) = &entry {
            let root = entry.enter()?;
            pass_fd::send(socket, BPFFS, Some(root.as_raw_fd()))?;
        }
        // After the namespaces: a change of credentials clears it.
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
        if rustix::process::getppid() != Some(supervisor) {
            return Err(io::Error::from_raw_os_error(libc::ESRCH));
        }
        rustix::process::setrlimit(Resource::Nofile, inherited.files)?;
        inherited.mask.set_mask();
        let listener = listener::install(&filter)?;
        pass_fd::send(socket, LISTENER, Some(listener.as_raw_fd()))
    };
    // SAFETY: see the header.
    unsafe { command.pre_exec(prepare) };
    let started = command.spawn();
    drop(theirs);

    let (mut listener, mut bpffs) = (None, None);
    while listener.is_none() {
        match pass_fd::receive(ours.as_raw_fd()) {
            Ok(Some((LISTENER, Some(fd)))) => listener = Some(fd),
            Ok(Some((BPFFS, Some(fd)))) => bpffs = Some(fd),
            Ok(_) | Err(_) => break,
        }
    }
    match (started, listener) {
        (Ok(child), Some(listener)) => Ok(Spawned {
            // A process id is positive.
            pid: Pid::from_raw(child.id() as i32).unwrap_or(Pid::INIT),
            listener,
            bpffs,
        }),
        (Ok(_), None) => Err(SpawnError::Filter(io::Error::from_raw_os_error(
            libc::EPIPE,
        ))),
        (Err(error), Some(_)) => Err(SpawnError::Exec(error)),
        (Err(error), None) if namespaces.is_some() && bpffs.is_none() => {
            Err(SpawnError::Namespace(error))
        }
        (Err(error), None) => Err(SpawnError::Filter(error)),
    }
}
