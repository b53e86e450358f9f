//! [`RawInsn`]: one eight-byte slot as it is in the bytes, nothing checked.
//!
//! ```text
//! byte 0     1                  2..4        4..8
//! | code | src << 4 | dst | off (i16 le) | imm (i32 le) |
//! ```

use crate::opcode;
use alloc::vec::Vec;
use core::fmt;

/// One instruction slot, `struct bpf_insn`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(C)]
pub struct RawInsn {
    /// Operation: class in the low three bits, the rest by class.
    pub code: u8,
    /// Destination register in the low four bits, source register in the high four.
    pub regs: u8,
    /// Signed offset: of memory in bytes, of jumps in slots.
    pub off: i16,
    /// Signed constant.
    pub imm: i32,
}

impl RawInsn {
    /// Bytes of one slot.
    pub const SIZE: usize = 8;

    /// A slot from its fields; only the low four bits of `dst` and `src` are kept.
    pub const fn new(code: u8, dst: u8, src: u8, off: i16, imm: i32) -> RawInsn {
        RawInsn {
            code,
            regs: (dst & 0x0f) | (src & 0x0f) << 4,
            off,
            imm,
        }
    }

    /// Reads a slot from its little-endian bytes.
    pub const fn from_bytes(bytes: [u8; 8]) -> RawInsn {
        let [code, regs, off0, off1, imm0, imm1, imm2, imm3] = bytes;
        RawInsn {
            code,
            regs,
            off: i16::from_le_bytes([off0, off1]),
            imm: i32::from_le_bytes([imm0, imm1, imm2, imm3]),
        }
    }

    /// The little-endian bytes of the slot.
    pub const fn to_bytes(self) -> [u8; 8] {
        let [off0, off1] = self.off.to_le_bytes();
        let [imm0, imm1, imm2, imm3] = self.imm.to_le_bytes();
        [self.code, self.regs, off0, off1, imm0, imm1, imm2, imm3]
    }

    /// Destination register number, 0 to 15.
    pub const fn dst(self) -> u8 {
        self.regs & 0x0f
    }

    /// Source register number, 0 to 15; a pseudo kind in calls and `ld_imm64`.
    pub const fn src(self) -> u8 {
        self.regs >> 4
    }

    /// Class bits, comparable with [`opcode::LD`] to [`opcode::ALU64`].
    pub const fn class(self) -> u8 {
        self.code & 0x07
    }

    /// Size bits of a load or store, comparable with [`opcode::B`] to [`opcode::DW`].
    pub const fn size(self) -> u8 {
        self.code & 0x18
    }

    /// Mode bits of a load or store, comparable with [`opcode::IMM`] to [`opcode::ATOMIC`].
    pub const fn mode(self) -> u8 {
        self.code & 0xe0
    }

    /// Operation bits of arithmetic and jumps.
    pub const fn op(self) -> u8 {
        self.code & 0xf0
    }

    /// Source bit of arithmetic and jumps: [`opcode::K`] or [`opcode::X`].
    pub const fn source(self) -> u8 {
        self.code & 0x08
    }

    /// Whether this is the first slot of a two-slot `ld_imm64`.
    pub const fn is_ld_imm64(self) -> bool {
        self.code == opcode::LD_IMM64
    }

    /// Whether this is a call to another function of the same program.
    pub const fn is_subprog_call(self) -> bool {
        self.code == opcode::INSN_CALL && self.src() == opcode::PSEUDO_CALL
    }

    /// Whether this is a call to a kernel function by BTF id.
    pub const fn is_kfunc_call(self) -> bool {
        self.code == opcode::INSN_CALL && self.src() == opcode::PSEUDO_KFUNC_CALL
    }

    /// Whether this is a call to a helper by number.
    pub const fn is_helper_call(self) -> bool {
        self.code == opcode::INSN_CALL && self.src() == 0
    }

    /// The distance of a jump in slots from the one after it, `None` if this does not jump.
    ///
    /// Every code of classes JMP and JMP32 counts as a jump except CALL and EXIT, known or not, as in Linux's range check.
    /// `gotol` keeps its distance in `imm`, the others in `off`.
    pub const fn jump_offset(self) -> Option<i32> {
        match (self.class(), self.op()) {
            (opcode::JMP | opcode::JMP32, opcode::CALL | opcode::EXIT) => None,
            (opcode::JMP32, opcode::JA) => Some(self.imm),
            (opcode::JMP | opcode::JMP32, _) => Some(self.off as i32),
            _ => None,
        }
    }
}

impl fmt::Debug for RawInsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{{code={:#04x} dst={} src={} off={} imm={:#x}}}",
            self.code,
            self.dst(),
            self.src(),
            self.off,
            self.imm
        )
    }
}

/// Why bytes are no instruction array.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParseError {
    /// The length, given here in bytes, is no multiple of eight.
    Length(usize),
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ParseError::Length(len) => {
                write!(f, "{len} bytes are no whole number of 8-byte instructions")
            }
        }
    }
}

impl core::error::Error for ParseError {}

/// Splits little-endian bytes into slots.
///
/// # Errors
/// [`ParseError::Length`] if the last slot is cut short.
pub fn parse_program(bytes: &[u8]) -> Result<Vec<RawInsn>, ParseError> {
    let (slots, rest) = bytes.as_chunks::<{ RawInsn::SIZE }>();
    if !rest.is_empty() {
        return Err(ParseError::Length(bytes.len()));
    }
    Ok(slots
        .iter()
        .map(|slot| RawInsn::from_bytes(*slot))
        .collect())
}

/// The little-endian bytes of a slot array.
pub fn encode_program(insns: &[RawInsn]) -> Vec<u8> {
    insns.iter().flat_map(|insn| insn.to_bytes()).collect()
}
