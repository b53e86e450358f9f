//! One step of a sequence, the same for both sides: what is called, with which bytes, and how the answers compare.
//!
//! A step names objects by [`Handle`]s, in the order they were made; each side puts its own descriptors, ids and
//! addresses in their places.

use skep_kernel::Caps;
use skep_uapi::{Cmd, MapType};

/// An object that an earlier step made. Where that step failed, or was left out, its descriptor is a closed one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Handle(pub(super) usize);

/// Where in a call something stands: in the attr, or in one of its buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// `None`: in the attr.
    pub(super) buffer: Option<usize>,
    pub(super) offset: usize,
}

impl Place {
    pub(super) const fn attr(offset: usize) -> Self {
        Self {
            buffer: None,
            offset,
        }
    }

    pub(super) const fn buffer(buffer: usize, offset: usize) -> Self {
        Self {
            buffer: Some(buffer),
            offset,
        }
    }
}

/// What each side writes itself before it calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patch {
    /// The descriptor of an object, 32 bits.
    Fd(Place, Handle),
    /// The id of an object, 32 bits.
    Id(Place, Handle),
    /// The address of a buffer, 64 bits.
    Address(Place, usize),
}

/// Kinds of objects; each has ids of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Map,
    Prog,
    Btf,
}

impl Kind {
    /// What walks the ids of the kind.
    pub(super) const fn next_id(self) -> Cmd {
        match self {
            Self::Map => Cmd::MapGetNextId,
            Self::Prog => Cmd::ProgGetNextId,
            Self::Btf => Cmd::BtfGetNextId,
        }
    }
}

/// How the answers of the sides compare. The return value or errno always does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Every byte of the attr and of the buffers.
    All,
    /// Nothing but the return value or errno: each side has its own order or state in the buffers.
    Answer,
    /// Keys (first buffer) and values (second buffer) of so many bytes, as sets: each side has an order of its own.
    Elements { key: usize, value: usize },
    /// Nothing: a Bloom filter may say yes to what it does not hold.
    Chance,
}

/// A bpf(2) as both sides make it.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) cmd: Cmd,
    pub(super) caps: Caps,
    pub(super) attr: Vec<u8>,
    pub(super) buffers: Vec<Vec<u8>>,
    pub(super) patches: Vec<Patch>,
    /// 32-bit ids that the call writes; they compare as handles.
    pub(super) ids: Vec<(Place, Kind)>,
    /// What the value becomes if it is a descriptor; no kind where each side decides what it opens.
    pub(super) makes: Option<(Handle, Option<Kind>)>,
    pub(super) look: Look,
}

/// One step.
#[derive(Clone, Debug)]
pub(super) enum Action {
    Call(Call),
    /// Every key of a map, by MAP_GET_NEXT_KEY from the first on, compared as a set.
    Keys {
        map: Handle,
        key: usize,
    },
    /// Every id, by a GET_NEXT_ID from 0 on; those of the sequence's objects count.
    Ids(Kind),
    /// close(2).
    Close(Handle),
    /// Removes a pin.
    Unlink(u8),
}

/// One step, and which map it is about.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) action: Action,
    pub(super) map_type: Option<MapType>,
}

/// What came of a step, the same from both sides if they agree.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(super) struct Seen {
    /// The return value (1 for a descriptor), or the errno negated.
    pub(super) answer: i64,
    /// Attr, then buffers, as far as they compare.
    pub(super) bytes: Vec<Vec<u8>>,
}
