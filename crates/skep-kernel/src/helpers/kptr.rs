//! bpf_kptr_xchg: pointers to objects in values.

use std::sync::atomic::Ordering;

use skep_exec::{HelperCall, HelperResult};

pub(super) fn xchg(call: &HelperCall<'_, '_>) -> HelperResult {
    match call.write(0, 8)?.atomic_u64(0) {
        Ok(word) => Ok(word.swap(call.arg(1), Ordering::AcqRel)),
        Err(_) => Err(call.refuse("the pointer is misaligned")),
    }
}
