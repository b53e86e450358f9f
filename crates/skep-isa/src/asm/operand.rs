//! The parts instructions are made of: signs, types, memory cells.

use super::{AsmErrorKind, Cursor};
use crate::{AluOp, CondOp, EndianOp, EndianWidth, Extend, Operand, Reg, Size, SxFrom, Width};

/// The sign between destination and source of an assignment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Assign {
    Move,
    Op(AluOp),
}

/// Longer signs stand before their prefixes.
const ASSIGNS: [(&str, Assign); 14] = [
    ("s>>=", Assign::Op(AluOp::Arsh)),
    ("<<=", Assign::Op(AluOp::Lsh)),
    (">>=", Assign::Op(AluOp::Rsh)),
    ("s/=", Assign::Op(AluOp::SDiv)),
    ("s%=", Assign::Op(AluOp::SMod)),
    ("+=", Assign::Op(AluOp::Add)),
    ("-=", Assign::Op(AluOp::Sub)),
    ("*=", Assign::Op(AluOp::Mul)),
    ("/=", Assign::Op(AluOp::Div)),
    ("%=", Assign::Op(AluOp::Mod)),
    ("|=", Assign::Op(AluOp::Or)),
    ("&=", Assign::Op(AluOp::And)),
    ("^=", Assign::Op(AluOp::Xor)),
    ("=", Assign::Move),
];

/// Longer signs stand before their prefixes.
const CONDS: [(&str, CondOp); 11] = [
    ("s>=", CondOp::SGe),
    ("s<=", CondOp::SLe),
    ("s>", CondOp::SGt),
    ("s<", CondOp::SLt),
    ("==", CondOp::Eq),
    ("!=", CondOp::Ne),
    (">=", CondOp::Ge),
    ("<=", CondOp::Le),
    (">", CondOp::Gt),
    ("<", CondOp::Lt),
    ("&", CondOp::Set),
];

const TYPES: [(&str, Size, Extend); 7] = [
    ("u8", Size::B, Extend::Zero),
    ("u16", Size::H, Extend::Zero),
    ("u32", Size::W, Extend::Zero),
    ("u64", Size::DW, Extend::Zero),
    ("s8", Size::B, Extend::Sign),
    ("s16", Size::H, Extend::Sign),
    ("s32", Size::W, Extend::Sign),
];

pub(super) fn assign(c: &mut Cursor<'_>) -> Result<Assign, AsmErrorKind> {
    let found = ASSIGNS.iter().find(|(sign, _)| c.eat(sign));
    found
        .map(|(_, assign)| *assign)
        .ok_or_else(|| c.expected("an assignment such as = or +="))
}

pub(super) fn condition(c: &mut Cursor<'_>) -> Result<CondOp, AsmErrorKind> {
    let found = CONDS.iter().find(|(sign, _)| c.eat(sign));
    found
        .map(|(_, cond)| *cond)
        .ok_or_else(|| c.expected("a comparison such as == or s>"))
}

/// A register of the given width or a 32-bit constant.
pub(super) fn operand(c: &mut Cursor<'_>, width: Width) -> Result<Operand, AsmErrorKind> {
    match c.register()? {
        Some((w, reg)) if w == width => Ok(Operand::Reg(reg)),
        Some(_) => Err(AsmErrorKind::Mismatch("both registers must be r or both w")),
        None => {
            let value = c
                .number()
                .ok_or_else(|| c.expected("a register or a number"))?;
            super::cursor::imm32(value).map(Operand::Imm)
        }
    }
}

/// `(u32 *)`.
pub(super) fn pointer_type(c: &mut Cursor<'_>) -> Result<(Size, Extend), AsmErrorKind> {
    c.need("(")?;
    let found = TYPES.iter().find(|(name, ..)| c.eat_word(name));
    let &(_, size, extend) = found.ok_or_else(|| c.expected("a type, u8 to u64 or s8 to s32"))?;
    c.need("*")?;
    c.need(")")?;
    Ok((size, extend))
}

/// `(u32 *)` of an unsigned type.
pub(super) fn unsigned_pointer_type(c: &mut Cursor<'_>) -> Result<Size, AsmErrorKind> {
    match pointer_type(c)? {
        (size, Extend::Zero) => Ok(size),
        (_, Extend::Sign) => Err(AsmErrorKind::Mismatch("only loads have signed types")),
    }
}

/// `(r1 +8)`; no offset is offset 0.
pub(super) fn cell(c: &mut Cursor<'_>) -> Result<(Reg, i16), AsmErrorKind> {
    c.need("(")?;
    let base = c.r()?;
    let off = if c.eat(")") {
        return Ok((base, 0));
    } else if c.rest().starts_with(['+', '-']) {
        c.off16()?
    } else {
        return Err(c.expected("+ or - and an offset"));
    };
    c.need(")")?;
    Ok((base, off))
}

/// Refuses sizes no atomic operation has.
pub(super) fn atomic_size(size: Size) -> Result<Size, AsmErrorKind> {
    match size {
        Size::W | Size::DW => Ok(size),
        Size::B | Size::H => Err(AsmErrorKind::Mismatch("atomics work on u32 and u64 only")),
    }
}

/// `(s8)` and the like, if one comes next.
pub(super) fn sign_cast(c: &mut Cursor<'_>) -> Option<SxFrom> {
    let casts = [
        ("s8", SxFrom::S8),
        ("s16", SxFrom::S16),
        ("s32", SxFrom::S32),
    ];
    let mut ahead = *c;
    if !ahead.eat("(") {
        return None;
    }
    let (_, from) = casts.into_iter().find(|(name, _)| ahead.eat_word(name))?;
    if !ahead.eat(")") {
        return None;
    }
    *c = ahead;
    Some(from)
}

/// `be16` and the like, as a word.
pub(super) fn byte_order(word: &str) -> Option<(EndianOp, EndianWidth)> {
    let orders = [
        ("be", EndianOp::Be),
        ("le", EndianOp::Le),
        ("bswap", EndianOp::Swap),
    ];
    orders.into_iter().find_map(|(prefix, op)| {
        let width = EndianWidth::from_digits(word.strip_prefix(prefix)?)?;
        Some((op, width))
    })
}
