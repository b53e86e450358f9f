//! The private channel between a session's supervisor and skep commands run inside the session.
//!
//! ```text
//! skep fire, skep objects, a nested skep run          supervisor
//!   Inside::find ── bpf(0x736b6570, Envelope) ─────────> answer: one Request, one Reply, both JSON
//! ```
//!
//! The carrier is bpf(2) with a command number that no kernel has: it comes to the supervisor wherever bpf(2) does, with
//! no file or socket to find, and outside a session the host says EINVAL. It is the session owner's own way in, so the
//! capabilities that clients have for bpf(2) do not count; all processes of a session are the owner's.

mod answer;
mod message;
mod objects;

pub(crate) use answer::answer;
pub use message::{Call, FireAt, FiredProg, Holder, ObjectRow, Reply, Request};

use crate::sys::control::call_supervisor;

/// The command number: "skep". Linux counts its commands from 0 and has 38.
pub(crate) const COMMAND: u32 = 0x736b_6570;

/// Changes with the messages.
const VERSION: u32 = 1;

/// Room for a reply before its size is known.
const FIRST_ROOM: usize = 64 << 10;

/// The session this process is in.
#[derive(Debug)]
pub struct Inside(());

/// Why a request came back without a reply.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// bpf(2) is answered by the host.
    #[error("not inside a skep session: start one with `skep run -- COMMAND`")]
    Outside,
    /// The supervisor is another skep.
    #[error("the session's supervisor is another version of skep")]
    Version,
    /// The supervisor does not do that.
    #[error("{errno}: {why}")]
    Refused {
        /// The errno's name.
        errno: String,
        /// The reason.
        why: String,
    },
    /// The exchange itself failed.
    #[error("the supervisor's reply cannot be read: {0}")]
    Broken(String),
}

impl Inside {
    /// The session of this process; `None` outside of one.
    pub fn find() -> Result<Option<Self>, ControlError> {
        match exchange(&Request::Hello) {
            Ok(Reply::Hello { version: VERSION }) => Ok(Some(Self(()))),
            Ok(_) => Err(ControlError::Version),
            Err(ControlError::Outside) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Asks the supervisor.
    pub fn ask(&self, request: &Request) -> Result<Reply, ControlError> {
        match exchange(request)? {
            Reply::Refused { errno, why } => Err(ControlError::Refused { errno, why }),
            reply => Ok(reply),
        }
    }
}

fn exchange(request: &Request) -> Result<Reply, ControlError> {
    let broken = |error: serde_json::Error| ControlError::Broken(error.to_string());
    let request_bytes = serde_json::to_vec(request).map_err(broken)?;
    let mut room = FIRST_ROOM;
    loop {
        let mut reply = vec![0; room];
        // Whatever the errno: nobody there knows the command.
        let needed = call_supervisor(COMMAND, &request_bytes, &mut reply)
            .map_err(|_| ControlError::Outside)?;
        if let Some(reply) = reply.get(..needed) {
            return serde_json::from_slice(reply).map_err(broken);
        }
        if request.call() == Call::Acts {
            return Err(ControlError::Broken("it is too long".to_owned()));
        }
        room = needed;
    }
}
