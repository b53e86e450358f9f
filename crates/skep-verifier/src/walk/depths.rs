//! Stack depths as Linux reports them: after its rewriting, which removes dead functions and needs stack of its own.

use super::Verifier;
use crate::check::call::Seen;
use crate::prepare::Subprog;
use crate::reject::Check;
use alloc::vec::Vec;
use skep_isa::opcode;

/// Stack of a function with an inlined bpf_loop: three saved registers.
const LOOP_STACK: u32 = 24;
/// Stack of a function with may_goto: a counter and a time stamp.
const MAY_GOTO_STACK: u32 = 16;
const THROW: &str = "bpf_throw";

impl Verifier<'_> {
    /// Bytes per function, of a rejected program as the walk left them.
    pub(super) fn reported_depths(&self, verdict: &Check) -> Vec<u32> {
        if verdict.is_err() {
            return self.subprogs.iter().map(|s| s.stack_depth).collect();
        }
        let kept = |s: &&Subprog| !self.privileges.bpf || self.is_seen(s);
        let kept = self.subprogs.iter().filter(kept);
        let mut depths: Vec<u32> = kept.map(|s| self.rewritten_depth(s)).collect();
        let own_callback = self.subprogs.iter().any(|s| s.is_exception_callback);
        if !own_callback && self.throws() {
            // The function that ends the program for an exception.
            depths.push(0);
        }
        depths
    }

    fn is_seen(&self, subprog: &Subprog) -> bool {
        let body = self.aux.get(subprog.start.index()..subprog.end.index());
        body.is_some_and(|aux| aux.iter().any(|a| a.seen))
    }

    fn rewritten_depth(&self, subprog: &Subprog) -> u32 {
        let mut depth = subprog.stack_depth;
        let body = subprog.start.index()..subprog.end.index();
        let aux = self.aux.get(body.clone()).unwrap_or_default();
        if aux
            .iter()
            .any(|a| matches!(a.call.plain_loop, Seen::Always(_)))
        {
            depth = depth.next_multiple_of(8) + LOOP_STACK;
        }
        let insns = self.insns.get(body).unwrap_or_default();
        let mut seen = insns.iter().zip(aux).filter(|(_, a)| a.seen);
        if seen.any(|(i, _)| i.code == opcode::INSN_MAY_GOTO && i.off != 0) {
            depth += MAY_GOTO_STACK;
        }
        depth
    }

    fn throws(&self) -> bool {
        let mut seen = self.insns.iter().zip(&self.aux).filter(|(_, a)| a.seen);
        seen.any(|(i, _)| i.is_kfunc_call() && self.kfunc_name(i.imm, i.off) == Some(THROW))
    }
}
