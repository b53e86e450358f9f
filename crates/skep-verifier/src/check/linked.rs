//! Numbers that are equal up to a constant distance: what a jump teaches about one it teaches about all.

use crate::register::{Link, Register, Scalar, ValueId};
use crate::scalar::{self, ScalarRange};
use crate::stack::SlotIdx;
use crate::state::{Frame, State};
use crate::verifier::Verifier;
use alloc::vec::Vec;
use skep_isa::{AluOp, Width};

/// Linux follows at most so many at one jump.
pub(crate) const MAX_LINKED: usize = 6;

/// Where a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a register.
    Reg(u8),
    /// Spilled to a stack slot.
    Slot(SlotIdx),
}

/// Where a linked number is: frame and place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LinkedPlace {
    pub(crate) frame: u8,
    pub(crate) place: Place,
}

fn scalar_at(state: &State, at: LinkedPlace) -> Option<&Scalar> {
    let frame = state.frame(at.frame)?;
    match at.place {
        Place::Reg(reg) => frame.regs.get(reg).scalar(),
        Place::Slot(slot) => frame.stack.get(slot)?.spilled()?.scalar(),
    }
}

fn scalar_at_mut(state: &mut State, at: LinkedPlace) -> Option<&mut Scalar> {
    let frame = state.frame_mut(at.frame)?;
    match at.place {
        Place::Reg(reg) => frame.regs.get_mut(reg)?.scalar_mut(),
        Place::Slot(slot) => frame.stack.get_mut(slot)?.spilled_mut()?.scalar_mut(),
    }
}

impl Verifier<'_> {
    /// Adds to `list` where the current state has numbers linked by `id`: innermost frame first, live registers before slots. One that
    /// finds the list full is cut loose, so that nothing is said about it that precision tracking could not follow.
    pub(super) fn collect_linked(&mut self, id: ValueId, list: &mut Vec<LinkedPlace>) {
        for frame in (0..=self.state.current()).rev() {
            let live = self.live_before(self.frame_insn(frame));
            let Some(f) = self.state.frame(frame) else {
                continue;
            };
            let places = linked_places(f, id, live);
            for place in places {
                let at = LinkedPlace { frame, place };
                if list.len() < MAX_LINKED {
                    list.push(at);
                } else if let Some(s) = scalar_at_mut(&mut self.state, at) {
                    s.unlink();
                }
            }
        }
    }
}

fn linked_places(frame: &Frame, id: ValueId, live: u16) -> Vec<Place> {
    let linked = |r: &Register| r.scalar().is_some_and(|s| s.id == id);
    let regs = (0u8..10)
        .filter(|r| live & (1 << r) != 0 && linked(frame.regs.get(*r)))
        .map(Place::Reg);
    let slots = frame.stack.slots.iter().enumerate();
    let slots = slots
        .filter(|(_, s)| s.spilled().is_some_and(linked))
        .map(|(i, _)| Place::Slot(SlotIdx(i as u8)));
    regs.chain(slots).collect()
}

/// Carries what is now known about r`reg` of the current frame to the numbers of `list` that are still linked to it.
pub(super) fn propagate(state: &mut State, reg: u8, list: &[LinkedPlace]) {
    let Some(known) = state.reg(reg).scalar().copied().filter(|s| s.id != 0) else {
        return;
    };
    let own = LinkedPlace {
        frame: state.current(),
        place: Place::Reg(reg),
    };
    for &at in list.iter().filter(|at| **at != own) {
        let Some(old) = scalar_at(state, at).copied().filter(|s| s.id == known.id) else {
            continue;
        };
        if let (Some(new), Some(place)) = (at_distance(&known, &old), scalar_at_mut(state, at)) {
            *place = new;
        }
    }
}

/// What is known about `old`, which is linked to `known`.
fn at_distance(known: &Scalar, old: &Scalar) -> Option<Scalar> {
    let mixed = matches!(
        (known.link, old.link),
        (Link::Add64(_), Link::Add32(_)) | (Link::Add32(_), Link::Add64(_))
    );
    if mixed {
        return None;
    }
    let both_equal = known.link == Link::Equal && old.link == Link::Equal;
    if both_equal || known.link.distance() == old.link.distance() {
        return Some(*known);
    }
    let delta = i64::from(old.link.distance()).wrapping_sub(i64::from(known.link.distance()));
    let delta = ScalarRange::constant(delta.cast_unsigned());
    let mut range = scalar::alu(AluOp::Add, Width::W64, &known.range, &delta);
    if matches!(known.link, Link::Add32(_)) || matches!(old.link, Link::Add32(_)) {
        range.zext_32_to_64();
    }
    Some(Scalar {
        range,
        id: old.id,
        link: old.link,
        precise: known.precise,
    })
}
