//! What compiled code calls.
//!
//! # Safety
//!
//! Only compiled code calls these. It passes on the `run` it was entered with, which outlives the call, pointers to
//! its own stack slots, operations of the lowered program it keeps, and map handles that lowering put into it.
#![allow(unsafe_code)]

use skep_memory::Addr;

use super::entry::NativeCaller;
use crate::bound_map::BoundMap;
use crate::executable::tail_call_target;
use crate::helper::{Caller, HelperCall};
use crate::lower::HelperOp;
use crate::run::Run;

/// Calls a helper's body: its R0.
pub(super) extern "C" fn helper(
    run: *const Run<'static>,
    op: *const HelperOp,
    r1: u64,
    r2: u64,
    r3: u64,
    r4: u64,
    r5: u64,
) -> u64 {
    // SAFETY: the run that the code was entered with.
    let run = unsafe { &*run };
    // SAFETY: an operation of the lowered program, which the code keeps.
    let op = unsafe { &*op };
    let caller = Caller::Native(NativeCaller::new());
    let call = HelperCall::new(run, op, [r1, r2, r3, r4, r5], caller);
    (op.body)(&call).unwrap_or(0)
}

/// Does a tail call: 1 and the result in `result`, or 0 if it falls through.
pub(super) extern "C" fn tail_call(
    run: *const Run<'static>,
    ctx: u64,
    array: u64,
    index: u64,
    result: *mut u64,
) -> u32 {
    // SAFETY: the run that the code was entered with.
    let run = unsafe { &*run };
    // SAFETY: the verifier says R2 is the pointer of a prog array, which the program holds.
    let array = unsafe { BoundMap::from_handle(Addr::new(array)) };
    let target = tail_call_target(run, array.map(), index as u32);
    let Some(Ok(value)) = target.map(|target| target.run(Addr::new(ctx), run)) else {
        return 0;
    };
    // SAFETY: a slot of the code's stack frame.
    unsafe { *result = value };
    1
}

/// Looks at the run's deadline: 1 if it must stop.
pub(super) extern "C" fn poll(run: *const Run<'static>) -> u32 {
    // SAFETY: the run that the code was entered with.
    let run = unsafe { &*run };
    u32::from(run.context().poll().is_some())
}
