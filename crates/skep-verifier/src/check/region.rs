//! Memory of a known size at a variable offset: map values, keys, plain memory.

use super::access::{AccessType, MemoryAccess};
use super::pointer_alu::MAX_VAR_OFFSET;
use crate::register::{MapRef, Pointer, PtrFlags};
use crate::reject::{Check, MemoryReject, Reject};
use crate::scalar::ScalarRange;
use crate::verifier::Verifier;

/// What a region is, for its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RegionKind {
    MapKey,
    MapValue,
    Memory,
}

/// Whether an access of no bytes is fine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ZeroSize {
    Allowed,
    Refused,
}

/// A region and the register that points into it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Region<'a> {
    pub(super) kind: RegionKind,
    /// Bytes of the region.
    pub(super) size: u32,
    pub(super) reg: u8,
    /// The variable part of the offset.
    pub(super) var: &'a ScalarRange,
}

impl Verifier<'_> {
    /// `[off + var, +len)` lies in the region for every possible `var`.
    pub(super) fn check_region(
        &mut self,
        region: &Region<'_>,
        off: i32,
        len: u32,
        zero: ZeroSize,
    ) -> Check {
        let reg = region.reg;
        let off = i64::from(off);
        let min = off
            .checked_add(region.var.smin)
            .filter(|m| i32::try_from(*m).is_ok());
        if region.var.smin < 0 && (region.var.smin == i64::MIN || min.is_none_or(|m| m < 0)) {
            return Err(self.reject(MemoryReject::MinNegative { reg }));
        }
        let min = off.saturating_add(region.var.smin);
        if !fits(region, min, len, zero) {
            let reject = self.outside(region, min, len);
            return Err(self.reject_more(reject, MemoryReject::MinOutside { reg }));
        }
        if region.var.umax >= MAX_VAR_OFFSET.cast_unsigned() {
            return Err(self.reject(MemoryReject::Unbounded { reg }));
        }
        let max = off.saturating_add_unsigned(region.var.umax);
        if !fits(region, max, len, zero) {
            let reject = self.outside(region, max, len);
            return Err(self.reject_more(reject, MemoryReject::MaxOutside { reg }));
        }
        Ok(())
    }

    fn outside(&mut self, region: &Region<'_>, off: i64, len: u32) -> Reject {
        let size = region.size;
        self.reject(match region.kind {
            RegionKind::MapKey => MemoryReject::OutsideMapKey { size, off, len },
            RegionKind::MapValue => MemoryReject::OutsideMapValue { size, off, len },
            RegionKind::Memory => MemoryReject::OutsideMemory { size, off, len },
        })
    }

    pub(super) fn check_map_key_access(
        &mut self,
        access: &MemoryAccess,
        p: &Pointer,
        map: MapRef,
        off: i32,
    ) -> Check {
        if access.operand.access() == AccessType::Write {
            return Err(self.reject(MemoryReject::MapKeyWrite { reg: access.base }));
        }
        let size = self.map_meta(map).map_or(0, |m| m.key_size);
        let region = Region {
            kind: RegionKind::MapKey,
            size,
            reg: access.base,
            var: &p.var,
        };
        self.check_region(&region, off, access.size, ZeroSize::Refused)?;
        self.load_unknown(access.operand);
        Ok(())
    }

    pub(super) fn check_mem_access(
        &mut self,
        access: &MemoryAccess,
        p: &Pointer,
        size: u32,
        off: i32,
    ) -> Check {
        if access.operand.access() == AccessType::Write && p.flags.contains(PtrFlags::RDONLY) {
            return Err(self.reject(MemoryReject::CannotWriteInto {
                reg: access.base,
                ty: p.type_name(),
            }));
        }
        if let Some(reg) = self.leaked(access.operand) {
            return Err(self.reject(MemoryReject::LeakIntoMemory { reg }));
        }
        // Loads of untrusted memory are probes: they cannot fault, so bounds do not matter.
        if !p.flags.contains(PtrFlags::RDONLY | PtrFlags::UNTRUSTED) {
            let region = Region {
                kind: RegionKind::Memory,
                size,
                reg: access.base,
                var: &p.var,
            };
            self.check_region(&region, off, access.size, ZeroSize::Refused)?;
        }
        self.load_unknown(access.operand);
        Ok(())
    }
}

fn fits(region: &Region<'_>, off: i64, len: u32, zero: ZeroSize) -> bool {
    let sized = len > 0 || zero == ZeroSize::Allowed;
    sized && off >= 0 && off.saturating_add(i64::from(len)) <= i64::from(region.size)
}
