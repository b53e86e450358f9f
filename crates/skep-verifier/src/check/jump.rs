//! Conditional jumps: which way they can go, and what each way teaches.

use super::linked::{self, LinkedPlace};
use super::null_check::{Nullness, is_never_null};
use super::packet_range;
use crate::precision::HistoryFlags;
use crate::register::{Register, Scalar, TargetKind};
use crate::reject::{Check, ValueReject};
use crate::scalar::{self, Refined, ScalarRange, Taken};
use crate::state::{Execution, InsnIdx, State};
use crate::verifier::{Flow, Verifier};
use alloc::vec::Vec;
use skep_isa::{CondOp, RawInsn, Width, opcode};

/// A decoded comparison.
#[derive(Clone, Copy)]
struct Comparison {
    insn: RawInsn,
    op: CondOp,
    width: Width,
    /// The number in the instruction; `None`: r`src`.
    imm: Option<i32>,
}

impl Comparison {
    fn decode(insn: RawInsn) -> Option<Comparison> {
        let width = if insn.class() == opcode::JMP {
            Width::W64
        } else {
            Width::W32
        };
        let imm = (insn.source() == opcode::K).then_some(insn.imm);
        CondOp::from_op(insn.op()).map(|op| Comparison {
            insn,
            op,
            width,
            imm,
        })
    }

    fn src_register(&self) -> Option<u8> {
        self.imm.is_none().then(|| self.insn.src())
    }
}

impl Verifier<'_> {
    /// Where the current instruction jumps to.
    pub(crate) fn jump_target(&self, insn: RawInsn) -> InsnIdx {
        let distance = insn.jump_offset().unwrap_or(0);
        InsnIdx(self.at.next().0.wrapping_add_signed(distance))
    }

    /// A conditional jump (may_goto is the walk's).
    pub(super) fn check_jump(&mut self, insn: RawInsn) -> Check<Flow> {
        let Some(cmp) = Comparison::decode(insn) else {
            return Err(self.reject(ValueReject::JumpOpcode { op: insn.op() }));
        };
        let (dst, src) = self.check_jump_operands(&cmp)?;
        let target = self.jump_target(insn);
        if let Some(taken) = predict(&cmp, &dst, &src) {
            return self.follow_decided(&cmp, target, taken);
        }
        self.note_edges(true, true);
        let linked = self.collect_jump_links(&cmp);
        let mut taken = self.state.clone();
        self.refine_numbers(&cmp, &mut taken, &linked)?;
        self.refine_pointers(&cmp, &mut taken)?;
        self.push_state(taken, target)?;
        self.log_jump_state();
        Ok(Flow::Next)
    }

    /// Encoding and operands, in Linux's order; gives both operands.
    fn check_jump_operands(&mut self, cmp: &Comparison) -> Check<(Register, Register)> {
        let insn = cmp.insn;
        self.check_reg_readable(insn.dst())?;
        let reserved = if cmp.imm.is_some() {
            insn.src() != 0
        } else {
            insn.imm != 0
        };
        if reserved {
            return Err(self.reject(ValueReject::JumpReserved));
        }
        let Some(imm) = cmp.imm else {
            self.check_reg_readable(insn.src())?;
            let (dst, src) = (
                self.state.reg(insn.dst()).clone(),
                self.state.reg(insn.src()).clone(),
            );
            if self.leaks_pointer(insn.src()) && !(is_packet(&dst) && is_packet(&src)) {
                return Err(self.reject(ValueReject::PointerComparison { reg: insn.src() }));
            }
            self.note_pointer_operands(&dst, &src);
            return Ok((dst, src));
        };
        let imm = Register::Scalar(Scalar::new(ScalarRange::immediate(imm)));
        let dst = self.state.reg(insn.dst()).clone();
        self.note_pointer_operands(&dst, &imm);
        Ok((dst, imm))
    }

    /// Precision tracking must know which operands are stack pointers: they have no value to follow.
    fn note_pointer_operands(&mut self, dst: &Register, src: &Register) {
        let on_stack = |r: &Register| r.pointer().is_some_and(|p| p.kind() == TargetKind::Stack);
        let mut flags = HistoryFlags::empty();
        flags.set(HistoryFlags::DST_IS_STACK, on_stack(dst));
        flags.set(HistoryFlags::SRC_IS_STACK, on_stack(src));
        if !flags.is_empty() {
            self.note_stack_operands(flags);
        }
    }

    /// The outcome is known: one edge is followed, the other only as a misprediction.
    fn follow_decided(&mut self, cmp: &Comparison, target: InsnIdx, taken: bool) -> Check<Flow> {
        for reg in [Some(cmp.insn.dst()), cmp.src_register()]
            .into_iter()
            .flatten()
        {
            if self.state.reg(reg).scalar().is_some() {
                self.mark_precise(reg)?;
            }
        }
        self.note_edges(!taken, taken);
        let (followed, other) = if taken {
            (Flow::Goto(target), self.at.next())
        } else {
            (Flow::Next, target)
        };
        self.push_mispredicted(cmp.insn, other)?;
        self.log_jump_state();
        Ok(followed)
    }

    fn note_edges(&mut self, fallthrough: bool, taken: bool) {
        if self.state.execution == Execution::Architectural
            && let Some(aux) = self.aux_mut()
        {
            aux.edges.fallthrough |= fallthrough;
            aux.edges.taken |= taken;
        }
    }

    /// The numbers linked to the operands, noted for precision tracking where there are several.
    fn collect_jump_links(&mut self, cmp: &Comparison) -> Vec<LinkedPlace> {
        let mut linked = Vec::new();
        for reg in [cmp.src_register(), Some(cmp.insn.dst())]
            .into_iter()
            .flatten()
        {
            if let Some(id) = self
                .state
                .reg(reg)
                .scalar()
                .map(|s| s.id)
                .filter(|id| *id != 0)
            {
                self.collect_linked(id, &mut linked);
            }
        }
        if linked.len() > 1 {
            self.note_linked(&linked);
        }
        linked
    }

    /// Two numbers: both edges narrow both, and all that is linked to them.
    fn refine_numbers(
        &mut self,
        cmp: &Comparison,
        taken: &mut State,
        linked: &[LinkedPlace],
    ) -> Check {
        let (dst, src) = (cmp.insn.dst(), cmp.src_register());
        let Some(a) = self.state.reg(dst).scalar().map(|s| s.range) else {
            return Ok(());
        };
        let b = match (cmp.imm, src) {
            (Some(imm), _) => ScalarRange::immediate(imm),
            (None, Some(reg)) => match self.state.reg(reg).scalar() {
                Some(s) => s.range,
                None => return Ok(()),
            },
            (None, None) => return Ok(()),
        };
        let itself = src == Some(dst);
        let jump = self.refined(cmp, a, b, Taken::Jump, itself, ["true_reg1", "true_reg2"])?;
        let fall = self.refined(
            cmp,
            a,
            b,
            Taken::FallThrough,
            itself,
            ["false_reg1", "false_reg2"],
        )?;
        let fallthrough = &mut self.state;
        for (state, (a, b)) in [(&mut *fallthrough, fall), (taken, jump)] {
            if let Some(s) = state.reg_mut(dst).and_then(Register::scalar_mut) {
                s.range = a;
            }
            if let Some(s) = src
                .filter(|_| !itself)
                .and_then(|reg| state.reg_mut(reg))
                .and_then(Register::scalar_mut)
            {
                s.range = b;
            }
            for reg in [src, Some(dst)].into_iter().flatten() {
                linked::propagate(state, reg, linked);
            }
        }
        Ok(())
    }

    /// Both ranges after one edge.
    fn refined(
        &mut self,
        cmp: &Comparison,
        mut a: ScalarRange,
        mut b: ScalarRange,
        edge: Taken,
        itself: bool,
        names: [&'static str; 2],
    ) -> Check<(ScalarRange, ScalarRange)> {
        let _: Refined = if itself {
            scalar::refine_self(cmp.op, cmp.width, &mut a, edge)
        } else {
            scalar::refine(cmp.op, cmp.width, &mut a, &mut b, edge)
        };
        let [name_a, name_b] = names;
        let a = self.sane(a, name_a)?;
        // One register on both sides is checked twice, the second time as the first check left it.
        let b = self.sane(if itself { a } else { b }, name_b)?;
        Ok((if itself { b } else { a }, b))
    }

    /// A pointer is involved: null checks and packet bounds.
    fn refine_pointers(&mut self, cmp: &Comparison, taken: &mut State) -> Check {
        let dst = cmp.insn.dst();
        let equality = match cmp.op {
            CondOp::Eq => Some((Nullness::NonNull, Nullness::Null)),
            CondOp::Ne => Some((Nullness::Null, Nullness::NonNull)),
            _ => None,
        };
        if cmp.width == Width::W64
            && let (Some(src), Some((if_fallthrough, if_taken))) = (cmp.src_register(), equality)
        {
            self.equal_pointers(dst, src, if_fallthrough, if_taken, taken);
        }
        let maybe_null = self
            .state
            .reg(dst)
            .pointer()
            .is_some_and(|p| p.maybe_null());
        if cmp.width == Width::W64
            && cmp.imm == Some(0)
            && maybe_null
            && let Some((if_fallthrough, if_taken)) = equality
        {
            let mut fallthrough = self.state.clone();
            self.resolve_null(&mut fallthrough, dst, if_fallthrough);
            self.state = fallthrough;
            self.resolve_null(taken, dst, if_taken);
            return Ok(());
        }
        let compared = cmp.width == Width::W64
            && cmp
                .src_register()
                .is_some_and(|src| packet_range::compare(&mut self.state, taken, cmp.op, dst, src));
        if !compared && self.leaks_pointer(dst) {
            return Err(self.reject(ValueReject::PointerComparison { reg: dst }));
        }
        Ok(())
    }

    /// A possibly-NULL pointer equal to one that cannot be NULL is not NULL either. Only the compared register learns it.
    fn equal_pointers(
        &mut self,
        dst: u8,
        src: u8,
        if_fallthrough: Nullness,
        if_taken: Nullness,
        taken: &mut State,
    ) {
        let (Some(d), Some(s)) = (self.state.reg(dst).pointer(), self.state.reg(src).pointer())
        else {
            return;
        };
        if d.kind() == TargetKind::Btf || s.kind() == TargetKind::Btf {
            return;
        }
        let learner = match (d.maybe_null(), s.maybe_null()) {
            (true, false) => dst,
            (false, true) => src,
            (true, true) | (false, false) => return,
        };
        // On the "equal" edge (where a comparison with NULL would have found NULL) the learner is not NULL.
        let learned = |v: &Self, state: &State| {
            state.reg(learner).pointer().map(|p| {
                Register::Pointer(crate::register::Pointer {
                    id: p.id,
                    ..v.non_null(p)
                })
            })
        };
        if if_fallthrough == Nullness::Null {
            if let Some(r) = learned(self, &self.state) {
                self.state.set_reg(learner, r);
            }
        } else if if_taken == Nullness::Null
            && let Some(r) = learned(self, taken)
        {
            taken.set_reg(learner, r);
        }
    }
}

fn is_packet(r: &Register) -> bool {
    r.pointer().is_some_and(|p| {
        matches!(
            p.kind(),
            TargetKind::Packet | TargetKind::PacketMeta | TargetKind::PacketEnd
        )
    })
}

/// The outcome, where it is known.
fn predict(cmp: &Comparison, dst: &Register, src: &Register) -> Option<bool> {
    match (dst, src) {
        (Register::Scalar(a), Register::Scalar(b)) => {
            scalar::branch_taken(cmp.op, cmp.width, &a.range, &b.range)
        }
        (Register::Pointer(a), Register::Pointer(b)) => {
            let both_packet = is_packet(dst) && is_packet(src) && cmp.width == Width::W64;
            if both_packet {
                packet_range::predict(cmp.op, a, b)
            } else {
                None
            }
        }
        (Register::Pointer(p), Register::Scalar(s))
        | (Register::Scalar(s), Register::Pointer(p)) => {
            if s.range.const_in(cmp.width) != Some(0) || !is_never_null(p) {
                return None;
            }
            match cmp.op {
                CondOp::Eq => Some(false),
                CondOp::Ne => Some(true),
                _ => None,
            }
        }
        (Register::Uninit, _) | (_, Register::Uninit) => None,
    }
}
