//! Calls of subprograms and helpers, tail calls, function pointers.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    InstBuilder, StackSlot, StackSlotData, StackSlotKind, Value as ClifValue, types,
};
use skep_isa::Reg;

use super::function::{Body, Returns, checked_access, constant_access};
use super::runtime;
use crate::lower::{FunctionIdx, HelperOp};

const ARGS: [Reg; 5] = [Reg::R1, Reg::R2, Reg::R3, Reg::R4, Reg::R5];

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
        let slot = self.exchange();
        let args = self.b.ins().stack_addr(types::I64, slot, 0);
        for (reg, offset) in ARGS.iter().zip((0..).step_by(8)) {
            let value = self.get(*reg);
            self.b.ins().store(checked_access(), value, args, offset);
        }
        let body = self.constant(helper.body as *const () as usize as u64);
        let id = self.constant(helper.id.map_or(runtime::NO_HELPER, |id| u64::from(id.0)));
        let result = self.call_runtime(
            runtime::helper as *const () as usize,
            &[self.run, body, id, args],
            Returns::Value,
        );
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
                .create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, 40, 3));
        self.exchange = Some(slot);
        slot
    }
}
