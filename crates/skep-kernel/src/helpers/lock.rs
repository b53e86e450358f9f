//! bpf_spin_lock: the lock word in a map value, shared with BPF_F_LOCK of system calls.

use skep_exec::{HelperCall, HelperResult};
use skep_maps::fields::ElementLock;

pub(super) fn spin_lock(call: &HelperCall<'_, '_>) -> HelperResult {
    match call.write(0, 4)?.atomic_u32(0) {
        Ok(word) => ElementLock::take(word).leave(),
        Err(_) => return Err(call.refuse("the lock is misaligned")),
    }
    Ok(0)
}

pub(super) fn spin_unlock(call: &HelperCall<'_, '_>) -> HelperResult {
    match call.write(0, 4)?.atomic_u32(0) {
        Ok(word) => ElementLock::release_word(word),
        Err(_) => return Err(call.refuse("the lock is misaligned")),
    }
    Ok(0)
}
