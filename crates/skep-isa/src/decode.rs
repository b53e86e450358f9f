//! Slots to [`Insn`], refusing every field that is reserved or out of range.

use crate::opcode as op;
use crate::{
    AluOp, AtomicOp, CallTarget, CondOp, EndianOp, EndianWidth, Extend, Imm64, Insn, JumpRange,
    Operand, RawInsn, Reg, Size, SxFrom, Width,
};
use core::fmt;

/// A field of a slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Field {
    /// Destination register.
    Dst,
    /// Source register.
    Src,
    /// Offset.
    Off,
    /// Constant.
    Imm,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Field::Dst => "dst_reg",
            Field::Src => "src_reg",
            Field::Off => "off",
            Field::Imm => "imm",
        })
    }
}

/// Why slots are no instruction of Linux 6.18.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DecodeError {
    /// No instruction has this code byte.
    UnknownOpcode(u8),
    /// A register number above 10.
    BadRegister(Field, u8),
    /// This code byte does not use the field, yet it is not zero.
    ReservedField(u8, Field),
    /// The field is used, but not with this value.
    BadValue(u8, Field, i32),
    /// The second slot of `ld_imm64` is missing.
    NoSecondSlot,
    /// The second slot of `ld_imm64` has more than an `imm`.
    BadSecondSlot,
    /// There is no slot at the index.
    PastEnd,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            DecodeError::UnknownOpcode(code) => write!(f, "unknown opcode {code:02x}"),
            DecodeError::BadRegister(field, number) => {
                write!(
                    f,
                    "{field} names register {number}, there are only r0 to r10"
                )
            }
            DecodeError::ReservedField(code, field) => {
                write!(f, "opcode {code:02x} reserves {field}, it must be 0")
            }
            DecodeError::BadValue(code, field, value) => {
                write!(f, "opcode {code:02x} has no meaning for {field} {value}")
            }
            DecodeError::NoSecondSlot => f.write_str("ld_imm64 lacks its second slot"),
            DecodeError::BadSecondSlot => {
                f.write_str("the second slot of ld_imm64 may only have an imm")
            }
            DecodeError::PastEnd => f.write_str("no instruction at this index"),
        }
    }
}

impl core::error::Error for DecodeError {}

type Decoded<T = Insn> = Result<T, DecodeError>;

impl Insn {
    /// Decodes the instruction that begins with slot `first`; `second` is the slot behind it, needed for `ld_imm64` only.
    ///
    /// # Errors
    /// The first thing found wrong. The order is not Linux's: the verifier has its own checks on [`RawInsn`].
    pub fn decode(first: RawInsn, second: Option<RawInsn>) -> Result<Insn, DecodeError> {
        match first.class() {
            op::LD => load(first, second),
            op::LDX => ldx(first),
            op::ST => st(first),
            op::STX => stx(first),
            op::ALU => alu(first, Width::W32),
            op::ALU64 => alu(first, Width::W64),
            op::JMP => jump(first, Width::W64),
            _ => jump(first, Width::W32),
        }
    }
}

impl Size {
    /// The size of a load or store slot.
    pub const fn of(insn: RawInsn) -> Size {
        match insn.size() {
            op::B => Size::B,
            op::H => Size::H,
            op::W => Size::W,
            _ => Size::DW,
        }
    }
}

fn dst(insn: RawInsn) -> Decoded<Reg> {
    Reg::new(insn.dst()).ok_or(DecodeError::BadRegister(Field::Dst, insn.dst()))
}

fn src(insn: RawInsn) -> Decoded<Reg> {
    Reg::new(insn.src()).ok_or(DecodeError::BadRegister(Field::Src, insn.src()))
}

fn unknown<T>(insn: RawInsn) -> Decoded<T> {
    Err(DecodeError::UnknownOpcode(insn.code))
}

fn bad<T>(insn: RawInsn, field: Field) -> Decoded<T> {
    let value = match field {
        Field::Dst => i32::from(insn.dst()),
        Field::Src => i32::from(insn.src()),
        Field::Off => i32::from(insn.off),
        Field::Imm => insn.imm,
    };
    Err(DecodeError::BadValue(insn.code, field, value))
}

/// Refuses a non-zero value in fields the instruction does not use.
fn reserved(insn: RawInsn, fields: &[Field]) -> Decoded<()> {
    for &field in fields {
        let zero = match field {
            Field::Dst => insn.dst() == 0,
            Field::Src => insn.src() == 0,
            Field::Off => insn.off == 0,
            Field::Imm => insn.imm == 0,
        };
        if !zero {
            return Err(DecodeError::ReservedField(insn.code, field));
        }
    }
    Ok(())
}

/// The operand of arithmetic or a comparison; the field it does not come from is reserved.
fn operand(insn: RawInsn) -> Decoded<Operand> {
    if insn.source() == op::X {
        reserved(insn, &[Field::Imm])?;
        Ok(Operand::Reg(src(insn)?))
    } else {
        reserved(insn, &[Field::Src])?;
        Ok(Operand::Imm(insn.imm))
    }
}

fn alu(insn: RawInsn, width: Width) -> Decoded {
    let plain = |alu_op| {
        reserved(insn, &[Field::Off])?;
        binary(insn, width, alu_op)
    };
    match insn.op() {
        op::ADD => plain(AluOp::Add),
        op::SUB => plain(AluOp::Sub),
        op::MUL => plain(AluOp::Mul),
        op::OR => plain(AluOp::Or),
        op::AND => plain(AluOp::And),
        op::LSH => plain(AluOp::Lsh),
        op::RSH => plain(AluOp::Rsh),
        op::XOR => plain(AluOp::Xor),
        op::ARSH => plain(AluOp::Arsh),
        op::DIV => match insn.off {
            0 => binary(insn, width, AluOp::Div),
            op::SIGNED_DIV => binary(insn, width, AluOp::SDiv),
            _ => bad(insn, Field::Off),
        },
        op::MOD => match insn.off {
            0 => binary(insn, width, AluOp::Mod),
            op::SIGNED_DIV => binary(insn, width, AluOp::SMod),
            _ => bad(insn, Field::Off),
        },
        op::MOV => mov(insn, width),
        op::NEG if insn.source() == op::K => {
            reserved(insn, &[Field::Src, Field::Off, Field::Imm])?;
            Ok(Insn::Neg {
                width,
                dst: dst(insn)?,
            })
        }
        op::END => endian(insn, width),
        _ => unknown(insn),
    }
}

fn binary(insn: RawInsn, width: Width, op: AluOp) -> Decoded {
    Ok(Insn::Alu {
        op,
        width,
        dst: dst(insn)?,
        src: operand(insn)?,
    })
}

fn mov(insn: RawInsn, width: Width) -> Decoded {
    let extend = |from| {
        reserved(insn, &[Field::Imm])?;
        Ok(Insn::MovSx {
            width,
            from,
            dst: dst(insn)?,
            src: src(insn)?,
        })
    };
    match (insn.off, insn.source(), width) {
        (0, _, _) => Ok(Insn::Mov {
            width,
            dst: dst(insn)?,
            src: operand(insn)?,
        }),
        (8, op::X, _) => extend(SxFrom::S8),
        (16, op::X, _) => extend(SxFrom::S16),
        (32, op::X, Width::W64) => extend(SxFrom::S32),
        (op::ADDR_SPACE_CAST, op::X, Width::W64) => {
            let [from0, from1, to0, to1] = insn.imm.to_le_bytes();
            Ok(Insn::AddrSpaceCast {
                dst: dst(insn)?,
                src: src(insn)?,
                to: u16::from_le_bytes([to0, to1]),
                from: u16::from_le_bytes([from0, from1]),
            })
        }
        _ => bad(insn, Field::Off),
    }
}

fn endian(insn: RawInsn, width: Width) -> Decoded {
    let end_op = match (width, insn.source()) {
        (Width::W32, op::TO_BE) => EndianOp::Be,
        (Width::W32, _) => EndianOp::Le,
        (Width::W64, op::K) => EndianOp::Swap,
        (Width::W64, _) => return unknown(insn),
    };
    reserved(insn, &[Field::Src, Field::Off])?;
    let width = match insn.imm {
        16 => EndianWidth::B16,
        32 => EndianWidth::B32,
        64 => EndianWidth::B64,
        _ => return bad(insn, Field::Imm),
    };
    Ok(Insn::Endian {
        op: end_op,
        width,
        dst: dst(insn)?,
    })
}

fn load(insn: RawInsn, second: Option<RawInsn>) -> Decoded {
    let size = Size::of(insn);
    match (insn.mode(), size) {
        (op::IMM, Size::DW) => ld_imm64(insn, second),
        (op::ABS, Size::B | Size::H | Size::W) => {
            reserved(insn, &[Field::Dst, Field::Src, Field::Off])?;
            Ok(Insn::LdAbs {
                size,
                imm: insn.imm,
            })
        }
        (op::IND, Size::B | Size::H | Size::W) => {
            reserved(insn, &[Field::Dst, Field::Off])?;
            Ok(Insn::LdInd {
                size,
                src: src(insn)?,
                imm: insn.imm,
            })
        }
        _ => unknown(insn),
    }
}

fn ld_imm64(insn: RawInsn, second: Option<RawInsn>) -> Decoded {
    let high = second.ok_or(DecodeError::NoSecondSlot)?;
    if high.code != 0 || high.regs != 0 || high.off != 0 {
        return Err(DecodeError::BadSecondSlot);
    }
    reserved(insn, &[Field::Off])?;
    let map_only = |value| {
        if high.imm == 0 {
            Ok(value)
        } else {
            Err(DecodeError::BadSecondSlot)
        }
    };
    let value = match insn.src() {
        0 => Imm64::Plain(insn.imm64(high)),
        op::PSEUDO_MAP_FD => map_only(Imm64::MapFd(insn.imm))?,
        op::PSEUDO_MAP_VALUE => Imm64::MapValue {
            fd: insn.imm,
            off: high.imm.cast_unsigned(),
        },
        op::PSEUDO_BTF_ID => Imm64::BtfId {
            id: insn.imm,
            module_fd: high.imm,
        },
        // Linux ignores the second imm here.
        op::PSEUDO_FUNC => Imm64::Func { off: insn.imm },
        op::PSEUDO_MAP_IDX => map_only(Imm64::MapIdx(insn.imm))?,
        op::PSEUDO_MAP_IDX_VALUE => Imm64::MapIdxValue {
            idx: insn.imm,
            off: high.imm.cast_unsigned(),
        },
        _ => return bad(insn, Field::Src),
    };
    Ok(Insn::LdImm64 {
        dst: dst(insn)?,
        value,
    })
}

fn ldx(insn: RawInsn) -> Decoded {
    let size = Size::of(insn);
    let extend = match (insn.mode(), size) {
        (op::MEM, _) => Extend::Zero,
        (op::MEMSX, Size::B | Size::H | Size::W) => Extend::Sign,
        _ => return unknown(insn),
    };
    reserved(insn, &[Field::Imm])?;
    Ok(Insn::Ldx {
        size,
        extend,
        dst: dst(insn)?,
        src: src(insn)?,
        off: insn.off,
    })
}

fn st(insn: RawInsn) -> Decoded {
    if insn.mode() != op::MEM {
        return unknown(insn);
    }
    reserved(insn, &[Field::Src])?;
    Ok(Insn::St {
        size: Size::of(insn),
        dst: dst(insn)?,
        off: insn.off,
        imm: insn.imm,
    })
}

fn stx(insn: RawInsn) -> Decoded {
    match insn.mode() {
        op::MEM => {
            reserved(insn, &[Field::Imm])?;
            Ok(Insn::Stx {
                size: Size::of(insn),
                dst: dst(insn)?,
                off: insn.off,
                src: src(insn)?,
            })
        }
        op::ATOMIC => atomic(insn),
        _ => unknown(insn),
    }
}

fn atomic(insn: RawInsn) -> Decoded {
    let (size, dst, src, off) = (Size::of(insn), dst(insn)?, src(insn)?, insn.off);
    match insn.imm {
        op::LOAD_ACQ => {
            return Ok(Insn::LoadAcquire {
                size,
                dst,
                src,
                off,
            });
        }
        op::STORE_REL => {
            return Ok(Insn::StoreRelease {
                size,
                dst,
                off,
                src,
            });
        }
        _ => {}
    }
    let Some(atomic_op) = AtomicOp::from_imm(insn.imm) else {
        return bad(insn, Field::Imm);
    };
    match size {
        Size::W | Size::DW => Ok(Insn::Atomic {
            op: atomic_op,
            size,
            dst,
            off,
            src,
        }),
        Size::B | Size::H => unknown(insn),
    }
}

fn jump(insn: RawInsn, width: Width) -> Decoded {
    match (insn.op(), width, insn.source()) {
        (op::JA, Width::W64, op::K) => {
            reserved(insn, &[Field::Dst, Field::Src, Field::Imm])?;
            Ok(Insn::Ja(JumpRange::Near(insn.off)))
        }
        (op::JA, Width::W32, op::K) => {
            reserved(insn, &[Field::Dst, Field::Src, Field::Off])?;
            Ok(Insn::Ja(JumpRange::Far(insn.imm)))
        }
        (op::JCOND, Width::W64, op::K) => {
            reserved(insn, &[Field::Dst, Field::Imm])?;
            if insn.src() != op::MAY_GOTO {
                return bad(insn, Field::Src);
            }
            Ok(Insn::MayGoto { off: insn.off })
        }
        (op::CALL, Width::W64, op::K) => call(insn),
        (op::EXIT, Width::W64, op::K) => {
            reserved(insn, &[Field::Dst, Field::Src, Field::Off, Field::Imm])?;
            Ok(Insn::Exit)
        }
        (cond, _, _) => {
            let Some(cond) = CondOp::from_op(cond) else {
                return unknown(insn);
            };
            Ok(Insn::Jump {
                op: cond,
                width,
                dst: dst(insn)?,
                src: operand(insn)?,
                off: insn.off,
            })
        }
    }
}

fn call(insn: RawInsn) -> Decoded {
    reserved(insn, &[Field::Dst])?;
    Ok(Insn::Call(match insn.src() {
        0 => {
            reserved(insn, &[Field::Off])?;
            CallTarget::Helper(insn.imm)
        }
        op::PSEUDO_CALL => {
            reserved(insn, &[Field::Off])?;
            CallTarget::Subprog { off: insn.imm }
        }
        op::PSEUDO_KFUNC_CALL => CallTarget::Kfunc {
            btf_id: insn.imm,
            fd_idx: insn.off,
        },
        _ => return bad(insn, Field::Src),
    }))
}
