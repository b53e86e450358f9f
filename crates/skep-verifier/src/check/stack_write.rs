//! The stack, stores: what a slot holds afterwards.

use super::access::{MemoryAccess, Operand};
use super::stack_read::{StackSpan, bytes_of, scrub};
use crate::register::{Register, Scalar, Target, TargetKind};
use crate::reject::{Check, MemoryReject};
use crate::scalar::ScalarRange;
use crate::stack::{SlotByte, SlotContent, SlotIdx};
use crate::verifier::Verifier;

impl Verifier<'_> {
    /// What a store leaves: the register (or constant) itself, or just bytes.
    pub(super) fn write_stack_fixed(&mut self, access: &MemoryAccess, span: StackSpan) -> Check {
        let Some((slot_idx, low_byte)) = SlotIdx::of(span.min) else {
            return Ok(());
        };
        let frame = span.frame;
        let slot = self
            .state
            .frame(frame)
            .and_then(|f| f.stack.get(slot_idx))
            .cloned()
            .unwrap_or_default();
        let spilled_pointer = slot.spilled().is_some_and(|r| r.pointer().is_some());
        if !self.privileges.allow_ptr_leaks && spilled_pointer && access.size != 8 {
            return Err(self.reject(MemoryReject::StackCorrupt));
        }
        let stored = access
            .operand
            .stored()
            .map(|reg| self.state.reg(reg).clone());
        let spillable = stored
            .as_ref()
            .and_then(Register::pointer)
            .is_some_and(|p| is_spillable(p.kind()));
        self.mark_store_barrier(&slot.bytes, low_byte, access.size, spillable);
        self.destroy_dynptr(frame, slot_idx)?;
        self.note_fastcall_access(frame, span.min);
        self.touch_slot(frame, slot_idx);
        if access.size == 8 {
            self.stack_written(frame, slot_idx);
        }

        let aligned = span.min % 8 == 0;
        match (&stored, access.operand) {
            (Some(Register::Scalar(_)), Operand::Store(reg)) if aligned && self.privileges.bpf => {
                let number = self.spillable_number(reg, access.size);
                self.save_register(frame, slot_idx, Register::Scalar(number), access.size);
                self.note_stack_access(frame, slot_idx);
            }
            (None, Operand::StoreImm(imm)) if aligned && self.privileges.bpf => {
                self.save_register(
                    frame,
                    slot_idx,
                    Register::Scalar(Scalar::new(ScalarRange::immediate(imm))),
                    access.size,
                );
                self.note_stack_access(frame, slot_idx);
            }
            (Some(Register::Pointer(p)), _) if spillable => {
                if access.size != 8 {
                    return Err(self.reject(MemoryReject::SpillSize));
                }
                if matches!(p.target, Target::Stack { .. }) && frame != self.state.current() {
                    return Err(self.reject(MemoryReject::SpillStackPointer));
                }
                self.save_register(frame, slot_idx, Register::Pointer(*p), 8);
                self.note_stack_access(frame, slot_idx);
            }
            _ => self.write_bytes(access, span, slot_idx, low_byte, stored.as_ref())?,
        }
        Ok(())
    }

    /// The number of a register as it goes to a slot of `size` bytes: linked to the register if it fits.
    fn spillable_number(&mut self, reg: u8, size: u32) -> Scalar {
        let fits = self
            .state
            .reg(reg)
            .scalar()
            .is_some_and(|s| size >= 8 || s.range.umax >> (8 * size) == 0);
        if fits {
            self.give_id(reg);
        }
        let mut number = self
            .state
            .reg(reg)
            .scalar()
            .copied()
            .unwrap_or(Scalar::UNKNOWN);
        if !fits {
            number.unlink();
        }
        number
    }

    /// Puts a register into the low `size` bytes of a slot.
    fn save_register(&mut self, frame: u8, slot_idx: SlotIdx, value: Register, size: u32) {
        let slot = self
            .state
            .frame_mut(frame)
            .and_then(|f| f.stack.get_mut(slot_idx));
        let Some(slot) = slot else { return };
        slot.content = SlotContent::Spilled(value);
        for (index, b) in slot.bytes.iter_mut().enumerate() {
            if index + size as usize >= 8 {
                *b = SlotByte::Spill;
            } else if !matches!(b, SlotByte::Invalid | SlotByte::Zero) {
                *b = SlotByte::Misc;
            }
        }
    }

    /// Plain data: the slot loses what it held.
    fn write_bytes(
        &mut self,
        access: &MemoryAccess,
        span: StackSpan,
        slot_idx: SlotIdx,
        low_byte: usize,
        stored: Option<&Register>,
    ) -> Check {
        let zero = match (stored, access.operand) {
            (Some(r), _) => r.is_null(),
            (None, Operand::StoreImm(imm)) => imm == 0,
            (None, _) => false,
        };
        let mark = if zero { SlotByte::Zero } else { SlotByte::Misc };
        if let Some(slot) = self
            .state
            .frame_mut(span.frame)
            .and_then(|f| f.stack.get_mut(slot_idx))
        {
            if matches!(
                slot.bytes[7],
                SlotByte::Spill | SlotByte::Dynptr | SlotByte::Iter | SlotByte::IrqFlag
            ) {
                scrub(slot);
            }
            slot.content = SlotContent::Bytes;
            let highest = (low_byte + 1).saturating_sub(access.size as usize);
            for b in slot.bytes.iter_mut().take(low_byte + 1).skip(highest) {
                *b = mark;
            }
        }
        // The bytes are known zeroes only as long as the register is known to be zero.
        match (zero, access.operand) {
            (true, Operand::Store(reg)) => self.mark_precise(reg),
            _ => Ok(()),
        }
    }

    /// Without CAP_PERFMON: a store that a speculative load could overtake gets a barrier behind it.
    fn mark_store_barrier(
        &mut self,
        bytes: &[SlotByte; 8],
        low_byte: usize,
        size: u32,
        spillable: bool,
    ) {
        if self.privileges.bypass_spec_v4 {
            return;
        }
        let highest = (low_byte + 1).saturating_sub(size as usize);
        let mut overwritten = bytes.iter().take(low_byte + 1).skip(highest);
        let fresh = overwritten.any(|b| !matches!(b, SlotByte::Misc | SlotByte::Zero));
        if (spillable || fresh)
            && let Some(aux) = self.aux_mut()
        {
            aux.nospec_result = true;
        }
    }

    pub(super) fn write_stack_variable(&mut self, access: &MemoryAccess, span: StackSpan) -> Check {
        let frame = span.frame;
        for slot_idx in slots_of(span) {
            self.destroy_dynptr(frame, slot_idx)?;
        }
        self.note_fastcall_access(frame, span.min);
        let writes_zero = match access.operand {
            Operand::Store(reg) => self.state.reg(reg).is_null(),
            Operand::StoreImm(imm) => imm == 0,
            Operand::Load(_) | Operand::Probe | Operand::StoreUnknown => false,
        };
        let mut kept_zero = false;
        for (off, slot_idx, byte) in bytes_of(span) {
            self.touch_slot(frame, slot_idx);
            let mark = self.stack_byte(frame, slot_idx, byte);
            if !self.privileges.allow_ptr_leaks && !matches!(mark, SlotByte::Misc | SlotByte::Zero)
            {
                return Err(self.reject(MemoryReject::SpilledInRange {
                    insn: self.at.0,
                    off,
                }));
            }
            let Some(slot) = self
                .state
                .frame_mut(frame)
                .and_then(|f| f.stack.get_mut(slot_idx))
            else {
                continue;
            };
            if writes_zero
                && mark == SlotByte::Spill
                && slot.spilled().is_some_and(Register::is_null)
            {
                kept_zero = true;
                continue;
            }
            scrub_if_special(slot);
            if mark == SlotByte::Invalid && !self.privileges.allow_uninit_stack {
                return Err(self.reject(MemoryReject::UninitInRange {
                    insn: self.at.0,
                    off,
                }));
            }
            let keep = writes_zero && mark == SlotByte::Zero;
            kept_zero |= keep;
            let slot = self
                .state
                .frame_mut(frame)
                .and_then(|f| f.stack.get_mut(slot_idx));
            if let Some(b) = slot.and_then(|s| s.bytes.get_mut(byte)) {
                *b = if keep { SlotByte::Zero } else { SlotByte::Misc };
            }
        }
        match (kept_zero, access.operand) {
            (true, Operand::Store(reg)) => self.mark_precise(reg),
            _ => Ok(()),
        }
    }
}

fn scrub_if_special(slot: &mut crate::stack::StackSlot) {
    if matches!(
        slot.bytes[7],
        SlotByte::Spill | SlotByte::Dynptr | SlotByte::Iter | SlotByte::IrqFlag
    ) {
        scrub(slot);
    }
    slot.content = SlotContent::Bytes;
}

/// The slots of a span, highest first, each once.
fn slots_of(span: StackSpan) -> impl Iterator<Item = SlotIdx> {
    let first = SlotIdx::of(span.end.wrapping_sub(1)).map_or(0, |(s, _)| s.0);
    let last = SlotIdx::of(span.min).map_or(0, |(s, _)| s.0);
    (first..=last).map(SlotIdx)
}

/// Pointers that survive a spill as pointers; the others become plain bytes.
const fn is_spillable(kind: TargetKind) -> bool {
    !matches!(kind, TargetKind::TpBuffer | TargetKind::Dynptr)
}
