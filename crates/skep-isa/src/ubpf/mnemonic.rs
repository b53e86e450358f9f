//! The grammar of one line: a mnemonic, then operands.

use crate::asm::{AsmErrorKind, Builder, Cursor, FixupSlot};
use crate::opcode as op;
use crate::{
    AluOp, AtomicOp, CallTarget, CondOp, EndianOp, EndianWidth, Extend, Imm64, Insn, JumpRange,
    Operand, RawInsn, Reg, Size, SxFrom, Width,
};
use alloc::string::ToString;

type Parsed<T = ()> = Result<T, AsmErrorKind>;

/// Assembles one line without its comment: a label or an instruction, or nothing.
pub(super) fn line(text: &str, b: &mut Builder) -> Parsed {
    let mut c = Cursor::new(text);
    if c.at_end() {
        return Ok(());
    }
    let word = c.word().ok_or_else(|| c.expected("a mnemonic"))?;
    if c.eat(":") {
        b.label(word)?;
        return c.finish();
    }
    statement(word, &mut c, b)
}

fn statement(word: &str, c: &mut Cursor<'_>, b: &mut Builder) -> Parsed {
    match word {
        "exit" => {
            b.weak_label("exit");
            return emit(c, b, Insn::Exit);
        }
        "ja" => {
            let target = c.target()?;
            c.finish()?;
            return b.jump(target, FixupSlot::Off, |off| {
                Insn::Ja(JumpRange::Near(off as i16))
            });
        }
        "ja32" => {
            let target = c.target()?;
            c.finish()?;
            return b.jump(target, FixupSlot::Imm, |off| Insn::Ja(JumpRange::Far(off)));
        }
        "call" => return call(c, b),
        "lock" => return lock(c, b),
        "lddw" => {
            let dst = register(c)?;
            c.need(",")?;
            let value = Imm64::Plain(c.imm64()?);
            return emit(c, b, Insn::LdImm64 { dst, value });
        }
        _ => {}
    }
    if let Some((end, width)) = byte_order(word) {
        let dst = register(c)?;
        return emit(
            c,
            b,
            Insn::Endian {
                op: end,
                width,
                dst,
            },
        );
    }
    if let Some((from, width)) = sign_extension(word) {
        let (dst, src) = (register(c)?, comma_register(c)?);
        return emit(
            c,
            b,
            Insn::MovSx {
                width,
                from,
                dst,
                src,
            },
        );
    }
    if let Some(size) = word.strip_prefix("ldx") {
        return load(word, size, c, b);
    }
    if let Some(size) = word.strip_prefix("stx").and_then(size) {
        let (dst, off) = cell(c)?;
        let src = comma_register(c)?;
        return emit(
            c,
            b,
            Insn::Stx {
                size,
                dst,
                off,
                src,
            },
        );
    }
    if let Some(size) = word.strip_prefix("st").and_then(size) {
        let (dst, off) = cell(c)?;
        c.need(",")?;
        let imm = c.imm32()?;
        return emit(
            c,
            b,
            Insn::St {
                size,
                dst,
                off,
                imm,
            },
        );
    }
    let (name, width) = width(word);
    if name == "neg" {
        let dst = register(c)?;
        return emit(c, b, Insn::Neg { width, dst });
    }
    if name == "mov" {
        let (dst, src) = (register(c)?, comma_operand(c)?);
        return emit(c, b, Insn::Mov { width, dst, src });
    }
    if let Some(op) = alu_op(name) {
        let (dst, src) = (register(c)?, comma_operand(c)?);
        return emit(
            c,
            b,
            Insn::Alu {
                op,
                width,
                dst,
                src,
            },
        );
    }
    let op = cond_op(name).ok_or_else(|| AsmErrorKind::UnknownStatement(word.to_string()))?;
    let (dst, src) = (register(c)?, comma_operand(c)?);
    c.need(",")?;
    let target = c.target()?;
    c.finish()?;
    b.jump(target, FixupSlot::Off, |off| Insn::Jump {
        op,
        width,
        dst,
        src,
        off: off as i16,
    })
}

fn emit(c: &Cursor<'_>, b: &mut Builder, insn: Insn) -> Parsed {
    c.finish()?;
    b.insn(insn);
    Ok(())
}

fn register(c: &mut Cursor<'_>) -> Parsed<Reg> {
    c.eat("%");
    c.r()
}

fn comma_register(c: &mut Cursor<'_>) -> Parsed<Reg> {
    c.need(",")?;
    register(c)
}

fn comma_operand(c: &mut Cursor<'_>) -> Parsed<Operand> {
    c.need(",")?;
    if c.rest().starts_with(['%', 'r']) {
        register(c).map(Operand::Reg)
    } else {
        c.imm32().map(Operand::Imm)
    }
}

/// `[%r1+8]`.
fn cell(c: &mut Cursor<'_>) -> Parsed<(Reg, i16)> {
    c.need("[")?;
    let base = register(c)?;
    let off = if c.rest().starts_with(']') {
        0
    } else {
        c.off16()?
    };
    c.need("]")?;
    Ok((base, off))
}

fn load(word: &str, name: &str, c: &mut Cursor<'_>, b: &mut Builder) -> Parsed {
    let (extend, name) = match name.strip_prefix('s') {
        Some(name) => (Extend::Sign, name),
        None => (Extend::Zero, name),
    };
    let size = match (size(name), extend) {
        (Some(Size::DW), Extend::Sign) | (None, _) => {
            return Err(AsmErrorKind::UnknownStatement(word.to_string()));
        }
        (Some(size), _) => size,
    };
    let dst = register(c)?;
    c.need(",")?;
    let (src, off) = cell(c)?;
    emit(
        c,
        b,
        Insn::Ldx {
            size,
            extend,
            dst,
            src,
            off,
        },
    )
}

fn call(c: &mut Cursor<'_>, b: &mut Builder) -> Parsed {
    if c.eat_word("local") {
        let target = c.target()?;
        c.finish()?;
        return b.jump(target, FixupSlot::Imm, |off| {
            Insn::Call(CallTarget::Subprog { off })
        });
    }
    if c.rest().starts_with('%') {
        let reg = register(c)?;
        c.finish()?;
        b.raw(RawInsn::new(op::INSN_CALL | op::X, reg.number(), 0, 0, 0));
        return Ok(());
    }
    let id = c.imm32()?;
    emit(c, b, Insn::Call(CallTarget::Helper(id)))
}

/// Behind `lock`: an optional `fetch`, the operation, the cell and the operand.
fn lock(c: &mut Cursor<'_>, b: &mut Builder) -> Parsed {
    let fetch = c.eat_word("fetch");
    let word = c.word().ok_or_else(|| c.expected("an atomic operation"))?;
    let (name, width) = width(word);
    let op = match (name, fetch) {
        ("add", false) => AtomicOp::Add,
        ("or", false) => AtomicOp::Or,
        ("and", false) => AtomicOp::And,
        ("xor", false) => AtomicOp::Xor,
        ("add", true) => AtomicOp::FetchAdd,
        ("or", true) => AtomicOp::FetchOr,
        ("and", true) => AtomicOp::FetchAnd,
        ("xor", true) => AtomicOp::FetchXor,
        ("xchg", false) => AtomicOp::Xchg,
        ("cmpxchg", false) => AtomicOp::CmpXchg,
        _ => return Err(AsmErrorKind::UnknownStatement(word.to_string())),
    };
    let size = match width {
        Width::W32 => Size::W,
        Width::W64 => Size::DW,
    };
    let (dst, off) = cell(c)?;
    let src = comma_register(c)?;
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

/// A mnemonic without its `32` or `64`; without either it works on 64 bits.
fn width(word: &str) -> (&str, Width) {
    match (word.strip_suffix("32"), word.strip_suffix("64")) {
        (Some(name), _) => (name, Width::W32),
        (None, Some(name)) => (name, Width::W64),
        (None, None) => (word, Width::W64),
    }
}

fn size(name: &str) -> Option<Size> {
    Some(match name {
        "b" => Size::B,
        "h" => Size::H,
        "w" => Size::W,
        "dw" => Size::DW,
        _ => return None,
    })
}

fn byte_order(word: &str) -> Option<(EndianOp, EndianWidth)> {
    let orders = [
        ("be", EndianOp::Be),
        ("le", EndianOp::Le),
        ("bswap", EndianOp::Swap),
        ("swap", EndianOp::Swap),
    ];
    orders
        .into_iter()
        .find_map(|(prefix, op)| Some((op, EndianWidth::from_digits(word.strip_prefix(prefix)?)?)))
}

/// `movsx1664`: 16 bits into 64.
fn sign_extension(word: &str) -> Option<(SxFrom, Width)> {
    Some(match word.strip_prefix("movsx")? {
        "832" => (SxFrom::S8, Width::W32),
        "1632" => (SxFrom::S16, Width::W32),
        "864" => (SxFrom::S8, Width::W64),
        "1664" => (SxFrom::S16, Width::W64),
        "3264" => (SxFrom::S32, Width::W64),
        _ => return None,
    })
}

fn alu_op(name: &str) -> Option<AluOp> {
    Some(match name {
        "add" => AluOp::Add,
        "sub" => AluOp::Sub,
        "mul" => AluOp::Mul,
        "div" => AluOp::Div,
        "sdiv" => AluOp::SDiv,
        "or" => AluOp::Or,
        "and" => AluOp::And,
        "lsh" => AluOp::Lsh,
        "rsh" => AluOp::Rsh,
        "mod" => AluOp::Mod,
        "smod" => AluOp::SMod,
        "xor" => AluOp::Xor,
        "arsh" => AluOp::Arsh,
        _ => return None,
    })
}

fn cond_op(name: &str) -> Option<CondOp> {
    Some(match name {
        "jeq" => CondOp::Eq,
        "jne" => CondOp::Ne,
        "jgt" => CondOp::Gt,
        "jge" => CondOp::Ge,
        "jlt" => CondOp::Lt,
        "jle" => CondOp::Le,
        "jset" => CondOp::Set,
        "jsgt" => CondOp::SGt,
        "jsge" => CondOp::SGe,
        "jslt" => CondOp::SLt,
        "jsle" => CondOp::SLe,
        _ => return None,
    })
}
