//! Starting the guard and the client: what happens between fork and exec.
//!
//! # Safety
//!
//! Both are forks of a process with threads: they make system calls on values prepared before the fork, take no lock
//! and allocate nothing. Descriptors closed in a fork are not used there again.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;

use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, PidfdFlags, Resource, Rlimit, Signal};

use super::filter::Scope;
use super::fork::fork;
use super::image::{Image, Ready};
use super::namespace::{Entry, Namespaces};
use super::signals::Signals;
use super::{filter, guard, listener, pass_fd};

/// What descriptor a message brings.
const LISTENER: i32 = 1;
const BPFFS: i32 = 2;
/// Above the error number of a step that failed: which step.
const STEP_SHIFT: u32 = 16;

/// A client that runs, and what it left us.
pub(crate) struct Spawned {
    /// The guard between us and it.
    pub(crate) guard: Pid,
    /// Where the guard reports.
    pub(crate) lifeline: UnixStream,
    /// The client, whatever becomes of its number.
    pub(crate) client: OwnedFd,
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
    /// Processes or sockets.
    Guard(io::Error),
    /// Namespaces or the mount.
    Namespace(io::Error),
    /// The filter.
    Filter(io::Error),
    /// The program itself: not found, not executable.
    Exec(io::Error),
}

impl SpawnError {
    fn to_word(&self) -> i32 {
        let (step, error) = match self {
            Self::Guard(error) => (1, error),
            Self::Namespace(error) => (2, error),
            Self::Filter(error) => (3, error),
            Self::Exec(error) => (4, error),
        };
        step << STEP_SHIFT | error.raw_os_error().unwrap_or(libc::EIO)
    }

    fn from_word(word: i32) -> Self {
        let error = io::Error::from_raw_os_error(word & ((1 << STEP_SHIFT) - 1));
        match word >> STEP_SHIFT {
            2 => Self::Namespace(error),
            3 => Self::Filter(error),
            4 => Self::Exec(error),
            _ => Self::Guard(error),
        }
    }
}

/// Starts a client under the filter, with a guard as its parent.
pub(crate) fn spawn(
    image: &Image,
    namespaces: Option<Namespaces>,
    inherited: &Inherited,
    scope: Scope,
) -> Result<Spawned, SpawnError> {
    let (ours, theirs) = UnixStream::pair().map_err(SpawnError::Guard)?;
    let (lifeline, guards) = UnixStream::pair().map_err(SpawnError::Guard)?;
    let birth = Birth {
        entry: namespaces.map(Entry::new),
        filter: filter::program(scope),
        inherited,
        image: image.ready(),
        socket: theirs.as_raw_fd(),
    };
    let supervisor = rustix::process::getpid();
    let be_guard = || {
        // Or the lifeline would never break.
        close([lifeline.as_raw_fd(), ours.as_raw_fd()]);
        match birth.start_client() {
            Ok((pid, client)) => {
                close([theirs.as_raw_fd()]);
                let _ = pass_fd::send(guards.as_raw_fd(), 0, Some(client.as_raw_fd()));
                drop(client);
                guard::watch_over(guards.as_fd(), pid, supervisor)
            }
            Err(error) => {
                let _ = pass_fd::send(theirs.as_raw_fd(), SpawnError::Guard(error).to_word(), None);
                1
            }
        }
    };
    // SAFETY: see the header.
    let guard = unsafe { fork(be_guard) }.map_err(SpawnError::Guard)?;
    drop(theirs);
    drop(guards);
    let spawned = receive(guard, &ours, lifeline);
    if spawned.is_err() {
        let _ = rustix::process::waitpid(Some(guard), rustix::process::WaitOptions::empty());
    }
    spawned
}

/// What a new client sends, until execution closes its socket.
fn receive(guard: Pid, socket: &UnixStream, lifeline: UnixStream) -> Result<Spawned, SpawnError> {
    let (mut listener, mut bpffs) = (None, None);
    while let Some(message) = pass_fd::receive(socket.as_raw_fd()).map_err(SpawnError::Guard)? {
        match message {
            (LISTENER, Some(fd)) => listener = Some(fd),
            (BPFFS, Some(fd)) => bpffs = Some(fd),
            (word, _) => return Err(SpawnError::from_word(word)),
        }
    }
    let lost = || SpawnError::Guard(io::ErrorKind::UnexpectedEof.into());
    let first = pass_fd::receive(lifeline.as_raw_fd()).map_err(SpawnError::Guard)?;
    let (Some((0, Some(client))), Some(listener)) = (first, listener) else {
        return Err(lost());
    };
    Ok(Spawned {
        guard,
        lifeline,
        client,
        listener,
        bpffs,
    })
}

fn close<const N: usize>(fds: [RawFd; N]) {
    for fd in fds {
        // SAFETY: see the header.
        unsafe { libc::close(fd) };
    }
}

/// What becoming a client needs, prepared before the first fork.
struct Birth<'b> {
    entry: Option<Entry>,
    filter: Vec<libc::sock_filter>,
    inherited: &'b Inherited,
    image: Ready<'b>,
    socket: RawFd,
}

impl Birth<'_> {
    /// In the guard: adopts orphans, lets go of its standard input and output, and forks.
    fn start_client(&self) -> io::Result<(Pid, OwnedFd)> {
        let me = rustix::process::getpid();
        rustix::thread::set_name(c"skep-guard")?;
        rustix::process::set_child_subreaper(Some(me))?;
        // SAFETY: see the header.
        let pid = unsafe { fork(|| self.be_client(me)) }?;
        let _ = let_go_of_standard_streams();
        Ok((pid, rustix::process::pidfd_open(pid, PidfdFlags::empty())?))
    }

    fn be_client(&self, guard: Pid) -> i32 {
        let failure = self.execute(guard);
        let _ = pass_fd::send(self.socket, failure.to_word(), None);
        1
    }

    fn execute(&self, guard: Pid) -> SpawnError {
        match self.prepare(guard) {
            Ok(()) => SpawnError::Exec(self.image.execute()),
            Err(failure) => failure,
        }
    }

    fn prepare(&self, guard: Pid) -> Result<(), SpawnError> {
        if let Some(entry) = &self.entry {
            let root = entry.enter().map_err(SpawnError::Namespace)?;
            pass_fd::send(self.socket, BPFFS, Some(root.as_raw_fd())).map_err(SpawnError::Guard)?;
        }
        let host = |error: rustix::io::Errno| SpawnError::Guard(error.into());
        // After the namespaces: a change of credentials clears it.
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL)).map_err(host)?;
        if rustix::process::getppid() != Some(guard) {
            return Err(SpawnError::Guard(io::Error::from_raw_os_error(libc::ESRCH)));
        }
        rustix::process::setrlimit(Resource::Nofile, self.inherited.files).map_err(host)?;
        super::signals::default_sigpipe();
        self.inherited.mask.set_mask();
        let listener = listener::install(&self.filter).map_err(SpawnError::Filter)?;
        pass_fd::send(self.socket, LISTENER, Some(listener.as_raw_fd())).map_err(SpawnError::Guard)
    }
}

/// Whoever reads what a client writes sees the end when the client closes it, not when we do.
pub(crate) fn let_go_of_standard_streams() -> rustix::io::Result<()> {
    let nothing = rustix::fs::open(c"/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    rustix::stdio::dup2_stdin(&nothing)?;
    rustix::stdio::dup2_stdout(&nothing)
}
