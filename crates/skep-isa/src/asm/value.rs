//! The grammar of assignments to registers: arithmetic, loads, constants, fetching atomics.

use super::builder::FixupSlot;
use super::operand::{
    Assign, assign, atomic_size, byte_order, cell, operand, pointer_type, sign_cast,
    unsigned_pointer_type,
};
use super::statement::{Parsed, emit};
use super::{AsmErrorKind, Builder, Cursor, RelocTarget};
use crate::{AtomicOp, Extend, Imm64, Insn, Operand, Reg, Size, SxFrom, Width};
use alloc::string::ToString;

/// What a bare number assigned to a 64-bit register means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    /// A 32-bit MOV unless `ll` follows.
    Short,
    /// `ld_imm64`: the line gave its code byte.
    Long,
}

/// Behind the destination register.
pub(super) fn assignment(
    c: &mut Cursor<'_>,
    width: Width,
    dst: Reg,
    number: Number,
    b: &mut Builder,
) -> Parsed {
    match assign(c)? {
        Assign::Op(op) => {
            let src = operand(c, width)?;
            emit(
                c,
                b,
                Insn::Alu {
                    op,
                    width,
                    dst,
                    src,
                },
            )
        }
        Assign::Move => value(c, width, dst, number, b),
    }
}

/// Behind the `=`.
fn value(c: &mut Cursor<'_>, width: Width, dst: Reg, number: Number, b: &mut Builder) -> Parsed {
    let mut ahead = *c;
    if ahead.eat("-")
        && let Some(operand) = ahead.register()?
    {
        if operand != (width, dst) {
            return Err(AsmErrorKind::Mismatch(
                "a register can only be negated in place",
            ));
        }
        *c = ahead;
        return emit(c, b, Insn::Neg { width, dst });
    }
    if let Some(from) = sign_cast(c) {
        return sign_extension(c, width, from, dst, b);
    }
    if c.at_number() {
        return constant(c, width, dst, number, b);
    }
    if c.at_register()? {
        let src = operand(c, width)?;
        return emit(c, b, Insn::Mov { width, dst, src });
    }
    if width == Width::W32 {
        return Err(AsmErrorKind::Mismatch(
            "a w register takes a number, a w register or a cast of one; this needs an r register",
        ));
    }
    if c.eat("*") {
        return load(c, dst, b);
    }
    let found = *c;
    match c.word() {
        Some("addr_space_cast") => addr_space_cast(c, dst, b),
        Some("load_acquire") => load_acquire(c, dst, b),
        Some(word) => {
            if let Some((op, width)) = byte_order(word) {
                same_register(dst, c.r()?)?;
                return emit(c, b, Insn::Endian { op, width, dst });
            }
            if let Some((size, op)) = atomic_name(word) {
                return fetch(c, size, op, dst, b);
            }
            c.need("[")?;
            reference(c, word, dst, b)
        }
        None => Err(found.expected("a value")),
    }
}

fn sign_extension(
    c: &mut Cursor<'_>,
    width: Width,
    from: SxFrom,
    dst: Reg,
    b: &mut Builder,
) -> Parsed {
    if (from, width) == (SxFrom::S32, Width::W32) {
        return Err(AsmErrorKind::Mismatch(
            "(s32) extends into r registers only",
        ));
    }
    match operand(c, width)? {
        Operand::Reg(src) => emit(
            c,
            b,
            Insn::MovSx {
                width,
                from,
                dst,
                src,
            },
        ),
        Operand::Imm(_) => Err(AsmErrorKind::Mismatch("a cast needs a register")),
    }
}

fn constant(c: &mut Cursor<'_>, width: Width, dst: Reg, number: Number, b: &mut Builder) -> Parsed {
    let mut ahead = *c;
    ahead.number();
    if ahead.eat_word("ll") || number == Number::Long {
        if width == Width::W32 {
            return Err(AsmErrorKind::Mismatch(
                "ll loads 64 bits, into an r register",
            ));
        }
        let value = Imm64::Plain(c.imm64()?);
        c.eat_word("ll");
        return emit(c, b, Insn::LdImm64 { dst, value });
    }
    let src = Operand::Imm(c.imm32()?);
    emit(c, b, Insn::Mov { width, dst, src })
}

/// Behind the star of `r1 = *(u32 *)(r2 +0)` or `r0 = *(u32 *)skb[r1 + 4]`.
fn load(c: &mut Cursor<'_>, dst: Reg, b: &mut Builder) -> Parsed {
    let (size, extend) = pointer_type(c)?;
    if !c.eat_word("skb") {
        let (src, off) = cell(c)?;
        return emit(
            c,
            b,
            Insn::Ldx {
                size,
                extend,
                dst,
                src,
                off,
            },
        );
    }
    if dst != Reg::R0 || size == Size::DW || extend == Extend::Sign {
        return Err(AsmErrorKind::Mismatch(
            "packet bytes load as u8, u16 or u32 into r0",
        ));
    }
    c.need("[")?;
    let insn = if c.at_register()? {
        let src = c.r()?;
        c.need("+")?;
        Insn::LdInd {
            size,
            src,
            imm: c.imm32()?,
        }
    } else {
        Insn::LdAbs {
            size,
            imm: c.imm32()?,
        }
    };
    c.need("]")?;
    emit(c, b, insn)
}

fn addr_space_cast(c: &mut Cursor<'_>, dst: Reg, b: &mut Builder) -> Parsed {
    let space = |c: &mut Cursor<'_>| {
        let value = c.number().ok_or_else(|| c.expected("an address space"))?;
        u16::try_from(value).map_err(|_| AsmErrorKind::TooLarge { value, bits: 16 })
    };
    c.need("(")?;
    let src = c.r()?;
    c.need(",")?;
    let to = space(c)?;
    c.need(",")?;
    let from = space(c)?;
    c.need(")")?;
    emit(c, b, Insn::AddrSpaceCast { dst, src, to, from })
}

fn load_acquire(c: &mut Cursor<'_>, dst: Reg, b: &mut Builder) -> Parsed {
    c.need("(")?;
    let size = unsigned_pointer_type(c)?;
    let (src, off) = cell(c)?;
    c.need(")")?;
    emit(
        c,
        b,
        Insn::LoadAcquire {
            size,
            dst,
            src,
            off,
        },
    )
}

/// The size and operation in `atomic64_fetch_add` and its like.
fn atomic_name(word: &str) -> Option<(Size, AtomicOp)> {
    let rest = word.strip_prefix("atomic")?;
    let (size, rest) = match rest.strip_prefix("64") {
        Some(rest) => (Size::DW, rest),
        None => (Size::W, rest),
    };
    let op = match rest {
        "_fetch_add" => AtomicOp::FetchAdd,
        "_fetch_or" => AtomicOp::FetchOr,
        "_fetch_and" => AtomicOp::FetchAnd,
        "_fetch_xor" => AtomicOp::FetchXor,
        "_xchg" => AtomicOp::Xchg,
        "_cmpxchg" => AtomicOp::CmpXchg,
        _ => return None,
    };
    Some((size, op))
}

/// Behind the name, `((u64 *)(r1 +0), r2)`; the register read last is also written, but for cmpxchg, which writes r0.
fn fetch(c: &mut Cursor<'_>, named: Size, op: AtomicOp, result: Reg, b: &mut Builder) -> Parsed {
    c.need("(")?;
    let size = atomic_size(unsigned_pointer_type(c)?)?;
    if size != named {
        return Err(AsmErrorKind::Mismatch(
            "atomic64_ names go with u64, atomic_ names with u32",
        ));
    }
    let (dst, off) = cell(c)?;
    c.need(",")?;
    if op == AtomicOp::CmpXchg {
        if (result, c.r()?) != (Reg::R0, Reg::R0) {
            return Err(AsmErrorKind::Mismatch(
                "cmpxchg compares with r0 and returns in r0",
            ));
        }
        c.need(",")?;
    }
    let src = c.r()?;
    if op != AtomicOp::CmpXchg {
        same_register(result, src)?;
    }
    c.need(")")?;
    emit(
        c,
        b,
        Insn::Atomic {
            op,
            size,
            dst,
            off,
            src,
        },
    )
}

fn same_register(result: Reg, operand: Reg) -> Parsed {
    if result == operand {
        Ok(())
    } else {
        Err(AsmErrorKind::Mismatch(
            "the result goes to the operand's register",
        ))
    }
}

/// Behind the bracket of `map[NAME]`, `func[LABEL]` and the other forms of `ld_imm64`.
fn reference(c: &mut Cursor<'_>, kind: &str, dst: Reg, b: &mut Builder) -> Parsed {
    let load = |value| Insn::LdImm64 { dst, value };
    match kind {
        "map" => {
            let name = c.until("]")?.to_string();
            c.finish()?;
            b.reloc(load(Imm64::MapFd(0)), RelocTarget::Map(name));
            return Ok(());
        }
        "map_value" => {
            let name = c.until("]")?.to_string();
            let off = value_offset(c)?;
            c.finish()?;
            b.reloc(
                load(Imm64::MapValue { fd: 0, off }),
                RelocTarget::MapValue(name),
            );
            return Ok(());
        }
        "func" => {
            let target = c.target()?;
            c.need("]")?;
            c.finish()?;
            return b.jump(target, FixupSlot::Imm, |off| load(Imm64::Func { off }));
        }
        _ => {}
    }
    let number = c.imm32()?;
    c.need("]")?;
    let value = match kind {
        "map_fd" => Imm64::MapFd(number),
        "map_value_fd" => Imm64::MapValue {
            fd: number,
            off: value_offset(c)?,
        },
        "map_idx" => Imm64::MapIdx(number),
        "map_value_idx" => Imm64::MapIdxValue {
            idx: number,
            off: value_offset(c)?,
        },
        "btf_id" => {
            let module_fd = if c.eat("@") { c.imm32()? } else { 0 };
            Imm64::BtfId {
                id: number,
                module_fd,
            }
        }
        _ => return Err(AsmErrorKind::UnknownStatement(kind.to_string())),
    };
    emit(c, b, load(value))
}

/// `+8` behind a map value, or nothing for 0.
fn value_offset(c: &mut Cursor<'_>) -> Parsed<u32> {
    if c.rest().starts_with('+') {
        c.imm32().map(i32::cast_unsigned)
    } else {
        Ok(0)
    }
}
