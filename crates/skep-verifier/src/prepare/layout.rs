//! Jumps stay inside their function, and functions end in an instruction that leaves.

use crate::reject::{Check, ControlReject};
use crate::state::InsnIdx;
use crate::verifier::Verifier;
use skep_isa::opcode;
use skep_uapi::HelperId;

impl Verifier<'_> {
    pub(super) fn check_layout(&mut self) -> Check {
        for number in 0..self.subprogs.len() {
            let Some((start, end)) = self.subprogs.get(number).map(|s| (s.start, s.end)) else {
                break;
            };
            for index in start.index()..end.index() {
                self.check_slot_layout(number, InsnIdx(index as u32), start, end)?;
            }
        }
        Ok(())
    }

    fn check_slot_layout(
        &mut self,
        number: usize,
        at: InsnIdx,
        start: InsnIdx,
        end: InsnIdx,
    ) -> Check {
        let insn = self.insns.get(at.index()).copied().unwrap_or_default();
        let tail_call = insn.is_helper_call() && insn.imm.cast_unsigned() == HelperId::TAIL_CALL.0;
        let ld_abs = insn.class() == opcode::LD && matches!(insn.mode(), opcode::ABS | opcode::IND);
        if let Some(subprog) = self.subprogs.get_mut(number) {
            subprog.has_tail_call |= tail_call;
            subprog.tail_call_reachable |= tail_call;
            subprog.has_ld_abs |= ld_abs;
        }
        if let Some(distance) = insn.jump_offset() {
            let target = i64::from(at.0) + 1 + i64::from(distance);
            if target < i64::from(start.0) || target >= i64::from(end.0) {
                return Err(self.reject(ControlReject::JumpOutOfRange {
                    from: at.0,
                    to: target,
                }));
            }
        }
        let leaves = matches!(
            insn.code,
            opcode::INSN_EXIT | opcode::INSN_JA | opcode::INSN_JA32
        );
        if at.next() == end && !leaves {
            return Err(self.reject(ControlReject::LastInsn));
        }
        Ok(())
    }
}
