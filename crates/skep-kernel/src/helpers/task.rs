//! Who runs the program (the task that asked for the run), and how it was attached.

use skep_exec::{HelperCall, HelperResult};

use super::call::{size, state};

pub(super) fn get_current_pid_tgid(call: &HelperCall<'_, '_>) -> HelperResult {
    let task = state(call)?.task();
    Ok(u64::from(task.tgid) << 32 | u64::from(task.pid))
}

pub(super) fn get_current_uid_gid(call: &HelperCall<'_, '_>) -> HelperResult {
    let task = state(call)?.task();
    Ok(u64::from(task.gid) << 32 | u64::from(task.uid))
}

/// The name, cut to fit with its NUL and filled up with zeros.
pub(super) fn get_current_comm(call: &HelperCall<'_, '_>) -> HelperResult {
    let target = call.write(0, size(call, 1))?;
    target.zero();
    let name = state(call)?.task().comm;
    let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
    let room = target.len().saturating_sub(1).min(name.len());
    if let Some(part) = name.get(..room) {
        // Shorter than the target.
        let _ = target.copy_in(0, part);
    }
    Ok(0)
}

pub(super) fn get_attach_cookie(call: &HelperCall<'_, '_>) -> HelperResult {
    Ok(state(call)?.cookie())
}
