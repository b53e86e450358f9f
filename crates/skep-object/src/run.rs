//! What one run of a program carries, and how it is stopped.
//!
//! Generated code reaches the hot fields through a raw `*const RunContext` at the offsets below; they are
//! part of this module's promise, like the layout of [`CancelToken`], whose state is its first byte.

use core::any::Any;
use core::cell::Cell;
use core::mem::offset_of;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Instant;

use skep_uapi::limits::MAX_TAIL_CALL_CNT;

use crate::Platform;

/// Why a run has to stop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum StopReason {
    /// Someone asked: the session ends, the client died.
    Cancelled = 1,
    /// A signal came during test_run (EINTR).
    Interrupted = 2,
    /// The run's deadline passed.
    Deadline = 3,
    /// The checker's instruction budget is used up.
    Budget = 4,
}

/// Shared by a run and whoever may stop it, in an `Arc`. One byte: 0 while nobody asked to stop.
#[derive(Debug, Default)]
#[repr(C)]
pub struct CancelToken {
    state: AtomicU8,
}

impl CancelToken {
    /// A token nobody has used.
    pub const fn new() -> Self {
        Self {
            state: AtomicU8::new(0),
        }
    }

    /// Asks the run to stop; the first reason stays.
    pub fn cancel(&self, reason: StopReason) {
        let _ = self
            .state
            .compare_exchange(0, reason as u8, Ordering::AcqRel, Ordering::Acquire);
    }

    /// The reason to stop, if someone asked.
    #[inline]
    pub fn reason(&self) -> Option<StopReason> {
        match self.state.load(Ordering::Acquire) {
            0 => None,
            2 => Some(StopReason::Interrupted),
            3 => Some(StopReason::Deadline),
            4 => Some(StopReason::Budget),
            _ => Some(StopReason::Cancelled),
        }
    }

    /// Did someone ask?
    #[inline]
    pub fn is_cancelled(&self) -> bool {
        self.state.load(Ordering::Relaxed) != 0
    }
}

/// What one run carries. Belongs to the running thread.
#[repr(C)]
pub struct RunContext<'r> {
    cancel: &'r CancelToken,
    tail_calls: Cell<u32>,
    cpu: u32,
    instructions: Cell<u64>,
    platform: &'r dyn Platform,
    deadline: Option<Instant>,
    upper: Option<&'r dyn Any>,
}

impl<'r> RunContext<'r> {
    /// Offset of the pointer to the token's state byte (8 bytes).
    pub const CANCEL_OFFSET: usize = offset_of!(RunContext<'static>, cancel);
    /// Offset of the number of tail calls made so far (4 bytes).
    pub const TAIL_CALLS_OFFSET: usize = offset_of!(RunContext<'static>, tail_calls);
    /// Offset of the number of the CPU the run is on (4 bytes).
    pub const CPU_OFFSET: usize = offset_of!(RunContext<'static>, cpu);
    /// Offset of the number of instructions the checker may still execute (8 bytes).
    pub const INSTRUCTIONS_OFFSET: usize = offset_of!(RunContext<'static>, instructions);

    /// A run on `cpu` without budget or deadline.
    pub fn new(platform: &'r dyn Platform, cancel: &'r CancelToken, cpu: u32) -> Self {
        Self {
            cancel,
            tail_calls: Cell::new(0),
            cpu,
            instructions: Cell::new(u64::MAX),
            platform,
            deadline: None,
            upper: None,
        }
    }

    /// Limits the instructions of the checking interpreter.
    #[must_use]
    pub fn with_instruction_budget(self, instructions: u64) -> Self {
        self.instructions.set(instructions);
        self
    }

    /// Stops the run at `deadline`, at the next [`Self::poll`] after it.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Attaches what the upper layers want to find again in their helpers.
    #[must_use]
    pub fn with_upper(mut self, upper: &'r dyn Any) -> Self {
        self.upper = Some(upper);
        self
    }

    /// What the upper layers attached, if it has this type.
    pub fn upper<T: Any>(&self) -> Option<&'r T> {
        self.upper?.downcast_ref()
    }

    /// The token that stops this run.
    pub fn cancel_token(&self) -> &'r CancelToken {
        self.cancel
    }

    /// The platform.
    pub fn platform(&self) -> &'r dyn Platform {
        self.platform
    }

    /// The CPU whose per-CPU data the run sees.
    #[inline]
    pub fn cpu(&self) -> u32 {
        self.cpu
    }

    /// Must the run stop? One load.
    #[inline]
    pub fn should_stop(&self) -> bool {
        self.cancel.is_cancelled()
    }

    /// Must the run stop? Looks at the deadline too; for the slow places: loops in helpers, tail calls.
    pub fn poll(&self) -> Option<StopReason> {
        if let Some(deadline) = self.deadline
            && Instant::now() >= deadline
        {
            self.cancel.cancel(StopReason::Deadline);
        }
        self.cancel.reason()
    }

    /// Counts one tail call; `false` if the limit is reached and the call must fall through.
    #[inline]
    pub fn count_tail_call(&self) -> bool {
        let made = self.tail_calls.get();
        if made >= MAX_TAIL_CALL_CNT {
            return false;
        }
        self.tail_calls.set(made + 1);
        true
    }

    /// Tail calls made so far.
    pub fn tail_calls(&self) -> u32 {
        self.tail_calls.get()
    }

    /// Takes `count` instructions from the budget; at its end the run is cancelled and this is `false`.
    #[inline]
    pub fn spend(&self, count: u64) -> bool {
        match self.instructions.get().checked_sub(count) {
            Some(left) => {
                self.instructions.set(left);
                true
            }
            None => {
                self.cancel.cancel(StopReason::Budget);
                false
            }
        }
    }
}
