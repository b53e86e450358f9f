//! One step of a conversion, and the instruction it becomes.

use skep_btf::Btf;
use skep_isa::{RawInsn, opcode};

use super::super::insn;
use super::super::shape::field_offset;

/// A register of a conversion.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Name {
    /// `d`
    Destination,
    /// `s`
    Pointer,
    /// `v`
    Value,
    /// `t`
    Temporary,
    /// `x`
    Hidden,
}

/// An offset: of a field by name, or a number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offset {
    /// The struct and the path in it.
    field: Option<(&'static str, &'static str)>,
    /// Bytes beyond the field.
    beyond: u32,
    /// Where it was measured.
    measured: i16,
}

/// A memory operand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    base: Name,
    offset: Offset,
}

/// The right side of arithmetic.
#[derive(Clone, Copy, Debug)]
pub(super) enum Right {
    Register(Name),
    Number(i32),
}

/// One step.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// `d = u32 s+sk_buff.len:112`
    Load { size: u8, to: Name, from: Place },
    /// `u32 s+sk_buff.mark:164 = v`
    Store { size: u8, to: Place, from: Name },
    /// `uN s+sk_buff.cb:40`
    Access(Place),
    /// `d += x`, `wd &= 7`
    Alu {
        op: u8,
        class: u8,
        to: Name,
        right: Right,
    },
    /// `if d == 0 +1`
    If {
        op: u8,
        class: u8,
        left: Name,
        right: i32,
        over: i16,
    },
    /// `goto +2`
    Goto(i16),
}

/// The registers and numbers of one access.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operands {
    /// The access as the program has it.
    pub(super) insn: RawInsn,
    /// Its distance from the start of the field.
    pub(super) within: i16,
}

impl Step {
    pub(super) fn parse(text: &'static str) -> Option<Self> {
        if let Some(over) = text.strip_prefix("goto +") {
            return Some(Self::Goto(over.parse().ok()?));
        }
        if let Some(rest) = text.strip_prefix("if ") {
            let mut words = rest.split(' ');
            let (class, left) = register(words.next()?, opcode::JMP, opcode::JMP32)?;
            let op = match words.next()? {
                "==" => opcode::JEQ,
                "!=" => opcode::JNE,
                ">=" => opcode::JGE,
                "&" => opcode::JSET,
                _ => return None,
            };
            let right = words.next()?.parse().ok()?;
            let over = words.next()?.strip_prefix('+')?.parse().ok()?;
            return Some(Self::If {
                op,
                class,
                left,
                right,
                over,
            });
        }
        if let Some(place) = text.strip_prefix("uN ") {
            return Some(Self::Access(Place::parse(place)?));
        }
        if text.starts_with('u') {
            let (memory, from) = text.split_once(" = ")?;
            let (size, place) = memory.split_once(' ')?;
            return Some(Self::Store {
                size: size_code(size)?,
                to: Place::parse(place)?,
                from: Name::parse(from)?,
            });
        }
        let mut words = text.splitn(3, ' ');
        let (class, to) = register(words.next()?, opcode::ALU64, opcode::ALU)?;
        let op = match words.next()? {
            "=" => opcode::MOV,
            "+=" => opcode::ADD,
            "-=" => opcode::SUB,
            "&=" => opcode::AND,
            "<<=" => opcode::LSH,
            _ => return None,
        };
        let right = words.next()?;
        if let Some((size, place)) = right.split_once(' ') {
            return Some(Self::Load {
                size: size_code(size)?,
                to,
                from: Place::parse(place)?,
            });
        }
        let right = match Name::parse(right) {
            Some(name) => Right::Register(name),
            None => Right::Number(right.parse().ok()?),
        };
        Some(Self::Alu {
            op,
            class,
            to,
            right,
        })
    }

    /// Bytes it loads.
    pub(super) fn load_size(&self) -> Option<u32> {
        match self {
            Self::Load { size, .. } => Some(bytes_of(*size)),
            Self::Store { .. }
            | Self::Access(_)
            | Self::Alu { .. }
            | Self::If { .. }
            | Self::Goto(_) => None,
        }
    }

    /// The instruction.
    pub(super) fn insn(&self, operands: &Operands, btf: Option<&Btf>) -> RawInsn {
        let register = |name: Name| operands.register(name);
        match *self {
            Self::Load { size, to, from } => insn::load(
                size,
                register(to),
                register(from.base),
                from.offset.get(btf),
            ),
            Self::Store { size, to, from } => {
                operands.stored(size, register(to.base), to.offset.get(btf), from)
            }
            Self::Access(place) => {
                let off = place.offset.get(btf).saturating_add(operands.within);
                let base = register(place.base);
                let access = operands.insn;
                let (dst, src) = if access.class() == opcode::LDX {
                    (access.dst(), base)
                } else {
                    (base, access.src())
                };
                RawInsn::new(access.code, dst, src, off, access.imm)
            }
            Self::Alu {
                op,
                class,
                to,
                right,
            } => match right {
                Right::Register(from) => {
                    RawInsn::new(class | op | opcode::X, register(to), register(from), 0, 0)
                }
                Right::Number(imm) => RawInsn::new(class | op | opcode::K, register(to), 0, 0, imm),
            },
            Self::If {
                op,
                class,
                left,
                right,
                over,
            } => RawInsn::new(class | op | opcode::K, register(left), 0, over, right),
            Self::Goto(over) => insn::goto(over),
        }
    }
}

impl Operands {
    fn register(&self, name: Name) -> u8 {
        let load = self.insn.class() == opcode::LDX;
        let (dst, src) = (self.insn.dst(), self.insn.src());
        match name {
            Name::Destination => dst,
            Name::Pointer if load => src,
            Name::Pointer => dst,
            Name::Value => src,
            Name::Temporary => (7..=9).rev().find(|r| *r != dst && *r != src).unwrap_or(9),
            Name::Hidden => insn::AUX,
        }
    }

    /// A store of a register, or of the constant that the program stores.
    fn stored(&self, size: u8, base: u8, off: i16, from: Name) -> RawInsn {
        if from == Name::Value && self.insn.class() == opcode::ST {
            insn::store_imm(size, base, off, self.insn.imm)
        } else {
            insn::store(size, base, off, self.register(from))
        }
    }
}

impl Name {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "d" => Self::Destination,
            "s" => Self::Pointer,
            "v" => Self::Value,
            "t" => Self::Temporary,
            "x" => Self::Hidden,
            _ => return None,
        })
    }
}

impl Place {
    fn parse(text: &'static str) -> Option<Self> {
        let (base, offset) = text.split_once('+')?;
        Some(Self {
            base: Name::parse(base)?,
            offset: Offset::parse(offset)?,
        })
    }
}

impl Offset {
    fn parse(text: &'static str) -> Option<Self> {
        let Some((path, measured)) = text.split_once(':') else {
            return Some(Self {
                field: None,
                beyond: 0,
                measured: text.parse().ok()?,
            });
        };
        let (name, path) = path.split_once('.')?;
        let (path, beyond) = match path.split_once('+') {
            Some((path, beyond)) => (path, beyond.parse().ok()?),
            None => (path, 0),
        };
        Some(Self {
            field: Some((name, path)),
            beyond,
            measured: measured.parse().ok()?,
        })
    }

    fn get(self, btf: Option<&Btf>) -> i16 {
        let by_name = self
            .field
            .and_then(|(name, path)| field_offset(btf, name, path));
        let offset = by_name.and_then(|at| i16::try_from(at.checked_add(self.beyond)?).ok());
        offset.unwrap_or(self.measured)
    }
}

/// A register and the class its width asks for.
fn register(text: &str, wide: u8, narrow: u8) -> Option<(u8, Name)> {
    match text.strip_prefix('w') {
        Some(name) => Some((narrow, Name::parse(name)?)),
        None => Some((wide, Name::parse(text)?)),
    }
}

fn size_code(text: &str) -> Option<u8> {
    Some(match text {
        "u8" => opcode::B,
        "u16" => opcode::H,
        "u32" => opcode::W,
        "u64" => opcode::DW,
        _ => return None,
    })
}

/// Bytes of a size code.
pub(super) const fn bytes_of(size: u8) -> u32 {
    match size {
        opcode::B => 1,
        opcode::H => 2,
        opcode::W => 4,
        _ => 8,
    }
}
