//! What is lowered: instructions and facts, borrowed. Outside tests they come from a [`VerifiedProgram`] only.

use skep_isa::{InsnIdx, RawInsn};
use skep_verifier::VerifiedProgram;
use skep_verifier::verified::{Fact, InsnFacts, SubprogFacts};

/// A program's instructions and facts.
#[derive(Clone, Copy)]
pub(crate) struct Source<'p> {
    pub(crate) insns: &'p [RawInsn],
    pub(crate) facts: &'p [InsnFacts],
    pub(crate) subprogs: &'p [SubprogFacts],
}

impl<'p> Source<'p> {
    /// Those of a verified program.
    pub(crate) fn of(program: &'p VerifiedProgram) -> Self {
        Self {
            insns: program.insns(),
            facts: program.facts(),
            subprogs: program.subprogs(),
        }
    }

    /// Does a path reach this instruction?
    pub(crate) fn is_seen(self, at: InsnIdx) -> bool {
        self.facts.get(at.index()).is_some_and(|facts| facts.seen)
    }

    /// What is known about it.
    pub(crate) fn fact(self, at: InsnIdx) -> &'p Fact {
        const PLAIN: &Fact = &Fact::Plain;
        self.facts
            .get(at.index())
            .map_or(PLAIN, |facts| &facts.fact)
    }
}
