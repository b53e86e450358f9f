//! [`Translator`]: functions of one program through Cranelift, to bytes that wait for their addresses.

use cranelift_codegen::Context;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{ExternalName, Function as ClifFunction, UserFuncName};
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::{FinalizedMachReloc, FinalizedRelocTarget};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};

use super::JitError;
use super::calls::signature_of;
use super::function::Body;
use super::link::{Call, Code, Entries};
use crate::lower::{FunctionIdx, Lowered};

/// Compiles the functions of one program, one after another.
pub(super) struct Translator<'p> {
    isa: &'p dyn TargetIsa,
    program: &'p Lowered,
    entries: &'p Entries,
    context: Context,
    builder: FunctionBuilderContext,
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
        let call = |reloc: &FinalizedMachReloc| {
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
