//! Saved IRQ flags: a slot of stack that must be restored in reverse order of saving.

use crate::reject::{Check, KfuncReject};
use crate::stack::{IrqClass, IrqSlot, SlotByte, SlotContent};
use crate::state::{RefKind, Reference};
use crate::verifier::Verifier;

/// How messages call it.
const NAME: &str = "irq_flag";

const fn class_name(class: IrqClass) -> &'static str {
    match class {
        IrqClass::Native => "native",
        IrqClass::Lock => "lock",
    }
}

impl Verifier<'_> {
    /// Saves the flags into the slot at register `reg`; interrupts are off from here on.
    pub(super) fn save_irq_flag(&mut self, reg: u8, class: IrqClass) -> Check {
        let taken = |slot: &crate::stack::StackSlot| slot.bytes.contains(&SlotByte::IrqFlag);
        self.check_room(
            reg,
            NAME,
            1,
            taken,
            KfuncReject::IrqNotUninit { arg: reg - 1 },
        )?;
        let place = self.store_object(reg, NAME, 1)?;
        let id = self.fresh_id();
        self.state.refs.0.push(Reference {
            kind: RefKind::Irq,
            id,
            insn: self.at,
        });
        let content = SlotContent::Irq(IrqSlot {
            ref_obj_id: id,
            class,
        });
        self.set_slot(place.frame, place.first, SlotByte::IrqFlag, content);
        Ok(())
    }

    /// Restores the flags from the slot at register `reg`.
    pub(super) fn restore_irq_flag(&mut self, reg: u8, class: IrqClass) -> Check {
        let found = self.existing_object(reg, NAME, 1).and_then(|place| {
            let slot = self.slot_at(place.frame, place.first)?;
            match slot.content {
                SlotContent::Irq(flag) if slot.bytes == [SlotByte::IrqFlag; 8] => {
                    Some((place, flag))
                }
                _ => None,
            }
        });
        let Some((place, flag)) = found else {
            return Err(self.reject(KfuncReject::IrqNotInit { arg: reg - 1 }));
        };
        self.note_object_read(place);
        if flag.class != class {
            let (saved, used) = (class_name(flag.class), class_name(class));
            return Err(self.reject(KfuncReject::IrqClass { saved, used }));
        }
        let newest = self.state.refs.newest_irq().copied();
        if newest.is_none_or(|newest| newest.id != flag.ref_obj_id) {
            let (id, insn) = newest.map_or((0, 0), |n| (n.id, n.insn.0));
            return Err(self.reject(KfuncReject::IrqOutOfOrder { id, insn }));
        }
        self.state
            .refs
            .0
            .retain(|r| !(r.kind == RefKind::Irq && r.id == flag.ref_obj_id));
        self.erase(place);
        Ok(())
    }
}
