//! The program's own BTF: needed only where func_info or line_info is given.

use crate::reject::Check;
use crate::verifier::Verifier;
use alloc::sync::Arc;
use skep_uapi::Errno;

impl Verifier<'_> {
    pub(super) fn take_program_btf(&mut self) -> Check {
        if self.request.func_info.count == 0 && self.request.line_info.count == 0 {
            return Ok(());
        }
        let btf = match &self.request.prog_btf {
            Some(Ok(btf)) => btf.clone(),
            Some(Err(errno)) => return Err(self.reject_silently(*errno)),
            None => return Err(self.reject_silently(Errno::EBADF)),
        };
        if self
            .kernel_btf
            .as_ref()
            .is_some_and(|kernel| Arc::ptr_eq(kernel, &btf))
        {
            return Err(self.reject_silently(Errno::EACCES));
        }
        self.prog_btf = Some(btf);
        Ok(())
    }
}
