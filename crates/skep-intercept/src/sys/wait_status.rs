//! What wait(2) says about a child.

use crate::launch::Ended;

/// How a child changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Change {
    /// It ended.
    Ended(Ended),
    /// This signal stopped it.
    Stopped(i32),
    /// It goes on.
    Continued,
}

impl Change {
    /// From a status of wait(2).
    pub(crate) fn of(status: i32) -> Self {
        if libc::WIFEXITED(status) {
            Self::Ended(Ended::Status(libc::WEXITSTATUS(status)))
        } else if libc::WIFSIGNALED(status) {
            Self::Ended(Ended::Signal(libc::WTERMSIG(status)))
        } else if libc::WIFSTOPPED(status) {
            Self::Stopped(libc::WSTOPSIG(status))
        } else {
            Self::Continued
        }
    }
}
