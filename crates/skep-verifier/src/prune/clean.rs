//! Erasing what nobody will read from finished checkpoints: they then cover more states.

use super::cache::StateId;
use super::equal::{frame_insn, same_callsites};
use crate::register::Register;
use crate::stack::StackSlot;
use crate::state::{Frame, State};
use crate::verifier::Verifier;

impl Verifier<'_> {
    /// Cleans the finished checkpoints of the current instruction and call chain.
    pub(super) fn clean_finished(&mut self, bucket: usize) {
        let mut nth = 0;
        while let Some(id) = self.walk.cache.entry(bucket, nth) {
            nth += 1;
            let Some(c) = self.walk.cache.get(id) else {
                continue;
            };
            let due = c.branches == 0
                && !c.cleaned
                && c.path.at == self.at
                && same_callsites(&c.state, &self.state);
            if due && !self.has_pending_backedges(id) {
                self.clean(id);
            }
        }
    }

    fn clean(&mut self, id: StateId) {
        let Some(checkpoint) = self.walk.cache.get_mut(id) else {
            return;
        };
        checkpoint.cleaned = true;
        let at = checkpoint.path.at;
        let mut state = core::mem::take(&mut checkpoint.state);
        for number in 0..=state.current() {
            let live = self.live_before(frame_insn(&state, at, number));
            let slots = self.live_slots(&state, at, number);
            let dirty = state
                .frame(number)
                .is_some_and(|f| has_dead(f, live, slots));
            if let Some(frame) = state.frame_mut(number).filter(|_| dirty) {
                erase(frame, live, slots);
            }
        }
        if let Some(checkpoint) = self.walk.cache.get_mut(id) {
            checkpoint.state = state;
        }
    }

    /// Slots of frame `number` that may be read from the state's instruction on, in its frame or in one of the frames above it.
    fn live_slots(&mut self, state: &State, at: crate::state::InsnIdx, number: u8) -> u64 {
        let innermost = state.current();
        let mut live = self.stack_live_before(state, innermost, at, number);
        for outer in number..innermost {
            let Some(call) = state.frame(outer + 1).and_then(|f| f.callsite) else {
                continue;
            };
            let resume = if self.calls_callback(call) {
                call
            } else {
                call.next()
            };
            live |= self.stack_live_before(state, outer, resume, number);
        }
        live
    }
}

fn has_dead(frame: &Frame, live: u16, slots: u64) -> bool {
    let dead_reg = |(reg, r): (usize, &Register)| live & (1 << reg) == 0 && !r.is_uninit();
    let dead_slot = |(slot, s): (usize, &StackSlot)| {
        slots & 1u64.checked_shl(slot as u32).unwrap_or(0) == 0 && !s.is_untouched()
    };
    frame.regs.iter().enumerate().take(10).any(dead_reg)
        || frame.stack.slots.iter().enumerate().any(dead_slot)
}

fn erase(frame: &mut Frame, live: u16, slots: u64) {
    for (reg, register) in frame.regs.iter_mut().enumerate().take(10) {
        if live & (1 << reg) == 0 {
            *register = Register::Uninit;
        }
    }
    for (index, slot) in frame.stack.slots.iter_mut().enumerate() {
        if slots & 1u64.checked_shl(index as u32).unwrap_or(0) == 0 {
            *slot = StackSlot::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::SubprogIdx;

    #[test]
    fn dead_registers_are_erased() {
        let mut frame = Frame::new(0, None, SubprogIdx(0));
        frame.regs.set(1, Register::UNKNOWN);
        frame.regs.set(2, Register::UNKNOWN);
        erase(&mut frame, 1 << 2, 0);
        assert!(frame.regs.get(1).is_uninit() && !frame.regs.get(2).is_uninit());
        assert!(!frame.regs.get(10).is_uninit());
    }
}
