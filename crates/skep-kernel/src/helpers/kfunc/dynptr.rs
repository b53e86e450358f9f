//! Kernel functions on dynptrs.

use skep_exec::{HelperCall, HelperResult, Trapped};
use skep_memory::{Access, Addr};
use skep_object::Errno;

use super::{int, status};
use crate::helpers::call::{ensure, skb, word, xdp};
use crate::helpers::dynptr::{self, Dynptr, Kind, Writes};

/// The dynptr in argument `index`.
fn load(call: &HelperCall<'_, '_>, index: usize) -> Result<Dynptr, Trapped> {
    Ok(Dynptr::load(call.read(index, Dynptr::SIZE)?))
}

pub(super) fn from_skb(call: &HelperCall<'_, '_>) -> HelperResult {
    let len = skb(call)?.packet().len();
    from_packet(call, len, Writes::Allowed)
}

pub(super) fn from_skb_rdonly(call: &HelperCall<'_, '_>) -> HelperResult {
    let len = skb(call)?.packet().len();
    from_packet(call, len, Writes::Refused)
}

pub(super) fn from_xdp(call: &HelperCall<'_, '_>) -> HelperResult {
    let len = xdp(call)?.len();
    from_packet(call, len, Writes::Allowed)
}

fn from_packet(call: &HelperCall<'_, '_>, len: usize, writes: Writes) -> HelperResult {
    let target = call.write(2, Dynptr::SIZE)?;
    if call.arg(1) != 0 {
        Dynptr::NULL.store(target);
        return int(Err(Errno::EINVAL));
    }
    Dynptr::new(Kind::Packet, Addr::new(call.arg(0)), len, writes).store(target);
    Ok(0)
}

pub(super) fn adjust(call: &HelperCall<'_, '_>) -> HelperResult {
    let target = call.write(0, Dynptr::SIZE)?;
    let dynptr = Dynptr::load(target);
    let (start, end) = (word(call, 1), word(call, 2));
    let result = ensure(!dynptr.is_null() && start <= end, Errno::EINVAL)
        .and_then(|()| ensure(end <= dynptr.len(), Errno::ERANGE))
        .map(|()| dynptr.narrowed(start, end).store(target));
    status(result)
}

pub(super) fn clone(call: &HelperCall<'_, '_>) -> HelperResult {
    let dynptr = load(call, 0)?;
    let source = if dynptr.is_null() {
        Dynptr::NULL
    } else {
        dynptr
    };
    source.store(call.write(1, Dynptr::SIZE)?);
    status(ensure(!dynptr.is_null(), Errno::EINVAL))
}

pub(super) fn is_null(call: &HelperCall<'_, '_>) -> HelperResult {
    Ok(u64::from(load(call, 0)?.is_null()))
}

pub(super) fn is_rdonly(call: &HelperCall<'_, '_>) -> HelperResult {
    let dynptr = load(call, 0)?;
    Ok(u64::from(
        !dynptr.is_null() && dynptr.writes() == Writes::Refused,
    ))
}

pub(super) fn size(call: &HelperCall<'_, '_>) -> HelperResult {
    let dynptr = load(call, 0)?;
    let len = u64::from(dynptr.len());
    int(ensure(!dynptr.is_null(), Errno::EINVAL).map(|()| len))
}

pub(super) fn slice(call: &HelperCall<'_, '_>) -> HelperResult {
    slice_of(call, load(call, 0)?)
}

pub(super) fn slice_rdwr(call: &HelperCall<'_, '_>) -> HelperResult {
    match load(call, 0)? {
        dynptr if dynptr.writes() == Writes::Allowed => slice_of(call, dynptr),
        _ => Ok(0),
    }
}

/// The address of the bytes, or that of the buffer with a copy of them where they are in several pieces.
fn slice_of(call: &HelperCall<'_, '_>, dynptr: Dynptr) -> HelperResult {
    let [_, offset, buffer, len, _] = call.args();
    let (offset, len) = (offset as u32, len as u32);
    if let Some(place) = dynptr::slice(call, dynptr, offset, len)? {
        return Ok(place.raw());
    }
    if buffer == 0 {
        return Ok(0);
    }
    match dynptr::read(call, dynptr, offset, len)? {
        Ok(bytes) => {
            let target = call.bytes(Addr::new(buffer), len as usize, Access::Write)?;
            // As many bytes as the target has.
            let _ = target.copy_in(0, &bytes);
            Ok(buffer)
        }
        Err(_) => Ok(0),
    }
}

pub(super) fn copy(call: &HelperCall<'_, '_>) -> HelperResult {
    let [_, to_offset, _, from_offset, len] = call.args();
    let (to, from) = (load(call, 0)?, load(call, 2)?);
    let (to_offset, from_offset, len) = (to_offset as u32, from_offset as u32, len as u32);
    if to.check(to_offset, len).is_err() || from.check(from_offset, len).is_err() {
        return int(Err(Errno::E2BIG));
    }
    match dynptr::read(call, from, from_offset, len)? {
        Ok(bytes) => status(dynptr::write(call, to, to_offset, &bytes, 0)?),
        Err(errno) => int(Err(errno)),
    }
}

pub(super) fn memset(call: &HelperCall<'_, '_>) -> HelperResult {
    let dynptr = load(call, 0)?;
    let (offset, len) = (word(call, 1), word(call, 2));
    if dynptr.writes() == Writes::Refused {
        return int(Err(Errno::EINVAL));
    }
    if let Err(errno) = dynptr.check(offset, len) {
        return int(Err(errno));
    }
    let bytes = vec![call.arg(3) as u8; len as usize];
    status(dynptr::write(call, dynptr, offset, &bytes, 0)?)
}
