//! Stack marks of one function in one call chain.

use crate::state::{InsnIdx, MAX_FRAMES, State};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

/// Call instructions from the outermost frame, then the first instruction of the innermost function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct CallChain {
    depth: u8,
    insns: [InsnIdx; MAX_FRAMES],
}

impl CallChain {
    /// The chain of frame `frame` of a state, whose function starts at `entry`.
    pub(super) fn of(state: &State, frame: u8, entry: InsnIdx) -> CallChain {
        let mut chain = CallChain {
            depth: frame,
            insns: [InsnIdx(0); MAX_FRAMES],
        };
        let calls = state
            .frames()
            .iter()
            .skip(1)
            .map(|f| f.callsite.unwrap_or_default())
            .take(frame.into());
        for (place, insn) in chain.insns.iter_mut().zip(calls.chain([entry])) {
            *place = insn;
        }
        chain
    }

    /// Number of the innermost frame.
    pub(super) fn depth(&self) -> u8 {
        self.depth
    }

    pub(super) fn insn(&self, frame: u8) -> InsnIdx {
        self.insns
            .get(usize::from(frame))
            .copied()
            .unwrap_or_default()
    }

    /// First instruction of the innermost function.
    pub(super) fn entry(&self) -> InsnIdx {
        self.insn(self.depth)
    }

    /// The chain without its innermost function, which starts at `caller_entry`.
    pub(super) fn outer(&self, caller_entry: InsnIdx) -> Option<CallChain> {
        let depth = self.depth.checked_sub(1)?;
        let mut outer = CallChain {
            depth,
            insns: [InsnIdx(0); MAX_FRAMES],
        };
        for (place, insn) in outer.insns.iter_mut().zip(self.insns).take(depth.into()) {
            *place = insn;
        }
        if let Some(place) = outer.insns.get_mut(usize::from(depth)) {
            *place = caller_entry;
        }
        Some(outer)
    }

    /// `(2,5)`.
    pub(super) fn text(&self) -> String {
        let mut text = String::from("(");
        for frame in 0..=self.depth {
            let _ = write!(
                text,
                "{}{}",
                if frame == 0 { "" } else { "," },
                self.insn(frame).0
            );
        }
        text.push(')');
        text
    }
}

/// Slots (bits) at one instruction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Masks {
    /// Read by it on some path.
    pub(super) may_read: u64,
    /// Written by it on every path.
    pub(super) must_write: u64,
    /// Written from here to the end of the function on every path.
    pub(super) must_write_acc: u64,
    /// May be read from here on before being written.
    pub(super) live_before: u64,
}

/// The marks of one function in one call chain, for its own frame and each frame above it.
#[derive(Debug)]
pub(super) struct Instance {
    pub(super) chain: CallChain,
    start: u32,
    insns: usize,
    frames: Vec<Vec<Masks>>,
    /// Instructions whose writes were submitted once.
    written_once: Vec<bool>,
    /// Marks changed since the last update.
    pub(super) updated: bool,
    /// A `must_write` shrank since the last update.
    pub(super) dropped: bool,
}

impl Instance {
    pub(super) fn new(chain: CallChain, end: InsnIdx) -> Self {
        let start = chain.entry().0;
        let insns = end.0.saturating_sub(start) as usize;
        let frames = (0..=chain.depth()).map(|_| Vec::new()).collect();
        Instance {
            chain,
            start,
            insns,
            frames,
            written_once: Vec::new(),
            updated: false,
            dropped: false,
        }
    }

    fn relative(&self, at: InsnIdx) -> usize {
        at.0.wrapping_sub(self.start) as usize
    }

    /// Whether a frame has any marks.
    pub(super) fn has_frame(&self, frame: u8) -> bool {
        self.frames
            .get(usize::from(frame))
            .is_some_and(|f| !f.is_empty())
    }

    pub(super) fn masks(&self, frame: u8, at: InsnIdx) -> Masks {
        self.frames
            .get(usize::from(frame))
            .and_then(|f| f.get(self.relative(at)))
            .copied()
            .unwrap_or_default()
    }

    pub(super) fn masks_mut(&mut self, frame: u8, at: InsnIdx) -> Option<&mut Masks> {
        let (relative, insns) = (self.relative(at), self.insns);
        let frame = self.frames.get_mut(usize::from(frame))?;
        if frame.is_empty() {
            frame.resize(insns, Masks::default());
        }
        frame.get_mut(relative)
    }

    /// Something is read at an instruction.
    pub(super) fn read(&mut self, frame: u8, at: InsnIdx, slots: u64) {
        let Some(masks) = self.masks_mut(frame, at) else {
            return;
        };
        let new = masks.may_read | slots;
        let news = new != masks.may_read && new | masks.live_before != masks.live_before;
        masks.may_read = new;
        self.updated |= news;
    }

    /// The writes of one execution of an instruction, per frame.
    pub(super) fn submit(&mut self, at: InsnIdx, writes: &[u64; MAX_FRAMES]) {
        let relative = self.relative(at);
        if self.written_once.is_empty() {
            self.written_once.resize(self.insns, false);
        }
        let Some(once) = self.written_once.get_mut(relative) else {
            return;
        };
        let again = core::mem::replace(once, true);
        for (frame, &slots) in (0..=self.chain.depth()).zip(writes) {
            if !self.has_frame(frame) && slots == 0 {
                continue;
            }
            if slots == 0 && !again {
                continue;
            }
            let Some(masks) = self.masks_mut(frame, at) else {
                continue;
            };
            let old = masks.must_write;
            let new = if again { old & slots } else { slots };
            masks.must_write = new;
            self.updated |= old != new;
            self.dropped |= old & !new != 0;
        }
    }

    /// Before an update after `must_write` shrank.
    pub(super) fn restart_accumulated_writes(&mut self) {
        for masks in self.frames.iter_mut().flatten() {
            masks.must_write_acc = 0;
        }
        self.dropped = false;
    }
}
