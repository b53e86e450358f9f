//! ld_imm64: maps by id, functions by distance, numbers as they are.

use skep_isa::{RawInsn, opcode};
use skep_verifier::verified::Fact;

use super::Writer;
use super::piece::Piece;

impl Writer<'_> {
    pub(super) fn constant(
        &self,
        at: u32,
        first: RawInsn,
        second: RawInsn,
        fact: Option<&Fact>,
    ) -> Piece {
        let pair = |src: u8, low: u32, high: u32| {
            let first = RawInsn::new(first.code, first.dst(), src, 0, low.cast_signed());
            let second = RawInsn::new(0, 0, 0, 0, high.cast_signed());
            vec![first, second]
        };
        let id = |token| self.shape.map(token).map_or(0, |map| map.id);
        let mut call = None;
        let code = match fact {
            Some(Fact::MapPtr(map)) => pair(opcode::PSEUDO_MAP_FD, id(*map), 0),
            Some(Fact::MapValue { map, off }) => pair(opcode::PSEUDO_MAP_VALUE, id(*map), *off),
            Some(Fact::Func(callback)) => {
                call = self.start_of(callback.0).map(|start| (0, start));
                pair(opcode::PSEUDO_FUNC, 0, 0)
            }
            Some(Fact::Symbol { .. }) => pair(0, 0, 0),
            _ => vec![first, second],
        };
        Piece {
            slots: 2,
            call,
            ..Piece::of(at, code)
        }
    }
}

/// The second slot of a callback's address is the number of the function.
pub(super) fn number_callbacks(insns: &mut [RawInsn], pieces: &[Piece], functions: &[u32]) {
    let mut start = 0usize;
    for piece in pieces {
        let code = start.saturating_add(piece.entry.len());
        if let Some((index, callee)) = piece.call
            && let Some([first, second]) = insns
                .get_mut(code.saturating_add(index)..)
                .and_then(|rest| rest.first_chunk_mut())
            && first.is_ld_imm64()
        {
            let number = functions.partition_point(|function| *function < callee);
            second.imm = number as i32;
        }
        start = code.saturating_add(piece.code.len());
    }
}
