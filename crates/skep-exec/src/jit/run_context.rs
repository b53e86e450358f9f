//! What code reads of the run's context: the cancel flag, the CPU's number.

use cranelift_codegen::ir::{InstBuilder, Value as ClifValue, types};
use skep_object::RunContext;

use super::function::{Body, checked_access, constant_access};
use crate::run::Run;

impl Body<'_, '_> {
    /// The byte that says whether the run must stop; read anew each time.
    pub(super) fn cancel_flag(&mut self) -> ClifValue {
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
}
