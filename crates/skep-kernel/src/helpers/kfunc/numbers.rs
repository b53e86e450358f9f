//! `struct bpf_iter_num` on the stack: the current number and the end, 32 bits each; 0 and 0 when it is over.

use skep_exec::{HelperCall, HelperResult};
use skep_memory::RacyBytes;
use skep_object::Errno;

use super::status;
use crate::helpers::call::{ensure, int};

/// BPF_MAX_LOOPS.
const LOOPS_MAX: i64 = 8 << 20;

pub(super) fn new(call: &HelperCall<'_, '_>) -> HelperResult {
    let iterator = call.write(0, 8)?;
    let (start, end) = (int(call, 1), int(call, 2));
    let span = i64::from(end) - i64::from(start);
    let result = ensure(span >= 0, Errno::EINVAL)
        .and_then(|()| ensure(span <= LOOPS_MAX, Errno::E2BIG))
        .map(|()| set(iterator, start.wrapping_sub(1), end));
    if result.is_err() {
        set(iterator, 0, 0);
    }
    status(result)
}

/// The address of the next number; null at the end, and when the run must stop.
pub(super) fn next(call: &HelperCall<'_, '_>) -> HelperResult {
    let iterator = call.write(0, 8)?;
    let current = iterator.read_u32(0).unwrap_or(0) as i32;
    let end = iterator.read_u32(4).unwrap_or(0) as i32;
    // The first number may be the least there is: adding wraps as it did when one was taken away.
    let following = current.wrapping_add(1);
    if following >= end || call.context().poll().is_some() {
        set(iterator, 0, 0);
        return Ok(0);
    }
    set(iterator, following, end);
    Ok(iterator.start().raw())
}

pub(super) fn destroy(call: &HelperCall<'_, '_>) -> HelperResult {
    set(call.write(0, 8)?, 0, 0);
    Ok(0)
}

fn set(iterator: RacyBytes<'_>, current: i32, end: i32) {
    // Eight bytes.
    let _ = iterator.write_u32(0, current as u32);
    let _ = iterator.write_u32(4, end as u32);
}
