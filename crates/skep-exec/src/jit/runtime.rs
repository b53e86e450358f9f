//! What compiled code calls.
//!
//! # Safety
//!
//! Only compiled code calls these. It passes on the `run` it was entered with, which outlives the call, pointers to
//! its own stack slots, and helper bodies and map handles that lowering put into the program.
#![allow(unsafe_code)]

use skep_memory::Addr;
use skep_uapi::HelperId;

use super::entry::NativeCaller;
use crate::bound_map::BoundMap;
use crate::executable::tail_call_target;
use crate::helper::{Caller, HelperCall, HelperFn};
use crate::run::Run;

/// What a helper's number is where there is none: a kernel function.
pub(super) const NO_HELPER: u64 = u64::MAX;

/// Calls a helper's body: its R0.
pub(super) extern "C" fn helper(
    run: *const Run<'static>,
    body: usize,
    id: u64,
    args: *const [u64; 5],
) -> u64 {
    // SAFETY: the run that the code was entered with.
    let run = unsafe { &*run };
    // SAFETY: lowering put the address of a body there.
    let body = unsafe { core::mem::transmute::<usize, HelperFn>(body) };
    // SAFETY: a slot of the code's stack frame.
    let args = unsafe { *args };
    let id = (id != NO_HELPER).then_some(HelperId(id as u32));
    let call = HelperCall::new(run, id, args, Caller::Native(NativeCaller::new()));
    body(&call).unwrap_or(0)
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
