//! bpf_user_ringbuf_drain: what a client wrote, sample by sample, to a callback.

use skep_exec::{HelperCall, HelperResult, Trapped};
use skep_maps::ringbuf::{FORCE_WAKEUP, NO_WAKEUP};
use skep_maps::user_ringbuf::{Drain, Next};
use skep_memory::{Permissions, RacyBytes};
use skep_object::Errno;

use super::call::{negative, state};
use super::dynptr::{Dynptr, Kind, Writes};

/// BPF_MAX_USER_RINGBUF_SAMPLES.
const SAMPLES_MAX: u32 = 128 << 10;
/// Samples between two looks at the clock.
const LOOK_EVERY: u32 = 256;

/// Calls the callback with each sample until it returns 1, there is none, or one makes no sense; how many it saw.
pub(super) fn drain(call: &HelperCall<'_, '_>) -> HelperResult {
    let Some(ring) = call.map(0)?.map().as_user_ringbuf() else {
        return Err(call.refuse("the map is no user ring buffer"));
    };
    let flags = call.arg(3);
    if flags & !(NO_WAKEUP | FORCE_WAKEUP) != 0 {
        return Ok(negative(Errno::EINVAL));
    }
    let scratch = match state(call)?.scratch().take() {
        Ok(scratch) => scratch,
        Err(errno) => return Ok(negative(errno)),
    };
    let Ok(place) = scratch.bytes().part(0, Dynptr::SIZE) else {
        return Err(call.refuse("there is no room for a dynptr"));
    };
    let mut drain = match ring.drain() {
        Ok(drain) => drain,
        Err(errno) => return Ok(negative(errno)),
    };
    let lent = call.lend(place, Permissions::ReadOnly);
    let mut taken = Taken::default();
    let end = take_all(call, &mut drain, place, &mut taken);
    call.run().forbid(lent);
    drop(drain);
    if flags & FORCE_WAKEUP != 0 || (flags & NO_WAKEUP == 0 && taken != Taken::default()) {
        ring.wake();
    }
    Ok(match end? {
        Ok(()) => u64::from(taken.seen),
        Err(errno) => negative(errno),
    })
}

/// Samples taken out of the ring.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
struct Taken {
    seen: u32,
    discarded: u32,
}

fn take_all(
    call: &HelperCall<'_, '_>,
    drain: &mut Drain<'_>,
    place: RacyBytes<'_>,
    taken: &mut Taken,
) -> Result<Result<(), Errno>, Trapped> {
    let [_, function, context, ..] = call.args();
    let run = call.context();
    for count in 1..=SAMPLES_MAX {
        match drain.peek() {
            Err(errno) => return Ok(Err(errno)),
            Ok(Next::Nothing) => break,
            Ok(Next::Discarded) => taken.discarded += 1,
            Ok(Next::Sample(sample)) => {
                let len = sample.len as usize;
                Dynptr::new(Kind::Memory, sample.data, len, Writes::Allowed).store(place);
                let stop = call.call_back(function, [place.start().raw(), context, 0, 0, 0]);
                drain.release(sample);
                taken.seen += 1;
                if stop? != 0 {
                    break;
                }
            }
        }
        if run.should_stop() || (count.is_multiple_of(LOOK_EVERY) && run.poll().is_some()) {
            break;
        }
    }
    Ok(Ok(()))
}
