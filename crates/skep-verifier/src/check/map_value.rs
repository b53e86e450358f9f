//! Map values: access flags, bounds, special fields, and constants out of frozen maps.

use super::access::{AccessType, Extension, MemoryAccess};
use super::region::{Region, RegionKind, ZeroSize};
use crate::register::{MapRef, Pointer, Target};
use crate::reject::{Check, MemoryReject};
use crate::verifier::Verifier;
use skep_btf::{FieldKind, FieldSet};
use skep_uapi::{Errno, MapType};

/// Who touches a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Toucher {
    /// An instruction.
    Insn,
    /// A helper or kfunc.
    Call,
}

/// Fields that programs may load (and some store) as pointers; all others only calls may touch.
const POINTER_FIELDS: FieldSet = FieldSet::KPTR.union(FieldSet::UPTR);

impl Verifier<'_> {
    pub(super) fn check_map_value_access(
        &mut self,
        access: &MemoryAccess,
        p: &Pointer,
        map: MapRef,
        off: i32,
    ) -> Check {
        if let Some(reg) = self.leaked(access.operand) {
            return Err(self.reject(MemoryReject::LeakIntoMap { reg }));
        }
        self.check_map_flags(map, off, access.size, access.operand.access())?;
        self.check_map_value_span(
            access.base,
            p,
            map,
            off,
            access.size,
            ZeroSize::Refused,
            Toucher::Insn,
        )?;
        let constant = p
            .var
            .is_const()
            .map(|v| i64::from(off).wrapping_add(v.cast_signed()));
        if let Some(at) = constant
            && let Some(field) = self.pointer_field_at(map, at)
        {
            return self.check_kptr_access(access, p, &field);
        }
        if access.operand.access() == AccessType::Read {
            self.load_map_value(access, map, constant)?;
        }
        Ok(())
    }

    fn pointer_field_at(&self, map: MapRef, at: i64) -> Option<skep_btf::Field> {
        let at = u32::try_from(at).ok()?;
        self.map(map)?
            .meta
            .record
            .as_ref()?
            .at(at, POINTER_FIELDS)
            .copied()
    }

    /// A load from a map whose content can no longer change is a constant.
    fn load_map_value(&mut self, access: &MemoryAccess, map: MapRef, at: Option<i64>) -> Check {
        let direct = self
            .map(map)
            .filter(|m| m.constant && m.meta.map_type == MapType::Array)
            .map(|m| (m.token, m.meta.max_entries));
        if let (Some((token, entries)), Some(at)) = (direct, at) {
            if entries != 1 {
                // Linux finds no address for element 0 of a longer array and fails the load over it.
                return Err(self.reject_silently(Errno::ENOTSUPP));
            }
            let read = token
                .zip(u32::try_from(at).ok())
                .and_then(|(t, at)| self.env.read_constant(t, at, access.size));
            if let Some(value) = read {
                let value = match access.extension {
                    Extension::Zero => value,
                    Extension::Sign => sign_extended(value, access.size),
                };
                self.load_constant(access.operand, value);
                return Ok(());
            }
        }
        self.load_unknown(access.operand);
        Ok(())
    }

    /// BPF_F_RDONLY_PROG and BPF_F_WRONLY_PROG.
    pub(super) fn check_map_flags(
        &mut self,
        map: MapRef,
        off: i32,
        len: u32,
        access: AccessType,
    ) -> Check {
        let Some(meta) = self.map_meta(map) else {
            return Ok(());
        };
        let (size, off) = (meta.value_size, i64::from(off));
        match access {
            AccessType::Write if meta.is_rdonly_prog() => {
                Err(self.reject(MemoryReject::MapWriteForbidden { size, off, len }))
            }
            AccessType::Read if meta.is_wronly_prog() => {
                Err(self.reject(MemoryReject::MapReadForbidden { size, off, len }))
            }
            AccessType::Write | AccessType::Read => Ok(()),
        }
    }

    /// Bounds and special fields of `len` bytes at `off` + variable part of a value.
    #[expect(
        clippy::too_many_arguments,
        reason = "one span of one value, and who touches it"
    )]
    pub(super) fn check_map_value_span(
        &mut self,
        reg: u8,
        p: &Pointer,
        map: MapRef,
        off: i32,
        len: u32,
        zero: ZeroSize,
        toucher: Toucher,
    ) -> Check {
        let size = self.map_meta(map).map_or(0, |m| m.value_size);
        self.check_region(
            &Region {
                kind: RegionKind::MapValue,
                size,
                reg,
                var: &p.var,
            },
            off,
            len,
            zero,
        )?;
        let Some(record) = self.map_meta(map).and_then(|m| m.record.clone()) else {
            return Ok(());
        };
        let start = i64::from(off).wrapping_add(p.var.smin);
        let end = i64::from(off)
            .wrapping_add(p.var.umax.cast_signed())
            .wrapping_add(i64::from(len));
        for field in record.fields() {
            let touched = start < i64::from(field.end()) && i64::from(field.offset) < end;
            if touched {
                self.check_field_touched(p, off, len, field, toucher)?;
            }
        }
        Ok(())
    }

    fn check_field_touched(
        &mut self,
        p: &Pointer,
        off: i32,
        len: u32,
        field: &skep_btf::Field,
        toucher: Toucher,
    ) -> Check {
        let name = field.kind().name();
        if !matches!(field.kind(), FieldKind::Kptr(_) | FieldKind::Uptr) {
            return Err(self.reject(MemoryReject::FieldDirect { field: name }));
        }
        if toucher == Toucher::Call {
            return Err(self.reject(MemoryReject::FieldIndirect { field: name }));
        }
        let Some(var) = p.var.is_const() else {
            return Err(self.reject(MemoryReject::FieldVariable { field: name }));
        };
        let at = i64::from(off)
            .wrapping_add(var.cast_signed())
            .cast_unsigned();
        if at != u64::from(field.offset) {
            return Err(self.reject(MemoryReject::FieldMisaligned {
                field: name,
                expected: field.offset,
                off: at,
            }));
        }
        if len != 8 {
            return Err(self.reject(MemoryReject::FieldSize { field: name }));
        }
        Ok(())
    }

    /// One byte at the pointer must be there: for pointers that are moved without CAP_PERFMON.
    pub(super) fn check_map_value_reachable(&mut self, reg: u8, p: &Pointer) -> Check {
        match p.target {
            Target::MapValue { map, .. } => {
                self.check_map_value_span(reg, p, map, p.off, 1, ZeroSize::Refused, Toucher::Call)
            }
            _ => Ok(()),
        }
    }
}

fn sign_extended(value: u64, size: u32) -> u64 {
    let shift = 64u32.saturating_sub(size.saturating_mul(8)).min(63);
    (value.wrapping_shl(shift).cast_signed() >> shift).cast_unsigned()
}
