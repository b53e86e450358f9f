//! CO-RE: what a program compiled against one kernel's types must have in its instructions on another kernel.
//!
//! [`Relocator`] takes one record of BTF.ext at a time and gives a [`Relocation`], which patches the instruction.
//! The rules are libbpf 1.7's (and the kernel's): candidates have the same name up to a flavour (`___x`), fields are found by
//! name, all candidates must agree, and what does not exist becomes a call of a helper that does not exist.

mod compat;
mod error;
mod patch;
mod path;
mod relocation;
mod search;
mod shape;
mod value;

pub use error::CoreError;
pub use patch::POISON;
pub use relocation::{Outcome, Relocation, Relocator, TargetType};

/// Comparisons of types one question may take; libbpf has no such bound, kernel types need a few thousand at most.
const BUDGET: u32 = 1 << 18;
/// How deep types are compared.
const DEPTH: u32 = 32;
/// Most steps of an access path, those through anonymous members included.
const MAX_PATH: usize = 64;
