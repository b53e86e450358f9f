//! [`Program`]: a view of a slot array that knows which slots begin an instruction.

use crate::{DecodeError, Insn, RawInsn};
use core::fmt;

/// Index of a slot in a program.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct InsnIdx(pub u32);

impl InsnIdx {
    /// As an array index.
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// The slot `off` slots after the one following this, or `None` if that is below 0 or above `u32::MAX`.
    pub fn target(self, off: i32) -> Option<InsnIdx> {
        let at = i64::from(self.0)
            .wrapping_add(1)
            .wrapping_add(i64::from(off));
        u32::try_from(at).ok().map(InsnIdx)
    }
}

impl fmt::Display for InsnIdx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where control goes after an instruction; distances are in slots from the slot after its first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flow {
    /// To the next instruction; calls too.
    Next,
    /// Only to the target.
    Jump(i32),
    /// To the next instruction or the target.
    Branch(i32),
    /// Out of the function.
    Exit,
}

impl Insn {
    /// Where control goes after it, within its function.
    pub const fn flow(self) -> Flow {
        match self {
            Insn::Ja(range) => Flow::Jump(range.offset()),
            Insn::Jump { off, .. } | Insn::MayGoto { off } => Flow::Branch(off as i32),
            Insn::Exit => Flow::Exit,
            Insn::Alu { .. }
            | Insn::Mov { .. }
            | Insn::MovSx { .. }
            | Insn::AddrSpaceCast { .. }
            | Insn::Neg { .. }
            | Insn::Endian { .. }
            | Insn::LdImm64 { .. }
            | Insn::Ldx { .. }
            | Insn::St { .. }
            | Insn::Stx { .. }
            | Insn::Atomic { .. }
            | Insn::LoadAcquire { .. }
            | Insn::StoreRelease { .. }
            | Insn::LdAbs { .. }
            | Insn::LdInd { .. }
            | Insn::Call(_) => Flow::Next,
        }
    }
}

/// A borrowed slot array.
#[derive(Clone, Copy, Debug)]
pub struct Program<'a> {
    insns: &'a [RawInsn],
}

impl<'a> Program<'a> {
    /// A view of these slots.
    pub const fn new(insns: &'a [RawInsn]) -> Program<'a> {
        Program { insns }
    }

    /// All slots.
    pub const fn slots(self) -> &'a [RawInsn] {
        self.insns
    }

    /// Number of slots.
    pub const fn len(self) -> usize {
        self.insns.len()
    }

    /// Whether there is no slot.
    pub const fn is_empty(self) -> bool {
        self.insns.is_empty()
    }

    /// The slot at `at`, `None` past the end.
    pub fn get(self, at: InsnIdx) -> Option<RawInsn> {
        self.insns.get(at.index()).copied()
    }

    /// The slot at `at` and the one behind it, if there.
    pub fn pair(self, at: InsnIdx) -> Option<(RawInsn, Option<RawInsn>)> {
        let next = at.target(0).and_then(|next| self.get(next));
        Some((self.get(at)?, next))
    }

    /// Decodes the instruction that begins at `at`.
    ///
    /// # Errors
    /// [`DecodeError::PastEnd`] if there is no such slot, else what is wrong with it.
    pub fn decode(self, at: InsnIdx) -> Result<Insn, DecodeError> {
        let (first, second) = self.pair(at).ok_or(DecodeError::PastEnd)?;
        Insn::decode(first, second)
    }

    /// Instructions in slot order, second slots of `ld_imm64` skipped whether or not it decodes.
    pub fn iter(self) -> impl Iterator<Item = (InsnIdx, Result<Insn, DecodeError>)> + 'a {
        self.starts().map(move |at| (at, self.decode(at)))
    }

    /// Indices of slots that begin an instruction.
    pub fn starts(self) -> impl Iterator<Item = InsnIdx> + 'a {
        let mut second = false;
        (0u32..).zip(self.insns).filter_map(move |(at, insn)| {
            if second {
                second = false;
                return None;
            }
            second = insn.is_ld_imm64();
            Some(InsnIdx(at))
        })
    }

    /// Where control may go after the instruction at `at`, within its function: fallthrough first, then the target.
    ///
    /// Targets outside the program are left out.
    ///
    /// # Errors
    /// As [`Program::decode`].
    pub fn successors(self, at: InsnIdx) -> Result<impl Iterator<Item = InsnIdx>, DecodeError> {
        let insn = self.decode(at)?;
        let next = || InsnIdx(at.0.saturating_add(insn.slots()));
        let pair = match insn.flow() {
            Flow::Next => [Some(next()), None],
            Flow::Jump(off) => [None, at.target(off)],
            Flow::Branch(off) => [Some(next()), at.target(off)],
            Flow::Exit => [None, None],
        };
        Ok(pair
            .into_iter()
            .flatten()
            .filter(move |to| to.index() < self.len()))
    }
}
