//! Parts of per-CPU memory: objects that programs allocated, and variables of the kernel, which have one part for all.

use skep_exec::{HelperCall, HelperResult};
use skep_memory::Addr;

use super::call::{session, word};

pub(super) fn this_cpu_ptr(call: &HelperCall<'_, '_>) -> HelperResult {
    part(call, call.context().cpu())
}

/// Null if there is no such CPU.
pub(super) fn per_cpu_ptr(call: &HelperCall<'_, '_>) -> HelperResult {
    let cpu = word(call, 1);
    if cpu < session(call)?.slots().possible() {
        part(call, cpu)
    } else {
        Ok(0)
    }
}

fn part(call: &HelperCall<'_, '_>, cpu: u32) -> HelperResult {
    let whole = Addr::new(call.arg(0));
    let part = session(call)?.objects().part(whole, cpu);
    Ok(part.unwrap_or(whole).raw())
}
