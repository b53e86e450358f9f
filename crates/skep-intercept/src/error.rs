//! Why a client could not be started.

use std::io;

/// Why a client could not be started, in a sentence that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum InterceptError {
    /// The program could not be executed.
    #[error("cannot execute {program}: {error}")]
    Exec {
        /// What was to be executed.
        program: String,
        /// Why not.
        error: io::Error,
    },
    /// The process between the supervisor and its clients did not end by itself.
    #[error("the guard process was killed, so its clients are killed too")]
    GuardKilled,
    /// bpf(2) cannot be caught here.
    #[error(transparent)]
    Carrier(#[from] NoCarrier),
    /// Some part of the supervisor could not be set up.
    #[error("cannot {what}: {error}")]
    Setup {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        error: io::Error,
    },
}

/// Why bpf(2) cannot be caught on this machine.
#[derive(Debug, thiserror::Error)]
pub enum NoCarrier {
    /// Another filter answers first.
    #[error(
        "another seccomp filter answers bpf(2) before skep can ({0}): in a container, start it with \
         --security-opt seccomp=unconfined, or with a profile that allows bpf"
    )]
    Shadowed(io::Error),
    /// There is a listener already.
    #[error(
        "another seccomp listener holds this process: are we inside another skep run, or in WSL2 with mirrored \
         networking (use NAT mode)?"
    )]
    Busy,
    /// The kernel has no (sufficient) seccomp user notification.
    #[error(
        "this kernel has no seccomp listener with WAIT_KILLABLE_RECV ({0}): Linux 5.19 or newer is needed"
    )]
    Missing(io::Error),
    /// Filters are refused.
    #[error("seccomp filters are refused here ({0})")]
    Refused(io::Error),
    /// Clients' memory cannot be read.
    #[error(
        "the memory of a child cannot be read (process_vm_readv): kernel.yama.ptrace_scope of 2 or 3, or a policy, \
         forbids it"
    )]
    NoMemory,
}

impl NoCarrier {
    /// From the error of installing a filter.
    pub(crate) fn from_install(error: io::Error) -> Self {
        match error.raw_os_error() {
            Some(libc::EBUSY) => Self::Busy,
            Some(libc::EINVAL | libc::ENOSYS) => Self::Missing(error),
            _ => Self::Refused(error),
        }
    }
}

/// A step of setting up that failed.
pub(crate) fn setup<E: Into<io::Error>>(what: &'static str) -> impl FnOnce(E) -> InterceptError {
    move |error| InterceptError::Setup {
        what,
        error: error.into(),
    }
}
