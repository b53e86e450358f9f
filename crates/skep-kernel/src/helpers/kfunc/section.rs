//! Sections of programs. A run is inside RCU and on its CPU from begin to end, so there is nothing to enter.

use skep_exec::{HelperCall, HelperResult};

pub(super) fn nothing(_call: &HelperCall<'_, '_>) -> HelperResult {
    Ok(0)
}

/// The saved state is opaque to programs.
pub(super) fn irq_save(call: &HelperCall<'_, '_>) -> HelperResult {
    call.write(0, 8)?.zero();
    Ok(0)
}
