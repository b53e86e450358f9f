//! Writing a [`Relocation`] into an instruction.

use super::error::CoreError;
use super::relocation::{Outcome, Relocation, Resize};
use super::value::Check;

/// The helper number an instruction without answer calls; the verifier refuses it if it is reached.
pub const POISON: i32 = 195_896_080;

/// Bytes of an instruction.
const INSN: usize = 8;
/// `ld_imm64`.
const LD_IMM64: u8 = 0x18;
/// `call`.
const CALL: u8 = 0x85;

/// Instruction classes (RFC 9669).
mod class {
    pub(super) const LD: u8 = 0;
    pub(super) const LDX: u8 = 1;
    pub(super) const ST: u8 = 2;
    pub(super) const STX: u8 = 3;
    pub(super) const ALU: u8 = 4;
    pub(super) const ALU64: u8 = 7;
}

impl Relocation {
    /// Changes the instruction at the start of `insns` (8 bytes; 16 for `ld_imm64`).
    ///
    /// Errors leave it as it was: the compiler did not put there what the record says.
    pub fn patch(&self, insns: &mut [u8]) -> Result<(), CoreError> {
        let mut insn = Insn::read(insns).ok_or(CoreError::Instruction(0))?;
        let Outcome::Value(value) = self.outcome else {
            poison(insns);
            return Ok(());
        };
        match insn.code & 7 {
            class::ALU | class::ALU64 => {
                if insn.code & 8 != 0 {
                    return Err(CoreError::Instruction(insn.code));
                }
                self.check_original(i64::from(insn.imm))?;
                insn.imm = value as u32 as i32;
                insn.write(insns);
            }
            class::LDX | class::ST | class::STX => return self.patch_access(insn, value, insns),
            class::LD => return self.patch_wide(&insn, value, insns),
            _ => return Err(CoreError::Instruction(insn.code)),
        }
        Ok(())
    }

    fn check_original(&self, found: i64) -> Result<(), CoreError> {
        if self.check == Check::Original && found as u64 != self.original {
            return Err(CoreError::Unexpected {
                found,
                expected: self.original,
            });
        }
        Ok(())
    }

    fn patch_access(&self, insn: Insn, value: u64, insns: &mut [u8]) -> Result<(), CoreError> {
        let mut insn = insn;
        self.check_original(i64::from(insn.off))?;
        insn.off = i16::try_from(value).map_err(|_| CoreError::OffsetRange(value))?;
        if self.resize == Resize::Forbidden {
            poison(insns);
            return Ok(());
        }
        let (original, new) = self.access_sizes;
        if original != new {
            let found = access_size(insn.code);
            if found != original {
                return Err(CoreError::AccessSize {
                    found,
                    expected: original,
                });
            }
            let size = size_bits(new).ok_or(CoreError::NoAccessOf(new))?;
            insn.code = (insn.code & !0x18) | size;
        }
        insn.write(insns);
        Ok(())
    }

    fn patch_wide(&self, insn: &Insn, value: u64, insns: &mut [u8]) -> Result<(), CoreError> {
        let mut first = *insn;
        let second = insns.get(INSN..).and_then(Insn::read);
        let second =
            second.filter(|second| second.code == 0 && second.regs == 0 && second.off == 0);
        let well_formed = first.code == LD_IMM64 && first.regs & 0xf0 == 0 && first.off == 0;
        let Some(mut second) = second.filter(|_| well_formed) else {
            return Err(CoreError::Instruction(first.code));
        };
        let found = u64::from(first.imm as u32) | (u64::from(second.imm as u32) << 32);
        self.check_original(found as i64)?;
        first.imm = value as u32 as i32;
        second.imm = (value >> 32) as u32 as i32;
        first.write(insns);
        if let Some(rest) = insns.get_mut(INSN..) {
            second.write(rest);
        }
        Ok(())
    }
}

/// Replaces the instruction, both halves of `ld_imm64`, by the poisoned call.
fn poison(insns: &mut [u8]) {
    let call = Insn {
        code: CALL,
        regs: 0,
        off: 0,
        imm: POISON,
    };
    let is_wide = insns.first() == Some(&LD_IMM64);
    call.write(insns);
    if let Some(second) = insns.get_mut(INSN..).filter(|_| is_wide) {
        call.write(second);
    }
}

/// Bytes a load or store accesses.
fn access_size(code: u8) -> u32 {
    match code & 0x18 {
        0x00 => 4,
        0x08 => 2,
        0x10 => 1,
        _ => 8,
    }
}

fn size_bits(bytes: u32) -> Option<u8> {
    match bytes {
        4 => Some(0x00),
        2 => Some(0x08),
        1 => Some(0x10),
        8 => Some(0x18),
        _ => None,
    }
}

/// The parts of an instruction that are looked at.
#[derive(Clone, Copy)]
struct Insn {
    code: u8,
    /// Destination in the low half, source in the high half (little-endian layout).
    regs: u8,
    off: i16,
    imm: i32,
}

impl Insn {
    fn read(bytes: &[u8]) -> Option<Self> {
        let &[code, regs, off0, off1, imm0, imm1, imm2, imm3] = bytes.first_chunk::<INSN>()?;
        Some(Self {
            code,
            regs,
            off: i16::from_ne_bytes([off0, off1]),
            imm: i32::from_ne_bytes([imm0, imm1, imm2, imm3]),
        })
    }

    fn write(&self, bytes: &mut [u8]) {
        if let Some(to) = bytes.first_chunk_mut::<INSN>() {
            let [off0, off1] = self.off.to_ne_bytes();
            let [imm0, imm1, imm2, imm3] = self.imm.to_ne_bytes();
            *to = [self.code, self.regs, off0, off1, imm0, imm1, imm2, imm3];
        }
    }
}
