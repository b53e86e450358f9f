//! Dynptrs: two slots of stack that name memory of a length only known at run time.

use super::stack_object::Place;
use crate::check::call::{CallMeta, DynptrArg};
use crate::register::{DynptrKind, Target, ValueId};
use crate::reject::{Check, KfuncReject};
use crate::stack::{DynptrSlot, SlotByte, SlotContent, SlotIdx};
use crate::verifier::Verifier;
use skep_catalog::{Arg, TypeFlags};

/// How messages call it.
const NAME: &str = "dynptr";
/// Slots of one.
const SLOTS: u8 = 2;

/// What a call does with a dynptr argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DynptrUse {
    /// Makes one; a clone of a ring buffer dynptr shares its reference.
    Construct {
        kind: DynptrKind,
        shared_ref: ValueId,
    },
    /// Uses one (of a kind, if given) and leaves it as it is.
    Read(Option<DynptrKind>),
    /// Uses one and may change it.
    Mutate(Option<DynptrKind>),
}

impl Verifier<'_> {
    /// A dynptr argument of a helper.
    pub(crate) fn check_dynptr_argument(
        &mut self,
        reg: u8,
        arg: &Arg,
        meta: &mut CallMeta,
    ) -> Check {
        let kind = kind_of(arg.flags);
        let usage = if arg.has(TypeFlags::MEM_UNINIT) {
            match kind {
                Some(kind) => DynptrUse::Construct {
                    kind,
                    shared_ref: 0,
                },
                None => {
                    return Err(self.reject(KfuncReject::Bug {
                        what: "a dynptr of no kind",
                    }));
                }
            }
        } else if arg.has(TypeFlags::MEM_RDONLY) {
            DynptrUse::Read(kind)
        } else {
            DynptrUse::Mutate(kind)
        };
        meta.dynptr = self.check_dynptr(reg, usage)?.or(meta.dynptr);
        Ok(())
    }

    /// Checks register `reg` as a dynptr argument; the dynptr, if it was there before.
    pub(crate) fn check_dynptr(&mut self, reg: u8, usage: DynptrUse) -> Check<Option<DynptrArg>> {
        let arg = reg.wrapping_sub(1);
        let target = self
            .state
            .reg(reg)
            .pointer()
            .filter(|p| p.flags.is_empty())
            .map(|p| p.target);
        let is_const = match target {
            Some(Target::Stack { .. }) => false,
            Some(Target::Dynptr { .. }) => true,
            Some(_) | None => return Err(self.reject(KfuncReject::NotDynptr { arg })),
        };
        let wanted = match usage {
            DynptrUse::Construct { kind, shared_ref } => {
                return self.construct_dynptr(reg, kind, shared_ref).map(|()| None);
            }
            DynptrUse::Mutate(_) if is_const => return Err(self.reject(KfuncReject::DynptrConst)),
            DynptrUse::Read(kind) | DynptrUse::Mutate(kind) => kind,
        };
        let Some((found, place)) = self.initialised_dynptr(reg) else {
            return Err(self.reject(KfuncReject::DynptrNotInit { arg }));
        };
        if let Some(kind) = wanted
            && kind != found.kind
        {
            return Err(self.reject(KfuncReject::DynptrKind {
                kind: kind.name(),
                arg,
            }));
        }
        if let Some(place) = place {
            self.note_object_read(place);
        }
        Ok(Some(found))
    }

    /// The intact dynptr that register `reg` points at, and its place if it is on the stack.
    fn initialised_dynptr(&mut self, reg: u8) -> Option<(DynptrArg, Option<Place>)> {
        let p = *self.state.reg(reg).pointer()?;
        if let Target::Dynptr { kind, .. } = p.target {
            return Some((
                DynptrArg {
                    kind,
                    id: p.id,
                    ref_obj_id: 0,
                },
                None,
            ));
        }
        let place = self.existing_object(reg, NAME, SLOTS)?;
        let first = self
            .dynptr_slot(place.frame, place.first)
            .filter(|d| d.first)?;
        let intact = place
            .slots()
            .all(|slot| self.dynptr_slot(place.frame, slot).is_some());
        intact.then_some((
            DynptrArg {
                kind: first.kind,
                id: first.id,
                ref_obj_id: first.ref_obj_id,
            },
            Some(place),
        ))
    }

    /// The reference that what stands at register `reg` on the stack stands for, 0 if none: what a dynptr to be released needs first.
    pub(crate) fn reference_at(&mut self, reg: u8) -> ValueId {
        let Some(place) = self.existing_object(reg, NAME, SLOTS) else {
            return 0;
        };
        match self.slot_at(place.frame, place.first).map(|s| &s.content) {
            Some(SlotContent::Dynptr(half)) => half.ref_obj_id,
            Some(SlotContent::Iter(part)) => part.ref_obj_id,
            Some(SlotContent::Irq(flag)) => flag.ref_obj_id,
            Some(SlotContent::Spilled(register)) => register.ref_obj_id(),
            Some(SlotContent::Bytes) | None => 0,
        }
    }

    fn dynptr_slot(&self, frame: u8, slot: SlotIdx) -> Option<DynptrSlot> {
        match self.slot_at(frame, slot)?.content {
            SlotContent::Dynptr(half) => Some(half),
            SlotContent::Bytes
            | SlotContent::Spilled(_)
            | SlotContent::Iter(_)
            | SlotContent::Irq(_) => None,
        }
    }

    fn construct_dynptr(&mut self, reg: u8, kind: DynptrKind, shared_ref: ValueId) -> Check {
        let on_stack = self
            .state
            .reg(reg)
            .pointer()
            .is_some_and(|p| matches!(p.target, Target::Stack { .. }));
        if !on_stack {
            return Err(self.reject(KfuncReject::DynptrNotUninit));
        }
        self.check_room(reg, NAME, SLOTS, |_| false, KfuncReject::DynptrNotUninit)?;
        // The stores destroy dynptrs that were there, and refuse to if one holds a reference.
        let place = self.store_object(reg, NAME, SLOTS)?;
        let id = self.fresh_id();
        let ref_obj_id = match kind {
            DynptrKind::Ringbuf if shared_ref != 0 => shared_ref,
            DynptrKind::Ringbuf => self.acquire_reference(),
            DynptrKind::Local | DynptrKind::Skb | DynptrKind::Xdp | DynptrKind::SkbMeta => 0,
        };
        for slot in place.slots() {
            let half = DynptrSlot {
                kind,
                id,
                ref_obj_id,
                first: slot == place.first,
            };
            self.set_slot(
                place.frame,
                slot,
                SlotByte::Dynptr,
                SlotContent::Dynptr(half),
            );
        }
        Ok(())
    }

    /// A store hits a slot: if it is half of a dynptr, the whole dynptr is gone, and its slices with it.
    pub(crate) fn destroy_dynptr(&mut self, frame: u8, slot: SlotIdx) -> Check {
        let Some(half) = self.dynptr_slot(frame, slot) else {
            return Ok(());
        };
        if half.ref_obj_id != 0 || half.kind == DynptrKind::Ringbuf {
            return Err(self.reject(KfuncReject::DynptrReferenced));
        }
        let first = if half.first {
            slot
        } else {
            SlotIdx(slot.0.wrapping_add(1))
        };
        self.erase(Place {
            frame,
            first,
            count: SLOTS,
        });
        self.invalidate_where(|p| {
            p.flags
                .difference(crate::register::PtrFlags::MAYBE_NULL)
                .is_empty()
                && slice_of(p.target) == half.id
        });
        Ok(())
    }

    /// Gives away what the dynptr at register `reg` points to: it, its clones and all slices are gone.
    pub(crate) fn release_dynptr(&mut self, reg: u8) -> Check {
        let Some(place) = self.existing_object(reg, NAME, SLOTS) else {
            return Err(self.reject(KfuncReject::Bug {
                what: "a released dynptr has no place",
            }));
        };
        let reference = self
            .dynptr_slot(place.frame, place.first)
            .map_or(0, |d| d.ref_obj_id);
        if reference == 0 {
            self.erase(place);
            return Ok(());
        }
        if self.release_reference(reference).is_err() {
            return Err(self.reject(KfuncReject::Bug {
                what: "a released dynptr holds no reference",
            }));
        }
        let slots = self
            .state
            .frame(place.frame)
            .map_or(0, |f| f.stack.slots.len());
        for slot in (1..slots).map(|k| SlotIdx(k as u8)) {
            let half = self.dynptr_slot(place.frame, slot);
            if half.is_some_and(|d| d.first && d.ref_obj_id == reference) {
                self.erase(Place {
                    frame: place.frame,
                    first: slot,
                    count: SLOTS,
                });
            }
        }
        Ok(())
    }

    /// The slots of an object hold nothing any more.
    pub(super) fn erase(&mut self, place: Place) {
        for slot in place.slots() {
            self.set_slot(place.frame, slot, SlotByte::Invalid, SlotContent::Bytes);
        }
    }
}

/// The kind an argument's flags name.
fn kind_of(flags: TypeFlags) -> Option<DynptrKind> {
    const KINDS: [(TypeFlags, DynptrKind); 4] = [
        (TypeFlags::DYNPTR_LOCAL, DynptrKind::Local),
        (TypeFlags::DYNPTR_RINGBUF, DynptrKind::Ringbuf),
        (TypeFlags::DYNPTR_SKB, DynptrKind::Skb),
        (TypeFlags::DYNPTR_XDP, DynptrKind::Xdp),
    ];
    KINDS
        .iter()
        .find(|(flag, _)| flags.contains(*flag))
        .map(|(_, kind)| *kind)
}

/// The dynptr that memory is a slice of.
const fn slice_of(target: Target) -> ValueId {
    match target {
        Target::Mem { dynptr_id, .. } => dynptr_id,
        _ => 0,
    }
}
