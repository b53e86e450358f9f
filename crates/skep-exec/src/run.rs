//! What one run carries, and under the checker what it may touch.

use std::cell::Cell;
use std::mem::offset_of;
use std::sync::Arc;

use skep_memory::{Permissions, RacyBytes, SpanId, SpanSource};
use skep_object::RunContext;

use crate::bound_map::BoundMap;
use crate::memory::CheckedMemory;
use crate::trap::{Trap, TrapKind};

/// Which executor a run uses, tail-called programs included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Engine {
    /// Compiled code, which trusts the verifier.
    Jit,
    /// The interpreter, which checks everything.
    Check,
}

/// One run: made by whoever runs a program, lent to the executor and through it to helpers.
///
/// Compiled code reads the pointer to the [`RunContext`] at [`Run::CONTEXT_OFFSET`].
#[repr(C)]
pub struct Run<'r> {
    context: &'r RunContext<'r>,
    checked: Option<CheckedMemory<'r>>,
    raised: Cell<Option<Raised>>,
}

/// Names bytes that were allowed with [`Run::allow`]; nothing under the JIT.
#[derive(Clone, Copy, Debug)]
pub struct LiveSpan(Option<SpanId>);

impl<'r> Run<'r> {
    /// Offset of the pointer to the run context (8 bytes).
    pub(crate) const CONTEXT_OFFSET: usize = offset_of!(Run<'static>, context);

    /// A run by `engine`.
    pub fn new(engine: Engine, context: &'r RunContext<'r>) -> Self {
        let checked = match engine {
            Engine::Jit => None,
            Engine::Check => Some(CheckedMemory::new()),
        };
        Self {
            context,
            checked,
            raised: Cell::new(None),
        }
    }

    /// The executor it uses.
    pub fn engine(&self) -> Engine {
        match self.checked {
            None => Engine::Jit,
            Some(_) => Engine::Check,
        }
    }

    /// Clock, CPU, cancel flag and what the upper layers attached.
    #[inline]
    pub fn context(&self) -> &'r RunContext<'r> {
        self.context
    }

    /// Lets the program touch these bytes: the context object, the packet, a record a helper made. Maps of the
    /// program and stack frames need no word.
    pub fn allow(&self, bytes: RacyBytes<'r>, permissions: Permissions) -> LiveSpan {
        LiveSpan(
            self.checked
                .as_ref()
                .map(|memory| memory.allow(bytes, permissions)),
        )
    }

    /// Replaces bytes that were allowed: a packet whose head or tail moved.
    pub fn replace(&self, span: LiveSpan, bytes: RacyBytes<'r>, permissions: Permissions) {
        if let (Some(memory), LiveSpan(Some(id))) = (&self.checked, span) {
            memory.replace(id, bytes, permissions);
        }
    }

    /// Makes a map known that the program does not name: an inner one.
    pub fn know_map(&self, map: &Arc<BoundMap>) {
        if let Some(memory) = &self.checked {
            memory.know_map(map);
        }
    }

    /// Lets the program touch what a source says is live, while it says so.
    pub fn allow_source(&self, source: &'r dyn SpanSource) {
        if let Some(memory) = &self.checked {
            memory.allow_source(source);
        }
    }

    /// Takes bytes back that were allowed.
    pub fn forbid(&self, span: LiveSpan) {
        if let (Some(memory), LiveSpan(Some(id))) = (&self.checked, span) {
            memory.forbid(id);
        }
    }

    /// What the checker knows; `None` under the JIT.
    #[inline]
    pub(crate) fn checked(&self) -> Option<&CheckedMemory<'r>> {
        self.checked.as_ref()
    }

    /// Notes why the run must stop; the first reason stays.
    pub(crate) fn raise(&self, reason: Raised) {
        if self.raised.get().is_none() {
            self.raised.set(Some(reason));
        }
    }

    /// Takes the reason.
    pub(crate) fn take_raised(&self) -> Option<Raised> {
        self.raised.take()
    }
}

/// A trap on its way through a helper.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Raised {
    /// The helper itself did it; the caller knows where that is.
    Here(TrapKind),
    /// A function it called back did.
    Elsewhere(Trap),
}
