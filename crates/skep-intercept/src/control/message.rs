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
    /// Lists every object.
    Objects,
    /// Takes an object's pins and descriptors away, unless another object holds it.
    Remove {
        /// `map`, `prog`, `link` or `btf`; absent where only one kind has this id.
        kind: Option<String>,
        /// Its id.
        id: u32,
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
            Self::Hello | Self::Objects => Call::Looks,
            Self::Fire { .. } | Self::Remove { .. } => Call::Acts,
        }
    }

    /// For the trace.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Hello => "hello",
            Self::Fire { .. } => "fire",
            Self::Objects => "objects",
            Self::Remove { .. } => "objects rm",
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
    /// Every object, by kind and id.
    Objects(Vec<ObjectRow>),
    /// What was removed, and what it lost.
    Removed(ObjectRow),
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

/// One object of the session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ObjectRow {
    /// `map`, `prog`, `link` or `btf`.
    pub kind: String,
    /// Its id within the kind.
    pub id: u32,
    /// Its type: `HASH`, `XDP`; empty for BTF.
    #[serde(rename = "type")]
    pub of_type: String,
    /// Its name, or where a link attaches.
    pub name: String,
    /// Bytes it takes.
    pub memory: u64,
    /// Who holds it.
    pub holders: Vec<Holder>,
}

/// Who holds an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "holder")]
pub enum Holder {
    /// A descriptor of a process.
    Fd {
        /// The process.
        pid: u32,
        /// Its name.
        comm: String,
        /// The descriptor.
        fd: u32,
    },
    /// A descriptor or mapping that no process of ours shows: in a socket's queue, or mapped and closed.
    Handle,
    /// A pin.
    Pin {
        /// Where.
        path: String,
    },
    /// A program that uses it.
    Prog {
        /// Its id.
        id: u32,
    },
    /// A map that it is an element of, or whose types it describes.
    Map {
        /// Its id.
        id: u32,
    },
    /// A link that it is attached by.
    Link {
        /// Its id.
        id: u32,
    },
    /// A BTF object; none holds others today.
    Btf {
        /// Its id.
        id: u32,
    },
}
