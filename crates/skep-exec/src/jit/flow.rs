//! Control flow inside a function: blocks, jumps, the budget of may_goto loops.

use std::collections::BTreeSet;

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, TrapCode, Value as ClifValue, types};

use super::calls::Returns;
use super::function::Body;
use super::runtime;
use crate::check::MAY_GOTO_POLL;
use crate::lower::{Function, Label, Op};

/// Is the block at hand still open?
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    /// Yes: the next operation goes into it.
    Open,
    /// No: what comes next begins a block of its own.
    Ended,
}

impl Body<'_, '_> {
    /// A conditional jump; one whose other way is dead is none.
    pub(super) fn branch(
        &mut self,
        index: usize,
        to: Label,
        condition: impl FnOnce(&mut Self) -> ClifValue,
    ) -> Flow {
        let next = index.saturating_add(1);
        if self.is_dead(to.index()) {
            return Flow::Open;
        }
        if self.is_dead(next) {
            self.goto(to);
            return Flow::Ended;
        }
        let condition = condition(self);
        match (
            self.blocks.get(&to.index()).copied(),
            self.blocks.get(&next).copied(),
        ) {
            (Some(taken), Some(next)) => {
                self.b.ins().brif(condition, taken, &[], next, &[]);
            }
            _ => self.dead_end(),
        }
        Flow::Ended
    }

    pub(super) fn goto(&mut self, to: Label) {
        match self.blocks.get(&to.index()).copied() {
            Some(block) => {
                self.b.ins().jump(block, &[]);
            }
            None => self.dead_end(),
        }
    }

    fn is_dead(&self, index: usize) -> bool {
        matches!(self.function.ops.get(index), None | Some(Op::Unreachable))
    }

    /// Ends a block that is never reached.
    pub(super) fn dead_end(&mut self) {
        self.b.ins().trap(TrapCode::unwrap_user(1));
    }

    /// Counts a round of a may_goto loop: is it the last?
    pub(super) fn may_goto_ends(&mut self) -> ClifValue {
        let Some(counter) = self.may_goto else {
            return self.b.ins().iconst(types::I8, 1);
        };
        // The counter stays at 0 once it is there.
        let old = self.b.use_var(counter);
        let spent = self.b.ins().icmp_imm_u(IntCC::Equal, old, 0);
        let less = self.b.ins().iadd_imm_s(old, -1);
        let left = self.b.ins().select(spent, old, less);
        self.b.def_var(counter, left);
        let flag = self.cancel_flag();
        let stopped = self.b.ins().icmp_imm_u(IntCC::NotEqual, flag, 0);
        let ended = self.b.ins().bor(spent, stopped);
        let low = self.b.ins().band_imm_u(left, i64::from(MAY_GOTO_POLL - 1));
        let due = self.b.ins().icmp_imm_u(IntCC::Equal, low, 0);
        let (poll, join) = (self.b.create_block(), self.b.create_block());
        let result = self.b.append_block_param(join, types::I8);
        self.b.set_cold_block(poll);
        self.b.ins().brif(due, poll, &[], join, &[ended.into()]);
        self.b.switch_to_block(poll);
        let polled = self.call_runtime(
            runtime::poll as *const () as usize,
            &[self.run],
            Returns::Flag,
        );
        let polled = self.b.ins().icmp_imm_u(IntCC::NotEqual, polled, 0);
        let ended = self.b.ins().bor(ended, polled);
        self.b.ins().jump(join, &[ended.into()]);
        self.b.switch_to_block(join);
        result
    }
}

/// Operations that begin a block: the first, targets, and what follows a jump.
pub(super) fn leaders(function: &Function) -> BTreeSet<usize> {
    let mut leaders = BTreeSet::from([0]);
    for (index, op) in function.ops.iter().enumerate() {
        match op {
            Op::Goto(to) => {
                leaders.insert(to.index());
            }
            Op::Branch { to, .. } | Op::MayGoto(to) => {
                leaders.insert(to.index());
                leaders.insert(index.saturating_add(1));
            }
            _ => {}
        }
    }
    leaders.retain(|leader| *leader < function.ops.len());
    leaders
}
