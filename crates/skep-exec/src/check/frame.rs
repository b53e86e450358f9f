//! [`Frame`]: the registers of one call of a function, with what is known to be written.

use skep_isa::{InsnIdx, Reg};
use skep_memory::Addr;

use crate::lower::{Function, Label, Value};
use crate::trap::TrapKind;

/// How often may_goto goes on in one call of a function (Linux's BPF_MAX_LOOPS; machines with timed loops count
/// time instead, which would make runs unrepeatable).
pub(crate) const MAY_GOTO_BUDGET: u32 = 8 << 20;

/// Every how many rounds may_goto looks at the run's deadline, a power of two.
pub(crate) const MAY_GOTO_POLL: u32 = 4096;

/// A set of registers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct RegSet(u16);

impl RegSet {
    /// R1 to R5.
    pub(crate) const ARGS: Self = Self(0b11_1110);

    pub(crate) fn of(regs: &[Reg]) -> Self {
        Self(regs.iter().fold(0, |set, reg| set | 1 << reg.number()))
    }

    fn contains(self, reg: Reg) -> bool {
        self.0 >> reg.number() & 1 == 1
    }
}

/// One call of a function.
pub(super) struct Frame<'p> {
    pub(super) function: &'p Function,
    /// Index of the operation being executed.
    pub(super) pc: usize,
    /// Rounds left to may_goto.
    pub(super) may_goto: u32,
    regs: [u64; Reg::COUNT],
    written: RegSet,
}

impl<'p> Frame<'p> {
    pub(super) fn new(
        function: &'p Function,
        stack_top: Addr,
        args: [u64; 5],
        given: RegSet,
    ) -> Self {
        let mut regs = [0; Reg::COUNT];
        for (reg, arg) in regs.iter_mut().skip(1).zip(args) {
            *reg = arg;
        }
        if let Some(fp) = regs.get_mut(Reg::FP.index()) {
            *fp = stack_top.raw();
        }
        let written = RegSet(given.0 & RegSet::ARGS.0 | 1 << Reg::FP.number());
        Self {
            function,
            pc: 0,
            may_goto: MAY_GOTO_BUDGET,
            regs,
            written,
        }
    }

    #[inline]
    pub(super) fn get(&self, reg: Reg) -> Result<u64, TrapKind> {
        if self.written.contains(reg) {
            Ok(self.raw(reg))
        } else {
            Err(TrapKind::Uninitialised(reg))
        }
    }

    /// A register whether or not it was written; helpers say which arguments they take.
    #[inline]
    pub(super) fn raw(&self, reg: Reg) -> u64 {
        self.regs.get(reg.index()).copied().unwrap_or(0)
    }

    #[inline]
    pub(super) fn value(&self, value: Value) -> Result<u64, TrapKind> {
        match value {
            Value::Reg(reg) => self.get(reg),
            Value::Const(constant) => Ok(constant),
        }
    }

    #[inline]
    pub(super) fn set(&mut self, reg: Reg, value: u64) {
        if let Some(slot) = self.regs.get_mut(reg.index()) {
            *slot = value;
        }
        self.written.0 |= 1 << reg.number();
    }

    /// R1 to R5 and which of them were written.
    pub(super) fn args(&self) -> ([u64; 5], RegSet) {
        let args = [Reg::R1, Reg::R2, Reg::R3, Reg::R4, Reg::R5].map(|reg| self.raw(reg));
        (args, RegSet(self.written.0 & RegSet::ARGS.0))
    }

    /// What a call leaves: R1 to R5 are gone, R0 is the result if there is one.
    pub(super) fn returned(&mut self, result: Option<u64>) {
        self.written.0 &= !(RegSet::ARGS.0 | 1);
        if let Some(value) = result {
            self.set(Reg::R0, value);
        }
    }

    /// Goes on at another operation.
    pub(super) fn jump(&mut self, to: Label) {
        self.pc = to.index();
    }

    /// The instruction of the operation before `pc`, which is the one being executed.
    pub(super) fn at(&self) -> InsnIdx {
        self.function
            .at
            .get(self.pc.saturating_sub(1))
            .copied()
            .unwrap_or_default()
    }
}
