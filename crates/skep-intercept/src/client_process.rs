//! The client as its supervisor sees it: how it fares, and the signals that are handed on to it.

use std::io::Write;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::process::{Pid, WaitOptions};

use crate::error::InterceptError;
use crate::launch::Ended;
use crate::sys::guard::{ALL_GONE, FAREWELL, kill_children};
use crate::sys::signals::{self, Sender};
use crate::sys::{pass_fd, wait_status};

/// The first client of a session, and the guard between us and it.
pub(crate) struct ClientProcess {
    pub(crate) guard: Pid,
    pub(crate) lifeline: UnixStream,
    pub(crate) client: OwnedFd,
}

impl ClientProcess {
    /// Waits until no client is left; how the first one ended. Stops when it stops, as a shell expects of a job.
    pub(crate) fn follow(&self) -> Result<Ended, InterceptError> {
        let mut ended = None;
        loop {
            match pass_fd::receive(self.lifeline.as_raw_fd()) {
                Ok(Some((ALL_GONE, _))) => break,
                Ok(Some((status, _))) => match wait_status::Change::of(status) {
                    wait_status::Change::Ended(how) => ended = Some(how),
                    wait_status::Change::Stopped(signal) => {
                        signals::stop(signal);
                        // Whoever continued us meant the client.
                        let _ = signals::send(&self.client, libc::SIGCONT);
                    }
                    wait_status::Change::Continued => {}
                },
                Ok(None) | Err(_) => break,
            }
        }
        let guard = rustix::process::waitpid(Some(self.guard), WaitOptions::empty());
        match (guard, ended) {
            (Ok(Some((_, status))), Some(ended)) if status.exit_status() == Some(0) => Ok(ended),
            _ => {
                kill_children();
                Err(InterceptError::GuardKilled)
            }
        }
    }

    /// Hands signals on to the client, for ever. When it has ended, one that asks for an end ends its descendants.
    pub(crate) fn hand_on(&self) -> ! {
        loop {
            let signal = signals::next();
            let number = match signal.sender {
                Sender::Terminal => 0,
                Sender::Process => signal.number,
            };
            if signals::send(&self.client, number).is_err() && signal.ends() {
                self.farewell();
            }
        }
    }

    /// Ends all clients, without a word from the guard.
    pub(crate) fn farewell(&self) {
        let _ = (&self.lifeline).write_all(&[FAREWELL]);
    }
}
