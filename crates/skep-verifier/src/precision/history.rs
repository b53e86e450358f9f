//! What walking back cannot see from the instructions alone: where control came from, which slot was meant, which numbers were linked.

use crate::check::linked::LinkedPlace;
use crate::stack::SlotIdx;
use crate::state::InsnIdx;
use crate::verifier::Verifier;
use alloc::vec::Vec;
use bitflags::bitflags;

bitflags! {
    /// Operands of a conditional jump that are stack pointers.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
    pub(crate) struct HistoryFlags: u8 {
        /// The first operand.
        const DST_IS_STACK = 1;
        /// The second operand.
        const SRC_IS_STACK = 2;
    }
}

/// One executed instruction worth remembering.
#[derive(Clone, Debug)]
pub(crate) struct HistoryEntry {
    pub(crate) insn: InsnIdx,
    /// The instruction executed before it; `None` at the start of a walk.
    pub(crate) previous: Option<InsnIdx>,
    /// The slot a register was spilled to or filled from.
    pub(crate) stack: Option<(u8, SlotIdx)>,
    pub(crate) flags: HistoryFlags,
    /// Numbers linked at a jump; mostly none.
    linked: Vec<LinkedPlace>,
}

impl HistoryEntry {
    pub(crate) fn new(insn: InsnIdx, previous: Option<InsnIdx>) -> Self {
        HistoryEntry {
            insn,
            previous,
            stack: None,
            flags: HistoryFlags::empty(),
            linked: Vec::new(),
        }
    }

    pub(crate) fn set_linked(&mut self, places: &[LinkedPlace]) {
        self.linked = places.to_vec();
    }

    pub(crate) fn linked(&self) -> &[LinkedPlace] {
        &self.linked
    }
}

/// The entries of one segment, oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct History(Vec<HistoryEntry>);

impl History {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn push(&mut self, entry: HistoryEntry) {
        self.0.push(entry);
    }

    pub(crate) fn last_mut(&mut self) -> Option<&mut HistoryEntry> {
        self.0.last_mut()
    }

    /// The `count`-th entry, if it is about `insn`: the newest one not yet gone past.
    pub(crate) fn entry(&self, count: usize, insn: InsnIdx) -> Option<&HistoryEntry> {
        self.0.get(count.checked_sub(1)?).filter(|e| e.insn == insn)
    }

    /// One step back from `insn`, `left` entries not yet gone past, in a segment that starts at `first`.
    pub(crate) fn step_back(&self, insn: InsnIdx, first: InsnIdx, left: &mut usize) -> Step {
        if insn == first
            && (*left == 0 || (*left == 1 && self.0.first().is_some_and(|e| e.insn == insn)))
        {
            return Step::SegmentStart;
        }
        let previous = match self.entry(*left, insn) {
            Some(entry) => {
                *left = left.saturating_sub(1);
                entry.previous
            }
            None => insn.0.checked_sub(1).map(InsnIdx),
        };
        previous.map_or(Step::Lost, Step::To)
    }
}

/// Result of a step back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The instruction executed before.
    To(InsnIdx),
    /// There is none in this segment.
    SegmentStart,
    /// The history does not fit the instructions.
    Lost,
}

impl Verifier<'_> {
    /// Makes an entry for the current instruction unless it has one.
    pub(crate) fn note_step(&mut self) {
        self.with_history_entry(|_| {});
    }

    /// Changes the entry of the current instruction, made if it has none yet.
    pub(super) fn with_history_entry(&mut self, change: impl FnOnce(&mut HistoryEntry)) {
        let path = &mut self.walk.path;
        if !path.has_entry {
            path.history.push(HistoryEntry::new(self.at, path.previous));
            path.has_entry = true;
        }
        if let Some(entry) = path.history.last_mut() {
            change(entry);
        }
    }
}
