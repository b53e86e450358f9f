//! The set of registers and slots whose values are asked for, per frame.

use crate::check::linked::{LinkedPlace, Place};
use crate::stack::SlotIdx;
use crate::state::MAX_FRAMES;
use alloc::string::String;
use core::fmt::Write;

/// r1 to r5.
const ARGUMENTS: u16 = 0b11_1110;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
struct FrameRequest {
    registers: u16,
    slots: u64,
}

/// The set, and the frame the backward walk is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    frame: u8,
    frames: [FrameRequest; MAX_FRAMES],
}

impl Request {
    /// Nothing is asked for; the walk is in `frame`.
    pub(crate) fn new(frame: u8) -> Self {
        Request {
            frame,
            frames: Default::default(),
        }
    }

    /// The frame the walk is in.
    pub(crate) fn frame(&self) -> u8 {
        self.frame
    }

    fn at(&self, frame: u8) -> FrameRequest {
        self.frames
            .get(usize::from(frame))
            .copied()
            .unwrap_or_default()
    }

    fn at_mut(&mut self, frame: u8) -> Option<&mut FrameRequest> {
        self.frames.get_mut(usize::from(frame))
    }

    pub(crate) fn registers(&self, frame: u8) -> u16 {
        self.at(frame).registers
    }

    pub(crate) fn slots(&self, frame: u8) -> u64 {
        self.at(frame).slots
    }

    pub(crate) fn add_reg(&mut self, frame: u8, reg: u8) {
        if let Some(f) = self.at_mut(frame) {
            f.registers |= 1u16.checked_shl(reg.into()).unwrap_or(0);
        }
    }

    pub(crate) fn drop_reg(&mut self, frame: u8, reg: u8) {
        if let Some(f) = self.at_mut(frame) {
            f.registers &= !1u16.checked_shl(reg.into()).unwrap_or(0);
        }
    }

    pub(crate) fn add_slot(&mut self, frame: u8, slot: SlotIdx) {
        if let Some(f) = self.at_mut(frame) {
            f.slots |= 1u64.checked_shl(slot.0.into()).unwrap_or(0);
        }
    }

    pub(crate) fn drop_slot(&mut self, frame: u8, slot: SlotIdx) {
        if let Some(f) = self.at_mut(frame) {
            f.slots &= !1u64.checked_shl(slot.0.into()).unwrap_or(0);
        }
    }

    /// Whether a register of the walk's frame is asked for.
    pub(crate) fn wants(&self, reg: u8) -> bool {
        self.wants_reg(self.frame, reg)
    }

    pub(crate) fn wants_reg(&self, frame: u8, reg: u8) -> bool {
        self.at(frame).registers & 1u16.checked_shl(reg.into()).unwrap_or(0) != 0
    }

    pub(crate) fn wants_slot(&self, frame: u8, slot: SlotIdx) -> bool {
        self.at(frame).slots & 1u64.checked_shl(slot.0.into()).unwrap_or(0) != 0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.frames.iter().all(|f| f.registers == 0 && f.slots == 0)
    }

    /// Whether any of r1 to r5 of the walk's frame is asked for.
    pub(crate) fn wants_arguments(&self) -> bool {
        self.registers(self.frame) & ARGUMENTS != 0
    }

    /// Whether the walk's frame is asked for nothing but r1 to r5.
    pub(crate) fn wants_only_arguments(&self) -> bool {
        self.registers(self.frame) & !ARGUMENTS == 0 && self.slots(self.frame) == 0
    }

    /// Stops asking for r1 to r5 of the walk's frame.
    pub(crate) fn drop_arguments(&mut self) {
        let frame = self.frame;
        if let Some(f) = self.at_mut(frame) {
            f.registers &= !ARGUMENTS;
        }
    }

    /// Goes to the caller; false in the outermost frame.
    pub(crate) fn leave_frame(&mut self) -> bool {
        let outer = self.frame.checked_sub(1);
        self.frame = outer.unwrap_or(0);
        outer.is_some()
    }

    /// Goes to a callee; false where there is no room for one.
    pub(crate) fn enter_frame(&mut self) -> bool {
        let inner = self.frame + 1;
        let fits = usize::from(inner) < MAX_FRAMES;
        if fits {
            self.frame = inner;
        }
        fits
    }

    /// r1 to r5 of the walk's frame become those of its caller, and the walk goes there.
    pub(crate) fn arguments_to_caller(&mut self) -> bool {
        let arguments = self.registers(self.frame) & ARGUMENTS;
        self.drop_arguments();
        if !self.leave_frame() {
            return false;
        }
        let frame = self.frame;
        if let Some(f) = self.at_mut(frame) {
            f.registers |= arguments;
        }
        true
    }

    /// If one of the linked numbers is asked for, all are.
    pub(crate) fn spread(&mut self, linked: &[LinkedPlace]) {
        let wanted = linked.iter().any(|at| match at.place {
            Place::Reg(reg) => self.wants_reg(at.frame, reg),
            Place::Slot(slot) => self.wants_slot(at.frame, slot),
        });
        if !wanted {
            return;
        }
        for at in linked {
            match at.place {
                Place::Reg(reg) => self.add_reg(at.frame, reg),
                Place::Slot(slot) => self.add_slot(at.frame, slot),
            }
        }
    }

    /// `r1,r6` of a frame.
    pub(crate) fn registers_text(&self, frame: u8) -> String {
        let registers = self.registers(frame);
        let mut text = String::new();
        for reg in (0..16u8).filter(|r| registers & (1 << r) != 0) {
            let _ = write!(text, "{}r{reg}", if text.is_empty() { "" } else { "," });
        }
        text
    }

    /// `-8,-16` of a frame.
    pub(crate) fn slots_text(&self, frame: u8) -> String {
        slots_text(self.slots(frame))
    }
}

/// `-8,-16`: the offsets of the slots in a mask.
pub(crate) fn slots_text(slots: u64) -> String {
    let mut text = String::new();
    for slot in (0..64u8).filter(|s| slots & (1 << s) != 0) {
        let _ = write!(
            text,
            "{}{}",
            if text.is_empty() { "" } else { "," },
            SlotIdx(slot).offset()
        );
    }
    text
}
