//! One function of the program as one Cranelift function: its registers, blocks and control flow.

use std::collections::{BTreeMap, BTreeSet};

use cranelift_codegen::Context;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    AbiParam, Block, ExternalName, FuncRef, Function as ClifFunction, InstBuilder, MemFlagsData,
    SigRef, Signature, StackSlot, StackSlotData, StackSlotKind, UserExternalName, UserFuncName,
    Value as ClifValue, types,
};
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::{FinalizedRelocTarget, ir};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext, Variable};
use skep_isa::Reg;
use skep_object::RunContext;

use super::link::{Call, Code, Entries};
use super::{JitError, runtime};
use crate::check::{MAY_GOTO_BUDGET, MAY_GOTO_POLL};
use crate::lower::{Function, FunctionIdx, Label, Lowered, Op};
use crate::run::Run;

/// Compiles the functions of one program, one after another.
pub(super) struct Translator<'p> {
    isa: &'p dyn TargetIsa,
    program: &'p Lowered,
    entries: &'p Entries,
    context: Context,
    builder: FunctionBuilderContext,
}

/// The function being translated.
pub(super) struct Body<'b, 'p> {
    pub(super) b: FunctionBuilder<'b>,
    pub(super) program: &'p Lowered,
    pub(super) entries: &'p Entries,
    function: &'p Function,
    isa: &'p dyn TargetIsa,
    regs: [Variable; Reg::COUNT],
    /// The `Run`.
    pub(super) run: ClifValue,
    may_goto: Option<Variable>,
    /// Blocks by the operation they begin with.
    blocks: BTreeMap<usize, Block>,
    /// Where arguments of helpers go, and results of tail calls.
    pub(super) exchange: Option<StackSlot>,
    pub(super) callees: BTreeMap<FunctionIdx, FuncRef>,
    pub(super) signatures: BTreeMap<(usize, Returns), SigRef>,
}

/// What a runtime function returns.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Returns {
    /// A register value.
    Value,
    /// 0 or 1, in 32 bits.
    Flag,
}

/// Is the block at hand still open?
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Open,
    Ended,
}

/// Flags of an access that the verifier has checked.
pub(super) fn checked_access() -> MemFlagsData {
    MemFlagsData::new().with_notrap()
}

/// Flags of a load of what never changes during a run.
pub(super) fn constant_access() -> MemFlagsData {
    MemFlagsData::trusted().with_readonly().with_can_move()
}

impl<'p> Translator<'p> {
    pub(super) fn new(isa: &'p dyn TargetIsa, program: &'p Lowered, entries: &'p Entries) -> Self {
        let builder = FunctionBuilderContext::new();
        Self {
            isa,
            program,
            entries,
            context: Context::new(),
            builder,
        }
    }

    /// Compiles function `index`.
    pub(super) fn compile(&mut self, index: usize) -> Result<Code, JitError> {
        let wrong = |why: String| JitError::Codegen {
            function: index,
            why,
        };
        let Some(function) = self.program.functions().get(index) else {
            return Err(wrong("no such function".to_owned()));
        };
        let signature = signature_of(function, self.isa);
        let name = UserFuncName::user(0, u32::try_from(index).unwrap_or(u32::MAX));
        self.context.func = ClifFunction::with_name_signature(name, signature);
        let builder = FunctionBuilder::new(&mut self.context.func, &mut self.builder);
        Body::translate(builder, function, self.program, self.entries, self.isa);
        self.context
            .compile(self.isa, &mut ControlPlane::default())
            .map_err(|error| wrong(error.inner.to_string()))?;
        let Some(compiled) = self.context.compiled_code() else {
            return Err(wrong("no code".to_owned()));
        };
        let bytes = compiled.code_buffer().to_vec();
        let align = compiled.buffer.alignment as usize;
        let names = self.context.func.params.user_named_funcs();
        let call = |reloc: &cranelift_codegen::FinalizedMachReloc| {
            let FinalizedRelocTarget::ExternalName(ExternalName::User(name)) = reloc.target else {
                return None;
            };
            let to = FunctionIdx(u16::try_from(names.get(name)?.index).ok()?);
            Some(Call {
                kind: reloc.kind,
                offset: reloc.offset as usize,
                addend: reloc.addend,
                to,
            })
        };
        let calls = compiled
            .buffer
            .relocs()
            .iter()
            .map(call)
            .collect::<Option<Vec<_>>>();
        let calls = calls.ok_or_else(|| wrong("a relocation to an unknown name".to_owned()))?;
        let code = Code {
            bytes,
            align,
            calls,
        };
        self.context.clear();
        Ok(code)
    }
}

/// `(run, r1..) -> r0`.
pub(super) fn signature_of(function: &Function, isa: &dyn TargetIsa) -> Signature {
    let mut signature = Signature::new(isa.default_call_conv());
    let params = 1 + usize::from(function.arity);
    signature.params.resize(params, AbiParam::new(types::I64));
    signature.returns.push(AbiParam::new(types::I64));
    signature
}

impl<'b, 'p> Body<'b, 'p> {
    fn translate(
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
            Op::Helper(helper) => self.helper(&helper),
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

    /// A conditional jump; one whose other way is dead is none.
    fn branch(
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

    fn goto(&mut self, to: Label) {
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
    fn dead_end(&mut self) {
        self.b.ins().trap(ir::TrapCode::unwrap_user(1));
    }

    /// Counts a round of a may_goto loop: is it the last?
    fn may_goto_ends(&mut self) -> ClifValue {
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

    /// The byte that says whether the run must stop; read anew each time.
    fn cancel_flag(&mut self) -> ClifValue {
        let context = self.run_context();
        let token = self.b.ins().load(
            types::I64,
            constant_access(),
            context,
            RunContext::CANCEL_OFFSET as i32,
        );
        self.b.ins().sequence_point();
        self.b.ins().uload8(types::I32, checked_access(), token, 0)
    }

    /// The number of the CPU the run is on.
    pub(super) fn cpu_number(&mut self) -> ClifValue {
        let context = self.run_context();
        self.b
            .ins()
            .uload32(constant_access(), context, RunContext::CPU_OFFSET as i32)
    }

    fn run_context(&mut self) -> ClifValue {
        self.b.ins().load(
            types::I64,
            constant_access(),
            self.run,
            Run::CONTEXT_OFFSET as i32,
        )
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

    /// A function of this program, to call.
    pub(super) fn callee(&mut self, function: FunctionIdx) -> Option<(FuncRef, usize)> {
        let target = self.program.function(function)?;
        let arity = usize::from(target.arity);
        if let Some(known) = self.callees.get(&function) {
            return Some((*known, arity));
        }
        let signature = self.b.import_signature(signature_of(target, self.isa));
        let name = UserExternalName::new(0, u32::from(function.0));
        let name = ExternalName::user(self.b.func.declare_imported_user_function(name));
        let data = ir::ExtFuncData {
            name,
            signature,
            colocated: true,
            patchable: false,
        };
        let reference = self.b.import_function(data);
        self.callees.insert(function, reference);
        Some((reference, arity))
    }

    /// The signature of a runtime function that takes `params` registers.
    pub(super) fn runtime_signature(&mut self, params: usize, returns: Returns) -> SigRef {
        if let Some(known) = self.signatures.get(&(params, returns)) {
            return *known;
        }
        let mut signature = Signature::new(self.isa.default_call_conv());
        signature.params.resize(params, AbiParam::new(types::I64));
        signature.returns.push(AbiParam::new(match returns {
            Returns::Value => types::I64,
            Returns::Flag => types::I32,
        }));
        let reference = self.b.import_signature(signature);
        self.signatures.insert((params, returns), reference);
        reference
    }
}

/// Operations that begin a block: the first, targets, and what follows a jump.
fn leaders(function: &Function) -> BTreeSet<usize> {
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
