//! Helpers that call the program back: bpf_loop and bpf_for_each_map_elem. Both stop early when the run must stop, as
//! if the callback had said so.

use std::ops::ControlFlow;

use skep_exec::{HelperCall, HelperResult, Trapped};
use skep_memory::Permissions;
use skep_object::Errno;

use super::call::{negative, state, word};

/// BPF_MAX_LOOPS.
const LOOPS_MAX: u32 = 8 << 20;
/// Calls between two looks at the clock, which a deadline needs.
const LOOK_EVERY: u32 = 256;

pub(super) fn bpf_loop(call: &HelperCall<'_, '_>) -> HelperResult {
    let [_, function, context, flags, _] = call.args();
    let count = word(call, 0);
    if flags != 0 {
        return Ok(negative(Errno::EINVAL));
    }
    if count > LOOPS_MAX {
        // Linux inlines the call, and its answer then has 32 bits.
        return Ok(u64::from(negative(Errno::E2BIG) as u32));
    }
    for index in 0..count {
        let stop = call.call_back(function, [u64::from(index), context, 0, 0, 0])?;
        if stop != 0 || must_stop(call, index) {
            return Ok(u64::from(index) + 1);
        }
    }
    Ok(u64::from(count))
}

pub(super) fn for_each_map_elem(call: &HelperCall<'_, '_>) -> HelperResult {
    let [handle, function, context, flags, _] = call.args();
    if flags != 0 {
        return Ok(negative(Errno::EINVAL));
    }
    let map = call.map(0)?.map();
    let key_size = map.base().attr().key_size as usize;
    let scratch = match state(call)?.scratch().take() {
        Ok(scratch) => scratch,
        Err(errno) => return Ok(negative(errno)),
    };
    let Ok(key) = scratch.bytes().part(0, key_size) else {
        return Err(call.refuse("the key is larger than any key may be"));
    };
    let lent = call.lend(key, Permissions::ReadOnly);
    let mut visited = 0_u32;
    let mut trapped: Option<Trapped> = None;
    let result = map.for_each(call.context().cpu(), &mut |element| {
        key.copy_from(element.key);
        let value = element.value.start().raw();
        let stop = call.call_back(function, [handle, key.start().raw(), value, context, 0]);
        visited = visited.wrapping_add(1);
        match stop {
            Ok(0) if !must_stop(call, visited) => ControlFlow::Continue(()),
            Ok(_) => ControlFlow::Break(()),
            Err(trap) => {
                trapped = Some(trap);
                ControlFlow::Break(())
            }
        }
    });
    call.run().forbid(lent);
    match (trapped, result) {
        (Some(trap), _) => Err(trap),
        (None, Ok(count)) => Ok(count),
        (None, Err(errno)) => Ok(negative(errno)),
    }
}

/// Must the run stop? Looks at the clock now and then.
fn must_stop(call: &HelperCall<'_, '_>, index: u32) -> bool {
    let context = call.context();
    context.should_stop() || (index % LOOK_EVERY == LOOK_EVERY - 1 && context.poll().is_some())
}
