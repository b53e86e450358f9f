//! Comparing frames: live registers, then the stack byte by byte.

use super::equal::Level;
use super::ids::IdMap;
use crate::register::{PacketRange, Pointer, Register, Scalar, Target};
use crate::stack::{SlotByte, SlotContent, SlotIdx, Stack, StackSlot};
use crate::state::Frame;
use crate::verifier::Verifier;

/// One comparison of two states.
pub(super) struct Comparison<'c, 'v> {
    pub(super) verifier: &'c Verifier<'v>,
    pub(super) ids: &'c mut IdMap,
    pub(super) level: Level,
}

impl Comparison<'_, '_> {
    /// Whether `old` covers `cur`, where the registers of `live` (bits) may still be read.
    pub(super) fn frames_match(&mut self, old: &Frame, cur: &Frame, live: u16) -> bool {
        if old.callback_depth > cur.callback_depth {
            return false;
        }
        let mut registers = old.regs.iter().zip(cur.regs.iter()).enumerate();
        registers.all(|(reg, (o, c))| live & (1 << reg) == 0 || self.registers_match(o, c))
            && self.stacks_match(&old.stack, &cur.stack)
    }

    fn registers_match(&mut self, old: &Register, cur: &Register) -> bool {
        if self.level == Level::Exact {
            return self.identical(old, cur);
        }
        match (old, cur) {
            (Register::Uninit, Register::Uninit) => true,
            (Register::Uninit, _) => self.level == Level::NotExact,
            (Register::Scalar(o), Register::Scalar(c)) => self.scalars_match(o, c),
            (Register::Pointer(o), Register::Pointer(c)) => self.pointers_match(o, c),
            (Register::Scalar(_) | Register::Pointer(_), _) => false,
        }
    }

    /// Identical in everything but precision; ids pair.
    fn identical(&mut self, old: &Register, cur: &Register) -> bool {
        match (old, cur) {
            (Register::Uninit, Register::Uninit) => true,
            (Register::Scalar(o), Register::Scalar(c)) => {
                o.range == c.range
                    && o.link.distance() == c.link.distance()
                    && self.ids.pair_scalars_exactly(o, c)
            }
            (Register::Pointer(o), Register::Pointer(c)) => self.same_pointer(o, c),
            _ => false,
        }
    }

    fn same_pointer(&mut self, old: &Pointer, cur: &Pointer) -> bool {
        let same = old.target == cur.target
            && old.flags == cur.flags
            && old.off == cur.off
            && old.var == cur.var;
        same && self.pointer_ids(old, cur)
    }

    fn pointer_ids(&mut self, old: &Pointer, cur: &Pointer) -> bool {
        self.ids.pair(old.id, cur.id) && self.ids.pair(old.ref_obj_id, cur.ref_obj_id)
    }

    fn scalars_match(&mut self, old: &Scalar, cur: &Scalar) -> bool {
        if self.verifier.explore_alu_limits {
            return old.range == cur.range
                && old.link.distance() == cur.link.distance()
                && self.ids.pair_scalars(old, cur);
        }
        if !old.precise && self.level == Level::NotExact {
            return true;
        }
        let linked_alike = old.id == 0 || old.link == cur.link;
        linked_alike && self.ids.pair_scalars(old, cur) && old.range.contains(&cur.range)
    }

    fn pointers_match(&mut self, old: &Pointer, cur: &Pointer) -> bool {
        if old.kind() != cur.kind() || old.flags != cur.flags {
            return false;
        }
        match (old.target, cur.target) {
            (Target::Packet { range: o }, Target::Packet { range: c })
            | (Target::PacketMeta { range: o }, Target::PacketMeta { range: c }) => {
                ranges_match(o, c)
                    && old.off == cur.off
                    && self.ids.pair(old.id, cur.id)
                    && old.var.contains(&cur.var)
            }
            (
                Target::MapKey { .. }
                | Target::MapValue { .. }
                | Target::Mem { .. }
                | Target::Buf
                | Target::TpBuffer,
                _,
            ) => {
                old.target == cur.target
                    && old.off == cur.off
                    && old.var.contains(&cur.var)
                    && self.pointer_ids(old, cur)
            }
            (Target::Arena, _) => true,
            // Everything else must be the same; a stack pointer into the same frame at the same place.
            _ => self.same_pointer(old, cur),
        }
    }

    fn stacks_match(&mut self, old: &Stack, cur: &Stack) -> bool {
        old.slots
            .iter()
            .enumerate()
            .all(|(index, slot)| self.slots_match(slot, cur.get(SlotIdx(index as u8))))
    }

    fn slots_match(&mut self, old: &StackSlot, cur: Option<&StackSlot>) -> bool {
        let exact = self.level != Level::NotExact;
        let mut tried_as_scalars = false;
        for (byte, &kind) in old.bytes.iter().enumerate() {
            let cur_kind = cur.and_then(|c| c.bytes.get(byte)).copied();
            if exact && cur_kind != Some(kind) {
                return false;
            }
            if kind == SlotByte::Invalid
                || (kind == SlotByte::Misc && self.verifier.privileges.allow_uninit_stack)
            {
                continue;
            }
            let (Some(cur), Some(cur_kind)) = (cur, cur_kind) else {
                return false;
            };
            if !core::mem::replace(&mut tried_as_scalars, true)
                && let (Some(o), Some(c)) = (self.as_scalar(old), self.as_scalar(cur))
            {
                return self.registers_match(&o, &c);
            }
            if kind == SlotByte::Misc && cur_kind == SlotByte::Zero {
                continue;
            }
            if kind != cur_kind {
                return false;
            }
            if byte == old.bytes.len() - 1 && !self.contents_match(&old.content, &cur.content) {
                return false;
            }
        }
        true
    }

    /// The number a whole slot stands for: a full spill of one, or any number where the bytes were written with something.
    fn as_scalar(&self, slot: &StackSlot) -> Option<Register> {
        if let Some(spilled @ Register::Scalar(_)) = slot.full_spill() {
            return Some(spilled.clone());
        }
        let uninit_counts = self.verifier.privileges.allow_uninit_stack;
        let any = slot
            .bytes
            .iter()
            .all(|b| *b == SlotByte::Misc || (uninit_counts && *b == SlotByte::Invalid));
        any.then_some(Register::UNKNOWN)
    }

    fn contents_match(&mut self, old: &SlotContent, cur: &SlotContent) -> bool {
        match (old, cur) {
            (SlotContent::Spilled(o), SlotContent::Spilled(c)) => self.registers_match(o, c),
            (SlotContent::Dynptr(o), SlotContent::Dynptr(c)) => {
                o.kind == c.kind && o.first == c.first && self.ids.pair(o.ref_obj_id, c.ref_obj_id)
            }
            (SlotContent::Iter(o), SlotContent::Iter(c)) => {
                o.ty == c.ty && o.state == c.state && self.ids.pair(o.ref_obj_id, c.ref_obj_id)
            }
            (SlotContent::Irq(o), SlotContent::Irq(c)) => {
                o.class == c.class && self.ids.pair(o.ref_obj_id, c.ref_obj_id)
            }
            // Plain bytes, whose marks were compared.
            _ => true,
        }
    }
}

fn ranges_match(old: PacketRange, cur: PacketRange) -> bool {
    if old.0 < 0 || cur.0 < 0 {
        old == cur
    } else {
        old <= cur
    }
}
