//! bpf_fastcall patterns: spills before a call and fills after it that a caller who trusts the contract does not need.
//!
//! ```text
//!   *(u64 *)(r10 -16) = r1      distance 2
//!   *(u64 *)(r10 -24) = r2      distance 1     (offset: the lowest of the function)
//!   call f
//!   r2 = *(u64 *)(r10 -24)      distance 1
//!   r1 = *(u64 *)(r10 -16)      distance 2
//! ```

use super::marks::Marks;
use crate::state::{InsnIdx, SubprogIdx};
use crate::verifier::Verifier;
use skep_isa::{RawInsn, opcode};

const FP: u8 = 10;
const SLOT: i16 = 8;
/// r0 to r5.
const CALLER_SAVED: u16 = 0x3f;
/// Longest pattern, in pairs.
const MAX_PAIRS: u32 = 6;
/// Below any offset: no stack is used by patterns alone.
const NO_PATTERNS: i32 = i16::MIN as i32;

fn is_spill(insn: RawInsn) -> bool {
    insn.code == opcode::STX | opcode::MEM | opcode::DW && insn.dst() == FP
}

fn is_fill(insn: RawInsn) -> bool {
    insn.code == opcode::LDX | opcode::MEM | opcode::DW && insn.src() == FP
}

impl Verifier<'_> {
    pub(super) fn mark_fastcall_patterns(&mut self) {
        for number in 0..self.subprogs.len() {
            let subprog = SubprogIdx(number as u16);
            let Some((start, end)) = self.subprog(subprog).map(|s| (s.start, s.end)) else {
                continue;
            };
            let body = start.index()..end.index();
            let lowest = body
                .clone()
                .filter_map(|i| self.insns.get(i))
                .filter(|i| is_spill(**i))
                .map(|i| i.off)
                .min();
            let lowest = lowest.unwrap_or(0).min(0);
            for index in body {
                let insn = self.insns.get(index).copied().unwrap_or_default();
                if insn.is_helper_call() || insn.is_kfunc_call() {
                    self.mark_pattern(subprog, InsnIdx(index as u32), insn, lowest);
                }
            }
        }
    }

    fn mark_pattern(&mut self, subprog: SubprogIdx, call: InsnIdx, insn: RawInsn, lowest: i16) {
        let Some(contract) = self.fastcall_contract(insn) else {
            return;
        };
        let mut expected = CALLER_SAVED & !contract.clobbered;
        let mut pairs = 0;
        for distance in 1..=MAX_PAIRS {
            let off = lowest.wrapping_add(SLOT.wrapping_mul((distance as i16).wrapping_sub(1)));
            let (before, after) = (call.0.wrapping_sub(distance), call.0.wrapping_add(distance));
            let (Some(spill), Some(fill)) =
                (self.insn_in(subprog, before), self.insn_in(subprog, after))
            else {
                break;
            };
            let reg = spill.src();
            let pair = is_spill(spill)
                && is_fill(fill)
                && spill.off == off
                && fill.off == off
                && fill.dst() == reg;
            if !pair || expected & 1u16.checked_shl(reg.into()).unwrap_or(0) == 0 {
                break;
            }
            expected &= !1u16.checked_shl(reg.into()).unwrap_or(0);
            self.mark(InsnIdx(before), Marks::FASTCALL);
            self.mark(InsnIdx(after), Marks::FASTCALL);
            pairs = distance;
        }
        if pairs == 0 {
            return;
        }
        let end = i32::from(lowest) + 8 * pairs as i32;
        if contract.relied_on
            && let Some(aux) = self.aux.get_mut(call.index())
        {
            aux.fastcall_pairs = pairs as u8;
        }
        if let Some(s) = self.subprog_mut(subprog) {
            s.keep_fastcall_stack |= !contract.relied_on;
            s.fastcall_end = s.fastcall_end.min(end);
        }
    }

    fn insn_in(&self, subprog: SubprogIdx, at: u32) -> Option<RawInsn> {
        let s = self.subprog(subprog)?;
        self.insns
            .get(at as usize)
            .copied()
            .filter(|_| (s.start.0..s.end.0).contains(&at))
    }

    /// The current instruction accesses a frame's stack at `off`: below the patterns' end, only patterns may.
    pub(crate) fn note_fastcall_access(&mut self, frame: u8, off: i32) {
        let Some(number) = self.state.frame(frame).map(|f| f.subprog) else {
            return;
        };
        if self.marks(self.at).contains(Marks::FASTCALL) {
            return;
        }
        let Some(subprog) = self.subprog_mut(number).filter(|s| off < s.fastcall_end) else {
            return;
        };
        subprog.fastcall_end = NO_PATTERNS;
        for index in subprog.start.index()..subprog.end.index() {
            if let Some(aux) = self.aux.get_mut(index) {
                aux.fastcall_pairs = 0;
                aux.marks -= Marks::FASTCALL;
            }
        }
    }

    /// After the walk: stack used only by spills that are dropped is not used.
    pub(crate) fn drop_fastcall_stack(&mut self) {
        for number in 0..self.subprogs.len() {
            let Some(subprog) = self.subprogs.get(number) else {
                continue;
            };
            let body = subprog.start.index()..subprog.end.index();
            let dropped = self
                .aux
                .get(body)
                .is_some_and(|aux| aux.iter().any(|a| a.fastcall_pairs > 0));
            if let Some(subprog) = self
                .subprogs
                .get_mut(number)
                .filter(|s| dropped && !s.keep_fastcall_stack)
            {
                subprog.stack_depth = subprog.fastcall_end.unsigned_abs();
            }
        }
    }
}
