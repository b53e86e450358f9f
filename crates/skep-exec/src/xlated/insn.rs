//! Instructions as Linux's rewriting makes them: short names for [`RawInsn::new`].

use skep_isa::RawInsn;
use skep_isa::opcode::{
    ADDR_PERCPU, ALU, ALU64, EXIT, INSN_CALL, INSN_JA, JMP, K, LDX, MEM, MOV, NOSPEC, ST, STX, X,
};

/// The register that programs do not see.
pub(super) const AUX: u8 = 11;

pub(super) const fn mov(dst: u8, src: u8) -> RawInsn {
    RawInsn::new(ALU64 | MOV | X, dst, src, 0, 0)
}

pub(super) const fn mov_imm(dst: u8, imm: i32) -> RawInsn {
    RawInsn::new(ALU64 | MOV | K, dst, 0, 0, imm)
}

pub(super) const fn mov32(dst: u8, src: u8) -> RawInsn {
    RawInsn::new(ALU | MOV | X, dst, src, 0, 0)
}

pub(super) const fn mov32_imm(dst: u8, imm: i32) -> RawInsn {
    RawInsn::new(ALU | MOV | K, dst, 0, 0, imm)
}

/// The address of this CPU's copy of what `dst` points at.
pub(super) const fn percpu(dst: u8) -> RawInsn {
    RawInsn::new(ALU64 | MOV | X, dst, dst, ADDR_PERCPU, 0)
}

pub(super) const fn alu(op: u8, dst: u8, src: u8) -> RawInsn {
    RawInsn::new(ALU64 | op | X, dst, src, 0, 0)
}

pub(super) const fn alu_imm(op: u8, dst: u8, imm: i32) -> RawInsn {
    RawInsn::new(ALU64 | op | K, dst, 0, 0, imm)
}

pub(super) const fn alu32(op: u8, dst: u8, src: u8) -> RawInsn {
    RawInsn::new(ALU | op | X, dst, src, 0, 0)
}

pub(super) const fn alu32_imm(op: u8, dst: u8, imm: i32) -> RawInsn {
    RawInsn::new(ALU | op | K, dst, 0, 0, imm)
}

/// `size` is a size code.
pub(super) const fn load(size: u8, dst: u8, base: u8, off: i16) -> RawInsn {
    RawInsn::new(LDX | MEM | size, dst, base, off, 0)
}

/// `size` is a size code.
pub(super) const fn store(size: u8, base: u8, off: i16, src: u8) -> RawInsn {
    RawInsn::new(STX | MEM | size, base, src, off, 0)
}

/// `size` is a size code.
pub(super) const fn store_imm(size: u8, base: u8, off: i16, imm: i32) -> RawInsn {
    RawInsn::new(ST | MEM | size, base, 0, off, imm)
}

pub(super) const fn jump_imm(op: u8, dst: u8, imm: i32, off: i16) -> RawInsn {
    RawInsn::new(JMP | op | K, dst, 0, off, imm)
}

pub(super) const fn goto(off: i16) -> RawInsn {
    RawInsn::new(INSN_JA, 0, 0, off, 0)
}

pub(super) const fn exit() -> RawInsn {
    RawInsn::new(JMP | EXIT, 0, 0, 0, 0)
}

/// A call of the kernel. There is no kernel whose addresses could be shown; without CAP_SYSLOG Linux shows 0 too.
pub(super) const fn call() -> RawInsn {
    RawInsn::new(INSN_CALL, 0, 0, 0, 0)
}

/// A tail call, which shows with its number whoever reads.
pub(super) const fn tail_call() -> RawInsn {
    RawInsn::new(INSN_CALL, 0, 0, 0, 12)
}

/// A speculation barrier.
pub(super) const fn barrier() -> RawInsn {
    RawInsn::new(ST | NOSPEC, 0, 0, 0, 0)
}
