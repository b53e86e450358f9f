//! Which numbers decided something: found by walking back over the executed instructions.
//!
//! Stored states start imprecise. When an instruction needs a value, a [`Request`] (a set of registers and slots per frame) is carried
//! backwards, instruction by instruction, over the [`History`] of the current segment and then of each ancestor checkpoint, where what is
//! still requested is marked precise. Marks in the current state do not matter.

mod backtrack;
mod chain;
mod history;
mod request;

pub(crate) use chain::Marks;
pub(crate) use history::{History, HistoryEntry, HistoryFlags};
pub(crate) use request::{Request, slots_text};

use crate::check::linked::LinkedPlace;
use crate::reject::Check;
use crate::stack::SlotIdx;
use crate::verifier::Verifier;

/// Services for the checks.
impl Verifier<'_> {
    /// The value of r`reg` of the current frame decides something.
    pub(crate) fn mark_precise(&mut self, reg: u8) -> Check {
        let mut request = Request::new(self.state.current());
        request.add_reg(self.state.current(), reg);
        self.mark_chain_of_current(request).map(|_| ())
    }

    /// The value spilled to a slot of frame `frame` decides something.
    pub(crate) fn mark_precise_slot(&mut self, frame: u8, slot: SlotIdx) -> Check {
        let mut request = Request::new(self.state.current());
        request.add_slot(frame, slot);
        self.mark_chain_of_current(request).map(|_| ())
    }

    /// The current instruction spills to or fills from a slot.
    pub(crate) fn note_stack_access(&mut self, frame: u8, slot: SlotIdx) {
        self.with_history_entry(|e| e.stack = Some((frame, slot)));
    }

    /// The current conditional jump compares stack pointers.
    pub(crate) fn note_stack_operands(&mut self, flags: HistoryFlags) {
        if !flags.is_empty() {
            self.with_history_entry(|e| e.flags |= flags);
        }
    }

    /// What the current conditional jump teaches about one of these numbers it teaches about all.
    pub(crate) fn note_linked(&mut self, places: &[LinkedPlace]) {
        self.with_history_entry(|e| e.set_linked(places));
    }
}
