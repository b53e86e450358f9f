//! Running verified programs: lowering, the checking interpreter and the JIT.
//!
//! ```text
//! VerifiedProgram --lower(bindings)--> Lowered --+--> Interpreter   checks everything, traps
//!                                                +--> CompiledProgram   trusts the verifier, never traps
//! ```
//!
//! | module | what it gives |
//! |---|---|
//! | [`lower`](mod@lower) | [`lower()`], [`Bindings`]: from facts to [`Lowered`], with every map, helper and field in its place |
//! | [`check`] | [`Interpreter`] |
//! | [`jit`] | [`CompiledProgram`] |
//! | [`executable`] | [`Executor`], and [`Executable`]: one program with both executors, as tail calls see it |
//! | [`run`] | [`Run`]: what one run carries and may touch |
//! | [`helper`] | [`HelperFn`], [`HelperCall`]: how helper bodies see the program that called them |
//! | [`bound_map`] | [`BoundMap`]: a map at the address that programs see |
//! | [`context_layout`] | [`ContextLayout`]: where the fields of a context live |
//! | [`trap`] | [`Trap`]: what the interpreter caught |
//! | [`xlated`](mod@xlated) | [`xlated()`]: the listing that Linux would show, never run |
//!
//! What is not here: bodies of helpers, hooks, the meaning of contexts, and any judgement about programs.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

pub mod bound_map;
pub mod check;
pub mod context_layout;
pub mod executable;
pub mod helper;
pub mod jit;
pub mod lower;
mod memory;
pub mod run;
pub mod trap;
pub mod xlated;

#[cfg(test)]
mod tests;

pub use bound_map::BoundMap;
pub use check::Interpreter;
pub use context_layout::{ContextLayout, CtxField, CtxStorage};
pub use executable::{Executable, Executor};
pub use helper::{HelperCall, HelperFn, HelperResult, Trapped};
pub use jit::{CompiledProgram, JitError, compile};
pub use lower::{Bindings, LowerError, Lowered, lower};
pub use run::{Engine, LiveSpan, Run};
pub use trap::{Trap, TrapKind};
pub use xlated::{ListedMap, Listing, Shape, xlated};
