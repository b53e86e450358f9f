//! Dead code: a run of instructions that no path reaches becomes one operation that must not be reached.

use super::Op;
use super::emitter::Emitter;

impl Emitter<'_> {
    /// Drops the current instruction.
    pub(super) fn dead(&mut self) {
        if matches!(self.ops.last(), Some(Op::Unreachable)) {
            // Jumps to this instruction go to the operation that ends the run so far.
            self.first
                .insert(self.here, self.next_index().saturating_sub(1));
        } else {
            self.push(Op::Unreachable);
        }
    }
}
