//! One program with both its executors, at the address that prog arrays hold.
//!
//! # Safety
//!
//! A slot of a prog array gives the address of an [`Executable`]. Turning it back trusts that it came from
//! [`Executable::handle`] and that whoever put it into the array holds it until the runs that may have found it
//! have left RCU.
#![allow(unsafe_code)]

use std::fmt;
use std::sync::{Arc, OnceLock};

use skep_maps::Map;
use skep_memory::Addr;

use crate::check::Interpreter;
use crate::jit::{CompiledProgram, JitError, compile};
use crate::lower::Lowered;
use crate::run::{Engine, Run};
use crate::trap::Trap;

/// Something that runs one program.
pub trait Executor: Send + Sync {
    /// Runs the program with R1 = `ctx`; its R0, all 64 bits.
    ///
    /// # Errors
    /// A trap, from the interpreter only.
    fn run(&self, ctx: Addr, run: &Run<'_>) -> Result<u64, Trap>;

    /// Runs one function of the program, for timers and other calls that outlive the run that asked for them.
    /// `function` is a function pointer as a helper got it from a run of this same executor.
    ///
    /// # Errors
    /// A trap, from the interpreter only.
    fn call_back(&self, function: u64, args: [u64; 5], run: &Run<'_>) -> Result<u64, Trap>;
}

/// A program ready to run by either engine.
///
/// [`skep_object::HeldRef::handle`] of a program in a prog array must be [`Executable::handle`].
pub struct Executable {
    lowered: Arc<Lowered>,
    interpreter: Interpreter,
    native: OnceLock<Result<CompiledProgram, JitError>>,
}

impl Executable {
    /// Makes it runnable; nothing is compiled yet.
    pub fn new(lowered: Lowered) -> Arc<Self> {
        let lowered = Arc::new(lowered);
        Arc::new(Self {
            interpreter: Interpreter::new(Arc::clone(&lowered)),
            lowered,
            native: OnceLock::new(),
        })
    }

    /// Compiles it if that has not been done; waits if another thread is doing it. For a worker after the load, so
    /// that the first run finds the code.
    ///
    /// # Errors
    /// As [`compile`], the same at every call.
    pub fn compiled(&self) -> Result<&CompiledProgram, &JitError> {
        self.native.get_or_init(|| compile(&self.lowered)).as_ref()
    }

    /// Whether a function pointer is one of this program's, as an engine makes them.
    pub fn has_function(&self, engine: Engine, function: u64) -> bool {
        match engine {
            Engine::Check => self.interpreter.has_function(function),
            // Only compiled code makes native pointers.
            Engine::Jit => match self.native.get() {
                Some(Ok(native)) => native.has_function(function),
                Some(Err(_)) | None => false,
            },
        }
    }

    /// What was lowered.
    pub fn lowered(&self) -> &Lowered {
        &self.lowered
    }

    /// The executor of an engine; waits for the compiler.
    ///
    /// # Errors
    /// As [`compile`].
    pub fn executor(&self, engine: Engine) -> Result<&dyn Executor, &JitError> {
        match engine {
            Engine::Check => Ok(&self.interpreter),
            Engine::Jit => self.compiled().map(|native| native as &dyn Executor),
        }
    }

    /// The interpreter, to enter with any arguments.
    #[cfg(test)]
    pub(crate) fn interpreter(&self) -> &Interpreter {
        &self.interpreter
    }

    /// What a prog array gives programs in place of this one.
    pub fn handle(&self) -> Addr {
        Addr::of(self)
    }

    /// The program behind a handle.
    ///
    /// # Safety
    /// See the header.
    unsafe fn from_handle<'r>(handle: Addr) -> &'r Self {
        // SAFETY: the caller vouches for it.
        unsafe { &*handle.as_ptr::<Self>() }
    }
}

impl fmt::Debug for Executable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "program at {}", self.handle())
    }
}

/// The program that a tail call goes to; `None` if it falls through: no such program, too many calls, a run that
/// must stop, a program that did not compile.
pub(crate) fn tail_call_target<'r>(
    run: &Run<'r>,
    array: &dyn Map,
    index: u32,
) -> Option<&'r dyn Executor> {
    let handle = array.as_prog_array()?.handle(index);
    if handle.is_null() || run.context().poll().is_some() {
        return None;
    }
    // SAFETY: a handle from a prog array, found inside this run's RCU section.
    let executable: &'r Executable = unsafe { Executable::from_handle(handle) };
    let executor = executable.executor(run.engine()).ok()?;
    run.context().count_tail_call().then_some(executor)
}
