//! The grammar of one line: everything but assignments to registers, which are in [`super::value`].

use super::builder::FixupSlot;
use super::operand::{
    Assign, assign, atomic_size, cell, condition, operand, unsigned_pointer_type,
};
use super::value::{Number, assignment};
use super::{AsmErrorKind, Builder, Cursor, RelocTarget, Symbols, Target};
use crate::opcode::LD_IMM64;
use crate::{AluOp, AtomicOp, CallTarget, Insn, JumpRange, Operand, RawInsn, Width};
use alloc::string::ToString;

pub(super) type Parsed<T = ()> = Result<T, AsmErrorKind>;

/// Assembles one line without its comment: labels, then at most one instruction.
pub(super) fn line(
    text: &str,
    b: &mut Builder,
    symbols: &(impl Symbols + ?Sized),
) -> Result<(), AsmErrorKind> {
    let mut c = Cursor::new(text);
    let number = log_prefix(&mut c);
    loop {
        let mut ahead = c;
        match ahead.word() {
            Some(name) if ahead.eat(":") => b.label(name)?,
            _ => break,
        }
        c = ahead;
    }
    if c.at_end() {
        return Ok(());
    }
    statement(&mut c, number, b, symbols)
}

/// Reads the index and code byte of a log line, `5: (18)`, if there.
fn log_prefix(c: &mut Cursor<'_>) -> Number {
    let mut ahead = *c;
    if ahead.number().is_some() && ahead.eat(":") {
        *c = ahead;
    }
    let mut ahead = *c;
    if ahead.eat("(")
        && let Ok(code) = ahead.until(")")
        && code.len() == 2
        && let Ok(code) = u8::from_str_radix(code, 16)
    {
        *c = ahead;
        if code == LD_IMM64 {
            return Number::Long;
        }
    }
    Number::Short
}

fn statement(
    c: &mut Cursor<'_>,
    number: Number,
    b: &mut Builder,
    symbols: &(impl Symbols + ?Sized),
) -> Parsed {
    if let Some((width, dst)) = c.register()? {
        return assignment(c, width, dst, number, b);
    }
    if c.eat("*") {
        return store(c, b);
    }
    let found = c.rest();
    match c.word() {
        Some("exit") => emit(c, b, Insn::Exit),
        Some("goto") => {
            let target = ending(c, Cursor::target)?;
            b.jump(target, FixupSlot::Off, |off| {
                Insn::Ja(JumpRange::Near(near(off)))
            })
        }
        Some("gotol") => {
            let target = ending(c, Cursor::target)?;
            b.jump(target, FixupSlot::Imm, |off| Insn::Ja(JumpRange::Far(off)))
        }
        Some("may_goto") => {
            let target = ending(c, Cursor::target)?;
            b.jump(target, FixupSlot::Off, |off| Insn::MayGoto {
                off: near(off),
            })
        }
        Some("if") => conditional(c, b),
        Some("call") => call(c, b, symbols),
        Some("lock") => lock(c, b),
        Some("store_release") => store_release(c, b),
        Some("raw") => raw(c, b),
        Some(word) => Err(AsmErrorKind::UnknownStatement(word.to_string())),
        None => Err(AsmErrorKind::UnknownStatement(found.to_string())),
    }
}

/// Parses the last part of a line.
fn ending<'a, T>(
    c: &mut Cursor<'a>,
    parse: impl FnOnce(&mut Cursor<'a>) -> Parsed<T>,
) -> Parsed<T> {
    let value = parse(c)?;
    c.finish()?;
    Ok(value)
}

/// Adds a complete instruction if the line ends here.
pub(super) fn emit(c: &Cursor<'_>, b: &mut Builder, insn: Insn) -> Parsed {
    c.finish()?;
    b.insn(insn);
    Ok(())
}

/// The 16 bits of a distance the builder has checked.
fn near(off: i32) -> i16 {
    off as i16
}

fn conditional(c: &mut Cursor<'_>, b: &mut Builder) -> Parsed {
    let (width, dst) = c.register()?.ok_or_else(|| c.expected("a register"))?;
    let op = condition(c)?;
    let src = operand(c, width)?;
    c.need("goto")?;
    let target = ending(c, Cursor::target)?;
    b.jump(target, FixupSlot::Off, |off| Insn::Jump {
        op,
        width,
        dst,
        src,
        off: near(off),
    })
}

fn call(c: &mut Cursor<'_>, b: &mut Builder, symbols: &(impl Symbols + ?Sized)) -> Parsed {
    let to = |target| Insn::Call(target);
    if c.eat_word("kfunc") {
        return kfunc(c, b, symbols);
    }
    if c.rest().starts_with(|first: char| first.is_ascii_digit()) {
        let id = ending(c, Cursor::imm32)?;
        return emit(c, b, to(CallTarget::Helper(id)));
    }
    if c.rest().contains('#') {
        let name = c.until("#")?;
        let id = ending(c, Cursor::imm32)?;
        let target = match symbols.kfunc(name) {
            Some(_) if symbols.helper(name).is_none() => CallTarget::Kfunc {
                btf_id: id,
                fd_idx: 0,
            },
            _ => CallTarget::Helper(id),
        };
        return emit(c, b, to(target));
    }
    match ending(c, Cursor::target)? {
        Target::Label(name) if symbols.helper(name).is_some() => {
            let id = symbols.helper(name).unwrap_or_default();
            emit(c, b, to(CallTarget::Helper(id)))
        }
        target => b.jump(target, FixupSlot::Call, |off| {
            to(CallTarget::Subprog { off })
        }),
    }
}

/// `NAME`, `NAME#id` or `id`, the latter two with `@` and an index into `fd_array` for modules.
fn kfunc(c: &mut Cursor<'_>, b: &mut Builder, symbols: &(impl Symbols + ?Sized)) -> Parsed {
    let numbered = c.rest().contains('#');
    if numbered {
        c.until("#")?;
    }
    if numbered || c.rest().starts_with(|first: char| first.is_ascii_digit()) {
        let btf_id = c.imm32()?;
        let fd_idx = if c.eat("@") { c.off16()? } else { 0 };
        return emit(c, b, Insn::Call(CallTarget::Kfunc { btf_id, fd_idx }));
    }
    let name = c
        .word()
        .ok_or_else(|| c.expected("the name of a kernel function"))?;
    c.finish()?;
    let known = symbols.kfunc(name);
    let insn = Insn::Call(CallTarget::Kfunc {
        btf_id: known.unwrap_or(0),
        fd_idx: 0,
    });
    match known {
        Some(_) => b.insn(insn),
        None => b.reloc(insn, RelocTarget::Kfunc(name.to_string())),
    }
    Ok(())
}

/// Behind the star of `*(u32 *)(r1 +0) = ...`.
fn store(c: &mut Cursor<'_>, b: &mut Builder) -> Parsed {
    let size = unsigned_pointer_type(c)?;
    let (dst, off) = cell(c)?;
    c.need("=")?;
    let insn = match operand(c, Width::W64)? {
        Operand::Reg(src) => Insn::Stx {
            size,
            dst,
            off,
            src,
        },
        Operand::Imm(imm) => Insn::St {
            size,
            dst,
            off,
            imm,
        },
    };
    emit(c, b, insn)
}

fn lock(c: &mut Cursor<'_>, b: &mut Builder) -> Parsed {
    c.need("*")?;
    let size = atomic_size(unsigned_pointer_type(c)?)?;
    let (dst, off) = cell(c)?;
    let op = match assign(c)? {
        Assign::Op(AluOp::Add) => AtomicOp::Add,
        Assign::Op(AluOp::Or) => AtomicOp::Or,
        Assign::Op(AluOp::And) => AtomicOp::And,
        Assign::Op(AluOp::Xor) => AtomicOp::Xor,
        Assign::Move | Assign::Op(_) => {
            return Err(AsmErrorKind::Mismatch(
                "lock goes with +=, |=, &= and ^= only",
            ));
        }
    };
    let src = c.r()?;
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

/// `raw 0xb7 1 0 0 5`: the fields of one slot, whatever they mean: code, dst, src, off, imm.
fn raw(c: &mut Cursor<'_>, b: &mut Builder) -> Parsed {
    let code = field(c, 8)? as u8;
    let dst = field(c, 4)? as u8;
    let src = field(c, 4)? as u8;
    let off = c.off16()?;
    let imm = c.imm32()?;
    c.finish()?;
    b.raw(RawInsn::new(code, dst, src, off, imm));
    Ok(())
}

fn field(c: &mut Cursor<'_>, bits: u32) -> Parsed<i128> {
    let value = c.number().ok_or_else(|| c.expected("a number"))?;
    match u128::try_from(value) {
        Ok(small) if small.checked_shr(bits) == Some(0) => Ok(value),
        Ok(_) | Err(_) => Err(AsmErrorKind::TooLarge { value, bits }),
    }
}

fn store_release(c: &mut Cursor<'_>, b: &mut Builder) -> Parsed {
    c.need("(")?;
    let size = unsigned_pointer_type(c)?;
    let (dst, off) = cell(c)?;
    c.need(",")?;
    let src = c.r()?;
    c.need(")")?;
    emit(
        c,
        b,
        Insn::StoreRelease {
            size,
            dst,
            off,
            src,
        },
    )
}
