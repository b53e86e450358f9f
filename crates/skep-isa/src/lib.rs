//! Typed eBPF instructions: decode, encode, assemble, disassemble.
//!
//! - [`RawInsn`]: the eight bytes of one slot, with lenient access to every field. The verifier reads these, because Linux
//!   fixes in which order bad fields are reported.
//! - [`Insn`]: a decoded instruction in which every field means something. Lowering and analyses read these.
//! - [`Program`]: a view of a slot array that knows about the second slot of `ld_imm64`.
//! - [`disasm`]: the text form of the kernel's verifier log, and a variant for people that reads back.
//! - [`asm`]: that text back to slots. [`ubpf`]: the assembly of the RFC 9669 conformance vectors.
//!
//! Nothing here knows helpers, kfuncs or maps: names come in through the traits [`disasm::Names`]
//! and [`asm::Symbols`].
//! Source: RFC 9669, and `Documentation/bpf/standardization` for what came after it.
#![no_std]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

extern crate alloc;

pub mod asm;
mod decode;
pub mod disasm;
mod encode;
mod insn;
pub mod opcode;
mod program;
mod raw;
mod reg;
pub mod ubpf;

pub use decode::{DecodeError, Field};
pub use insn::{
    AluOp, AtomicOp, CallTarget, CondOp, EndianOp, EndianWidth, Extend, Imm64, Insn, JumpRange,
    Operand, Size, SxFrom, Width,
};
pub use program::{Flow, InsnIdx, Program};
pub use raw::{ParseError, RawInsn, encode_program, parse_program};
pub use reg::Reg;
