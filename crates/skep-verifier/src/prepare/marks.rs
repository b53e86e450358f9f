//! Marks the control-flow pass leaves on instructions, and where control goes within a function.

use crate::state::InsnIdx;
use crate::verifier::Verifier;
use bitflags::bitflags;
use skep_isa::opcode;

bitflags! {
    /// What an instruction means for the walk.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
    pub(crate) struct Marks: u8 {
        /// The cache is consulted here.
        const PRUNE_POINT = 1;
        /// Executing it makes a history entry.
        const JUMP_POINT = 2;
        /// A checkpoint is always wanted here.
        const FORCE_CHECKPOINT = 4;
        /// A call that runs its callback during the call.
        const CALLS_CALLBACK = 8;
        /// may_goto.
        const MAY_GOTO = 16;
        /// A call of an iterator's next.
        const CALLS_NEXT = 32;
        /// The same, executed at least once.
        const ITER_NEXT = 64;
        /// A spill, fill or call of a bpf_fastcall pattern.
        const FASTCALL = 128;
    }
}

impl Marks {
    pub(crate) fn prune_point(self) -> bool {
        self.contains(Marks::PRUNE_POINT)
    }
    pub(crate) fn jump_point(self) -> bool {
        self.contains(Marks::JUMP_POINT)
    }
    pub(crate) fn force_checkpoint(self) -> bool {
        self.contains(Marks::FORCE_CHECKPOINT)
    }
    pub(crate) fn calls_callback(self) -> bool {
        self.contains(Marks::CALLS_CALLBACK)
    }
    pub(crate) fn may_goto(self) -> bool {
        self.contains(Marks::MAY_GOTO)
    }
    pub(crate) fn iter_next(self) -> bool {
        self.contains(Marks::ITER_NEXT)
    }
}

impl Verifier<'_> {
    /// The marks of an instruction.
    pub(crate) fn marks(&self, at: InsnIdx) -> Marks {
        self.aux.get(at.index()).map_or(Marks::empty(), |a| a.marks)
    }

    pub(crate) fn mark(&mut self, at: InsnIdx, marks: Marks) {
        if let Some(aux) = self.aux.get_mut(at.index()) {
            aux.marks |= marks;
        }
    }

    /// Whether a call runs its callback during the call.
    pub(crate) fn calls_callback(&self, at: InsnIdx) -> bool {
        self.marks(at).calls_callback()
    }

    /// Where control goes within the function: fall-through first, then the jump target. Calls only fall through.
    pub(crate) fn successors(&self, at: InsnIdx) -> [Option<InsnIdx>; 2] {
        let Some(insn) = self.insns.get(at.index()).copied() else {
            return [None, None];
        };
        let inside = |i: InsnIdx| Some(i).filter(|i| i.index() < self.insns.len());
        let next = if insn.is_ld_imm64() {
            at.next().next()
        } else {
            at.next()
        };
        if insn.code == opcode::INSN_EXIT {
            return [None, None];
        }
        match insn.jump_offset() {
            None => [inside(next), None],
            Some(distance) => {
                let target = inside(InsnIdx(at.next().0.wrapping_add_signed(distance)));
                if insn.op() == opcode::JA {
                    [None, target]
                } else {
                    [inside(next), target]
                }
            }
        }
    }
}
