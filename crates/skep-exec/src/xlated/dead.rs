//! Dead code as Linux treats it: removed for loaders with CAP_BPF, else overwritten.

use skep_isa::{RawInsn, opcode};
use skep_verifier::VerifiedProgram;

/// An instruction that stays, and where it jumps to in the program as loaded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Live {
    pub(super) at: u32,
    pub(super) insn: RawInsn,
    pub(super) target: Option<u32>,
    /// No path reaches it; it is there because nothing is removed.
    pub(super) dead: bool,
}

/// What dead instructions become where they are not removed: a jump to itself.
const TRAP: RawInsn = RawInsn::new(opcode::INSN_JA, 0, 0, -1, 0);
const NOP: RawInsn = RawInsn::new(opcode::INSN_JA, 0, 0, 0, 0);

/// The instructions that stay.
pub(super) fn live(program: &VerifiedProgram) -> Vec<Live> {
    let capable = program.loaded_with_cap_bpf();
    let facts = program.facts();
    let seen = |at: u32| facts.get(at as usize).is_some_and(|facts| facts.seen);
    let mut insns = program.insns().to_vec();
    drop_fastcall_pairs(program, &mut insns);
    let mut live = Vec::with_capacity(insns.len());
    let mut at = 0u32;
    while let Some(insn) = insns.get(at as usize).copied() {
        let slots = if insn.is_ld_imm64() { 2 } else { 1 };
        if seen(at) {
            let mut one = Live {
                at,
                insn,
                target: target(at, insn),
                dead: false,
            };
            if capable {
                decide(&mut one, seen);
            }
            live.push(one);
        } else if !capable {
            live.extend((at..at.saturating_add(slots)).map(|at| Live {
                at,
                insn: TRAP,
                target: None,
                dead: true,
            }));
        }
        at = at.saturating_add(slots);
    }
    if capable {
        remove_nops(&mut live);
    }
    live
}

fn target(at: u32, insn: RawInsn) -> Option<u32> {
    let next = at.saturating_add(1);
    insn.jump_offset()
        .map(|off| next.saturating_add_signed(off))
}

/// A conditional jump of which one way is dead always goes the other.
fn decide(live: &mut Live, seen: impl Fn(u32) -> bool) {
    let Some(target) = live.target else {
        return;
    };
    let code = live.insn.code;
    if code == opcode::INSN_JA || code == opcode::INSN_JA32 {
        return;
    }
    let next = live.at.saturating_add(1);
    if !seen(next) {
        live.insn = NOP;
    } else if !seen(target) {
        live.insn = NOP;
        live.target = Some(next);
    }
}

/// Spills before and fills after calls that keep their registers do nothing.
fn drop_fastcall_pairs(program: &VerifiedProgram, insns: &mut [RawInsn]) {
    for (call, facts) in program.listing_facts().iter().enumerate() {
        for distance in 1..=usize::from(facts.fastcall_pairs) {
            for at in [call.checked_sub(distance), call.checked_add(distance)] {
                if let Some(insn) = at.and_then(|at| insns.get_mut(at)) {
                    *insn = NOP;
                }
            }
        }
    }
}

/// Jumps to the next instruction go; one that only becomes such by a removal behind it stays, unless that was a may_goto.
fn remove_nops(live: &mut Vec<Live>) {
    // The index each kept instruction had: everything between the last of them and `next` is gone.
    let mut kept: Vec<usize> = Vec::with_capacity(live.len());
    for index in 0..live.len() {
        kept.push(index);
        let next = index.saturating_add(1);
        while let Some(last) = kept.last().copied()
            && let Some(one) = live.get(last)
            && goes_to_next(live, one, last, next)
        {
            kept.pop();
            if one.insn.code != opcode::INSN_MAY_GOTO {
                break;
            }
        }
    }
    let mut kept = kept.into_iter().peekable();
    let mut index = 0usize;
    live.retain(|_| {
        let keep = kept.next_if_eq(&index).is_some();
        index = index.saturating_add(1);
        keep
    });
}

/// Whether this is a jump that lands in what is gone before `next`, or there.
fn goes_to_next(live: &[Live], one: &Live, index: usize, next: usize) -> bool {
    let jumps = matches!(one.insn.code, opcode::INSN_JA | opcode::INSN_MAY_GOTO);
    let lands = |target: u32| live.partition_point(|one| one.at < target);
    jumps
        && one
            .target
            .is_some_and(|target| lands(target) > index && lands(target) <= next)
}
