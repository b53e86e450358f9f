//! Signals of the supervisor: it outlives ^C, hands on what is meant for its client, and dies of what the client died of.
//!
//! # Safety
//!
//! Signal sets are plain bytes filled by libc; no handler is installed.
#![allow(unsafe_code)]

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd};

use libc::{c_int, sigset_t};

/// Signals whose default would end the supervisor while its clients still need it.
const BLOCKED: &[c_int] = &[
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGTERM,
    libc::SIGHUP,
    libc::SIGUSR1,
    libc::SIGUSR2,
    libc::SIGALRM,
    libc::SIGVTALRM,
    libc::SIGPROF,
    // A supervisor stops when its client has, or the client's other descendants would wait for nothing.
    libc::SIGTSTP,
    libc::SIGTTIN,
    libc::SIGTTOU,
    // An open that meets a lease probe.
    libc::SIGIO,
];

/// A signal that came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signal {
    /// Its number.
    pub(crate) number: c_int,
    /// Who sent it.
    pub(crate) sender: Sender,
}

impl Signal {
    /// Whether it asks for an end.
    pub(crate) fn ends(self) -> bool {
        [libc::SIGINT, libc::SIGQUIT, libc::SIGTERM, libc::SIGHUP].contains(&self.number)
    }
}

/// Who sent a signal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sender {
    /// A terminal, to the whole group.
    Terminal,
    /// Some process.
    Process,
}

/// A set of signals.
#[derive(Clone, Copy)]
pub(crate) struct Signals(sigset_t);

impl Signals {
    fn of(signals: &[c_int]) -> Self {
        let mut set = MaybeUninit::uninit();
        // SAFETY: sigemptyset initialises the set.
        unsafe { libc::sigemptyset(set.as_mut_ptr()) };
        // SAFETY: as above.
        let mut set = unsafe { set.assume_init() };
        for signal in signals {
            // SAFETY: an initialised set and a valid number.
            unsafe { libc::sigaddset(&mut set, *signal) };
        }
        Self(set)
    }

    /// Blocks the signals a supervisor waits for; gives the mask there was, for the client.
    pub(crate) fn block() -> Self {
        let mut old = Self::of(&[]);
        // SAFETY: initialised sets.
        unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &Self::of(BLOCKED).0, &mut old.0) };
        old
    }

    /// Makes this the mask of the calling thread. Fit for use between fork and exec.
    pub(crate) fn set_mask(&self) {
        // SAFETY: an initialised set; the old one is not wanted.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &self.0, std::ptr::null_mut()) };
    }
}

/// Waits for a signal that somebody sent to this very process. What the terminal sends reaches the whole group anyway,
/// and is only told when it asks for the end.
pub(crate) fn next() -> Signal {
    let waited = Signals::of(BLOCKED);
    loop {
        let mut info = MaybeUninit::zeroed();
        // SAFETY: an initialised set, and room for the details.
        let signal = unsafe { libc::sigwaitinfo(&waited.0, info.as_mut_ptr()) };
        // SAFETY: zeroed or filled in; all its fields are numbers.
        let info: libc::siginfo_t = unsafe { info.assume_init() };
        if signal <= 0 || signal == libc::SIGIO {
            continue;
        }
        return Signal {
            number: signal,
            sender: match info.si_code {
                libc::SI_KERNEL => Sender::Terminal,
                _ => Sender::Process,
            },
        };
    }
}

/// Sends a signal to a process, whatever number it has.
pub(crate) fn send(process: impl AsFd, signal: c_int) -> io::Result<()> {
    let fd = process.as_fd().as_raw_fd();
    let none = std::ptr::null_mut::<libc::siginfo_t>();
    // SAFETY: a live descriptor and plain numbers.
    let sent = unsafe { libc::syscall(libc::SYS_pidfd_send_signal, fd, signal, none, 0) };
    super::checked(sent).map(drop)
}

/// Stops this process by a signal until somebody continues it: a shell tells which signal it was.
pub(crate) fn stop(signal: c_int) {
    let set = Signals::of(&[signal]).0;
    let none = std::ptr::null_mut();
    // SAFETY: a number.
    unsafe { libc::raise(signal) };
    // SAFETY: an initialised set. If the signal was blocked it comes now.
    unsafe { libc::pthread_sigmask(libc::SIG_UNBLOCK, &set, none) };
    // SAFETY: as above.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &set, none) };
}

/// SIGPIPE as a program finds it; the runtime of Rust ignores it. Fit for use between fork and exec.
pub(crate) fn default_sigpipe() {
    // SAFETY: the default action, no handler.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
}

/// Ends this process by a signal, as the client ended; without a core file of ours.
pub(crate) fn die_of(signal: c_int) -> ! {
    let none = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: a live struct.
    unsafe { libc::setrlimit(libc::RLIMIT_CORE, &none) };
    // SAFETY: the default action, no handler.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
    // SAFETY: a number.
    unsafe { libc::raise(signal) };
    Signals::of(&[]).set_mask();
    // Stopped or ignored signals do not end us.
    std::process::exit(128 + signal)
}
