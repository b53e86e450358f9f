//! One instruction, backwards: what must have been asked for before it, given what is asked for after it.

use super::history::{HistoryEntry, HistoryFlags};
use super::request::Request;
use crate::reject::{Check, ControlReject};
use crate::state::InsnIdx;
use crate::verifier::Verifier;
use skep_isa::{RawInsn, opcode};
use skep_uapi::HelperId;

/// Whether the walk back can go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Backward {
    /// The request is now about the place before the instruction.
    Followed,
    /// It cannot be followed; everything must be precise.
    GiveUp,
}

use Backward::{Followed, GiveUp};

/// Number of the frame pointer, which is never asked for.
const FP: u8 = 10;

impl Verifier<'_> {
    /// Carries `request` from after the instruction at `at` (the next one executed being `next`) to before it.
    pub(super) fn backtrack_insn(
        &mut self,
        at: InsnIdx,
        next: Option<InsnIdx>,
        entry: Option<&HistoryEntry>,
        request: &mut Request,
    ) -> Check<Backward> {
        let insn = self.insns.get(at.index()).copied().unwrap_or_default();
        if insn.code == 0 {
            return Ok(Followed);
        }
        if self.log.wants_level2() {
            self.log_step(at, request);
        }
        let linked = entry.map_or(&[][..], HistoryEntry::linked);
        request.spread(linked);
        let outcome = match insn.class() {
            opcode::ALU | opcode::ALU64 => alu(insn, request),
            opcode::LDX => load(insn, entry, request),
            opcode::STX if is_load_acquire(insn) => load(insn, entry, request),
            opcode::ST | opcode::STX => store(insn, entry, request),
            opcode::JMP | opcode::JMP32 => match insn.op() {
                opcode::CALL => return self.backtrack_call(at, next, insn, request),
                opcode::EXIT => return self.backtrack_exit(next, request),
                _ => jump(insn, entry, request),
            },
            _ => return self.backtrack_ld(at, next, insn, request),
        };
        if let Some(outcome) = outcome {
            return Ok(outcome);
        }
        request.spread(linked);
        Ok(Followed)
    }

    fn log_step(&mut self, at: InsnIdx, request: &Request) {
        let frame = request.frame();
        let (registers, slots) = (request.registers_text(frame), request.slots_text(frame));
        self.log.message(&format_args!(
            "mark_precise: frame{frame}: regs={registers} stack={slots} before {}: ",
            at.0
        ));
        let text = self.insn_text(at);
        self.log.message(&text);
    }

    fn lost(&mut self, what: &'static str) -> crate::reject::Reject {
        self.reject(ControlReject::Bug { what })
    }

    fn backtrack_call(
        &mut self,
        at: InsnIdx,
        next: Option<InsnIdx>,
        insn: RawInsn,
        request: &mut Request,
    ) -> Check<Backward> {
        let straight = next == Some(at.next());
        if insn.is_subprog_call() && !self.calls_global(at, insn) {
            // The walk was in the callee and leaves it through its first instruction.
            if !request.wants_only_arguments() {
                return Err(self.lost("backtracking static subprog unexpected regs"));
            }
            return if request.arguments_to_caller() {
                Ok(Followed)
            } else {
                Err(self.lost("backtracking call from outermost frame"))
            };
        }
        if self.calls_callback(at) && !straight && !insn.is_subprog_call() {
            // From the callback's first instruction; r1 to r5 there are not arguments of this call.
            if !request.wants_only_arguments() {
                return Err(self.lost("backtracking callback unexpected regs"));
            }
            request.drop_arguments();
            return if request.leave_frame() {
                Ok(Followed)
            } else {
                Err(self.lost("backtracking callback from outermost frame"))
            };
        }
        if insn.is_kfunc_call() && insn.imm == 0 {
            return Ok(GiveUp);
        }
        request.drop_reg(request.frame(), 0);
        if request.wants_arguments() {
            return Err(self.lost("backtracking call unexpected regs"));
        }
        let simulated_return =
            insn.is_helper_call() && insn.imm.cast_unsigned() == HelperId::TAIL_CALL.0 && !straight;
        if simulated_return && !request.enter_frame() {
            return Err(self.lost("backtracking tail call beyond the innermost frame"));
        }
        Ok(Followed)
    }

    fn backtrack_exit(&mut self, next: Option<InsnIdx>, request: &mut Request) -> Check<Backward> {
        if next.is_some_and(|n| self.calls_callback(n)) {
            request.drop_arguments();
        }
        if request.wants_arguments() {
            return Err(self.lost("backtracking exit unexpected regs"));
        }
        let call = next
            .and_then(|n| n.index().checked_sub(1))
            .and_then(|i| self.insns.get(i));
        let returned = call.is_some_and(|c| c.is_subprog_call()) && request.wants(0);
        request.drop_reg(request.frame(), 0);
        if !request.enter_frame() {
            return Err(self.lost("backtracking exit beyond the innermost frame"));
        }
        if returned {
            request.add_reg(request.frame(), 0);
        }
        Ok(Followed)
    }

    fn backtrack_ld(
        &mut self,
        at: InsnIdx,
        next: Option<InsnIdx>,
        insn: RawInsn,
        request: &mut Request,
    ) -> Check<Backward> {
        let packet = matches!(insn.mode(), opcode::ABS | opcode::IND);
        if packet && next != Some(at.next()) {
            // The failed load left its function with r0 = 0.
            request.drop_reg(request.frame(), 0);
            return if request.enter_frame() {
                Ok(Followed)
            } else {
                Err(self.lost("backtracking load beyond the innermost frame"))
            };
        }
        let dst = if packet { 0 } else { insn.dst() };
        if !request.wants(dst) {
            return Ok(Followed);
        }
        request.drop_reg(request.frame(), dst);
        Ok(if packet { GiveUp } else { Followed })
    }

    fn calls_global(&self, at: InsnIdx, insn: RawInsn) -> bool {
        let target = at.0.wrapping_add(1).wrapping_add_signed(insn.imm);
        self.subprog_at(InsnIdx(target))
            .and_then(|s| self.subprog(s))
            .is_some_and(|s| s.is_global())
    }
}

fn is_load_acquire(insn: RawInsn) -> bool {
    insn.mode() == opcode::ATOMIC && insn.imm == opcode::LOAD_ACQ
}

/// `Some`: nothing more to do; `None`: linked numbers are to be looked at again.
fn alu(insn: RawInsn, request: &mut Request) -> Option<Backward> {
    let (dst, src, frame) = (insn.dst(), insn.src(), request.frame());
    if !request.wants(dst) {
        return Some(Followed);
    }
    match insn.op() {
        opcode::NEG | opcode::END => return Some(Followed),
        opcode::MOV => request.drop_reg(frame, dst),
        _ => {}
    }
    if insn.source() == opcode::X && src != FP {
        request.add_reg(frame, src);
    }
    None
}

fn load(insn: RawInsn, entry: Option<&HistoryEntry>, request: &mut Request) -> Option<Backward> {
    if !request.wants(insn.dst()) {
        return Some(Followed);
    }
    request.drop_reg(request.frame(), insn.dst());
    let (frame, slot) = match entry.and_then(|e| e.stack) {
        Some(stack) => stack,
        None => return Some(Followed),
    };
    request.add_slot(frame, slot);
    None
}

fn store(insn: RawInsn, entry: Option<&HistoryEntry>, request: &mut Request) -> Option<Backward> {
    if request.wants(insn.dst()) {
        return Some(GiveUp);
    }
    let (frame, slot) = match entry.and_then(|e| e.stack) {
        Some(stack) => stack,
        None => return Some(Followed),
    };
    if !request.wants_slot(frame, slot) {
        return Some(Followed);
    }
    request.drop_slot(frame, slot);
    if insn.class() == opcode::STX {
        request.add_reg(request.frame(), insn.src());
    }
    None
}

fn jump(insn: RawInsn, entry: Option<&HistoryEntry>, request: &mut Request) -> Option<Backward> {
    let two_registers =
        insn.source() == opcode::X && !matches!(insn.op(), opcode::JA | opcode::JCOND);
    if !two_registers {
        return None;
    }
    let (dst, src, frame) = (insn.dst(), insn.src(), request.frame());
    if !request.wants(dst) && !request.wants(src) {
        return Some(Followed);
    }
    let flags = entry.map_or(HistoryFlags::empty(), |e| e.flags);
    if !flags.contains(HistoryFlags::SRC_IS_STACK) {
        request.add_reg(frame, src);
    }
    if !flags.contains(HistoryFlags::DST_IS_STACK) {
        request.add_reg(frame, dst);
    }
    None
}
