//! What most bodies need of their call.

use skep_exec::{HelperCall, HelperResult, Trapped};
use skep_object::Errno;

use crate::Kernel;
use crate::test_run::packet::{SkBuff, XdpBuff};
use crate::test_run::state::{RunState, Subject};

/// A value or an errno, as R0.
pub(super) fn answer(result: Result<u64, Errno>) -> HelperResult {
    Ok(result.unwrap_or_else(negative))
}

/// 0 or an errno, as R0.
pub(super) fn done(result: Result<(), Errno>) -> HelperResult {
    answer(result.map(|()| 0))
}

/// An errno as programs get it.
pub(super) fn negative(errno: Errno) -> u64 {
    errno.as_return() as u64
}

/// A truth as 0 or the errno.
pub(super) fn ensure(holds: bool, errno: Errno) -> Result<(), Errno> {
    if holds { Ok(()) } else { Err(errno) }
}

/// What the run carries.
pub(super) fn state<'r>(call: &HelperCall<'_, 'r>) -> Result<&'r RunState, Trapped> {
    call.context()
        .upper::<RunState>()
        .ok_or_else(|| call.refuse("the run carries no state of its own"))
}

/// The session.
pub(super) fn session<'r>(call: &HelperCall<'_, 'r>) -> Result<&'r Kernel, Trapped> {
    let kernel = state(call)?.kernel();
    kernel.ok_or_else(|| call.refuse("the session ends"))
}

/// The skb in R1, which is the run's.
pub(super) fn skb<'r>(call: &HelperCall<'_, 'r>) -> Result<&'r SkBuff, Trapped> {
    match state(call)?.subject() {
        Subject::Skb(skb) if skb.address().raw() == call.arg(0) => Ok(skb),
        Subject::Skb(_) | Subject::Xdp(_) | Subject::Bytes(_) => {
            Err(call.refuse("R1 is not the run's skb"))
        }
    }
}

/// The frame in R1, which is the run's.
pub(super) fn xdp<'r>(call: &HelperCall<'_, 'r>) -> Result<&'r XdpBuff, Trapped> {
    match state(call)?.subject() {
        Subject::Xdp(frame) if frame.address().raw() == call.arg(0) => Ok(frame),
        Subject::Skb(_) | Subject::Xdp(_) | Subject::Bytes(_) => {
            Err(call.refuse("R1 is not the run's frame"))
        }
    }
}

/// Argument `index` as an `int`.
pub(super) fn int(call: &HelperCall<'_, '_>, index: usize) -> i32 {
    call.arg(index) as i32
}

/// Argument `index` as a `u32`.
pub(super) fn word(call: &HelperCall<'_, '_>, index: usize) -> u32 {
    call.arg(index) as u32
}

/// Argument `index` as a number of bytes: sizes are 32 bits wide.
pub(super) fn size(call: &HelperCall<'_, '_>, index: usize) -> usize {
    word(call, index) as usize
}
