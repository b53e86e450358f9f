//! The control-flow walk: every instruction must be reachable, and what jumps mean for the walk proper is marked.

use super::calls::CallEffects;
use super::marks::Marks;
use super::subprogs::is_func_reference;
use crate::reject::{Check, ControlReject};
use crate::state::InsnIdx;
use crate::verifier::Verifier;
use alloc::vec;
use alloc::vec::Vec;
use skep_isa::{RawInsn, opcode};

/// How far an instruction is explored.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Explored {
    No,
    OnPath,
    Done,
}

/// An edge out of an instruction.
#[derive(Clone, Copy)]
struct Edge {
    to: i64,
    kind: EdgeKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum EdgeKind {
    /// Falls through (or jumps unconditionally).
    Only,
    /// A jump target or a callee's entry.
    Branch,
}

const JUMPED_TO: Marks = Marks::PRUNE_POINT.union(Marks::JUMP_POINT);

struct Walk {
    explored: Vec<Explored>,
    /// Instructions on the current path, with the number of edges already taken.
    path: Vec<(InsnIdx, usize)>,
}

impl Verifier<'_> {
    pub(super) fn walk_control_flow(&mut self) -> Check {
        let mut walk = Walk {
            explored: vec![Explored::No; self.insns.len()],
            path: Vec::new(),
        };
        self.explore_from(InsnIdx(0), &mut walk)?;
        let callback = self
            .subprogs
            .iter()
            .find(|s| s.is_exception_callback)
            .map(|s| s.start);
        if let Some(start) =
            callback.filter(|s| walk.explored.get(s.index()) == Some(&Explored::No))
        {
            self.explore_from(start, &mut walk)?;
        }
        self.check_all_reached(&walk.explored)?;
        if let Some(main) = self.subprogs.first() {
            self.traits.changes_pkt_data = main.changes_pkt_data;
            self.traits.might_sleep = main.might_sleep;
        }
        Ok(())
    }

    fn check_all_reached(&mut self, explored: &[Explored]) -> Check {
        let mut index = 0;
        while let Some(insn) = self.insns.get(index).copied() {
            if explored.get(index) != Some(&Explored::Done) {
                return Err(self.reject(ControlReject::Unreachable { insn: index }));
            }
            if insn.is_ld_imm64() {
                if explored.get(index + 1).is_some_and(|e| *e != Explored::No) {
                    return Err(self.reject(ControlReject::IntoLdImm64 { insn: index }));
                }
                index += 1;
            }
            index += 1;
        }
        Ok(())
    }

    fn explore_from(&mut self, root: InsnIdx, walk: &mut Walk) -> Check {
        if let Some(state) = walk.explored.get_mut(root.index()) {
            *state = Explored::OnPath;
            walk.path.push((root, 0));
        }
        while let Some((at, taken)) = walk.path.last_mut() {
            let (at, nth) = (*at, *taken);
            *taken += 1;
            if nth == 0 {
                self.mark_insn(at);
            }
            let Some(edge) = self.edge(at, nth) else {
                if let Some(state) = walk.explored.get_mut(at.index()) {
                    *state = Explored::Done;
                }
                walk.path.pop();
                continue;
            };
            self.take_edge(at, edge, walk)?;
        }
        Ok(())
    }

    fn take_edge(&mut self, at: InsnIdx, edge: Edge, walk: &mut Walk) -> Check {
        let to = u32::try_from(edge.to)
            .ok()
            .map(InsnIdx)
            .filter(|t| t.index() < self.insns.len());
        let Some(to) = to else {
            self.log_source_prefix(at);
            return Err(self.reject(ControlReject::JumpOutOfRange {
                from: at.0,
                to: edge.to,
            }));
        };
        if edge.kind == EdgeKind::Branch {
            self.mark(to, JUMPED_TO);
        }
        self.merge_callee_effects(at, to, edge.kind);
        match walk.explored.get_mut(to.index()) {
            Some(state @ Explored::No) => {
                *state = Explored::OnPath;
                walk.path.push((to, 0));
            }
            Some(Explored::OnPath) if !self.privileges.bpf => {
                self.log_source_prefix(at);
                self.log_source_prefix(to);
                return Err(self.reject(ControlReject::BackEdge {
                    from: at.0,
                    to: to.0,
                }));
            }
            Some(Explored::OnPath | Explored::Done) | None => {}
        }
        Ok(())
    }

    /// Edges in the order they are explored.
    fn edge(&self, at: InsnIdx, nth: usize) -> Option<Edge> {
        let insn = self.insns.get(at.index()).copied().unwrap_or_default();
        let here = i64::from(at.0);
        let next = Edge {
            to: here + if insn.is_ld_imm64() { 2 } else { 1 },
            kind: EdgeKind::Only,
        };
        let callee = Edge {
            to: here + 1 + i64::from(insn.imm),
            kind: EdgeKind::Branch,
        };
        let jump = |kind| Edge {
            to: here + 1 + i64::from(insn.jump_offset().unwrap_or(0)),
            kind,
        };
        let is_jump_class = matches!(insn.class(), opcode::JMP | opcode::JMP32);
        match (nth, insn.op()) {
            (0, opcode::EXIT) if is_jump_class => None,
            (0, opcode::JA) if is_jump_class => Some(jump(EdgeKind::Only)),
            (0, _) => Some(next),
            (1, _) if insn.is_subprog_call() || is_func_reference(insn) => Some(callee),
            (1, opcode::CALL | opcode::EXIT | opcode::JA) => None,
            (1, _) if is_jump_class => Some(jump(EdgeKind::Branch)),
            _ => None,
        }
    }

    /// Marks that depend on the instruction alone.
    fn mark_insn(&mut self, at: InsnIdx) {
        let insn = self.insns.get(at.index()).copied().unwrap_or_default();
        if is_func_reference(insn) {
            self.mark(at, Marks::PRUNE_POINT);
            self.mark(at.next().next(), JUMPED_TO);
        }
        if !matches!(insn.class(), opcode::JMP | opcode::JMP32) {
            return;
        }
        match insn.op() {
            opcode::EXIT => {}
            opcode::JA => {
                let target = at
                    .next()
                    .0
                    .wrapping_add_signed(insn.jump_offset().unwrap_or(0));
                self.mark(InsnIdx(target), JUMPED_TO);
            }
            opcode::CALL => self.mark_call(at, insn),
            opcode::JCOND => self.mark(
                at,
                Marks::PRUNE_POINT | Marks::FORCE_CHECKPOINT | Marks::MAY_GOTO,
            ),
            _ => self.mark(at, Marks::PRUNE_POINT),
        }
    }

    fn mark_call(&mut self, at: InsnIdx, insn: RawInsn) {
        self.mark(at.next(), JUMPED_TO);
        if insn.is_subprog_call() || self.is_async_callback_call(insn) {
            self.mark(at, Marks::PRUNE_POINT);
        }
        if self.is_sync_callback_call(insn) {
            self.mark(
                at,
                JUMPED_TO | Marks::CALLS_CALLBACK | Marks::FORCE_CHECKPOINT,
            );
        }
        if self.is_iter_next_call(insn) {
            self.mark(
                at,
                Marks::PRUNE_POINT | Marks::FORCE_CHECKPOINT | Marks::CALLS_NEXT,
            );
        }
        let effects = self.call_effects(insn);
        self.add_effects(at, effects);
    }

    fn add_effects(&mut self, at: InsnIdx, effects: CallEffects) {
        let number = self.subprog_of(at);
        if let Some(subprog) = self.subprog_mut(number) {
            subprog.might_sleep |= effects.might_sleep;
            subprog.changes_pkt_data |= effects.changes_pkt_data;
        }
    }

    /// What a callee does its caller does.
    fn merge_callee_effects(&mut self, at: InsnIdx, to: InsnIdx, kind: EdgeKind) {
        let insn = self.insns.get(at.index()).copied().unwrap_or_default();
        if kind != EdgeKind::Branch || !(insn.is_subprog_call() || is_func_reference(insn)) {
            return;
        }
        let callee = self.subprog(self.subprog_of(to));
        let effects = callee.map_or_else(CallEffects::default, |s| CallEffects {
            might_sleep: s.might_sleep,
            changes_pkt_data: s.changes_pkt_data,
        });
        self.add_effects(at, effects);
    }
}
