//! Special fields that an argument must point at exactly: timers, work queues, task work; and the records they stand in.

use super::args::MapArg;
use crate::register::{Pointer, PtrFlags, Target};
use crate::reject::{CallReject, Check};
use crate::verifier::Verifier;
use alloc::string::ToString;
use alloc::sync::Arc;
use skep_btf::{FieldKind, FieldRecord};

/// The constant distance of a pointer from the start of its value or object.
pub(crate) fn constant_offset(p: &Pointer) -> Option<i64> {
    Some(i64::from(p.off).wrapping_add(p.var.is_const()?.cast_signed()))
}

impl Verifier<'_> {
    /// Register `reg` points into a map value, exactly at its one field of `kind`; that map.
    pub(crate) fn check_field_pointer(&mut self, reg: u8, kind: FieldKind) -> Check<MapArg> {
        let field = kind.name();
        let Some((p, map, uid)) = self.map_value_argument(reg) else {
            return Err(self.reject(CallReject::Bug {
                what: "a field argument that is no map value",
            }));
        };
        let Some(off) = constant_offset(&p) else {
            return Err(self.reject(CallReject::FieldOffsetVariable { reg, field }));
        };
        let Some(meta) = self.map_meta(map) else {
            return Err(self.reject(CallReject::Bug {
                what: "an unknown map",
            }));
        };
        let name = || meta.name().to_string();
        if meta.btf.is_none() {
            return Err(self.reject(CallReject::FieldMapWithoutBtf { map: name(), field }));
        }
        let Some(at) = meta
            .record
            .as_ref()
            .and_then(|r| r.first(kind.set()))
            .map(|f| f.offset)
        else {
            return Err(self.reject(CallReject::FieldNotInMap { map: name(), field }));
        };
        if off != i64::from(at) {
            return Err(self.reject(CallReject::FieldElsewhere { off, field, at }));
        }
        Ok(MapArg { map, uid })
    }

    fn map_value_argument(&self, reg: u8) -> Option<(Pointer, crate::register::MapRef, u32)> {
        let p = self.state.reg(reg).pointer()?;
        match p.target {
            Target::MapValue { map, uid } => Some((*p, map, uid)),
            _ => None,
        }
    }

    /// The special fields of what a pointer points into: a map value, or an object of the program's own.
    pub(crate) fn record_behind(&self, p: &Pointer) -> Option<Arc<FieldRecord>> {
        match p.target {
            Target::MapValue { map, .. } => self.map_meta(map)?.record.clone(),
            Target::Btf { ty } if p.flags.contains(PtrFlags::ALLOC) => {
                self.btf(ty.btf)?.struct_record(ty.id).cloned()
            }
            _ => None,
        }
    }
}
