//! [`Insn`] to slots, and the tables between typed operations and code bits.

use crate::opcode as op;
use crate::{
    AluOp, AtomicOp, CallTarget, CondOp, EndianOp, Extend, Imm64, Insn, JumpRange, Operand,
    RawInsn, Reg, Size, Width,
};

impl Insn {
    /// The slots of the instruction: the second is there for `ld_imm64` only.
    pub const fn encode(self) -> (RawInsn, Option<RawInsn>) {
        let first = match self {
            Insn::Alu {
                op,
                width,
                dst,
                src,
            } => {
                let (code, off) = op.bits();
                with_operand(width.alu_class() | code, dst, off, src)
            }
            Insn::Mov { width, dst, src } => with_operand(width.alu_class() | op::MOV, dst, 0, src),
            Insn::MovSx {
                width,
                from,
                dst,
                src,
            } => RawInsn::new(
                width.alu_class() | op::MOV | op::X,
                dst.number(),
                src.number(),
                from.bits() as i16,
                0,
            ),
            Insn::AddrSpaceCast { dst, src, to, from } => RawInsn::new(
                op::ALU64 | op::MOV | op::X,
                dst.number(),
                src.number(),
                op::ADDR_SPACE_CAST,
                ((to as u32) << 16 | from as u32).cast_signed(),
            ),
            Insn::Neg { width, dst } => {
                RawInsn::new(width.alu_class() | op::NEG, dst.number(), 0, 0, 0)
            }
            Insn::Endian {
                op: order,
                width,
                dst,
            } => {
                let code = match order {
                    EndianOp::Le => op::ALU | op::END | op::TO_LE,
                    EndianOp::Be => op::ALU | op::END | op::TO_BE,
                    EndianOp::Swap => op::ALU64 | op::END,
                };
                RawInsn::new(code, dst.number(), 0, 0, width.bits() as i32)
            }
            Insn::LdImm64 { dst, value } => {
                let (src, low, high) = value.parts();
                let first = RawInsn::new(op::LD_IMM64, dst.number(), src, 0, low);
                return (first, Some(RawInsn::new(0, 0, 0, 0, high)));
            }
            Insn::Ldx {
                size,
                extend,
                dst,
                src,
                off,
            } => {
                let mode = match extend {
                    Extend::Zero => op::MEM,
                    Extend::Sign => op::MEMSX,
                };
                RawInsn::new(
                    op::LDX | mode | size.bits(),
                    dst.number(),
                    src.number(),
                    off,
                    0,
                )
            }
            Insn::St {
                size,
                dst,
                off,
                imm,
            } => RawInsn::new(op::ST | op::MEM | size.bits(), dst.number(), 0, off, imm),
            Insn::Stx {
                size,
                dst,
                off,
                src,
            } => {
                let code = op::STX | op::MEM | size.bits();
                RawInsn::new(code, dst.number(), src.number(), off, 0)
            }
            Insn::Atomic {
                op,
                size,
                dst,
                off,
                src,
            } => atomic(size, dst, src, off, op.imm()),
            Insn::LoadAcquire {
                size,
                dst,
                src,
                off,
            } => atomic(size, dst, src, off, op::LOAD_ACQ),
            Insn::StoreRelease {
                size,
                dst,
                off,
                src,
            } => atomic(size, dst, src, off, op::STORE_REL),
            Insn::LdAbs { size, imm } => RawInsn::new(op::LD | op::ABS | size.bits(), 0, 0, 0, imm),
            Insn::LdInd { size, src, imm } => {
                RawInsn::new(op::LD | op::IND | size.bits(), 0, src.number(), 0, imm)
            }
            Insn::Ja(JumpRange::Near(off)) => RawInsn::new(op::INSN_JA, 0, 0, off, 0),
            Insn::Ja(JumpRange::Far(off)) => RawInsn::new(op::INSN_JA32, 0, 0, 0, off),
            Insn::Jump {
                op,
                width,
                dst,
                src,
                off,
            } => with_operand(width.jump_class() | op.bits(), dst, off, src),
            Insn::MayGoto { off } => RawInsn::new(op::INSN_MAY_GOTO, 0, op::MAY_GOTO, off, 0),
            Insn::Call(target) => {
                let (src, off, imm) = match target {
                    CallTarget::Helper(id) => (0, 0, id),
                    CallTarget::Subprog { off } => (op::PSEUDO_CALL, 0, off),
                    CallTarget::Kfunc { btf_id, fd_idx } => (op::PSEUDO_KFUNC_CALL, fd_idx, btf_id),
                };
                RawInsn::new(op::INSN_CALL, 0, src, off, imm)
            }
            Insn::Exit => RawInsn::new(op::INSN_EXIT, 0, 0, 0, 0),
        };
        (first, None)
    }
}

impl RawInsn {
    /// The 64-bit constant of `ld_imm64`, this being its first slot and `second` the other.
    pub const fn imm64(self, second: RawInsn) -> u64 {
        (second.imm.cast_unsigned() as u64) << 32 | self.imm.cast_unsigned() as u64
    }
}

impl Width {
    const fn alu_class(self) -> u8 {
        match self {
            Width::W32 => op::ALU,
            Width::W64 => op::ALU64,
        }
    }

    const fn jump_class(self) -> u8 {
        match self {
            Width::W32 => op::JMP32,
            Width::W64 => op::JMP,
        }
    }
}

impl Size {
    /// The size bits of a load or store.
    pub const fn bits(self) -> u8 {
        match self {
            Size::B => op::B,
            Size::H => op::H,
            Size::W => op::W,
            Size::DW => op::DW,
        }
    }
}

impl AluOp {
    /// Code bits and `off`.
    const fn bits(self) -> (u8, i16) {
        match self {
            AluOp::Add => (op::ADD, 0),
            AluOp::Sub => (op::SUB, 0),
            AluOp::Mul => (op::MUL, 0),
            AluOp::Div => (op::DIV, 0),
            AluOp::SDiv => (op::DIV, op::SIGNED_DIV),
            AluOp::Or => (op::OR, 0),
            AluOp::And => (op::AND, 0),
            AluOp::Lsh => (op::LSH, 0),
            AluOp::Rsh => (op::RSH, 0),
            AluOp::Mod => (op::MOD, 0),
            AluOp::SMod => (op::MOD, op::SIGNED_DIV),
            AluOp::Xor => (op::XOR, 0),
            AluOp::Arsh => (op::ARSH, 0),
        }
    }
}

impl CondOp {
    /// The operation bits of a conditional jump.
    pub const fn bits(self) -> u8 {
        match self {
            CondOp::Eq => op::JEQ,
            CondOp::Ne => op::JNE,
            CondOp::Gt => op::JGT,
            CondOp::Ge => op::JGE,
            CondOp::Lt => op::JLT,
            CondOp::Le => op::JLE,
            CondOp::Set => op::JSET,
            CondOp::SGt => op::JSGT,
            CondOp::SGe => op::JSGE,
            CondOp::SLt => op::JSLT,
            CondOp::SLe => op::JSLE,
        }
    }

    /// The comparison of these operation bits, `None` for other jumps.
    pub const fn from_op(bits: u8) -> Option<CondOp> {
        Some(match bits {
            op::JEQ => CondOp::Eq,
            op::JNE => CondOp::Ne,
            op::JGT => CondOp::Gt,
            op::JGE => CondOp::Ge,
            op::JLT => CondOp::Lt,
            op::JLE => CondOp::Le,
            op::JSET => CondOp::Set,
            op::JSGT => CondOp::SGt,
            op::JSGE => CondOp::SGe,
            op::JSLT => CondOp::SLt,
            op::JSLE => CondOp::SLe,
            _ => return None,
        })
    }
}

const ADD: i32 = op::ADD as i32;
const OR: i32 = op::OR as i32;
const AND: i32 = op::AND as i32;
const XOR: i32 = op::XOR as i32;
const FETCH_ADD: i32 = ADD | op::FETCH;
const FETCH_OR: i32 = OR | op::FETCH;
const FETCH_AND: i32 = AND | op::FETCH;
const FETCH_XOR: i32 = XOR | op::FETCH;

impl AtomicOp {
    /// The `imm` of the operation.
    pub const fn imm(self) -> i32 {
        match self {
            AtomicOp::Add => ADD,
            AtomicOp::Or => OR,
            AtomicOp::And => AND,
            AtomicOp::Xor => XOR,
            AtomicOp::FetchAdd => FETCH_ADD,
            AtomicOp::FetchOr => FETCH_OR,
            AtomicOp::FetchAnd => FETCH_AND,
            AtomicOp::FetchXor => FETCH_XOR,
            AtomicOp::Xchg => op::XCHG,
            AtomicOp::CmpXchg => op::CMPXCHG,
        }
    }

    /// The read-modify-write operation of this `imm`, `None` for anything else.
    pub const fn from_imm(imm: i32) -> Option<AtomicOp> {
        Some(match imm {
            ADD => AtomicOp::Add,
            OR => AtomicOp::Or,
            AND => AtomicOp::And,
            XOR => AtomicOp::Xor,
            FETCH_ADD => AtomicOp::FetchAdd,
            FETCH_OR => AtomicOp::FetchOr,
            FETCH_AND => AtomicOp::FetchAnd,
            FETCH_XOR => AtomicOp::FetchXor,
            op::XCHG => AtomicOp::Xchg,
            op::CMPXCHG => AtomicOp::CmpXchg,
            _ => return None,
        })
    }
}

impl Imm64 {
    /// `src_reg`, first `imm` and second `imm`.
    const fn parts(self) -> (u8, i32, i32) {
        match self {
            Imm64::Plain(value) => (0, value as i32, (value >> 32) as i32),
            Imm64::MapFd(fd) => (op::PSEUDO_MAP_FD, fd, 0),
            Imm64::MapValue { fd, off } => (op::PSEUDO_MAP_VALUE, fd, off.cast_signed()),
            Imm64::BtfId { id, module_fd } => (op::PSEUDO_BTF_ID, id, module_fd),
            Imm64::Func { off } => (op::PSEUDO_FUNC, off, 0),
            Imm64::MapIdx(idx) => (op::PSEUDO_MAP_IDX, idx, 0),
            Imm64::MapIdxValue { idx, off } => (op::PSEUDO_MAP_IDX_VALUE, idx, off.cast_signed()),
        }
    }
}

const fn with_operand(code: u8, dst: Reg, off: i16, operand: Operand) -> RawInsn {
    match operand {
        Operand::Reg(src) => RawInsn::new(code | op::X, dst.number(), src.number(), off, 0),
        Operand::Imm(imm) => RawInsn::new(code | op::K, dst.number(), 0, off, imm),
    }
}

const fn atomic(size: Size, dst: Reg, src: Reg, off: i16, imm: i32) -> RawInsn {
    let code = op::STX | op::ATOMIC | size.bits();
    RawInsn::new(code, dst.number(), src.number(), off, imm)
}
