//! Sizes handed to calls: the number that says how long the buffer before it is.

use crate::check::MAX_VAR_OFFSET;
use crate::check::helper_memory::{CallAccess, RawBuffer, ZeroSize};
use crate::reject::{CallReject, Check};
use crate::verifier::Verifier;

impl Verifier<'_> {
    /// Register `size_reg` bounds the buffer in the register before it; the buffer is checked for the greatest size it may have.
    /// Returns that size. `raw`: the call fills the buffer.
    pub(crate) fn check_sized_memory(
        &mut self,
        size_reg: u8,
        access: CallAccess,
        zero: ZeroSize,
        raw: Option<&mut RawBuffer>,
    ) -> Check<u64> {
        let Some(size) = self.state.reg(size_reg).scalar().map(|s| s.range) else {
            return Err(self.reject(CallReject::Bug {
                what: "the size of a buffer is no number",
            }));
        };
        // A buffer of unknown size may be filled in part only, so all of it must be initialised.
        let raw = raw.filter(|_| size.is_const().is_some());
        if size.smin < 0 {
            return Err(self.reject(CallReject::NegativeSize { reg: size_reg }));
        }
        if size.umin == 0 && zero == ZeroSize::Refused {
            let (min, max) = (size.umin.cast_signed(), size.umax.cast_signed());
            return Err(self.reject(CallReject::ZeroSizedRead {
                reg: size_reg,
                min,
                max,
            }));
        }
        let Some(most) = u32::try_from(size.umax)
            .ok()
            .filter(|most| *most < MAX_CALL_MEMORY)
        else {
            return Err(self.reject(CallReject::UnboundedSize { reg: size_reg }));
        };
        self.check_call_memory(size_reg.wrapping_sub(1), most, access, zero, raw)?;
        self.mark_precise(size_reg)?;
        Ok(size.umax)
    }

    /// A buffer of `size` bytes that the callee may read and write; NULL passes, and a nullable pointer counts as non-NULL.
    pub(crate) fn check_read_write_memory(&mut self, reg: u8, size: u32) -> Check {
        let register = self.state.reg(reg).clone();
        if register.is_null() {
            return Ok(());
        }
        self.with_non_null(reg, |this| {
            this.check_call_memory(reg, size, CallAccess::Read, ZeroSize::Allowed, None)?;
            this.check_call_memory(reg, size, CallAccess::Write, ZeroSize::Allowed, None)
        })
    }

    /// Runs a check as if a nullable pointer had been compared with NULL; the register is as before afterwards.
    pub(crate) fn with_non_null(
        &mut self,
        reg: u8,
        check: impl FnOnce(&mut Self) -> Check,
    ) -> Check {
        let saved = self.state.reg(reg).clone();
        let nullable = saved.pointer().filter(|p| p.maybe_null()).copied();
        if let Some(p) = nullable {
            let assumed = self.non_null(&p);
            self.state
                .set_reg(reg, crate::register::Register::Pointer(assumed));
        }
        let result = check(self);
        if nullable.is_some() {
            self.state.set_reg(reg, saved);
        }
        result
    }
}

/// Sizes must stay below this.
const MAX_CALL_MEMORY: u32 = MAX_VAR_OFFSET as u32;
