//! The JIT: the lowered form to machine code, with Cranelift.
//!
//! One Cranelift function per function of the program; its first argument is the [`Run`], then as many of R1 to R5
//! as it reads. The code is put into pages that are executable only once they can no longer be written.
//!
//! Shared memory: Cranelift merges plain loads of one address even across a spin loop, and drops stores that a later
//! one overwrites. So each access to shared bytes stands behind a `sequence_point`, an operation without code that
//! Cranelift moves no memory access across. On the machines we compile for, one aligned load or store is then
//! one instruction, neither torn nor repeated.
//!
//! | file | concern |
//! |---|---|
//! | `target` | the machine |
//! | `translator` | function after function through Cranelift |
//! | `function` | one function: registers, frame, which file does which operation |
//! | `flow`, `arithmetic`, `memory`, `calls`, `lookup`, `run_context` | its operations |
//! | `link` | code into pages |
//! | `entry` | the unsafe way in, and from helpers back in |
//! | `runtime` | what code calls |

mod arithmetic;
mod calls;
mod entry;
mod flow;
mod function;
mod link;
mod lookup;
mod memory;
mod run_context;
mod runtime;
mod target;
mod translator;

use std::sync::Arc;

use skep_isa::InsnIdx;
use skep_memory::{Addr, CodePages};

use crate::executable::Executor;
use crate::lower::{FunctionIdx, Lowered};
use crate::run::{Engine, Run};
use crate::trap::{Trap, TrapKind};
pub(crate) use entry::NativeCaller;

/// A program as machine code. Holds what it was made from, and so its maps.
pub struct CompiledProgram {
    pages: CodePages,
    entries: link::Entries,
    code_len: usize,
    program: Arc<Lowered>,
}

/// Why a program was not compiled.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum JitError {
    /// There is no code generator for this machine.
    #[error("no code generator for this machine: {0}")]
    Machine(String),
    /// The code generator refuses a function; a limit of its, or a bug.
    #[error("function {function}: {why}")]
    Codegen {
        /// Which function.
        function: usize,
        /// In its words.
        why: String,
    },
    /// No memory for the code.
    #[error("no memory for code")]
    NoMemory,
}

/// Compiles a program. Takes milliseconds for thousands of instructions: not for the thread that loads.
///
/// # Errors
/// As [`JitError`] lists.
pub fn compile(program: &Arc<Lowered>) -> Result<CompiledProgram, JitError> {
    let isa = target::isa()?;
    let entries = link::Entries::new(program.functions().len());
    let mut translator = translator::Translator::new(&*isa, program, &entries);
    let mut code = Vec::with_capacity(program.functions().len());
    for index in 0..program.functions().len() {
        code.push(translator.compile(index)?);
    }
    let linked = link::link(&code, &entries)?;
    Ok(CompiledProgram {
        pages: linked.pages,
        code_len: linked.len,
        entries,
        program: Arc::clone(program),
    })
}

impl CompiledProgram {
    /// Bytes of machine code.
    pub fn code_len(&self) -> usize {
        self.code_len
    }

    /// Where the machine code is.
    pub fn code_base(&self) -> Addr {
        self.pages.base()
    }

    /// Where the main program begins.
    pub(crate) fn main_address(&self) -> u64 {
        self.entries.address(FunctionIdx::MAIN)
    }

    /// Whether this is a pointer to one of its functions.
    pub(crate) fn has_function(&self, pointer: u64) -> bool {
        self.entries.contains(pointer)
    }

    /// What it was compiled from.
    pub fn lowered(&self) -> &Lowered {
        &self.program
    }
}

impl Executor for CompiledProgram {
    #[inline]
    fn run(&self, ctx: Addr, run: &Run<'_>) -> Result<u64, Trap> {
        if run.engine() != Engine::Jit {
            return Err(refused(run, TrapKind::WrongEngine));
        }
        Ok(NativeCaller::new().call_back(run, self.main_address(), [ctx.raw(), 0, 0, 0, 0]))
    }

    fn call_back(&self, function: u64, args: [u64; 5], run: &Run<'_>) -> Result<u64, Trap> {
        if run.engine() != Engine::Jit {
            return Err(refused(run, TrapKind::WrongEngine));
        }
        if !self.has_function(function) {
            return Err(refused(run, TrapKind::NoFunction(function)));
        }
        Ok(NativeCaller::new().call_back(run, function, args))
    }
}

/// A run that did not begin.
#[cold]
fn refused(run: &Run<'_>, kind: TrapKind) -> Trap {
    Trap {
        at: InsnIdx(0),
        tail_calls: run.context().tail_calls(),
        kind,
    }
}

impl std::fmt::Debug for CompiledProgram {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes of code at {}", self.code_len, self.code_base())
    }
}
