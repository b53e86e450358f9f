//! What may still be read: registers, computed once before the walk; stack slots, learnt by the walk per call chain.

mod instance;
mod registers;
mod stack;

pub(crate) use stack::StackLiveness;

use crate::state::InsnIdx;
use crate::verifier::Verifier;

impl Verifier<'_> {
    /// Registers r0 to r9 (bits) that may be read from `insn` on, in its function.
    pub(crate) fn live_before(&self, insn: InsnIdx) -> u16 {
        self.aux.get(insn.index()).map_or(0, |a| a.live_before)
    }
}
