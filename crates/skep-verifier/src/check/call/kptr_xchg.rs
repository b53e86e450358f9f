//! bpf_kptr_xchg: a field that owns an object, and the object that goes into it.

use super::args::{CallMeta, MapArg};
use super::fields::constant_offset;
use crate::register::{PtrFlags, Target};
use crate::reject::{CallReject, Check};
use crate::verifier::Verifier;
use alloc::string::ToString;
use skep_btf::{Field, FieldSet};

impl Verifier<'_> {
    /// R1: points exactly at an owning kptr field of a map value or of an object the program owns.
    pub(super) fn check_kptr_destination(&mut self, reg: u8, meta: &mut CallMeta) -> Check {
        let Some(p) = self.state.reg(reg).pointer().copied() else {
            return Err(self.reject(CallReject::Bug {
                what: "a kptr field outside values and objects",
            }));
        };
        if let Target::MapValue { map, uid } = p.target {
            let without_btf = self
                .map_meta(map)
                .filter(|m| m.btf.is_none())
                .map(|m| m.name().to_string());
            if let Some(map) = without_btf {
                return Err(self.reject(CallReject::FieldMapWithoutBtf {
                    map,
                    field: "bpf_kptr_xchg",
                }));
            }
            meta.map = Some(MapArg { map, uid });
        }
        let record = self.record_behind(&p);
        let Some(off) = constant_offset(&p) else {
            return Err(self.reject(CallReject::FieldOffsetVariable { reg, field: "kptr" }));
        };
        let Some(record) = record.filter(|r| r.has(FieldSet::KPTR)) else {
            return Err(self.reject(CallReject::KptrNotInValue { reg }));
        };
        let off = off as i32;
        let Some(field) = record.at(off.cast_unsigned(), FieldSet::KPTR).copied() else {
            return Err(self.reject(CallReject::KptrElsewhere { off }));
        };
        if field.kind().set() == FieldSet::KPTR_UNREF {
            return Err(self.reject(CallReject::KptrNotReferenced { off }));
        }
        meta.kptr = Some(field);
        Ok(())
    }

    /// R2: an object of the type the field owns.
    pub(super) fn check_kptr_source(&mut self, reg: u8, field: Option<Field>) -> Check {
        match field {
            Some(field) => self.check_kptr_match(&field, reg),
            None => Err(self.reject(CallReject::Bug {
                what: "bpf_kptr_xchg without field",
            })),
        }
    }

    /// Gives R2's object into the field. A per-CPU object can still be used inside the RCU section: its pointers stay, as borrowed ones.
    pub(super) fn give_into_kptr(&mut self, id: u32) -> Result<(), super::references::NotHeld> {
        const OWNED_PERCPU: PtrFlags = PtrFlags::ALLOC.union(PtrFlags::PERCPU);
        if !self.state.refs.release(id) {
            return Err(super::references::NotHeld);
        }
        let keeps_percpu = self.state.in_rcu_cs();
        let invalid = self.invalidated();
        self.state.for_each_register(
            |r| r.ref_obj_id() == id,
            |r| match r.pointer_mut() {
                Some(p) if keeps_percpu && p.flags.contains(OWNED_PERCPU) => {
                    p.ref_obj_id = 0;
                    p.flags -= PtrFlags::ALLOC;
                    p.flags |= PtrFlags::RCU;
                }
                _ => *r = invalid.clone(),
            },
        );
        Ok(())
    }
}
