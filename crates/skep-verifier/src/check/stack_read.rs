//! The stack, bounds and loads: what a slot gives back.

use super::access::{AccessType, MemoryAccess, Operand};
use super::pointer_alu::MAX_VAR_OFFSET;
use crate::register::{Pointer, Register, Scalar, Target};
use crate::reject::{Check, MemoryReject};
use crate::stack::{MAX_STACK, SlotByte, SlotIdx, StackSlot};
use crate::verifier::Verifier;
use skep_uapi::Errno;

/// The stack an access touches: frame, offsets of the first byte and one past the last from that frame's pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StackSpan {
    pub(super) frame: u8,
    pub(super) min: i32,
    pub(super) end: i32,
}

pub(super) const fn frame_of(p: &Pointer) -> u8 {
    match p.target {
        Target::Stack { frame } => frame,
        _ => 0,
    }
}

/// The slots of a span, with each byte's offset.
pub(super) fn bytes_of(span: StackSpan) -> impl Iterator<Item = (i32, SlotIdx, usize)> {
    (span.min..span.end).filter_map(|off| SlotIdx::of(off).map(|(slot, byte)| (off, slot, byte)))
}

impl Verifier<'_> {
    /// Bounds of an access of `len` bytes at `off` + variable part; makes the stack known down to there.
    pub(super) fn check_stack_bounds(
        &mut self,
        reg: u8,
        p: &Pointer,
        off: i32,
        len: i64,
        access: AccessType,
    ) -> Check<StackSpan> {
        let what = match access {
            AccessType::Read => " read from",
            AccessType::Write => " write to",
        };
        let frame = frame_of(p);
        let constant = p.var.is_const();
        let (min, max) = match constant {
            Some(var) => {
                let at = i64::from(off).wrapping_add(var.cast_signed());
                (at, at)
            }
            None => {
                if p.var.smax >= MAX_VAR_OFFSET || p.var.smin <= -MAX_VAR_OFFSET {
                    return Err(self.reject(MemoryReject::StackUnbounded { what, reg }));
                }
                (
                    i64::from(off).wrapping_add(p.var.smin),
                    i64::from(off).wrapping_add(p.var.smax),
                )
            }
        };
        let end = max.wrapping_add(len);
        let allocated = self.state.frame(frame).map_or(0, |f| f.stack.allocated());
        let reads_known_only = access == AccessType::Read && !self.privileges.allow_uninit_stack;
        let lowest = if reads_known_only {
            -allocated
        } else {
            -MAX_STACK
        };
        if min < i64::from(lowest) || min >= 0 {
            return Err(match constant {
                Some(_) => self.reject(MemoryReject::StackRange {
                    what,
                    reg,
                    off: min,
                    len,
                }),
                None => self.reject(MemoryReject::StackRangeVariable {
                    what,
                    reg,
                    var: p.var.tnum,
                    off,
                    len,
                }),
            });
        }
        if len < 0 {
            return Err(self.reject_silently(Errno::EFAULT));
        }
        if end > 0 {
            return Err(match constant {
                Some(_) => self.reject(MemoryReject::StackRangeEnd {
                    what,
                    reg,
                    off: min,
                    len,
                }),
                None => self.reject(MemoryReject::StackRangeVariableEnd {
                    what,
                    reg,
                    var: p.var.tnum,
                    off,
                    len,
                }),
            });
        }
        let span = StackSpan {
            frame,
            min: min as i32,
            end: end as i32,
        };
        self.grow_stack(frame, span.min);
        Ok(span)
    }

    pub(super) fn check_stack_access(
        &mut self,
        access: &MemoryAccess,
        p: &Pointer,
        off: i32,
    ) -> Check {
        let span = self.check_stack_bounds(
            access.base,
            p,
            off,
            i64::from(access.size),
            access.operand.access(),
        )?;
        let constant = p.var.is_const().is_some();
        match (access.operand.access(), constant) {
            (AccessType::Read, true) => self.read_stack_fixed(access, span),
            (AccessType::Read, false) => self.read_stack_variable(access, p, off, span),
            (AccessType::Write, true) => self.write_stack_fixed(access, span),
            (AccessType::Write, false) => self.write_stack_variable(access, span),
        }
    }

    fn read_stack_fixed(&mut self, access: &MemoryAccess, span: StackSpan) -> Check {
        let Some((slot_idx, _)) = SlotIdx::of(span.min) else {
            return Ok(());
        };
        let slot = self
            .state
            .frame(span.frame)
            .and_then(|f| f.stack.get(slot_idx))
            .cloned()
            .unwrap_or_default();
        self.touch_slot(span.frame, slot_idx);
        self.stack_read(span.frame, slot_idx);
        self.note_fastcall_access(span.frame, span.min);
        match slot.spilled() {
            Some(spilled) => self.read_spilled(access, span, slot_idx, &slot, spilled),
            None => {
                self.check_bytes_readable(access, span, &slot)?;
                if span_bytes(span, &slot).all(|b| b == SlotByte::Zero) {
                    self.load_constant(access.operand, 0);
                } else {
                    self.load_unknown(access.operand);
                }
                Ok(())
            }
        }
    }

    /// A slot that holds a register: all of it comes back, or the low part of a number.
    fn read_spilled(
        &mut self,
        access: &MemoryAccess,
        span: StackSpan,
        slot_idx: SlotIdx,
        slot: &StackSlot,
        spilled: &Register,
    ) -> Check {
        let spill_size = slot.bytes.iter().filter(|b| **b == SlotByte::Spill).count() as u32;
        if access.size == 8 && spill_size == 8 {
            match access.operand {
                Operand::Load(dst) => {
                    self.set_reg(dst, spilled.clone());
                    self.note_stack_access(span.frame, slot_idx);
                }
                _ if spilled.pointer().is_some() && !self.privileges.allow_ptr_leaks => {
                    return Err(self.reject(MemoryReject::StackLeak { off: span.min }));
                }
                _ => {}
            }
            return Ok(());
        }
        let Some(number) = spilled.scalar().copied() else {
            return Err(self.reject(MemoryReject::FillSize));
        };
        let Operand::Load(dst) = access.operand else {
            return Ok(());
        };
        if access.size <= spill_size && span.min % 8 == 0 {
            let mut copy = number;
            if access.size < 8 && copy.range.umax >> (8 * access.size) != 0 {
                copy.unlink();
            }
            self.set_reg(dst, Register::Scalar(copy));
            self.note_stack_access(span.frame, slot_idx);
            return Ok(());
        }
        self.check_bytes_readable(access, span, slot)?;
        let all = |wanted: SlotByte| span_bytes(span, slot).all(|b| b == wanted);
        if all(SlotByte::Spill) && number.range.is_const() == Some(0) {
            self.load_constant(access.operand, 0);
            self.note_stack_access(span.frame, slot_idx);
        } else if all(SlotByte::Zero) {
            self.load_constant(access.operand, 0);
        } else {
            self.load_unknown(access.operand);
        }
        Ok(())
    }

    /// Every byte of the span was written with plain data (or part of a spilled number).
    fn check_bytes_readable(
        &mut self,
        access: &MemoryAccess,
        span: StackSpan,
        slot: &StackSlot,
    ) -> Check {
        let uninit_ok = self.privileges.allow_uninit_stack;
        let spill_ok = slot.spilled().is_some();
        let readable = |b: SlotByte| match b {
            SlotByte::Misc | SlotByte::Zero => true,
            SlotByte::Spill => spill_ok,
            SlotByte::Invalid => uninit_ok,
            SlotByte::Dynptr | SlotByte::Iter | SlotByte::IrqFlag => false,
        };
        match span_bytes(span, slot).position(|b| !readable(b)) {
            None => Ok(()),
            Some(index) => Err(self.reject(MemoryReject::StackRead {
                off: span.min,
                index: index as i32,
                size: access.size,
            })),
        }
    }

    fn read_stack_variable(
        &mut self,
        access: &MemoryAccess,
        p: &Pointer,
        off: i32,
        span: StackSpan,
    ) -> Check {
        let Operand::Load(_) = access.operand else {
            return Err(self.reject(MemoryReject::StackVariableToHelper {
                var: p.var.tnum,
                off,
                size: access.size,
            }));
        };
        self.check_stack_initialised(access.base, p, span, access.size, AccessType::Read)?;
        self.note_fastcall_access(span.frame, span.min);
        if let Some((lowest, _)) = SlotIdx::of(span.min) {
            self.touch_slot(span.frame, lowest);
        }
        let zero = bytes_of(span)
            .all(|(_, slot, byte)| self.stack_byte(span.frame, slot, byte) == SlotByte::Zero);
        if zero {
            self.load_constant(access.operand, 0);
        } else {
            self.load_unknown(access.operand);
        }
        Ok(())
    }

    /// The mark of one byte of stack.
    pub(super) fn stack_byte(&self, frame: u8, slot: SlotIdx, byte: usize) -> SlotByte {
        let slot = self.state.frame(frame).and_then(|f| f.stack.get(slot));
        slot.and_then(|s| s.bytes.get(byte))
            .copied()
            .unwrap_or_default()
    }

    /// A span handed to a load with a variable offset or to a call: every byte is data, or part of something that may be read as data.
    /// If the callee writes it, it becomes data of unknown content.
    pub(super) fn check_stack_initialised(
        &mut self,
        reg: u8,
        p: &Pointer,
        span: StackSpan,
        size: u32,
        access: AccessType,
    ) -> Check {
        let variable = p.var.is_const().is_none();
        if variable && !self.privileges.bypass_spec_v1 {
            return Err(self.reject(MemoryReject::StackVariableUnprivileged {
                reg,
                var: p.var.tnum,
            }));
        }
        for (off, slot_idx, byte) in bytes_of(span) {
            self.stack_read(span.frame, slot_idx);
            let mark = self.stack_byte(span.frame, slot_idx, byte);
            let spilled_number = |v: &Self| {
                let slot = v
                    .state
                    .frame(span.frame)
                    .and_then(|f| f.stack.get(slot_idx));
                slot.and_then(|s| s.spilled())
                    .is_some_and(|r| r.scalar().is_some() || v.privileges.allow_ptr_leaks)
            };
            let ok = match mark {
                SlotByte::Misc | SlotByte::Zero => true,
                SlotByte::Invalid if self.privileges.allow_uninit_stack => true,
                SlotByte::Invalid | SlotByte::Spill => spilled_number(self),
                SlotByte::Dynptr | SlotByte::Iter | SlotByte::IrqFlag => false,
            };
            if !ok {
                let index = i64::from(off.wrapping_sub(span.min));
                return Err(match variable {
                    false => self.reject(MemoryReject::StackReadReg {
                        reg,
                        off: i64::from(span.min),
                        index,
                        size,
                    }),
                    true => self.reject(MemoryReject::StackReadVariable {
                        reg,
                        var: p.var.tnum,
                        index,
                        size,
                    }),
                });
            }
            if access == AccessType::Write {
                self.clobber_byte(span.frame, slot_idx, byte, mark);
            }
        }
        Ok(())
    }

    /// A callee may write this byte.
    fn clobber_byte(&mut self, frame: u8, slot_idx: SlotIdx, byte: usize, mark: SlotByte) {
        let unknown = self.unknown_scalar();
        let slot = self
            .state
            .frame_mut(frame)
            .and_then(|f| f.stack.get_mut(slot_idx));
        let Some(slot) = slot else { return };
        if let (SlotByte::Spill, Some(spilled)) = (mark, slot.spilled_mut()) {
            *spilled = Register::Scalar(unknown);
            scrub(slot);
        } else if let Some(b) = slot.bytes.get_mut(byte) {
            *b = SlotByte::Misc;
        }
    }

    /// An unknown number as a stack slot or register holds it.
    pub(super) fn unknown_scalar(&self) -> Scalar {
        Scalar {
            precise: !self.privileges.bpf,
            ..Scalar::UNKNOWN
        }
    }
}

/// The marks of a span within one slot, lowest address first.
fn span_bytes(span: StackSpan, slot: &StackSlot) -> impl Iterator<Item = SlotByte> {
    bytes_of(span).filter_map(|(_, _, byte)| slot.bytes.get(byte).copied())
}

/// The slot no longer holds what it held: bytes that were written are data of unknown content.
pub(super) fn scrub(slot: &mut StackSlot) {
    for b in &mut slot.bytes {
        if *b != SlotByte::Invalid {
            *b = SlotByte::Misc;
        }
    }
    slot.content = crate::stack::SlotContent::Bytes;
}
