//! Objects programs keep on the stack: dynptrs, iterators, saved IRQ flags. Where one may stand.

use crate::check::call::constant_offset;
use crate::register::Target;
use crate::reject::{Check, KfuncReject, Reject};
use crate::stack::{SLOT_SIZE, SlotByte, SlotContent, SlotIdx, StackSlot};
use crate::state::Frame;
use crate::verifier::Verifier;

/// Slots of an object, from its first (lowest address) one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) frame: u8,
    /// The slot a pointer to the object points at.
    pub(super) first: SlotIdx,
    /// How many slots it takes, upwards in memory (downwards in number).
    pub(super) count: u8,
}

impl Place {
    /// The slots, first one first.
    pub(super) fn slots(self) -> impl Iterator<Item = SlotIdx> {
        (0..self.count).map(move |i| SlotIdx(self.first.0.wrapping_sub(i)))
    }
}

/// Why a pointer does not point at slots for an object.
#[derive(Debug)]
pub(super) enum Misplaced {
    /// It cannot: a line says why.
    Refused(Reject),
    /// Nothing was ever stored there.
    Untouched,
}

impl Verifier<'_> {
    /// The slots of a `what` of `count` slots at register `reg`, a pointer to the stack.
    pub(super) fn stack_object(
        &mut self,
        reg: u8,
        what: &'static str,
        count: u8,
    ) -> Result<Place, Misplaced> {
        let Some((p, frame)) = self.state.reg(reg).pointer().and_then(|p| match p.target {
            Target::Stack { frame } => Some((*p, frame)),
            _ => None,
        }) else {
            return Err(Misplaced::Untouched);
        };
        let Some(off) = constant_offset(&p) else {
            return Err(Misplaced::Refused(
                self.reject(KfuncReject::StackObjectVariable { what }),
            ));
        };
        let end = off.saturating_add(i64::from(count) * i64::from(SLOT_SIZE));
        // Linux's arithmetic takes a one-slot object at the frame pointer itself for one below it; the store then fails.
        if off == 0 && count == 1 {
            return Err(Misplaced::Untouched);
        }
        if off.rem_euclid(i64::from(SLOT_SIZE)) != 0 || end > 0 {
            return Err(Misplaced::Refused(
                self.reject(KfuncReject::StackObjectOffset { what, off }),
            ));
        }
        let slot = i32::try_from(off).ok().and_then(SlotIdx::of);
        let known = self.state.frame(frame).map_or(0, |f| f.stack.slots.len());
        match slot {
            Some((first, _)) if first.index() < known => Ok(Place {
                frame,
                first,
                count,
            }),
            Some(_) | None => Err(Misplaced::Untouched),
        }
    }

    /// The same for an object that must be there: `None` where it cannot be.
    pub(super) fn existing_object(
        &mut self,
        reg: u8,
        what: &'static str,
        count: u8,
    ) -> Option<Place> {
        self.stack_object(reg, what, count).ok()
    }

    /// An object may be made at register `reg`: the place is good, and `taken` holds for no slot of it. Else `rule` is broken.
    pub(super) fn check_room(
        &mut self,
        reg: u8,
        what: &'static str,
        count: u8,
        taken: impl Fn(&StackSlot) -> bool,
        rule: KfuncReject,
    ) -> Check {
        match self.stack_object(reg, what, count) {
            // The store that makes the object checks the bounds of the stack.
            Err(Misplaced::Untouched) => Ok(()),
            Err(Misplaced::Refused(reject)) => Err(self.reject_more(reject, rule)),
            Ok(place) => {
                let occupied = place
                    .slots()
                    .any(|slot| self.slot_at(place.frame, slot).is_some_and(&taken));
                if occupied {
                    Err(self.reject(rule))
                } else {
                    Ok(())
                }
            }
        }
    }

    /// Stores over the slots of an object to be made at register `reg`, and gives its place.
    pub(super) fn store_object(&mut self, reg: u8, what: &'static str, count: u8) -> Check<Place> {
        for slot in 0..i32::from(count) {
            self.store_unknown(reg, slot * SLOT_SIZE, 8)?;
        }
        match self.stack_object(reg, what, count) {
            Ok(place) => Ok(place),
            Err(_) => Err(self.reject(KfuncReject::Bug {
                what: "an object on the stack has no slots",
            })),
        }
    }

    /// A slot of a frame, if known.
    pub(super) fn slot_at(&self, frame: u8, slot: SlotIdx) -> Option<&StackSlot> {
        self.state.frame(frame)?.stack.get(slot)
    }

    /// Makes a slot (part of) an object.
    pub(super) fn set_slot(
        &mut self,
        frame: u8,
        slot: SlotIdx,
        mark: SlotByte,
        content: SlotContent,
    ) {
        let known = self
            .state
            .frame_mut(frame)
            .and_then(|f: &mut Frame| f.stack.get_mut(slot));
        if let Some(s) = known {
            *s = StackSlot {
                bytes: [mark; 8],
                content,
            };
        }
        self.touch_slot(frame, slot);
        self.stack_written(frame, slot);
    }

    /// The call reads all slots of an object.
    pub(super) fn note_object_read(&mut self, place: Place) {
        for slot in place.slots() {
            self.touch_slot(place.frame, slot);
            self.stack_read(place.frame, slot);
        }
    }
}
