//! Calls of subprograms and helpers, tail calls, function pointers.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    AbiParam, ExtFuncData, ExternalName, FuncRef, InstBuilder, SigRef, Signature, StackSlot,
    StackSlotData, StackSlotKind, UserExternalName, Value as ClifValue, types,
};
use cranelift_codegen::isa::TargetIsa;
use skep_isa::Reg;
use skep_memory::Addr;

use super::function::{Body, checked_access, constant_access};
use super::runtime;
use crate::lower::{Function, FunctionIdx, HelperOp};

const ARGS: [Reg; 5] = [Reg::R1, Reg::R2, Reg::R3, Reg::R4, Reg::R5];

/// What a runtime function returns.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Returns {
    /// A register value.
    Value,
    /// 0 or 1, in 32 bits.
    Flag,
}

/// `(run, r1..) -> r0`.
pub(super) fn signature_of(function: &Function, isa: &dyn TargetIsa) -> Signature {
    let mut signature = Signature::new(isa.default_call_conv());
    let params = 1 + usize::from(function.arity);
    signature.params.resize(params, AbiParam::new(types::I64));
    signature.returns.push(AbiParam::new(types::I64));
    signature
}

impl Body<'_, '_> {
    pub(super) fn subprogram(&mut self, function: FunctionIdx) {
        let Some((callee, arity)) = self.callee(function) else {
            return;
        };
        let mut args = vec![self.run];
        for reg in ARGS.iter().take(arity) {
            args.push(self.get(*reg));
        }
        let call = self.b.ins().call(callee, &args);
        if let Some(result) = self.b.inst_results(call).first().copied() {
            self.set(Reg::R0, result);
        }
    }

    pub(super) fn helper(&mut self, helper: &HelperOp) {
        if self.inline_lookup(helper.inline) {
            return;
        }
        // The program holds what was lowered, so the operation stays where it is.
        let op = self.constant(Addr::of(helper).raw());
        let mut args = vec![self.run, op];
        for reg in ARGS {
            args.push(self.get(reg));
        }
        let target = runtime::helper as *const () as usize;
        let result = self.call_runtime(target, &args, Returns::Value);
        self.set(Reg::R0, result);
    }

    pub(super) fn tail_call(&mut self) {
        let slot = self.exchange();
        let result = self.b.ins().stack_addr(types::I64, slot, 0);
        let (ctx, array, index) = (self.get(Reg::R1), self.get(Reg::R2), self.get(Reg::R3));
        let args = [self.run, ctx, array, index, result];
        let done = self.call_runtime(
            runtime::tail_call as *const () as usize,
            &args,
            Returns::Flag,
        );
        let done = self.b.ins().icmp_imm_u(IntCC::NotEqual, done, 0);
        let (leave, stay) = (self.b.create_block(), self.b.create_block());
        self.b.ins().brif(done, leave, &[], stay, &[]);
        self.b.switch_to_block(leave);
        let value = self.b.ins().load(types::I64, checked_access(), result, 0);
        self.b.ins().return_(&[value]);
        self.b.switch_to_block(stay);
    }

    /// Function pointers are native addresses; they are known only after linking, so code looks them up.
    pub(super) fn function_pointer(&mut self, dst: Reg, function: FunctionIdx) {
        let value = match self.entries.slot(function) {
            Some(slot) => {
                let slot = self.constant(slot);
                self.b.ins().load(types::I64, constant_access(), slot, 0)
            }
            None => self.constant(0),
        };
        self.set(dst, value);
    }

    /// Calls a function of [`runtime`].
    pub(super) fn call_runtime(
        &mut self,
        function: usize,
        args: &[ClifValue],
        returns: Returns,
    ) -> ClifValue {
        let signature = self.runtime_signature(args.len(), returns);
        let target = self.constant(function as u64);
        let call = self.b.ins().call_indirect(signature, target, args);
        match self.b.inst_results(call).first() {
            Some(result) => *result,
            None => self.constant(0),
        }
    }

    pub(super) fn constant(&mut self, value: u64) -> ClifValue {
        self.b.ins().iconst(types::I64, value.cast_signed())
    }

    fn exchange(&mut self) -> StackSlot {
        if let Some(slot) = self.exchange {
            return slot;
        }
        let slot =
            self.b
                .create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, 8, 3));
        self.exchange = Some(slot);
        slot
    }

    /// A function of this program, to call.
    fn callee(&mut self, function: FunctionIdx) -> Option<(FuncRef, usize)> {
        let target = self.program.function(function)?;
        let arity = usize::from(target.arity);
        if let Some(known) = self.callees.get(&function) {
            return Some((*known, arity));
        }
        let signature = self.b.import_signature(signature_of(target, self.isa));
        let name = UserExternalName::new(0, u32::from(function.0));
        let name = ExternalName::user(self.b.func.declare_imported_user_function(name));
        let data = ExtFuncData {
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
    fn runtime_signature(&mut self, params: usize, returns: Returns) -> SigRef {
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
