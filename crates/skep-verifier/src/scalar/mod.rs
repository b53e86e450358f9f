//! What the verifier knows about a 64-bit value it does not know: the scalar domain.
//!
//! A [`ScalarRange`] is a set of 64-bit words described five times over: by its known bits ([`Tnum`]) and by four
//! intervals, signed and unsigned, of the whole word and of its low half. The set meant is the intersection of the five.
//! Everything here is a function of such values; identity of registers (ids, links, precision) lives with the walk.
//!
//! ```text
//!   alu ──────┐                        ┌── branch_taken   which way can this jump go?
//!   resize ───┼──► ScalarRange ──sync──┤
//!   endian ───┤    (five views)        └── refine         what does each way teach?
//!   pointer ──┘         │
//!                       └── sanity (is the set empty by mistake?), write_fields (the log)
//! ```
//!
//! Two laws hold for every operation, and the tests check both. *Soundness*: a concrete result of concrete members is a
//! member of the result. *Fidelity*: the result is bit for bit the one Linux 6.18 computes, no better and no worse,
//! because a program must be accepted here exactly if it is there, and because the log prints it.

#![deny(clippy::arithmetic_side_effects)]

mod alu;
mod arith;
mod bitwise;
mod branch;
mod deduce;
mod endian;
mod interval;
mod pointer;
mod print;
mod range;
mod refine;
mod resize;
mod sanity;
mod shift;
mod tnum;

#[cfg(test)]
mod tests;

pub use alu::{alu, negate};
pub use branch::branch_taken;
pub use endian::{ByteOrder, convert_endian, endian_may_change};
pub use pointer::{pointer_minus, pointer_plus};
pub use print::{write_signed, write_unsigned};
pub use range::ScalarRange;
pub use refine::{Refined, Taken, refine, refine_self};
pub use sanity::{InvariantRule, InvariantViolation};
pub use tnum::Tnum;
