//! Slots to text, in the form of the kernel's verifier log.
//!
//! [`write_kernel`] prints a line of the log after its index, `(b7) r0 = 0`; [`write_insn`] the text alone. Both take any
//! bytes: what Linux has no text for prints as Linux's `BUG_..` marks. [`Style::People`] differs where the log cannot be
//! read back: jumps are `goto +3`, 64-bit constants say their kind, kfuncs are marked. [`crate::asm`] reads both.

use crate::opcode as op;
use crate::{AtomicOp, CondOp, Extend, Program, RawInsn, Size, Width};
use core::fmt::{self, Write};

/// Who knows the names in an instruction.
pub trait Names {
    /// The name of a helper, `None` if there is no such helper.
    fn helper(&self, id: i32) -> Option<&str> {
        let _ = id;
        None
    }

    /// The name of a kernel function by BTF id; `fd_idx` is the `off` field, 0 for the kernel's own BTF.
    fn kfunc(&self, btf_id: i32, fd_idx: i16) -> Option<&str> {
        let _ = (btf_id, fd_idx);
        None
    }

    /// The 64-bit constant to show in [`Style::Kernel`] for an `ld_imm64` with this first slot, `value` being in its slots.
    ///
    /// Linux shows 0 for maps and map values if the loader may not see pointers.
    fn imm64(&self, first: RawInsn, value: u64) -> u64 {
        let _ = first;
        value
    }
}

/// Knows no names and hides nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoNames;

impl Names for NoNames {}

/// Which of the two text forms.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// As in the verifier's log.
    Kernel,
    /// As a person writes it; the assembler gives back the same slots.
    People,
}

/// Writes a log line's part after the index, code byte first, no newline: `(b7) r0 = 0`.
///
/// `second` is the slot behind `first`; only `ld_imm64` looks at it.
///
/// # Errors
/// Those of the writer.
pub fn write_kernel(
    out: &mut impl Write,
    first: RawInsn,
    second: Option<RawInsn>,
    names: &(impl Names + ?Sized),
) -> fmt::Result {
    if bug_mark(first).is_none() {
        write!(out, "({:02x}) ", first.code)?;
    }
    write_insn(out, first, second, names, Style::Kernel)
}

/// Writes the text of one instruction, no newline: `r0 = 0`.
///
/// # Errors
/// Those of the writer.
pub fn write_insn(
    out: &mut impl Write,
    first: RawInsn,
    second: Option<RawInsn>,
    names: &(impl Names + ?Sized),
    style: Style,
) -> fmt::Result {
    if let Some(mark) = bug_mark(first) {
        return write!(out, "{mark}{:02x}", first.code);
    }
    match first.class() {
        op::LD => load(out, first, second, names, style),
        op::LDX => {
            let (size, extend) = (Size::of(first), load_extend(first));
            let cell = Cell {
                base: first.src(),
                off: first.off,
            };
            write!(
                out,
                "r{} = *({} *){cell}",
                first.dst(),
                type_name(size, extend)
            )
        }
        op::ST => store_imm(out, first),
        op::STX => store(out, first),
        op::ALU | op::ALU64 => alu(out, first),
        _ => jump(out, first, names, style),
    }
}

/// Writes a whole program in [`Style::People`], one instruction per line.
///
/// # Errors
/// Those of the writer.
pub fn write_program(
    out: &mut impl Write,
    program: Program<'_>,
    names: &(impl Names + ?Sized),
) -> fmt::Result {
    for at in program.starts() {
        if let Some((first, second)) = program.pair(at) {
            write_insn(out, first, second, names, Style::People)?;
            writeln!(out)?;
        }
    }
    Ok(())
}

/// What Linux prints instead of text, before the code byte, for codes it cannot show.
fn bug_mark(insn: RawInsn) -> Option<&'static str> {
    match (insn.class(), insn.mode()) {
        (op::LD, op::ABS | op::IND) => None,
        (op::LD, op::IMM) if insn.is_ld_imm64() => None,
        (op::LD, _) => Some("BUG_ld_"),
        (op::LDX, op::MEM | op::MEMSX) => None,
        (op::LDX, _) => Some("BUG_ldx_"),
        (op::ST, op::MEM | op::NOSPEC) => None,
        (op::ST, _) => Some("BUG_st_"),
        (op::STX, op::MEM) => None,
        (op::STX, op::ATOMIC)
            if matches!(insn.imm, op::LOAD_ACQ | op::STORE_REL)
                || AtomicOp::from_imm(insn.imm).is_some() =>
        {
            None
        }
        (op::STX, _) => Some("BUG_"),
        _ => None,
    }
}

/// `(r1 +8)`: base register and signed offset.
struct Cell {
    base: u8,
    off: i16,
}

impl Cell {
    fn at_dst(insn: RawInsn) -> Cell {
        Cell {
            base: insn.dst(),
            off: insn.off,
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "(r{} {:+})", self.base, self.off)
    }
}

fn load_extend(insn: RawInsn) -> Extend {
    if insn.mode() == op::MEMSX {
        Extend::Sign
    } else {
        Extend::Zero
    }
}

fn type_name(size: Size, extend: Extend) -> &'static str {
    match (size, extend) {
        (Size::B, Extend::Zero) => "u8",
        (Size::H, Extend::Zero) => "u16",
        (Size::W, Extend::Zero) => "u32",
        (Size::DW, Extend::Zero) => "u64",
        (Size::B, Extend::Sign) => "s8",
        (Size::H, Extend::Sign) => "s16",
        (Size::W, Extend::Sign) => "s32",
        (Size::DW, Extend::Sign) => "s64",
    }
}

fn unsigned(insn: RawInsn) -> &'static str {
    type_name(Size::of(insn), Extend::Zero)
}

fn load(
    out: &mut impl Write,
    insn: RawInsn,
    second: Option<RawInsn>,
    names: &(impl Names + ?Sized),
    style: Style,
) -> fmt::Result {
    let (size, imm) = (unsigned(insn), insn.imm);
    match insn.mode() {
        op::ABS => write!(out, "r0 = *({size} *)skb[{imm}]"),
        op::IND => write!(out, "r0 = *({size} *)skb[r{} + {imm}]", insn.src()),
        _ => {
            let second = second.unwrap_or_default();
            write!(out, "r{} = ", insn.dst())?;
            match style {
                Style::Kernel => {
                    write!(out, "{:#x}", names.imm64(insn, insn.imm64(second)))
                }
                Style::People => imm64_kind(out, insn, second),
            }
        }
    }
}

fn imm64_kind(out: &mut impl Write, insn: RawInsn, second: RawInsn) -> fmt::Result {
    let (low, high) = (insn.imm, second.imm.cast_unsigned());
    match insn.src() {
        op::PSEUDO_MAP_FD => write!(out, "map_fd[{low}]"),
        op::PSEUDO_MAP_VALUE => write!(out, "map_value_fd[{low}]+{high}"),
        op::PSEUDO_BTF_ID if high == 0 => write!(out, "btf_id[{low}]"),
        op::PSEUDO_BTF_ID => write!(out, "btf_id[{low}]@{}", second.imm),
        op::PSEUDO_FUNC => write!(out, "func[{low:+}]"),
        op::PSEUDO_MAP_IDX => write!(out, "map_idx[{low}]"),
        op::PSEUDO_MAP_IDX_VALUE => write!(out, "map_value_idx[{low}]+{high}"),
        _ => write!(out, "{:#x} ll", insn.imm64(second)),
    }
}

fn store_imm(out: &mut impl Write, insn: RawInsn) -> fmt::Result {
    if insn.mode() == op::NOSPEC {
        return out.write_str("nospec");
    }
    write!(
        out,
        "*({} *){} = {}",
        unsigned(insn),
        Cell::at_dst(insn),
        insn.imm
    )
}

fn store(out: &mut impl Write, insn: RawInsn) -> fmt::Result {
    let (size, cell, src) = (unsigned(insn), Cell::at_dst(insn), insn.src());
    if insn.mode() == op::MEM {
        return write!(out, "*({size} *){cell} = r{src}");
    }
    match insn.imm {
        op::LOAD_ACQ => {
            let cell = Cell {
                base: src,
                off: insn.off,
            };
            return write!(out, "r{} = load_acquire(({size} *){cell})", insn.dst());
        }
        op::STORE_REL => return write!(out, "store_release(({size} *){cell}, r{src})"),
        _ => {}
    }
    match AtomicOp::from_imm(insn.imm) {
        Some(atomic) => read_modify_write(out, insn, atomic),
        None => write!(out, "BUG_{:02x}", insn.code),
    }
}

fn read_modify_write(out: &mut impl Write, insn: RawInsn, atomic: AtomicOp) -> fmt::Result {
    match atomic {
        AtomicOp::Add => lock(out, insn, "+="),
        AtomicOp::Or => lock(out, insn, "|="),
        AtomicOp::And => lock(out, insn, "&="),
        AtomicOp::Xor => lock(out, insn, "^="),
        AtomicOp::FetchAdd => fetch(out, insn, "fetch_add"),
        AtomicOp::FetchOr => fetch(out, insn, "fetch_or"),
        AtomicOp::FetchAnd => fetch(out, insn, "fetch_and"),
        AtomicOp::FetchXor => fetch(out, insn, "fetch_xor"),
        AtomicOp::Xchg => fetch(out, insn, "xchg"),
        AtomicOp::CmpXchg => {
            let (bits, size, cell) = (atomic_bits(insn), unsigned(insn), Cell::at_dst(insn));
            let src = insn.src();
            write!(
                out,
                "r0 = atomic{bits}_cmpxchg(({size} *){cell}, r0, r{src})"
            )
        }
    }
}

fn lock(out: &mut impl Write, insn: RawInsn, sign: &str) -> fmt::Result {
    let (size, cell) = (unsigned(insn), Cell::at_dst(insn));
    write!(out, "lock *({size} *){cell} {sign} r{}", insn.src())
}

fn fetch(out: &mut impl Write, insn: RawInsn, name: &str) -> fmt::Result {
    let (bits, size, cell) = (atomic_bits(insn), unsigned(insn), Cell::at_dst(insn));
    let src = insn.src();
    write!(
        out,
        "r{src} = atomic{bits}_{name}(({size} *){cell}, r{src})"
    )
}

/// `64` in the names of 64-bit atomics, nothing in the others.
fn atomic_bits(insn: RawInsn) -> &'static str {
    if Size::of(insn) == Size::DW { "64" } else { "" }
}

/// The letter registers print with at a width.
fn letter(width: Width) -> char {
    match width {
        Width::W32 => 'w',
        Width::W64 => 'r',
    }
}

fn alu(out: &mut impl Write, insn: RawInsn) -> fmt::Result {
    let width = if insn.class() == op::ALU64 {
        Width::W64
    } else {
        Width::W32
    };
    let (r, dst, src, imm) = (letter(width), insn.dst(), insn.src(), insn.imm);
    match (insn.op(), width, insn.source()) {
        (op::END, Width::W64, _) => return write!(out, "r{dst} = bswap{imm} r{dst}"),
        (op::END, Width::W32, op::TO_BE) => return write!(out, "r{dst} = be{imm} r{dst}"),
        (op::END, Width::W32, _) => return write!(out, "r{dst} = le{imm} r{dst}"),
        (op::NEG, _, _) => return write!(out, "{r}{dst} = -{r}{dst}"),
        (op::MOV, Width::W64, op::X) if insn.off == op::ADDR_SPACE_CAST => {
            let bits = imm.cast_unsigned();
            let (to, from) = (bits >> 16, bits & 0xffff);
            return write!(out, "r{dst} = addr_space_cast(r{src}, {to}, {from})");
        }
        (op::MOV, Width::W64, op::X) if insn.off == op::ADDR_PERCPU => {
            return write!(out, "r{dst} = &(void __percpu *)(r{src})");
        }
        _ => {}
    }
    let sign = alu_sign(insn);
    if insn.source() == op::K {
        return write!(out, "{r}{dst} {sign} {imm}");
    }
    let cast = match (insn.op(), insn.off) {
        (op::MOV, 8) => "(s8)",
        (op::MOV, 16) => "(s16)",
        (op::MOV, 32) => "(s32)",
        _ => "",
    };
    write!(out, "{r}{dst} {sign} {cast}{r}{src}")
}

fn alu_sign(insn: RawInsn) -> &'static str {
    match insn.op() {
        op::ADD => "+=",
        op::SUB => "-=",
        op::MUL => "*=",
        op::DIV if insn.off == op::SIGNED_DIV => "s/=",
        op::DIV => "/=",
        op::OR => "|=",
        op::AND => "&=",
        op::LSH => "<<=",
        op::RSH => ">>=",
        op::MOD if insn.off == op::SIGNED_DIV => "s%=",
        op::MOD => "%=",
        op::XOR => "^=",
        op::MOV => "=",
        op::ARSH => "s>>=",
        // What printing a missing string gives in the kernel.
        _ => "(null)",
    }
}

fn cond_sign(op: CondOp) -> &'static str {
    match op {
        CondOp::Eq => "==",
        CondOp::Ne => "!=",
        CondOp::Gt => ">",
        CondOp::Ge => ">=",
        CondOp::Lt => "<",
        CondOp::Le => "<=",
        CondOp::Set => "&",
        CondOp::SGt => "s>",
        CondOp::SGe => "s>=",
        CondOp::SLt => "s<",
        CondOp::SLe => "s<=",
    }
}

fn jump(
    out: &mut impl Write,
    insn: RawInsn,
    names: &(impl Names + ?Sized),
    style: Style,
) -> fmt::Result {
    let pc = match style {
        Style::Kernel => "pc",
        Style::People => "",
    };
    let width = if insn.class() == op::JMP {
        Width::W64
    } else {
        Width::W32
    };
    let (dst, off, imm) = (insn.dst(), insn.off, insn.imm);
    match (insn.op(), width) {
        (op::CALL, _) => return call(out, insn, names, style),
        (op::EXIT, Width::W64) => return out.write_str("exit"),
        (op::JA, Width::W64) => return write!(out, "goto {pc}{off:+}"),
        (op::JA, Width::W32) => return write!(out, "gotol {pc}{imm:+}"),
        (op::JCOND, Width::W64) => return write!(out, "may_goto {pc}{off:+}"),
        _ => {}
    }
    let sign = match (CondOp::from_op(insn.op()), insn.op()) {
        (Some(cond), _) => cond_sign(cond),
        (None, op::EXIT) => "exit",
        (None, _) => "(null)",
    };
    let r = letter(width);
    if insn.source() == op::X {
        write!(out, "if {r}{dst} {sign} {r}{} goto {pc}{off:+}", insn.src())
    } else {
        write!(out, "if {r}{dst} {sign} {imm:#x} goto {pc}{off:+}")
    }
}

fn call(
    out: &mut impl Write,
    insn: RawInsn,
    names: &(impl Names + ?Sized),
    style: Style,
) -> fmt::Result {
    let imm = insn.imm;
    match insn.src() {
        op::PSEUDO_CALL => write!(out, "call pc{imm:+}"),
        op::PSEUDO_KFUNC_CALL => {
            let name = names.kfunc(imm, insn.off).unwrap_or("kernel-function");
            match style {
                Style::Kernel => write!(out, "call {name}#{imm}"),
                Style::People if insn.off == 0 => write!(out, "call kfunc {name}#{imm}"),
                Style::People => write!(out, "call kfunc {name}#{imm}@{}", insn.off),
            }
        }
        0 => write!(out, "call {}#{imm}", names.helper(imm).unwrap_or("unknown")),
        _ => write!(out, "call unknown#{imm}"),
    }
}
