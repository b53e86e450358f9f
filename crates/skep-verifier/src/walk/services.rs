//! Small services for the checks: what is flagged for the log.

use super::Verifier;
use crate::stack::SlotIdx;

impl Verifier<'_> {
    /// Flags a register for the next state line.
    pub(crate) fn touch_reg(&mut self, reg: u8) {
        self.log.touch_reg(reg);
    }

    /// Flags a slot for the next state line; Linux does not tell frames apart here.
    pub(crate) fn touch_slot(&mut self, _frame: u8, slot: SlotIdx) {
        self.log.touch_slot(slot.0);
    }

    /// A conditional jump prints what its continuing side knows.
    pub(crate) fn log_jump_state(&mut self) {
        self.print_changes();
    }
}
