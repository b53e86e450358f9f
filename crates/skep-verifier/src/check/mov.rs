//! Moves: constants, copies, sign extensions, arena casts.

use super::alu::alu_width;
use crate::register::{Link, Pointer, Register, Scalar, Target, TargetKind};
use crate::reject::{Check, ValueReject};
use crate::scalar::ScalarRange;
use crate::verifier::Verifier;
use skep_isa::{RawInsn, Width, opcode};

/// `imm` of a cast into the arena's address space, and of one out of it.
const CAST_TO_ARENA: i32 = 1;
const CAST_TO_USER: i32 = 1 << 16;

impl Verifier<'_> {
    pub(super) fn check_mov(&mut self, insn: RawInsn) -> Check {
        let width = alu_width(insn);
        let is_reg = insn.source() == opcode::X;
        let is_cast = is_reg && width == Width::W64 && insn.off == opcode::ADDR_SPACE_CAST;
        if is_cast {
            self.check_cast(insn)?;
        } else {
            let reserved = if is_reg {
                let extends =
                    matches!(insn.off, 0 | 8 | 16) || (insn.off == 32 && width == Width::W64);
                insn.imm != 0 || !extends
            } else {
                insn.src() != 0 || insn.off != 0
            };
            if reserved {
                return Err(self.reject(ValueReject::MovReserved));
            }
        }
        if is_reg {
            self.check_reg_readable(insn.src())?;
        }
        self.check_reg_writable(insn.dst())?;
        if !is_reg {
            let range = match width {
                Width::W64 => ScalarRange::immediate(insn.imm),
                Width::W32 => ScalarRange::constant(u64::from(insn.imm.cast_unsigned())),
            };
            let value = self.new_scalar(range);
            self.set_reg(insn.dst(), value);
            return Ok(());
        }
        let value = match (is_cast, width) {
            (true, _) if insn.imm == CAST_TO_ARENA => {
                Register::Pointer(Pointer::new(Target::Arena))
            }
            (true, _) => self.unknown_register(),
            (false, Width::W64) if insn.off == 0 => {
                self.give_id(insn.src());
                self.state.reg(insn.src()).clone()
            }
            (false, Width::W64) => self.sign_extended_copy(insn)?,
            (false, Width::W32) => self.narrow_copy(insn)?,
        };
        self.set_reg(insn.dst(), value);
        Ok(())
    }

    fn check_cast(&mut self, insn: RawInsn) -> Check {
        if !matches!(insn.imm, CAST_TO_ARENA | CAST_TO_USER) {
            return Err(self.reject(ValueReject::CastSpaces));
        }
        if !self.has_arena() {
            return Err(self.reject(ValueReject::CastWithoutArena));
        }
        Ok(())
    }

    /// Makes sure that r`reg`, if it is an unknown number, can be recognised in copies of it. A number that is a constant distance away
    /// from others leaves them: what copies share is equality.
    pub(crate) fn give_id(&mut self, reg: u8) {
        let Some(scalar) = self.state.reg(reg).scalar() else {
            return;
        };
        let mut scalar = *scalar;
        if scalar.link != Link::Equal {
            scalar.unlink();
        }
        if scalar.id == 0 && scalar.range.is_const().is_none() {
            scalar.id = self.fresh_id();
        }
        if let Some(Register::Scalar(s)) = self.state.reg_mut(reg) {
            *s = scalar;
        }
    }

    /// `rD = (sN)rS`.
    fn sign_extended_copy(&mut self, insn: RawInsn) -> Check<Register> {
        if self.leaks_pointer(insn.src()) {
            return Err(self.reject(ValueReject::SignExtendPointer { reg: insn.src() }));
        }
        let Some(mut copy) = self.copy_if_unchanged_below(insn.src(), extend_limit(insn.off))
        else {
            return Ok(self.unknown_register());
        };
        copy.range.sign_extend_64(extend_bytes(insn.off));
        Ok(Register::Scalar(copy))
    }

    /// `wD = wS` and `wD = (sN)wS`.
    fn narrow_copy(&mut self, insn: RawInsn) -> Check<Register> {
        if self.leaks_pointer(insn.src()) {
            return Err(self.reject(ValueReject::PartialCopy { reg: insn.src() }));
        }
        let limit = if insn.off == 0 {
            1 << 32
        } else {
            extend_limit(insn.off)
        };
        let mut copy = match self.copy_if_unchanged_below(insn.src(), limit) {
            Some(copy) => copy,
            None => Scalar {
                precise: !self.privileges.bpf,
                ..Scalar::UNKNOWN
            },
        };
        if insn.off != 0 {
            copy.range.sign_extend_32(extend_bytes(insn.off));
        }
        copy.range.zext_32_to_64();
        Ok(Register::Scalar(copy))
    }

    /// A copy of the number in r`reg`, linked to it if it is below `limit` and so survives the narrowing; `None` for a pointer.
    fn copy_if_unchanged_below(&mut self, reg: u8, limit: u64) -> Option<Scalar> {
        let unchanged = self.state.reg(reg).scalar()?.range.umax < limit;
        if unchanged {
            self.give_id(reg);
        }
        let mut copy = *self.state.reg(reg).scalar()?;
        if !unchanged {
            copy.unlink();
        }
        Some(copy)
    }

    /// Whether the program uses an arena.
    pub(crate) fn has_arena(&self) -> bool {
        self.maps
            .iter()
            .any(|m| m.meta.map_type == skep_uapi::MapType::Arena)
    }

    /// Whether r`reg` points to `kind`.
    pub(crate) fn points_to(&self, reg: u8, kind: TargetKind) -> bool {
        self.state
            .reg(reg)
            .pointer()
            .is_some_and(|p| p.kind() == kind)
    }
}

/// Bytes that a sign-extending move reads; its `off` gives bits.
const fn extend_bytes(off: i16) -> u8 {
    match off {
        8 => 1,
        16 => 2,
        _ => 4,
    }
}

/// Values below this are not changed by a sign extension from `off` bits.
const fn extend_limit(off: i16) -> u64 {
    match off {
        8 => 1 << 7,
        16 => 1 << 15,
        _ => 1 << 31,
    }
}
