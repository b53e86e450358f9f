//! Registers as operands: may they be read, may they be written, are their bounds sane.

use crate::register::{Register, Scalar};
use crate::reject::{Check, ValueReject};
use crate::request::LoadFlags;
use crate::scalar::ScalarRange;
use crate::verifier::Verifier;

/// The frame pointer.
pub(crate) const FRAME_POINTER: u8 = 10;

impl Verifier<'_> {
    /// Register `reg` must exist and hold something.
    pub(crate) fn check_reg_readable(&mut self, reg: u8) -> Check {
        self.check_reg_number(reg)?;
        self.touch_reg(reg);
        if self.state.reg(reg).is_uninit() {
            return Err(self.reject(ValueReject::NotReadable { reg }));
        }
        Ok(())
    }

    /// Register `reg` must exist and not be the frame pointer.
    pub(crate) fn check_reg_writable(&mut self, reg: u8) -> Check {
        self.check_reg_number(reg)?;
        self.touch_reg(reg);
        if reg == FRAME_POINTER {
            return Err(self.reject(ValueReject::FramePointerWrite));
        }
        Ok(())
    }

    fn check_reg_number(&mut self, reg: u8) -> Check {
        if reg > FRAME_POINTER {
            return Err(self.reject(ValueReject::RegisterNumber { reg }));
        }
        Ok(())
    }

    /// Whether giving away r`reg` would leak a pointer to a loader that must not see pointers.
    pub(crate) fn leaks_pointer(&self, reg: u8) -> bool {
        !self.privileges.allow_ptr_leaks && self.state.reg(reg).pointer().is_some()
    }

    /// A number of this range, precise from birth where precision is not tracked.
    pub(crate) fn new_scalar(&self, range: ScalarRange) -> Register {
        Register::Scalar(Scalar {
            precise: !self.privileges.bpf,
            ..Scalar::new(range)
        })
    }

    /// Checks that the five descriptions of r`reg` agree; `what` names the occasion in the log. Disagreement is a bug of the domain:
    /// Linux logs it and forgets the bounds (keeping the known bits), or fails the load under BPF_F_TEST_REG_INVARIANTS.
    pub(crate) fn check_invariants(&mut self, reg: u8, what: &'static str) -> Check {
        let range = match self.state.reg(reg) {
            Register::Uninit => return Ok(()),
            Register::Scalar(s) => s.range,
            Register::Pointer(p) => p.var,
        };
        let sane = self.sane(range, what)?;
        if sane != range {
            match self.state.reg_mut(reg) {
                Some(Register::Scalar(s)) => s.range = sane,
                Some(Register::Pointer(p)) => p.var = sane,
                Some(Register::Uninit) | None => {}
            }
        }
        Ok(())
    }

    /// The same for a range not yet in a register: what Linux goes on with.
    pub(crate) fn sane(&mut self, range: ScalarRange, what: &'static str) -> Check<ScalarRange> {
        let Err(violation) = range.sanity() else {
            return Ok(range);
        };
        let reject = self.reject(ValueReject::Invariants { what, violation });
        if self.request.flags.has(LoadFlags::TEST_REG_INVARIANTS) {
            return Err(reject);
        }
        let mut range = range;
        range.forget_bounds();
        Ok(range)
    }
}
