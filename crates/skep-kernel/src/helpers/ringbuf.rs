//! Ring buffer helpers. A record's memory is the map's, so the map answers for it.

use skep_exec::{HelperCall, HelperResult, Trapped};
use skep_maps::ringbuf::{Commit, RingBuf};
use skep_memory::Addr;
use skep_object::Errno;

use super::call::{done, negative, size, state};
use super::dynptr::{Dynptr, Kind, Writes};
use crate::test_run::state::Reservation;

fn ring<'r>(call: &HelperCall<'_, 'r>) -> Result<&'r RingBuf, Trapped> {
    call.map(0)?
        .map()
        .as_ringbuf()
        .ok_or_else(|| call.refuse("the map is no ring buffer"))
}

pub(super) fn output(call: &HelperCall<'_, '_>) -> HelperResult {
    let ring = ring(call)?;
    let len = usize::try_from(call.arg(2)).unwrap_or(usize::MAX);
    let data = call.read(1, len)?;
    done(ring.output(data, call.arg(3)))
}

pub(super) fn reserve(call: &HelperCall<'_, '_>) -> HelperResult {
    let ring = ring(call)?;
    if call.arg(2) != 0 {
        return Ok(0);
    }
    Ok(reserve_noted(call, ring, call.arg(1))?.raw())
}

pub(super) fn submit(call: &HelperCall<'_, '_>) -> HelperResult {
    commit(call, Addr::new(call.arg(0)), Commit::Submit)
}

pub(super) fn discard(call: &HelperCall<'_, '_>) -> HelperResult {
    commit(call, Addr::new(call.arg(0)), Commit::Discard)
}

pub(super) fn query(call: &HelperCall<'_, '_>) -> HelperResult {
    Ok(ring(call)?.query(call.arg(1)))
}

/// Linux leaves an empty dynptr behind when it fails, so that submitting it does nothing.
pub(super) fn reserve_dynptr(call: &HelperCall<'_, '_>) -> HelperResult {
    let ring = ring(call)?;
    let len = size(call, 1);
    let target = call.write(3, Dynptr::SIZE)?;
    let result = if call.arg(2) != 0 {
        Err(Errno::EINVAL)
    } else if len > Dynptr::LEN_MAX {
        Err(Errno::E2BIG)
    } else {
        match reserve_noted(call, ring, len as u64)? {
            Addr::NULL => Err(Errno::EINVAL),
            at => Ok(at),
        }
    };
    match result {
        Ok(at) => {
            Dynptr::new(Kind::Memory, at, len, Writes::Allowed).store(target);
            Ok(0)
        }
        Err(errno) => {
            Dynptr::NULL.store(target);
            Ok(negative(errno))
        }
    }
}

pub(super) fn submit_dynptr(call: &HelperCall<'_, '_>) -> HelperResult {
    commit_dynptr(call, Commit::Submit)
}

pub(super) fn discard_dynptr(call: &HelperCall<'_, '_>) -> HelperResult {
    commit_dynptr(call, Commit::Discard)
}

fn commit_dynptr(call: &HelperCall<'_, '_>, how: Commit) -> HelperResult {
    let target = call.write(0, Dynptr::SIZE)?;
    let dynptr = Dynptr::load(target);
    if let Some(data) = dynptr.data() {
        commit(call, data, how)?;
        Dynptr::NULL.store(target);
    }
    Ok(0)
}

/// Ends a record that this run reserved.
fn commit(call: &HelperCall<'_, '_>, record: Addr, how: Commit) -> HelperResult {
    let Some(reservation) = state(call)?.take_reservation(record) else {
        return Err(call.refuse("the record is not one this run reserved"));
    };
    if let Some(ring) = call.map_at(reservation.map)?.map().as_ringbuf() {
        ring.commit(record, how, call.arg(1));
    }
    Ok(0)
}

/// Reserves a record and notes whose it is.
fn reserve_noted(call: &HelperCall<'_, '_>, ring: &RingBuf, len: u64) -> Result<Addr, Trapped> {
    let record = ring.reserve(len);
    if !record.is_null() {
        state(call)?.reserved(Reservation {
            record,
            map: Addr::new(call.arg(0)),
        });
    }
    Ok(record)
}
