//! A frame as the log shows it: registers, stack, references.

use super::register::write_register;
use crate::stack::{SlotByte, SlotContent, SlotIdx, Stack, StackSlot};
use crate::state::{FrameKind, State};
use crate::verifier::Verifier;
use alloc::string::String;
use core::fmt::Write;

/// How much of a frame is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// All that is known.
    Full,
    /// What is flagged.
    Flagged,
}

impl Verifier<'_> {
    /// Prints all that is known about a frame of the current state, as one line.
    pub(crate) fn print_frame(&mut self, frame: u8) {
        if !self.log.wants_verbose() {
            return;
        }
        let mut line = String::new();
        self.write_frame(&mut line, frame, Extent::Full);
        self.log.long(&line);
    }

    /// Prints all that is known about a frame of any state, at any non-zero level.
    pub(crate) fn print_frame_of(&mut self, state: &State, frame: u8) {
        let mut line = String::new();
        self.write_frame_of(&mut line, state, frame, Extent::Full);
        self.log.long(&line);
    }

    pub(super) fn write_frame(&self, out: &mut String, frame: u8, extent: Extent) {
        self.write_frame_of(out, &self.state, frame, extent);
    }

    fn write_frame_of(&self, out: &mut String, state: &State, number: u8, extent: Extent) {
        let Some(frame) = state.frame(number) else {
            out.push('\n');
            return;
        };
        let (registers, slots) = match extent {
            Extent::Full => (u16::MAX, u64::MAX),
            Extent::Flagged => (self.log.marks.registers, self.log.marks.slots),
        };
        if number > 0 {
            let _ = write!(out, " frame{number}:");
        }
        for (index, register) in frame.regs.iter().enumerate() {
            if !register.is_uninit() && registers & (1 << index) != 0 {
                let _ = write!(out, " R{index}=");
                write_register(self, out, register, number);
            }
        }
        self.write_stack(out, &frame.stack, slots, number);
        write_references(out, state);
        match frame.kind {
            FrameKind::Callback(_) => out.push_str(" cb"),
            FrameKind::AsyncCallback(_) => out.push_str(" async_cb"),
            FrameKind::Plain | FrameKind::ExceptionCallback => {}
        }
        out.push('\n');
    }

    fn write_stack(&self, out: &mut String, stack: &Stack, flagged: u64, frame: u8) {
        let mut slots = stack.slots.iter().enumerate();
        while let Some((index, slot)) = slots.next() {
            if slot.is_untouched() || flagged & 1u64.checked_shl(index as u32).unwrap_or(0) == 0 {
                continue;
            }
            // Of a dynptr's two slots the lower one is shown, once.
            let (index, slot) = match slot.content {
                SlotContent::Dynptr(_) => slots.next().unwrap_or((index, slot)),
                _ => (index, slot),
            };
            self.write_slot(out, SlotIdx(index as u8), slot, frame);
        }
    }

    fn write_slot(&self, out: &mut String, at: SlotIdx, slot: &StackSlot, frame: u8) {
        let off = at.offset();
        if let Some(register) = slot.spilled() {
            let _ = write!(out, " fp{off}=");
            out.extend(
                slot.bytes
                    .iter()
                    .take_while(|b| **b != SlotByte::Spill)
                    .map(|b| b.letter()),
            );
            write_register(self, out, register, frame);
            return;
        }
        match &slot.content {
            SlotContent::Dynptr(dynptr) => {
                let _ = write!(out, " fp{off}=dynptr_{}(", dynptr.kind.name());
                if dynptr.id != 0 {
                    let _ = write!(out, "id={},", dynptr.id);
                }
                if dynptr.ref_obj_id != 0 {
                    let _ = write!(out, "ref_id={},", dynptr.ref_obj_id);
                }
                // The field shown under this name shares its place with the first-slot flag.
                out.push_str("dynptr_id=1)");
            }
            SlotContent::Iter(iter) if iter.ref_obj_id != 0 => {
                let name = self.type_name(iter.ty);
                let name = name.strip_prefix("bpf_iter_").unwrap_or(name);
                let state = match iter.state {
                    crate::stack::IterState::Active => "active",
                    crate::stack::IterState::Drained => "drained",
                };
                let _ = write!(
                    out,
                    " fp{off}=iter_{name}(ref_id={},state={state},depth={})",
                    iter.ref_obj_id, iter.depth
                );
            }
            SlotContent::Iter(_) => {}
            SlotContent::Bytes | SlotContent::Spilled(_) | SlotContent::Irq(_) => {
                let _ = write!(out, " fp{off}=");
                out.extend(slot.bytes.iter().map(|b| b.letter()));
            }
        }
    }
}

fn write_references(out: &mut String, state: &State) {
    let mut separator = " refs=";
    if state.refs.0.first().is_none_or(|r| r.id == 0) {
        return;
    }
    for reference in state.refs.0.iter().filter(|r| r.id != 0) {
        let _ = write!(out, "{separator}{}", reference.id);
        separator = ",";
    }
}
