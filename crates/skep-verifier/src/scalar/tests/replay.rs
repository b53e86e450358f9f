//! Replays a level-2 log: from the state printed before each instruction, computes the state after it, and compares
//! that with the one printed.

use super::Value;
use super::state_text::{Printed, parse_state};
use super::std::collections::VecDeque;
use super::std::format;
use super::std::string::{String, ToString};
use super::std::vec::Vec;
use crate::scalar::{
    ByteOrder, InvariantViolation, ScalarRange, Taken, alu, branch_taken, convert_endian,
    endian_may_change, negate, pointer_minus, pointer_plus, refine, refine_self,
};
use skep_isa::{
    AluOp, CondOp, Extend, Insn, InsnIdx, Operand, Program, RawInsn, Reg, SxFrom, Width,
};

/// What is known of the registers.
#[derive(Clone, Copy, Default)]
struct Registers {
    values: [Option<Value>; Reg::COUNT],
    ids: [u32; Reg::COUNT],
}

/// A path the kernel will come back to.
struct Pending {
    from: usize,
    to: usize,
    registers: Registers,
}

/// The outcome of a replay.
#[derive(Default)]
pub(super) struct Replay {
    /// Computed states compared with printed ones.
    pub(super) compared: usize,
    /// Those that differ, and any other disagreement.
    pub(super) differences: Vec<String>,
    registers: Registers,
    pending: Vec<Pending>,
    next: Option<usize>,
    violations: VecDeque<String>,
}

/// Replays `log`, which Linux wrote about `insns`.
pub(super) fn replay(insns: &[RawInsn], log: &str) -> Replay {
    let mut replay = Replay::default();
    let program = Program::new(insns);
    for line in log.lines() {
        replay.line(program, line);
    }
    replay
}

impl Replay {
    /// For an accepted program: every path was walked, every violation logged.
    pub(super) fn expect_complete(&mut self) {
        for left in core::mem::take(&mut self.pending) {
            self.differs(format!(
                "path from {} to {} was never taken",
                left.from, left.to
            ));
        }
        for left in core::mem::take(&mut self.violations) {
            self.differs(format!("not in the log: {left}"));
        }
    }

    fn differs(&mut self, what: String) {
        self.differences.push(what);
    }

    fn line(&mut self, program: Program<'_>, line: &str) {
        let (line, violation) = match line.split_once("verifier bug: ") {
            Some((line, violation)) => (line, Some(violation)),
            None => (line, None),
        };
        if let Some(rest) = line.strip_prefix("from ") {
            self.resume(rest);
        } else if let Some((at, rest)) = line.split_once(": ")
            && let Ok(at) = at.trim().parse::<usize>()
        {
            match rest.starts_with('(') {
                true => self.instruction(program, at, rest),
                false => self.state(at, rest),
            }
        }
        if let Some(found) = violation {
            let expected = self.violations.pop_front();
            if expected.as_deref() != Some(found) {
                self.differs(format!("expected {expected:?}, the log has {found:?}"));
            }
        }
    }

    /// `A to B: STATE`
    fn resume(&mut self, rest: &str) {
        let Some((edge, state)) = rest.split_once(':') else {
            return;
        };
        let mut ends = edge
            .split(" to ")
            .map(|end| end.trim().parse::<usize>().ok());
        let (Some(Some(from)), Some(Some(to))) = (ends.next(), ends.next()) else {
            return;
        };
        self.registers = Registers::default();
        self.next = None;
        match self
            .pending
            .pop_if(|pending| (pending.from, pending.to) == (from, to))
        {
            Some(pending) => self.registers = pending.registers,
            None => self.differs(format!("unexpected path from {from} to {to}")),
        }
        if state.trim() != "safe" {
            self.next = Some(to);
            self.state(to, state);
        }
    }

    /// Compares and adopts the registers a state names.
    fn state(&mut self, at: usize, state: &str) {
        if state.contains("frame") {
            self.registers = Registers::default();
            return;
        }
        for Printed {
            number,
            value,
            id,
            text,
        } in parse_state(state)
        {
            if let Some(read) = value
                .map(|value| value.shown())
                .filter(|read| *read != text)
            {
                self.differs(format!(
                    "{at}: R{number}: printed as {read}, Linux prints {text}"
                ));
            }
            let computed = self.registers.values[number].map(|computed| computed.shown());
            if let Some(computed) = &computed {
                self.compared += 1;
                if *computed != text {
                    self.differs(format!(
                        "{at}: R{number} computed {computed}, Linux has {text}"
                    ));
                }
            }
            // The text of a constant does not show bounds that are not in step: what was computed says more.
            if computed.as_ref() != Some(&text) {
                self.registers.values[number] = value;
            }
            self.registers.ids[number] = id;
        }
    }

    /// `(xx) TEXT ; STATE`
    fn instruction(&mut self, program: Program<'_>, at: usize, rest: &str) {
        if self.next.is_some_and(|next| next != at) {
            self.differs(format!(
                "expected to be at {:?}, Linux is at {at}",
                self.next
            ));
        }
        let Ok(insn) = program.decode(InsnIdx(at as u32)) else {
            return;
        };
        let before = self.registers;
        self.next = Some(at + 1);
        self.execute(insn, at);
        if let Some((_, state)) = rest.split_once(" ; ") {
            self.state(at, state);
        }
        if self.differences.len() == 1 {
            let shown: Vec<String> = before
                .values
                .iter()
                .map(|v| v.map_or("-".to_string(), |v| v.shown()))
                .collect();
            self.differs(format!("at {at}: {rest} with {shown:?}"));
        }
    }

    fn get(&self, reg: Reg) -> Option<ScalarRange> {
        self.registers.values[reg.index()]?.scalar()
    }

    fn operand(&self, operand: Operand) -> Option<ScalarRange> {
        match operand {
            Operand::Reg(reg) => self.get(reg),
            Operand::Imm(imm) => Some(ScalarRange::immediate(imm)),
        }
    }

    /// Stores the result of an instruction that Linux checks as `alu`.
    fn set(&mut self, dst: Reg, range: Option<ScalarRange>) {
        let range = range.map(|mut range| {
            let sanity = range.sanity();
            self.note(&mut range, sanity, "alu");
            range
        });
        self.registers.values[dst.index()] = range.map(Value::Scalar);
        self.registers.ids[dst.index()] = 0;
    }

    fn note(
        &mut self,
        range: &mut ScalarRange,
        sanity: Result<(), InvariantViolation>,
        context: &str,
    ) {
        if let Err(violation) = sanity {
            self.violations
                .push_back(format!("REG INVARIANTS VIOLATION ({context}): {violation}"));
            range.forget_bounds();
        }
    }

    fn execute(&mut self, insn: Insn, at: usize) {
        match insn {
            Insn::Alu {
                op,
                width,
                dst,
                src,
            } => {
                if let Some(moved) = self.moved_pointer(op, width, dst, src) {
                    self.registers.values[dst.index()] = Some(Value::Pointer(moved));
                    return;
                }
                let Some((mut a, b)) = self.get(dst).zip(self.operand(src)) else {
                    return self.set(dst, None);
                };
                if matches!(op, AluOp::And | AluOp::Or)
                    && b.is_const().is_some()
                    && let Some((ones, zeros)) = a.split_sign_mask()
                {
                    let mut registers = self.registers;
                    registers.values[dst.index()] = Some(Value::Scalar(zeros));
                    self.pending.push(Pending {
                        from: at,
                        to: at,
                        registers,
                    });
                    a = ones;
                }
                let b = if src == Operand::Reg(dst) { a } else { b };
                self.set(dst, Some(alu(op, width, &a, &b)));
            }
            Insn::Neg { width, dst } => self.set(dst, self.get(dst).map(|a| negate(width, &a))),
            Insn::Endian { op, width, dst } => {
                let id = self.registers.ids[dst.index()];
                let converted = self
                    .get(dst)
                    .map(|a| convert_endian(op, width, ByteOrder::Little, &a));
                self.set(dst, converted);
                if !endian_may_change(op, width, ByteOrder::Little) {
                    self.registers.ids[dst.index()] = id;
                }
            }
            Insn::Mov {
                width: Width::W64,
                dst,
                src: Operand::Reg(src),
            } => {
                self.registers.values[dst.index()] = self.registers.values[src.index()];
            }
            Insn::Mov { width, dst, src } => {
                let mut moved = self.operand(src);
                if let (Width::W32, Some(range)) = (width, &mut moved) {
                    range.zext_32_to_64();
                }
                self.set(dst, moved);
            }
            Insn::MovSx {
                width,
                from,
                dst,
                src,
            } => {
                let bytes = match from {
                    SxFrom::S8 => 1,
                    SxFrom::S16 => 2,
                    SxFrom::S32 => 4,
                };
                let extended = self.get(src).map(|mut range| {
                    match width {
                        Width::W32 => range.sign_extend_32(bytes),
                        Width::W64 => range.sign_extend_64(bytes),
                    }
                    range
                });
                self.set(dst, extended);
            }
            Insn::Jump {
                op,
                width,
                dst,
                src,
                off,
            } => {
                let target = (at as i64 + 1 + i64::from(off)) as usize;
                self.jump(op, width, dst, src, at, target);
            }
            Insn::Ja(range) => {
                self.next = Some((at as i64 + 1 + i64::from(range.offset())) as usize)
            }
            Insn::Ldx {
                size,
                extend,
                dst,
                src,
                ..
            } => {
                // The programs never write their stack, so it reads as unknown.
                let loaded = (src == Reg::FP).then(|| {
                    let mut range = ScalarRange::UNKNOWN;
                    match extend {
                        Extend::Zero => range.truncate(size.bytes() as u8),
                        Extend::Sign => range.sign_extend_64(size.bytes() as u8),
                    }
                    range
                });
                self.set(dst, loaded);
            }
            Insn::LdImm64 { dst, .. } => {
                self.set(dst, None);
                self.next = Some(at + 2);
            }
            Insn::St { .. } | Insn::Stx { .. } => {}
            Insn::Exit => {
                self.registers = Registers::default();
                self.next = None;
            }
            // The rest is about more than scalars.
            Insn::AddrSpaceCast { .. }
            | Insn::Atomic { .. }
            | Insn::LoadAcquire { .. }
            | Insn::StoreRelease { .. }
            | Insn::LdAbs { .. }
            | Insn::LdInd { .. }
            | Insn::Call(_)
            | Insn::MayGoto { .. } => {
                self.registers = Registers::default();
                self.next = None;
            }
        }
    }

    /// The variable offset after pointer +- scalar.
    fn moved_pointer(
        &self,
        op: AluOp,
        width: Width,
        dst: Reg,
        src: Operand,
    ) -> Option<ScalarRange> {
        let (pointer, scalar) = match (self.registers.values[dst.index()]?, self.operand(src), src)
        {
            (Value::Pointer(pointer), Some(scalar), _) => (pointer, scalar),
            (Value::Scalar(scalar), None, Operand::Reg(src)) => {
                match self.registers.values[src.index()]? {
                    Value::Pointer(pointer) => (pointer, scalar),
                    Value::Scalar(_) => return None,
                }
            }
            _ => return None,
        };
        let mut moved = match (op, width, scalar.is_const()) {
            (AluOp::Add | AluOp::Sub, Width::W64, Some(_)) => {
                let mut same = pointer;
                same.mark32_unknown();
                same
            }
            (AluOp::Add, Width::W64, None) => pointer_plus(&pointer, &scalar),
            (AluOp::Sub, Width::W64, None) => pointer_minus(&pointer, &scalar),
            _ => return None,
        };
        moved.sync();
        Some(moved)
    }

    fn jump(&mut self, op: CondOp, width: Width, dst: Reg, src: Operand, at: usize, target: usize) {
        let Some((a, b)) = self.get(dst).zip(self.operand(src)) else {
            self.registers = Registers::default();
            self.next = None;
            return;
        };
        match branch_taken(op, width, &a, &b) {
            Some(true) => self.next = Some(target),
            Some(false) => {}
            None => {
                self.forget_linked(dst, src);
                let jump = self.edge(op, width, dst, src, (a, b), Taken::Jump);
                self.pending.push(Pending {
                    from: at,
                    to: target,
                    registers: jump,
                });
                self.registers = self.edge(op, width, dst, src, (a, b), Taken::FallThrough);
            }
        }
    }

    fn edge(
        &mut self,
        op: CondOp,
        width: Width,
        dst: Reg,
        src: Operand,
        (mut a, mut b): (ScalarRange, ScalarRange),
        taken: Taken,
    ) -> Registers {
        let contexts = match taken {
            Taken::Jump => ["true_reg1", "true_reg2"],
            Taken::FallThrough => ["false_reg1", "false_reg2"],
        };
        let refined = match src {
            Operand::Reg(src) if src == dst => refine_self(op, width, &mut a, taken),
            Operand::Reg(_) | Operand::Imm(_) => refine(op, width, &mut a, &mut b, taken),
        };
        self.note(&mut a, refined.a, contexts[0]);
        self.note(&mut b, refined.b, contexts[1]);
        let mut registers = self.registers;
        if let Operand::Reg(src) = src {
            registers.values[src.index()] = Some(Value::Scalar(b));
        }
        registers.values[dst.index()] = Some(Value::Scalar(a));
        registers
    }

    /// Other registers with the id of an operand are refined with it; that is the walk's business.
    fn forget_linked(&mut self, dst: Reg, src: Operand) {
        let operands = [
            Some(dst),
            match src {
                Operand::Reg(reg) => Some(reg),
                Operand::Imm(_) => None,
            },
        ];
        let ids = operands.map(|reg| reg.map_or(0, |reg| self.registers.ids[reg.index()]));
        for reg in Reg::all().filter(|&reg| !operands.contains(&Some(reg))) {
            let id = self.registers.ids[reg.index()];
            if id != 0 && ids.contains(&id) {
                self.registers.values[reg.index()] = None;
            }
        }
    }
}
