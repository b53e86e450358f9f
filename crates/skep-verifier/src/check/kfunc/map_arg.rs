//! Maps as arguments of kernel functions, and the fields of values that work is scheduled with.

use super::call::KfuncCall;
use super::classify::Param;
use crate::check::call::MapArg;
use crate::register::TargetKind;
use crate::reject::{Check, KfuncReject};
use crate::verifier::Verifier;
use alloc::sync::Arc;
use skep_btf::{Btf, BtfKind, FieldKind, FieldSet};

impl Verifier<'_> {
    /// Register `reg` is a map: after a field argument the map of that field, out of the same lookup. The kernel's struct of a map will
    /// do, too; that it is one is checked later.
    pub(super) fn note_kfunc_map(&mut self, call: &mut KfuncCall, reg: u8) -> Check {
        let Some(this) = self.map_of(reg) else {
            let is_object = self
                .state
                .reg(reg)
                .pointer()
                .is_some_and(|p| p.kind() == TargetKind::Btf);
            return if is_object {
                Ok(())
            } else {
                Err(self.reject(KfuncReject::NotMap { reg }))
            };
        };
        if let Some(MapArg { uid, .. }) = call.map.filter(|field| *field != this) {
            if self.map_has(this.map, FieldSet::TASK_WORK) {
                return Err(self.reject(KfuncReject::OtherTaskWorkMap {
                    this: uid,
                    map: this.uid,
                }));
            }
            if self.map_has(this.map, FieldSet::WQ) {
                return Err(self.reject(KfuncReject::OtherWorkqueueMap {
                    this: uid,
                    map: this.uid,
                }));
            }
        }
        call.map = Some(this);
        Ok(())
    }

    /// A map stands for its kernel struct.
    pub(super) fn check_map_object(
        &mut self,
        call: &KfuncCall,
        btf: &Arc<Btf>,
        param: &Param,
    ) -> Check {
        let Some(want) = btf.find_by_name_kind("bpf_map", BtfKind::Struct) else {
            return Err(self.reject(KfuncReject::Unsupported {
                what: "map arguments without bpf_map in the kernel BTF",
            }));
        };
        self.check_object_of(call, btf, param, want)
    }

    /// Register `reg` points exactly at a work queue or task work field.
    pub(super) fn check_work_field(
        &mut self,
        call: &mut KfuncCall,
        reg: u8,
        arg: u8,
        kind: FieldKind,
    ) -> Check {
        let is_value = self
            .state
            .reg(reg)
            .pointer()
            .is_some_and(|p| p.kind() == TargetKind::MapValue && p.flags.is_empty());
        if !is_value {
            return Err(self.reject(KfuncReject::NotMapValue { arg }));
        }
        call.map = Some(self.check_field_pointer(reg, kind)?);
        Ok(())
    }
}
