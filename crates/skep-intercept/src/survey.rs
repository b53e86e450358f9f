//! What this machine allows, asked by trial.

use std::io;

use crate::error::NoCarrier;
use crate::sys::namespace::Namespaces;
use crate::sys::throw_away::{self, ListenerTrial};

/// What this machine allows.
#[derive(Debug)]
pub struct Survey {
    /// Whether bpf(2) can be caught by user notification.
    pub notify: Result<(), NoCarrier>,
    /// How bpffs can be shown to clients.
    pub bpffs: Bpffs,
}

/// How bpffs can be shown to clients.
#[derive(Debug)]
pub enum Bpffs {
    /// Mounted in namespaces of these kinds.
    Mounted(Namespaces),
    /// Not mounted, with the reasons: path calls are answered one by one.
    Private {
        /// Why a mount namespace will not do.
        mount: io::Error,
        /// Why a user namespace will not do either.
        user: io::Error,
    },
}

impl Survey {
    /// Tries everything, with throw-away children.
    pub fn take() -> Self {
        Self {
            notify: try_notify(),
            bpffs: Bpffs::by_trial(),
        }
    }
}

/// Whether bpf(2) of a child reaches us.
pub(crate) fn try_notify() -> Result<(), NoCarrier> {
    match throw_away::listener() {
        Ok(ListenerTrial::Notified) => Ok(()),
        Ok(ListenerTrial::NoMemory) => Err(NoCarrier::NoMemory),
        Ok(ListenerTrial::Shadowed(error)) => Err(NoCarrier::Shadowed(error)),
        Ok(ListenerTrial::NoListener(error)) => Err(NoCarrier::from_install(error)),
        Err(error) => Err(NoCarrier::Refused(error)),
    }
}

impl Bpffs {
    /// The first that works: real capabilities are kept where they can be.
    pub(crate) fn by_trial() -> Self {
        let mount = match throw_away::mounts(Namespaces::Mount) {
            Ok(()) => return Self::Mounted(Namespaces::Mount),
            Err(error) => error,
        };
        match throw_away::mounts(Namespaces::UserAndMount) {
            Ok(()) => Self::Mounted(Namespaces::UserAndMount),
            Err(user) => Self::Private { mount, user },
        }
    }
}
