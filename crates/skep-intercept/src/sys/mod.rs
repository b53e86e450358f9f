//! The system calls nobody wraps safely: each file opts into unsafe code and says what it trusts.

pub(crate) mod control;
pub(crate) mod filter;
pub(crate) mod fork;
pub(crate) mod guard;
pub(crate) mod image;
pub(crate) mod lease;
pub(crate) mod listener;
pub(crate) mod namespace;
pub(crate) mod pass_fd;
pub(crate) mod process_memory;
pub(crate) mod raw_stat;
pub(crate) mod signals;
pub(crate) mod spawn;
pub(crate) mod throw_away;
pub(crate) mod wait_status;

use std::io;

/// The result of a system call that gives -1 for an error.
fn checked(result: impl Into<i64>) -> io::Result<i64> {
    match result.into() {
        -1 => Err(io::Error::last_os_error()),
        value => Ok(value),
    }
}
