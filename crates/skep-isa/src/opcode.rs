//! Opcode constants under their Linux names, without the `BPF_` prefix.
//!
//! A code byte is class + size + mode for loads and stores, class + source + op for arithmetic and jumps.
//! The names are Linux's and documented in RFC 9669 sections 3 to 5; only the groups are described here.
#![allow(missing_docs)]

// Classes: the low three bits.
pub const LD: u8 = 0x00;
pub const LDX: u8 = 0x01;
pub const ST: u8 = 0x02;
pub const STX: u8 = 0x03;
pub const ALU: u8 = 0x04;
pub const JMP: u8 = 0x05;
pub const JMP32: u8 = 0x06;
pub const ALU64: u8 = 0x07;

// Sizes of loads and stores.
pub const W: u8 = 0x00;
pub const H: u8 = 0x08;
pub const B: u8 = 0x10;
pub const DW: u8 = 0x18;

// Modes of loads and stores.
pub const IMM: u8 = 0x00;
pub const ABS: u8 = 0x20;
pub const IND: u8 = 0x40;
pub const MEM: u8 = 0x60;
pub const MEMSX: u8 = 0x80;
pub const ATOMIC: u8 = 0xc0;
/// With class [`ST`]: a speculation barrier only the kernel's own rewrites make.
pub const NOSPEC: u8 = 0xc0;

// Operand source of arithmetic and jumps.
pub const K: u8 = 0x00;
pub const X: u8 = 0x08;

// Arithmetic operations.
pub const ADD: u8 = 0x00;
pub const SUB: u8 = 0x10;
pub const MUL: u8 = 0x20;
pub const DIV: u8 = 0x30;
pub const OR: u8 = 0x40;
pub const AND: u8 = 0x50;
pub const LSH: u8 = 0x60;
pub const RSH: u8 = 0x70;
pub const NEG: u8 = 0x80;
pub const MOD: u8 = 0x90;
pub const XOR: u8 = 0xa0;
pub const MOV: u8 = 0xb0;
pub const ARSH: u8 = 0xc0;
pub const END: u8 = 0xd0;
/// Source bit of [`END`] in class [`ALU`]: to little endian.
pub const TO_LE: u8 = 0x00;
/// Source bit of [`END`] in class [`ALU`]: to big endian.
pub const TO_BE: u8 = 0x08;

// Jump operations.
pub const JA: u8 = 0x00;
pub const JEQ: u8 = 0x10;
pub const JGT: u8 = 0x20;
pub const JGE: u8 = 0x30;
pub const JSET: u8 = 0x40;
pub const JNE: u8 = 0x50;
pub const JSGT: u8 = 0x60;
pub const JSGE: u8 = 0x70;
pub const CALL: u8 = 0x80;
pub const EXIT: u8 = 0x90;
pub const JLT: u8 = 0xa0;
pub const JLE: u8 = 0xb0;
pub const JSLT: u8 = 0xc0;
pub const JSLE: u8 = 0xd0;
pub const JCOND: u8 = 0xe0;
/// `src_reg` of [`JCOND`]: the bounded jump `may_goto`.
pub const MAY_GOTO: u8 = 0;

// Whole code bytes that are asked for often.
pub const LD_IMM64: u8 = LD | IMM | DW;
pub const INSN_CALL: u8 = JMP | CALL;
pub const INSN_EXIT: u8 = JMP | EXIT;
pub const INSN_JA: u8 = JMP | JA;
pub const INSN_JA32: u8 = JMP32 | JA;
pub const INSN_MAY_GOTO: u8 = JMP | JCOND;

// `imm` of ATOMIC: one of ADD, AND, OR, XOR, with or without FETCH, or one of these.
pub const FETCH: i32 = 0x01;
pub const XCHG: i32 = 0xe0 | FETCH;
pub const CMPXCHG: i32 = 0xf0 | FETCH;
pub const LOAD_ACQ: i32 = 0x100;
pub const STORE_REL: i32 = 0x110;

/// `off` of a 64-bit register MOV: arena pointer cast.
pub const ADDR_SPACE_CAST: i16 = 1;
/// `off` of a 64-bit register MOV: per-CPU address, only in the kernel's own rewrites.
pub const ADDR_PERCPU: i16 = -1;
/// `off` of DIV and MOD: signed.
pub const SIGNED_DIV: i16 = 1;

// `src_reg` of ld_imm64.
pub const PSEUDO_MAP_FD: u8 = 1;
pub const PSEUDO_MAP_VALUE: u8 = 2;
pub const PSEUDO_BTF_ID: u8 = 3;
pub const PSEUDO_FUNC: u8 = 4;
pub const PSEUDO_MAP_IDX: u8 = 5;
pub const PSEUDO_MAP_IDX_VALUE: u8 = 6;

// `src_reg` of CALL; 0 is a helper.
pub const PSEUDO_CALL: u8 = 1;
pub const PSEUDO_KFUNC_CALL: u8 = 2;
