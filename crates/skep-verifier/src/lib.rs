//! A load request and its environment in; a verdict, a log and a verified program out.
//!
//! The walk follows Linux 6.18: same order of phases, same paths, same pruning, so that the verdict, the errno, the log and the number of
//! processed instructions are Linux's. Entry point: [`verify`]. The parts:
//!
//! - [`env`]: the only window to the outside (maps, BTF, capabilities, kernel identity);
//! - [`request`], [`verified`]: what goes in and what comes out;
//! - [`register`], [`stack`], [`state`]: what is known at one point of one path, over the numbers of [`scalar`];
//! - `prepare`: everything before the walk (subprograms, control flow, static liveness, BTF of the program);
//! - `walk`, `prune`, `precision`, `liveness`: which instruction is looked at next, and when a path needs no further look;
//! - `check`: one file per concern; what an instruction may do and what it makes known;
//! - [`reject`]: every rejection as data with its errno and its Linux text; `log`: the kernel-shaped log.
//!
//! No map code, no run-time object, no executor, no fd: numbers of fds are handed to the environment, which answers with tokens.
#![no_std]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]
extern crate alloc;

mod check;
pub mod env;
mod liveness;
mod log;
mod precision;
mod prepare;
mod prune;
pub mod register;
pub mod reject;
pub mod request;
pub mod scalar;
pub mod stack;
pub mod state;
pub mod verified;
mod verifier;
mod walk;

pub use env::Environment;
pub use reject::Reject;
pub use request::{LoadRequest, LogRequest};
pub use verified::{Outcome, Statistics, VerifiedProgram};
pub use verifier::verify;
