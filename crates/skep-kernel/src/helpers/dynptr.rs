//! Dynptrs over memory of the program and ring buffer records.
//!
//! ```text
//! on the stack, 16 bytes   data u64 | size u32 | offset u32
//! ```
//!
//! Programs cannot look inside: the verifier keeps the slots to itself.

use skep_exec::{HelperCall, HelperResult};
use skep_memory::{Access, Addr, RacyBytes};
use skep_object::Errno;

use super::call::{done, ensure, negative, size};

/// A dynptr as it stands on the stack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Dynptr {
    data: Addr,
    size: u32,
    offset: u32,
}

const LEN_MASK: u32 = (1 << 24) - 1;

impl Dynptr {
    /// Bytes on the stack.
    pub(super) const SIZE: usize = 16;
    /// The largest size.
    pub(super) const LEN_MAX: usize = LEN_MASK as usize;
    /// One that refers to nothing.
    pub(super) const NULL: Self = Self {
        data: Addr::NULL,
        size: 0,
        offset: 0,
    };

    /// One over `len` bytes, at most [`Self::LEN_MAX`].
    pub(super) fn new(data: Addr, len: usize) -> Self {
        Self {
            data,
            size: len as u32 & LEN_MASK,
            offset: 0,
        }
    }

    /// Reads one from the stack.
    pub(super) fn load(from: RacyBytes<'_>) -> Self {
        // The caller asked for all 16 bytes.
        Self {
            data: Addr::new(from.read_u64(0).unwrap_or(0)),
            size: from.read_u32(8).unwrap_or(0),
            offset: from.read_u32(12).unwrap_or(0),
        }
    }

    /// Writes it to the stack.
    pub(super) fn store(self, to: RacyBytes<'_>) {
        // The caller asked for all 16 bytes.
        let _ = to.write_u64(0, self.data.raw());
        let _ = to.write_u32(8, self.size);
        let _ = to.write_u32(12, self.offset);
    }

    /// The first byte; `None` if it refers to nothing.
    pub(super) fn data(self) -> Option<Addr> {
        (!self.data.is_null()).then(|| self.data.wrapping_add(u64::from(self.offset)))
    }

    fn len(self) -> u32 {
        self.size & LEN_MASK
    }

    /// The address of `len` bytes at `offset`. EINVAL: it refers to nothing. E2BIG: out of bounds.
    fn slice(self, offset: u32, len: u32) -> Result<Addr, Errno> {
        let data = self.data().ok_or(Errno::EINVAL)?;
        let inside = len <= self.len() && offset <= self.len() - len;
        ensure(inside, Errno::E2BIG)?;
        Ok(data.wrapping_add(u64::from(offset)))
    }
}

pub(super) fn from_mem(call: &HelperCall<'_, '_>) -> HelperResult {
    let target = call.write(3, Dynptr::SIZE)?;
    let len = size(call, 1);
    let result = if len > Dynptr::LEN_MAX {
        Err(Errno::E2BIG)
    } else if call.arg(2) != 0 {
        Err(Errno::EINVAL)
    } else {
        Ok(Dynptr::new(Addr::new(call.arg(0)), len))
    };
    result.unwrap_or(Dynptr::NULL).store(target);
    done(result.map(|_| ()))
}

pub(super) fn read(call: &HelperCall<'_, '_>) -> HelperResult {
    let [_, len, _, offset, flags] = call.args();
    let dynptr = Dynptr::load(call.read(2, Dynptr::SIZE)?);
    match checked(dynptr, offset, len, flags) {
        Ok(from) => {
            let source = call.bytes(from, len as u32 as usize, Access::Read)?;
            copy(call.write(0, len as u32 as usize)?, source);
            Ok(0)
        }
        Err(errno) => Ok(negative(errno)),
    }
}

pub(super) fn write(call: &HelperCall<'_, '_>) -> HelperResult {
    let [_, offset, _, len, flags] = call.args();
    let dynptr = Dynptr::load(call.read(0, Dynptr::SIZE)?);
    match checked(dynptr, offset, len, flags) {
        Ok(to) => {
            let target = call.bytes(to, len as u32 as usize, Access::Write)?;
            copy(target, call.read(2, len as u32 as usize)?);
            Ok(0)
        }
        Err(errno) => Ok(negative(errno)),
    }
}

/// A pointer into the data, null where there is none.
pub(super) fn data(call: &HelperCall<'_, '_>) -> HelperResult {
    let [_, offset, len, _, _] = call.args();
    let dynptr = Dynptr::load(call.read(0, Dynptr::SIZE)?);
    let place = dynptr.slice(offset as u32, len as u32);
    Ok(place.unwrap_or(Addr::NULL).raw())
}

fn checked(dynptr: Dynptr, offset: u64, len: u64, flags: u64) -> Result<Addr, Errno> {
    ensure(dynptr.data().is_some() && flags == 0, Errno::EINVAL)?;
    dynptr.slice(offset as u32, len as u32)
}

/// Copies bytes that may overlap.
fn copy(to: RacyBytes<'_>, from: RacyBytes<'_>) {
    // Both have the same length.
    let _ = to.copy_in(0, &from.to_vec());
}
