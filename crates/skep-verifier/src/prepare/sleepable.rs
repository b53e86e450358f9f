//! Which programs may sleep.

use crate::reject::{Check, ControlReject};
use crate::request::LoadFlags;
use crate::verifier::Verifier;
use skep_uapi::{AttachType, ProgType};

impl Verifier<'_> {
    pub(super) fn check_sleepable(&mut self) -> Check {
        let sleepable = self.request.flags.has(LoadFlags::SLEEPABLE);
        if self.request.prog_type == ProgType::Syscall {
            return if sleepable {
                Ok(())
            } else {
                Err(self.reject(ControlReject::SyscallMustSleep))
            };
        }
        if !sleepable || self.may_sleep() {
            return Ok(());
        }
        Err(self.reject(ControlReject::MayNotSleep))
    }

    fn may_sleep(&self) -> bool {
        let tracing = [
            AttachType::TraceFentry,
            AttachType::TraceFexit,
            AttachType::ModifyReturn,
            AttachType::TraceIter,
        ];
        match self.request.prog_type {
            ProgType::Tracing => tracing
                .iter()
                .any(|t| t.raw() == self.request.expected_attach_type),
            ProgType::Lsm | ProgType::Kprobe | ProgType::StructOps => true,
            _ => false,
        }
    }
}
