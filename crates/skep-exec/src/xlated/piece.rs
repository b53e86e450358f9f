//! Pieces: what one instruction turned into, and how pieces become a listing.
//!
//! ```text
//!   start ->  entry   only at the start of a function: falls into the code, jumps land behind it
//!   enter ->  code    the instruction, or what replaces it
//! ```

use skep_isa::{RawInsn, opcode};

/// What one instruction turned into.
#[derive(Clone, Debug, Default)]
pub(super) struct Piece {
    /// Its place in the program as loaded.
    pub(super) at: u32,
    /// Slots it took there.
    pub(super) slots: u32,
    /// What runs before it when it is reached from above or called.
    pub(super) entry: Vec<RawInsn>,
    /// What it is now.
    pub(super) code: Vec<RawInsn>,
    /// An instruction of `code` that jumps, and where to in the program as loaded.
    pub(super) jump: Option<(usize, u32)>,
    /// An instruction of `code` that names a function, and where that starts in the program as loaded.
    pub(super) call: Option<(usize, u32)>,
}

impl Piece {
    /// One that stays as it is.
    pub(super) fn plain(at: u32, insn: RawInsn) -> Self {
        Self::of(at, vec![insn])
    }

    pub(super) fn of(at: u32, code: Vec<RawInsn>) -> Self {
        Self {
            at,
            slots: 1,
            code,
            ..Self::default()
        }
    }

    /// Puts something in front of the code.
    pub(super) fn precede(&mut self, insn: RawInsn) {
        self.code.insert(0, insn);
        for (index, _) in [&mut self.jump, &mut self.call].into_iter().flatten() {
            *index = index.saturating_add(1);
        }
    }

    fn len(&self) -> usize {
        self.entry.len().saturating_add(self.code.len())
    }
}

/// Pieces with their places in the listing.
pub(super) struct Laid<'p> {
    pieces: &'p [Piece],
    /// Where each begins.
    starts: Vec<u32>,
    len: u32,
}

impl<'p> Laid<'p> {
    pub(super) fn new(pieces: &'p [Piece]) -> Self {
        let mut starts = Vec::with_capacity(pieces.len());
        let mut len = 0u32;
        for piece in pieces {
            starts.push(len);
            len = len.saturating_add(piece.len() as u32);
        }
        Self {
            pieces,
            starts,
            len,
        }
    }

    /// The first piece at or after an instruction of the program as loaded.
    fn index_at(&self, at: u32) -> usize {
        self.pieces
            .partition_point(|piece| piece.at.saturating_add(piece.slots) <= at)
    }

    /// Where an instruction begins, or the one that follows it if it was removed.
    pub(super) fn start_of(&self, at: u32) -> u32 {
        let start = self.starts.get(self.index_at(at));
        start.copied().unwrap_or(self.len)
    }

    /// Whether an instruction is in the listing.
    pub(super) fn has(&self, at: u32) -> bool {
        let piece = self.pieces.get(self.index_at(at));
        piece.is_some_and(|piece| piece.at <= at)
    }

    /// Where a jump to an instruction lands.
    fn enter(&self, at: u32) -> u32 {
        let entry = self.pieces.get(self.index_at(at));
        let entry = entry.map_or(0, |piece| piece.entry.len() as u32);
        self.start_of(at).saturating_add(entry)
    }

    /// The instructions, with jumps and calls set to where they go now.
    pub(super) fn insns(&self) -> Vec<RawInsn> {
        let mut insns = Vec::with_capacity(self.len as usize);
        for piece in self.pieces {
            insns.extend_from_slice(&piece.entry);
            let base = insns.len();
            insns.extend_from_slice(&piece.code);
            let place = |index: usize| base.saturating_add(index);
            if let Some((index, target)) = piece.jump
                && let Some(insn) = insns.get_mut(place(index))
            {
                set_jump(insn, distance(place(index), self.enter(target)));
            }
            if let Some((index, target)) = piece.call
                && let Some(insn) = insns.get_mut(place(index))
            {
                set_call(insn, distance(place(index), self.start_of(target)));
            }
        }
        insns
    }
}

/// From the instruction after `from`.
fn distance(from: usize, to: u32) -> i32 {
    let from = i64::try_from(from).unwrap_or(i64::MAX);
    i64::from(to).saturating_sub(from).saturating_sub(1) as i32
}

fn set_jump(insn: &mut RawInsn, distance: i32) {
    if insn.code == opcode::INSN_JA32 {
        insn.imm = distance;
    } else {
        insn.off = distance as i16;
    }
}

/// Linux shows the distance of a call in `off`, cut to 16 bits, and in `imm` what is hidden without CAP_SYSLOG.
fn set_call(insn: &mut RawInsn, distance: i32) {
    if insn.is_ld_imm64() {
        insn.imm = distance;
    } else {
        insn.off = distance as i16;
        insn.imm = 0;
    }
}
