//! Buffers whose size is known only when the program is attached: the largest access is recorded.

use super::access::{AccessType, MemoryAccess};
use crate::register::{Pointer, PtrFlags};
use crate::reject::{Check, MemoryReject};
use crate::verifier::Verifier;

impl Verifier<'_> {
    pub(super) fn check_tp_buffer_access(
        &mut self,
        access: &MemoryAccess,
        p: &Pointer,
        off: i32,
    ) -> Check {
        let end = self.check_fixed_buffer(access.base, p, "tracepoint", off, access.size)?;
        self.traits.max_tp_access = self.traits.max_tp_access.max(end);
        self.load_unknown(access.operand);
        Ok(())
    }

    pub(super) fn check_buffer_access(
        &mut self,
        access: &MemoryAccess,
        p: &Pointer,
        off: i32,
    ) -> Check {
        self.check_buffer_span(access.base, p, off, access.size, access.operand.access())?;
        self.load_unknown(access.operand);
        Ok(())
    }

    pub(super) fn check_buffer_span(
        &mut self,
        reg: u8,
        p: &Pointer,
        off: i32,
        len: u32,
        access: AccessType,
    ) -> Check {
        let rdonly = p.flags.contains(PtrFlags::RDONLY);
        if rdonly && access == AccessType::Write {
            return Err(self.reject(MemoryReject::CannotWriteInto {
                reg,
                ty: p.type_name(),
            }));
        }
        self.check_fixed_buffer(reg, p, if rdonly { "rdonly" } else { "rdwr" }, off, len)?;
        Ok(())
    }

    /// A constant, non-negative offset; gives the end of the access.
    fn check_fixed_buffer(
        &mut self,
        reg: u8,
        p: &Pointer,
        kind: &'static str,
        off: i32,
        len: u32,
    ) -> Check<u32> {
        let at = i64::from(off);
        if off < 0 {
            return Err(self.reject(MemoryReject::BufferOffset {
                reg,
                kind,
                off: at,
                len,
            }));
        }
        if p.var.is_const() != Some(0) {
            return Err(self.reject(MemoryReject::BufferVariable {
                reg,
                off: at,
                var: p.var.tnum,
            }));
        }
        Ok(off.cast_unsigned().saturating_add(len))
    }
}
