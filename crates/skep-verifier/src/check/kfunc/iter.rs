//! Open-coded iterators: made, asked for the next element, destroyed.

use super::call::KfuncCall;
use super::stack_object::Place;
use crate::register::{BtfRef, PtrFlags, Register, TypeRef};
use crate::reject::{Check, KfuncReject};
use crate::scalar::ScalarRange;
use crate::stack::{IterSlot, IterState, SlotByte, SlotContent};
use crate::state::State;
use crate::verifier::Verifier;
use alloc::string::{String, ToString};
use skep_btf::{BtfTypeId, Type};
use skep_catalog::{KfuncFlags, Sleepable};
use skep_uapi::{AttachType, ProgType};

use super::special::Special;

/// How messages call it.
const NAME: &str = "iter";

/// What `struct bpf_iter_NAME` a parameter points to.
struct IterType {
    ty: TypeRef,
    name: String,
    slots: u8,
}

impl Verifier<'_> {
    /// An iterator argument, parameter `index` of type `param`.
    pub(super) fn check_iter_argument(
        &mut self,
        call: &mut KfuncCall,
        reg: u8,
        param: BtfTypeId,
    ) -> Check {
        let arg = reg - 1;
        if call.info.is(Special::IterCssTaskNew) && !self.may_use_css_task() {
            return Err(self.reject(KfuncReject::CssTaskIterator));
        }
        let on_stack =
            self.state.reg(reg).pointer().is_some_and(|p| {
                p.kind() == crate::register::TargetKind::Stack && p.flags.is_empty()
            });
        if !on_stack {
            return Err(self.reject(KfuncReject::NotIterator { arg }));
        }
        let Some(iter) = self.iter_type(param) else {
            return Err(self.reject(KfuncReject::NotIteratorType { arg }));
        };
        if call.info.has(KfuncFlags::ITER_NEW) {
            return self.make_iterator(call, reg, &iter);
        }
        let place = self.check_iterator(call, reg, &iter)?;
        self.note_object_read(place);
        call.ref_obj_id = self
            .iterator_slot(&self.state, place)
            .map_or(0, |slot| slot.ref_obj_id);
        call.iterator = Some(place);
        if call.info.has(KfuncFlags::ITER_DESTROY) {
            // Held since new; releasing it cannot fail.
            let _ = self.release_reference(call.ref_obj_id);
            self.erase(place);
        }
        Ok(())
    }

    fn may_use_css_task(&self) -> bool {
        let iterator = self.request.prog_type == ProgType::Tracing
            && self.attach_type() == Some(AttachType::TraceIter);
        self.request.prog_type == ProgType::Lsm
            || iterator
            || self.calls.context().sleepable == Sleepable::Yes
    }

    fn iter_type(&self, param: BtfTypeId) -> Option<IterType> {
        let kernel = self.kernel_btf.as_ref()?;
        let Type::Struct(target) = kernel.resolve_pointer(param)? else {
            return None;
        };
        let name = target.name().strip_prefix("bpf_iter_")?.to_string();
        let slots = u8::try_from(target.size() / 8).ok().filter(|n| *n > 0)?;
        Some(IterType {
            ty: TypeRef {
                btf: BtfRef::Kernel,
                id: target.id(),
            },
            name,
            slots,
        })
    }

    fn make_iterator(&mut self, call: &KfuncCall, reg: u8, iter: &IterType) -> Check {
        let taken = |slot: &crate::stack::StackSlot| slot.bytes.contains(&SlotByte::Iter);
        let rule = KfuncReject::IteratorNotUninit {
            name: iter.name.clone(),
            arg: reg - 1,
        };
        self.check_room(reg, NAME, iter.slots, taken, rule)?;
        let place = self.store_object(reg, NAME, iter.slots)?;
        let id = self.acquire_reference();
        let rcu = call.info.has(KfuncFlags::RCU_PROTECTED);
        let untrusted = rcu && !self.state.in_rcu_cs();
        for slot in place.slots() {
            let part = IterSlot {
                ty: iter.ty,
                state: IterState::Active,
                depth: 0,
                ref_obj_id: if slot == place.first { id } else { 0 },
                rcu: rcu && !untrusted,
                untrusted,
            };
            self.set_slot(place.frame, slot, SlotByte::Iter, SlotContent::Iter(part));
        }
        Ok(())
    }

    /// A whole iterator of this type stands at register `reg`.
    fn check_iterator(&mut self, call: &KfuncCall, reg: u8, iter: &IterType) -> Check<Place> {
        let not_init = KfuncReject::IteratorNotInit {
            name: iter.name.clone(),
            arg: reg - 1,
        };
        let Some(place) = self.existing_object(reg, NAME, iter.slots) else {
            return Err(self.reject(not_init));
        };
        for slot in place.slots() {
            let part = self
                .slot_at(place.frame, slot)
                .and_then(|s| match s.content {
                    SlotContent::Iter(part) => Some(part),
                    _ => None,
                });
            let Some(part) = part else {
                return Err(self.reject(not_init));
            };
            if part.untrusted {
                return Err(self.reject(KfuncReject::IteratorNeedsRcu {
                    name: call.info.name.clone(),
                }));
            }
            let is_first = slot == place.first;
            if (part.ref_obj_id != 0) != is_first || part.ty != iter.ty {
                return Err(self.reject(not_init));
            }
        }
        Ok(place)
    }

    fn iterator_slot(&self, state: &State, place: Place) -> Option<IterSlot> {
        match state.frame(place.frame)?.stack.get(place.first)?.content {
            SlotContent::Iter(part) => Some(part),
            SlotContent::Bytes
            | SlotContent::Spilled(_)
            | SlotContent::Dynptr(_)
            | SlotContent::Irq(_) => None,
        }
    }

    /// Whether the results of the iterator are valid only inside an RCU section.
    pub(super) fn iterates_under_rcu(&self, place: Place) -> bool {
        self.iterator_slot(&self.state, place)
            .is_some_and(|part| part.rcu)
    }

    /// After next: one more element is another path; here the iterator is at its end.
    pub(super) fn step_iterator(&mut self, place: Place) -> Check {
        if self
            .iterator_slot(&self.state, place)
            .is_some_and(|part| part.state == IterState::Active)
        {
            let element = self.state.reg(0).pointer().copied().map(|mut p| {
                p.flags -= PtrFlags::MAYBE_NULL;
                p
            });
            let next = self.at.next();
            let more = self.push_widened_branch(next)?;
            if let Some(part) = iterator_mut(more, place) {
                part.state = IterState::Active;
                part.depth += 1;
            }
            if let Some(element) = element {
                more.set_reg(0, Register::Pointer(element));
            }
        }
        if let Some(part) = iterator_mut(&mut self.state, place) {
            part.state = IterState::Drained;
        }
        let null = self.new_scalar(ScalarRange::constant(0));
        self.set_reg(0, null);
        Ok(())
    }

    /// The explicit RCU section ends: iterators made in it cannot be used any more.
    pub(super) fn distrust_iterators(&mut self) {
        for number in 0..=self.state.current() {
            let uses_rcu = |slot: &crate::stack::StackSlot| matches!(slot.content, SlotContent::Iter(part) if part.rcu);
            if !self
                .state
                .frame(number)
                .is_some_and(|f| f.stack.slots.iter().any(uses_rcu))
            {
                continue;
            }
            let Some(frame) = self.state.frame_mut(number) else {
                continue;
            };
            for slot in &mut frame.stack.slots {
                if let SlotContent::Iter(part) = &mut slot.content
                    && part.rcu
                {
                    (part.rcu, part.untrusted) = (false, true);
                }
            }
        }
    }
}

fn iterator_mut(state: &mut State, place: Place) -> Option<&mut IterSlot> {
    match &mut state
        .frame_mut(place.frame)?
        .stack
        .get_mut(place.first)?
        .content
    {
        SlotContent::Iter(part) => Some(part),
        SlotContent::Bytes
        | SlotContent::Spilled(_)
        | SlotContent::Dynptr(_)
        | SlotContent::Irq(_) => None,
    }
}
