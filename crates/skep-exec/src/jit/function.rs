//! One function of the program as one Cranelift function: its registers, frame and operations.

use std::collections::BTreeMap;

use cranelift_codegen::ir::{
    Block, FuncRef, InstBuilder, MemFlagsData, SigRef, StackSlot, StackSlotData, StackSlotKind,
    Value as ClifValue, types,
};
use cranelift_codegen::isa::TargetIsa;
use cranelift_frontend::{FunctionBuilder, Variable};
use skep_isa::Reg;

use super::calls::Returns;
use super::flow::{Flow, leaders};
use super::link::Entries;
use crate::check::MAY_GOTO_BUDGET;
use crate::lower::{Function, FunctionIdx, Lowered, Op};

/// The function being translated.
pub(super) struct Body<'b, 'p> {
    pub(super) b: FunctionBuilder<'b>,
    pub(super) program: &'p Lowered,
    pub(super) entries: &'p Entries,
    pub(super) function: &'p Function,
    pub(super) isa: &'p dyn TargetIsa,
    regs: [Variable; Reg::COUNT],
    /// The `Run`.
    pub(super) run: ClifValue,
    pub(super) may_goto: Option<Variable>,
    /// Blocks by the operation they begin with.
    pub(super) blocks: BTreeMap<usize, Block>,
    /// Where results of tail calls go.
    pub(super) exchange: Option<StackSlot>,
    pub(super) callees: BTreeMap<FunctionIdx, FuncRef>,
    pub(super) signatures: BTreeMap<(usize, Returns), SigRef>,
}

/// Flags of an access that the verifier has checked.
pub(super) fn checked_access() -> MemFlagsData {
    MemFlagsData::new().with_notrap()
}

/// Flags of a load of what never changes during a run.
pub(super) fn constant_access() -> MemFlagsData {
    MemFlagsData::trusted().with_readonly().with_can_move()
}

impl<'b, 'p> Body<'b, 'p> {
    /// Translates a function; the builder's function is complete afterwards.
    pub(super) fn translate(
        mut b: FunctionBuilder<'b>,
        function: &'p Function,
        program: &'p Lowered,
        entries: &'p Entries,
        isa: &'p dyn TargetIsa,
    ) {
        let entry = b.create_block();
        b.append_block_params_for_function_params(entry);
        b.switch_to_block(entry);
        let regs = [(); Reg::COUNT].map(|()| b.declare_var(types::I64));
        let params = b.block_params(entry).to_vec();
        let (run, args) = match params.split_first() {
            Some((run, args)) => (*run, args),
            None => (b.ins().iconst(types::I64, 0), params.as_slice()),
        };
        let zero = b.ins().iconst(types::I64, 0);
        for (number, variable) in regs.iter().enumerate() {
            let arg = number.checked_sub(1).and_then(|index| args.get(index));
            b.def_var(*variable, arg.copied().unwrap_or(zero));
        }
        let mut body = Body {
            b,
            program,
            entries,
            function,
            isa,
            regs,
            run,
            may_goto: None,
            blocks: BTreeMap::new(),
            exchange: None,
            callees: BTreeMap::new(),
            signatures: BTreeMap::new(),
        };
        body.stack_frame();
        if function.ops.iter().any(|op| matches!(op, Op::MayGoto(_))) {
            let counter = body.b.declare_var(types::I32);
            let budget = body.b.ins().iconst(types::I32, i64::from(MAY_GOTO_BUDGET));
            body.b.def_var(counter, budget);
            body.may_goto = Some(counter);
        }
        for leader in leaders(function) {
            let block = body.b.create_block();
            body.blocks.insert(leader, block);
        }
        body.operations();
        body.b.seal_all_blocks();
        body.b.finalize(isa.frontend_config());
    }

    /// Makes the stack frame and points R10 past its end. It starts as zeroes: runs are repeatable, and programs that
    /// may read what they did not write see nothing of ours.
    fn stack_frame(&mut self) {
        let size = self.function.stack;
        if size == 0 {
            return;
        }
        let slot = self.b.create_sized_stack_slot(StackSlotData::new(
            StackSlotKind::ExplicitSlot,
            size,
            3,
        ));
        let start = self.b.ins().stack_addr(types::I64, slot, 0);
        let zero = self.b.ins().iconst(types::I64, 0);
        for offset in (0..size).step_by(8) {
            self.b
                .ins()
                .store(checked_access(), zero, start, offset.cast_signed());
        }
        let top = self.b.ins().iadd_imm_s(start, i64::from(size));
        self.set(Reg::FP, top);
    }

    fn operations(&mut self) {
        let mut flow = Flow::Open;
        for (index, op) in self.function.ops.iter().enumerate() {
            if let Some(block) = self.blocks.get(&index).copied() {
                if flow == Flow::Open {
                    self.b.ins().jump(block, &[]);
                }
                self.b.switch_to_block(block);
                flow = Flow::Open;
            }
            if flow == Flow::Open {
                flow = self.operation(index, op);
            }
        }
        if flow == Flow::Open {
            self.dead_end();
        }
    }

    fn operation(&mut self, index: usize, op: &Op) -> Flow {
        match *op {
            Op::Mov { dst, src } => {
                let value = self.value(src);
                self.set(dst, value);
            }
            Op::Truncate { dst, src, bits } => self.truncate(dst, src, bits),
            Op::MovSx {
                width,
                from,
                dst,
                src,
            } => self.sign_extend(width, from, dst, src),
            Op::Alu {
                op,
                width,
                dst,
                src,
            } => self.alu(op, width, dst, src),
            Op::Neg { width, dst } => self.negate(width, dst),
            Op::Swap { width, dst } => self.swap(width, dst),
            Op::FunctionPointer { dst, function } => self.function_pointer(dst, function),
            Op::Load {
                size,
                extend,
                dst,
                from,
            } => self.load(size, extend, dst, from),
            Op::Store { size, to, src } => self.store(size, to, src),
            Op::LoadAcquire { size, dst, from } => self.load_acquire(size, dst, from),
            Op::StoreRelease { size, to, src } => self.store_release(size, to, src),
            Op::Atomic { op, size, at, src } => self.atomic(op, size, at, src),
            Op::Call(function) => self.subprogram(function),
            Op::Helper(ref helper) => self.helper(helper),
            Op::CpuNumber => {
                let cpu = self.cpu_number();
                self.set(Reg::R0, cpu);
            }
            Op::TailCall => self.tail_call(),
            Op::Goto(to) => {
                self.goto(to);
                return Flow::Ended;
            }
            Op::Branch {
                op,
                width,
                left,
                right,
                to,
            } => {
                return self.branch(index, to, |body| body.condition(op, width, left, right));
            }
            Op::MayGoto(to) => return self.branch(index, to, Self::may_goto_ends),
            Op::Exit => {
                let value = self.get(Reg::R0);
                self.b.ins().return_(&[value]);
                return Flow::Ended;
            }
            Op::Unreachable => {
                self.dead_end();
                return Flow::Ended;
            }
        }
        Flow::Open
    }

    /// A register's value.
    pub(super) fn get(&mut self, reg: Reg) -> ClifValue {
        match self.regs.get(reg.index()) {
            Some(variable) => self.b.use_var(*variable),
            None => self.b.ins().iconst(types::I64, 0),
        }
    }

    /// Sets a register.
    pub(super) fn set(&mut self, reg: Reg, value: ClifValue) {
        if let Some(variable) = self.regs.get(reg.index()) {
            self.b.def_var(*variable, value);
        }
    }
}
