//! Rejections as data: what rule was broken, where, with which operands. The Linux text of each stands beside its operands, here and
//! in the modules below, and nowhere else: check sites never format.

mod attach;
mod call;
mod control;
mod kfunc;
mod memory;
mod prototype;
mod value;
pub mod words;

pub use attach::AttachReject;
pub use call::CallReject;
pub use control::ControlReject;
pub use kfunc::KfuncReject;
pub use memory::MemoryReject;
pub use prototype::PrototypeReject;
pub use value::ValueReject;

use crate::state::InsnIdx;
use alloc::vec::Vec;
use core::fmt;
use skep_uapi::Errno;

/// Declares an enum of broken rules: per variant its operands, its errno and the text of Linux's log line (`\n` included where Linux ends
/// the line; a few lines have none).
macro_rules! rejections {
    ($(#[$meta:meta])* pub enum $name:ident {
        $($(#[$vmeta:meta])* $variant:ident $({ $($field:ident : $ty:ty),* $(,)? })? => $errno:ident, $fmt:literal;)*
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        #[allow(missing_docs)] // the text of each variant is its documentation
        pub enum $name { $($(#[$vmeta])* $variant $({ $($field: $ty),* })?),* }

        impl $name {
            /// The names of the rules.
            pub(super) const NAMES: &[&str] = &[$(stringify!($variant)),*];

            /// The name of this rule.
            pub(super) const fn name(&self) -> &'static str {
                match self { $(Self::$variant { .. } => stringify!($variant)),* }
            }

            /// The errno Linux answers with.
            pub const fn errno(&self) -> skep_uapi::Errno {
                match self { $(Self::$variant { .. } => skep_uapi::Errno::$errno),* }
            }

            /// The register it is about, where it names one.
            pub fn register(&self) -> Option<u8> {
                #[allow(unused_variables)] // only registers are looked at
                match self { $(Self::$variant $({ $($field),* })? => {
                    let named: &[Option<u8>] = &[$($($crate::reject::note_register!($field, $field)),*)?];
                    named.iter().flatten().next().copied()
                }),* }
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match self { $(Self::$variant $({ $($field),* })? => write!(f, $fmt)),* }
            }
        }
    };
}
pub(crate) use rejections;

/// The operand called `reg`; nothing for another one.
macro_rules! note_register {
    (reg, $value:ident) => {
        Some(*$value)
    };
    ($other:ident, $value:ident) => {
        None
    };
}
pub(crate) use note_register;

/// A broken rule, by area. `Display` is Linux's log line.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// Program structure, the walk, exits, limits.
    Control(ControlReject),
    /// Arithmetic, moves, jumps, operands.
    Value(ValueReject),
    /// Loads, stores, memory handed to calls.
    Memory(MemoryReject),
    /// Helpers, subprograms, references, locks, returns.
    Call(CallReject),
    /// Prototypes of the program's own functions.
    Prototype(PrototypeReject),
    /// Attach targets.
    Attach(AttachReject),
    /// Kernel functions.
    Kfunc(KfuncReject),
}

macro_rules! rule_from {
    ($($variant:ident($ty:ident)),*) => { $(impl From<$ty> for Rule { fn from(r: $ty) -> Rule { Rule::$variant(r) } })* };
}
rule_from!(
    Control(ControlReject),
    Value(ValueReject),
    Memory(MemoryReject),
    Call(CallReject),
    Prototype(PrototypeReject),
    Attach(AttachReject),
    Kfunc(KfuncReject)
);

impl Rule {
    /// The register it is about, where it names one.
    pub fn register(&self) -> Option<u8> {
        match self {
            Rule::Control(r) => r.register(),
            Rule::Value(r) => r.register(),
            Rule::Memory(r) => r.register(),
            Rule::Call(r) => r.register(),
            Rule::Prototype(r) => r.register(),
            Rule::Attach(r) => r.register(),
            Rule::Kfunc(r) => r.register(),
        }
    }

    /// The rule without its operands.
    pub const fn kind(&self) -> RuleKind {
        let (area, name) = match self {
            Rule::Control(r) => ("Control", r.name()),
            Rule::Value(r) => ("Value", r.name()),
            Rule::Memory(r) => ("Memory", r.name()),
            Rule::Call(r) => ("Call", r.name()),
            Rule::Prototype(r) => ("Prototype", r.name()),
            Rule::Attach(r) => ("Attach", r.name()),
            Rule::Kfunc(r) => ("Kfunc", r.name()),
        };
        RuleKind { area, name }
    }

    /// The errno Linux answers with.
    pub const fn errno(&self) -> Errno {
        match self {
            Rule::Control(r) => r.errno(),
            Rule::Value(r) => r.errno(),
            Rule::Memory(r) => r.errno(),
            Rule::Call(r) => r.errno(),
            Rule::Prototype(r) => r.errno(),
            Rule::Attach(r) => r.errno(),
            Rule::Kfunc(r) => r.errno(),
        }
    }
}

/// A rule without its operands: what tests and statistics name it by, `Value::DivisionByZero`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleKind {
    /// The variant of [`Rule`].
    pub area: &'static str,
    /// The variant in that area.
    pub name: &'static str,
}

impl RuleKind {
    /// Every kind there is.
    pub fn all() -> impl Iterator<Item = RuleKind> {
        [
            ("Control", ControlReject::NAMES),
            ("Value", ValueReject::NAMES),
            ("Memory", MemoryReject::NAMES),
            ("Call", CallReject::NAMES),
            ("Prototype", PrototypeReject::NAMES),
            ("Attach", AttachReject::NAMES),
            ("Kfunc", KfuncReject::NAMES),
        ]
        .into_iter()
        .flat_map(|(area, names)| names.iter().map(move |name| RuleKind { area, name }))
    }
}

impl fmt::Display for RuleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}", self.area, self.name)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rule::Control(r) => r.fmt(f),
            Rule::Value(r) => r.fmt(f),
            Rule::Memory(r) => r.fmt(f),
            Rule::Call(r) => r.fmt(f),
            Rule::Prototype(r) => r.fmt(f),
            Rule::Attach(r) => r.fmt(f),
            Rule::Kfunc(r) => r.fmt(f),
        }
    }
}

/// A rejection: the instruction, the errno, and the broken rules in the order Linux reports them (most have one; some add a line).
/// Empty `rules`: Linux answers with the errno alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Reject {
    /// The instruction being looked at; `None` before the walk.
    pub at: Option<InsnIdx>,
    /// What bpf(2) returns.
    pub errno: Errno,
    /// The broken rules.
    pub rules: Vec<Rule>,
}

impl Reject {
    /// The same with another errno.
    pub(crate) fn with_errno(mut self, errno: Errno) -> Reject {
        self.errno = errno;
        self
    }
}

/// Result of a check.
pub type Check<T = ()> = Result<T, Reject>;
