//! What is said on the private channel.

use serde::{Deserialize, Serialize};

/// Asks the supervisor for something.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// Is there a session?
    Hello,
    /// Runs the programs at a hook.
    Fire {
        /// Which.
        at: FireAt,
        /// The arguments, 8 bytes each in this machine's order; missing ones are 0.
        args: Vec<u8>,
    },
}

/// What is fired.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FireAt {
    /// A link by its id.
    Link(u32),
    /// A link by the path of its pin, as the asking process sees it.
    Pinned(String),
    /// Every link at a tracepoint.
    Tracepoint(String),
}

/// Whether asking twice is asking once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Call {
    /// Nothing changes.
    Looks,
    /// Something does.
    Acts,
}

impl Request {
    /// Whether asking twice is asking once.
    pub fn call(&self) -> Call {
        match self {
            Self::Hello => Call::Looks,
            Self::Fire { .. } => Call::Acts,
        }
    }

    /// For the trace.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Hello => "hello",
            Self::Fire { .. } => "fire",
        }
    }
}

/// What the supervisor says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// There is a session.
    Hello {
        /// Of the messages.
        version: u32,
    },
    /// What the programs made of it, in order of attaching.
    Fired(Vec<FiredProg>),
    /// It is not done.
    Refused {
        /// The errno's name.
        errno: String,
        /// The reason.
        why: String,
    },
}

/// What one program made of an event.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FiredProg {
    /// Its id.
    pub prog_id: u32,
    /// What it returned; absent if it did not run.
    pub retval: Option<u32>,
    /// Why it did not run.
    pub error: Option<String>,
}
