//! BTF_LOAD's checks: every type by itself in order (`meta`), then what types refer to (`resolve` walks, `refer`, `member`
//! and `prototype` judge), then chains of modifiers (`chain`).
//!
//! Order, errno and wording are Linux's; a failure is data ([`LoadError`]), written by `log`.

mod chain;
mod member;
mod meta;
mod problem;
mod prototype;
mod refer;
mod resolve;
mod size;

pub use problem::{Message, Problem};

use core::fmt;

use skep_uapi::Errno;

use crate::header::HeaderError;
use crate::id::BtfTypeId;
use crate::record::CutError;

pub(crate) use chain::type_tags;
pub(crate) use meta::cut_and_check;
pub(crate) use resolve::resolve;

/// Most nested types that are resolved or searched for fields.
pub(crate) const MAX_RESOLVE_DEPTH: usize = 32;

/// Why a BTF was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadError {
    /// What was looked at.
    pub place: Place,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What was looked at when a check failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The blob and its sections.
    Header,
    /// A type by itself, all before it being good by themselves.
    Meta(BtfTypeId),
    /// A member, value or entry of a type by itself.
    MetaItem(BtfTypeId, u32),
    /// A type and what it refers to.
    Resolve(BtfTypeId),
    /// A member or entry and what it refers to.
    ResolveItem(BtfTypeId, u32),
    /// Chains of modifiers.
    Chains(BtfTypeId),
    /// Structs with special fields.
    Structs,
}

impl LoadError {
    /// The errno of BTF_LOAD.
    pub fn errno(&self) -> Errno {
        self.problem.errno()
    }

    pub(crate) fn header(error: HeaderError) -> Self {
        Self {
            place: Place::Header,
            problem: Problem::Header(error),
        }
    }

    pub(crate) fn cut(id: BtfTypeId, error: CutError) -> Self {
        let problem = match error {
            CutError::Short { left, needed } => Problem::MetaLeft { left, needed },
            CutError::Info(info) => Problem::Info(info),
            CutError::Kind(kind) => Problem::Kind(kind),
        };
        Self {
            place: Place::Meta(id),
            problem,
        }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Place::Header => write!(f, "btf: {}", self.problem),
            Place::Meta(id) | Place::Resolve(id) | Place::Chains(id) => {
                write!(f, "btf type {id}: {}", self.problem)
            }
            Place::MetaItem(id, item) | Place::ResolveItem(id, item) => {
                write!(f, "btf type {id}, item {item}: {}", self.problem)
            }
            Place::Structs => write!(f, "btf structs with special fields: {}", self.problem),
        }
    }
}

impl core::error::Error for LoadError {}
