//! Signals of the supervisor: it outlives ^C, hands on what is meant for its client, and dies of what the client died of.
//!
//! # Safety
//!
//! Signal sets are plain bytes filled by libc; no handler is installed.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;

use libc::{c_int, sigset_t};

/// Signals whose default would end the supervisor while its clients still need it.
const BLOCKED: &[c_int] = &[
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGTERM,
    libc::SIGHUP,
    libc::SIGUSR1,
    libc::SIGUSR2,
    // An open that meets a lease probe.
    libc::SIGIO,
];

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

/// Hands signals on to `client`, for ever. What the terminal sends reaches the whole group anyway.
pub(crate) fn hand_on(client: c_int) -> ! {
    let waited = Signals::of(BLOCKED);
    loop {
        let mut info = MaybeUninit::zeroed();
        // SAFETY: an initialised set, and room for the details.
        let signal = unsafe { libc::sigwaitinfo(&waited.0, info.as_mut_ptr()) };
        // SAFETY: zeroed or filled in; all its fields are numbers.
        let info: libc::siginfo_t = unsafe { info.assume_init() };
        if signal <= 0 || signal == libc::SIGIO || info.si_code == libc::SI_KERNEL {
            continue;
        }
        // SAFETY: numbers.
        unsafe { libc::kill(client, signal) };
    }
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
