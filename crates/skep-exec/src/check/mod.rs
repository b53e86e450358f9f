//! The checking interpreter: runs the lowered form and trusts nothing the verifier said.
//!
//! | checked | trap |
//! |---|---|
//! | every byte touched, by the program and by helpers for it | [`TrapKind::Memory`] |
//! | every register read | [`TrapKind::Uninitialised`] |
//! | map and function pointers, against those that exist | [`TrapKind::NoMap`], [`TrapKind::NoFunction`] |
//! | code called dead | [`TrapKind::Unreachable`] |
//! | depth of calls, callbacks included | [`TrapKind::CallDepth`] |
//! | operations, against the run's budget | [`TrapKind::Budget`] |

mod alu;
mod frame;
mod step;

use std::cell::Cell;
use std::sync::Arc;

use skep_isa::{InsnIdx, Reg};
use skep_memory::Addr;
use skep_uapi::limits::MAX_TAIL_CALL_CNT;

use crate::executable::Executor;
use crate::lower::{Function, FunctionIdx, Lowered};
use crate::memory::CheckedMemory;
use crate::run::{Raised, Run};
use crate::trap::{Trap, TrapKind};
use frame::Frame;
pub(crate) use frame::{MAY_GOTO_BUDGET, MAY_GOTO_POLL, RegSet};

/// Calls in calls, as the verifier allows them.
const CALL_DEPTH: u32 = 8;

/// The interpreter of one program.
pub struct Interpreter {
    program: Arc<Lowered>,
}

impl Interpreter {
    /// An interpreter of this program.
    pub fn new(program: Arc<Lowered>) -> Self {
        Self { program }
    }

    /// Whether this is a pointer to one of its functions.
    pub(crate) fn has_function(&self, pointer: u64) -> bool {
        function_at(&self.program, pointer).is_some()
    }

    /// Enters a function with these arguments; the others are uninitialised.
    pub(crate) fn enter(
        &self,
        function: Entry,
        args: [u64; 5],
        given: RegSet,
        run: &Run<'_>,
    ) -> Result<u64, Trap> {
        let outside = |kind| Trap {
            at: InsnIdx(0),
            tail_calls: run.context().tail_calls(),
            kind,
        };
        let Some(memory) = run.checked() else {
            return Err(outside(TrapKind::WrongEngine));
        };
        self.program
            .maps
            .iter()
            .for_each(|map| memory.know_map(map));
        let session = Session {
            program: &self.program,
            run,
            memory,
            depth: Cell::new(0),
        };
        let function = match function {
            Entry::Main => self.program.function(FunctionIdx::MAIN),
            Entry::Pointer(value) => session.function_at(value),
        };
        let Some(function) = function else {
            return Err(outside(TrapKind::Unreachable));
        };
        let result = session.call(function, args, given)?;
        result.ok_or_else(|| outside(TrapKind::Uninitialised(Reg::R0)))
    }
}

/// Where a run begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Entry {
    /// At the main program.
    Main,
    /// At a function pointer.
    Pointer(u64),
}

impl Executor for Interpreter {
    fn run(&self, ctx: Addr, run: &Run<'_>) -> Result<u64, Trap> {
        self.enter(
            Entry::Main,
            [ctx.raw(), 0, 0, 0, 0],
            RegSet::of(&[Reg::R1]),
            run,
        )
    }

    fn call_back(&self, function: u64, args: [u64; 5], run: &Run<'_>) -> Result<u64, Trap> {
        self.enter(Entry::Pointer(function), args, RegSet::ARGS, run)
    }
}

/// How a helper calls functions of the program that called it.
pub(crate) trait CheckedCaller {
    /// Calls the function behind a function pointer.
    fn call_back(&self, function: u64, args: [u64; 5]) -> Result<u64, Trap>;
}

/// One program during one run.
struct Session<'s, 'r> {
    program: &'s Lowered,
    run: &'s Run<'r>,
    memory: &'s CheckedMemory<'r>,
    depth: Cell<u32>,
}

impl<'s> Session<'s, '_> {
    /// Calls a function: its R0, if it set one.
    fn call(
        &self,
        function: &'s Function,
        args: [u64; 5],
        given: RegSet,
    ) -> Result<Option<u64>, Trap> {
        let depth = self.depth.get();
        let start = function.at.first().copied().unwrap_or_default();
        if depth >= CALL_DEPTH {
            return Err(self.trap(start, TrapKind::CallDepth));
        }
        let top = self
            .memory
            .push_frame(function.stack as usize)
            .map_err(|kind| self.trap(start, kind))?;
        self.depth.set(depth + 1);
        let mut frame = Frame::new(function, top, args, given);
        let result = self.execute(&mut frame);
        self.memory.pop_frame();
        self.depth.set(depth);
        result
    }

    /// The value of a function pointer: the address of what was lowered.
    fn pointer_of(&self, function: FunctionIdx) -> Option<u64> {
        self.program
            .function(function)
            .map(|function| Addr::of(function).raw())
    }

    fn function_at(&self, pointer: u64) -> Option<&'s Function> {
        function_at(self.program, pointer)
    }

    fn trap(&self, at: InsnIdx, kind: TrapKind) -> Trap {
        let tail_calls = self.run.context().tail_calls().min(MAX_TAIL_CALL_CNT);
        Trap {
            at,
            tail_calls,
            kind,
        }
    }

    /// The trap a helper raised.
    fn raised(&self, at: InsnIdx) -> Trap {
        match self.run.take_raised() {
            Some(Raised::Elsewhere(trap)) => trap,
            Some(Raised::Here(kind)) => self.trap(at, kind),
            None => self.trap(
                at,
                TrapKind::Helper {
                    id: None,
                    why: "stopped without a reason",
                },
            ),
        }
    }
}

fn function_at(program: &Lowered, pointer: u64) -> Option<&Function> {
    let mut functions = program.functions.iter();
    functions.find(|function| Addr::of(*function).raw() == pointer)
}

impl CheckedCaller for Session<'_, '_> {
    fn call_back(&self, function: u64, args: [u64; 5]) -> Result<u64, Trap> {
        let Some(function) = self.function_at(function) else {
            return Err(self.trap(InsnIdx(0), TrapKind::NoFunction(function)));
        };
        let result = self.call(function, args, RegSet::ARGS)?;
        let last = function.at.last().copied().unwrap_or_default();
        result.ok_or_else(|| self.trap(last, TrapKind::Uninitialised(Reg::R0)))
    }
}
