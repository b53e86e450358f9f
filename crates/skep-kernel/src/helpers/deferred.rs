//! bpf_timer, and what bpf_wq has in common with it: fields of map values whose callbacks run later.

use skep_exec::{HelperCall, HelperResult, Trapped};
use skep_memory::Addr;
use skep_object::{Clock, Errno, Ref};

use super::call::{answer, done, ensure, session};
use crate::Kernel;
use crate::object::MapObject;
use crate::owned::deferred::{Callback, Expiry, Kind};

/// Bytes of `struct bpf_timer` and `struct bpf_wq`.
const FIELD: usize = 16;
/// BPF_F_TIMER_ABS.
const ABSOLUTE: u64 = 1;
/// BPF_F_TIMER_CPU_PIN: a wish about which CPU runs the callback; any will do here.
const PINNED: u64 = 2;

pub(super) fn timer_init(call: &HelperCall<'_, '_>) -> HelperResult {
    let clock = match call.arg(2) {
        0 => Clock::Realtime,
        1 => Clock::Monotonic,
        7 => Clock::Boottime,
        _ => return done(Err(Errno::EINVAL)),
    };
    done(init(call, Kind::Timer(clock))?)
}

pub(super) fn timer_set_callback(call: &HelperCall<'_, '_>) -> HelperResult {
    done(set_callback(call)?)
}

pub(super) fn timer_start(call: &HelperCall<'_, '_>) -> HelperResult {
    let [_, nanoseconds, flags, _, _] = call.args();
    if flags & !(ABSOLUTE | PINNED) != 0 {
        return done(Err(Errno::EINVAL));
    }
    let expiry = if flags & ABSOLUTE == 0 {
        Expiry::After(nanoseconds)
    } else {
        Expiry::At(nanoseconds)
    };
    done(start(call, expiry)?)
}

pub(super) fn timer_cancel(call: &HelperCall<'_, '_>) -> HelperResult {
    let field = call.write(0, FIELD)?;
    let must_stop = || call.context().poll().is_some();
    answer(
        session(call)?
            .deferred()
            .cancel(field, &must_stop)
            .map(u64::from),
    )
}

/// Initialises the field in R1, which is in a value of the map in R2. EBUSY, EPERM.
pub(super) fn init(call: &HelperCall<'_, '_>, kind: Kind) -> Result<Result<(), Errno>, Trapped> {
    let field = call.write(0, FIELD)?;
    let handle = call.map(1)?.handle();
    let session = session(call)?;
    let Some(map) = find_map(session, handle) else {
        // Dying: whoever held it last lets go of it.
        return Ok(Err(Errno::EPERM));
    };
    let record = map.map().base().fields().record();
    let mut fields = record.into_iter().flat_map(|record| record.fields());
    let Some(offset) = fields
        .find(|field| kind.is(field.kind()))
        .map(|it| it.offset)
    else {
        return Err(call.refuse("the map has no such field"));
    };
    let value = field.start().wrapping_add(u64::from(offset).wrapping_neg());
    Ok(session.deferred().init(field, kind, &map, value))
}

/// Chooses the function in R2 for the field in R1. EINVAL, EPERM.
pub(super) fn set_callback(call: &HelperCall<'_, '_>) -> Result<Result<(), Errno>, Trapped> {
    let field = call.write(0, FIELD)?;
    let session = session(call)?;
    let function = call.arg(1);
    // Not the program that the run began with: a tail call may have led to another.
    let all = session.progs().all();
    let owner = all
        .into_iter()
        .find(|(_, prog)| prog.has_function(session.engine(), function));
    let Some((_, prog)) = owner else {
        return Err(call.refuse("R2 is no function of a program"));
    };
    let callback = Callback { prog, function };
    Ok(session.deferred().set_callback(field, callback))
}

/// Starts the field in R1. EINVAL.
pub(super) fn start(
    call: &HelperCall<'_, '_>,
    expiry: Expiry,
) -> Result<Result<(), Errno>, Trapped> {
    let field = call.write(0, FIELD)?;
    Ok(session(call)?.deferred().start(field, expiry))
}

/// 0 or EINVAL: flags that must be 0.
pub(super) fn no_flags(flags: u64) -> Result<(), Errno> {
    ensure(flags == 0, Errno::EINVAL)
}

fn find_map(session: &Kernel, handle: Addr) -> Option<Ref<MapObject>> {
    let mut all = session.maps().all().into_iter().map(|(_, map)| map);
    all.find(|map| map.bound().handle() == handle)
}
