//! Dynptrs: over memory of the program, ring buffer records, and packets.
//!
//! ```text
//! on the stack, 16 bytes   data u64 | size u32: 24 bits size, then kind, bit 31 read-only | offset u32
//! ```
//!
//! Programs cannot look inside: the verifier keeps the slots to itself. `data` of a packet's dynptr is the context.

use skep_exec::{HelperCall, HelperResult, Trapped};
use skep_memory::{Access, Addr, RacyBytes};
use skep_object::Errno;

use super::call::{done, ensure, negative, size, state};
use super::skb::bytes::store;
use super::xdp::check;
use crate::test_run::packet::{SkBuff, XdpBuff};
use crate::test_run::state::Subject;

/// What a dynptr refers to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Bytes at an address.
    Memory,
    /// The run's packet.
    Packet,
}

/// Whether the bytes may be written through a dynptr.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Writes {
    /// They may.
    Allowed,
    /// They may not.
    Refused,
}

/// A dynptr as it stands on the stack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Dynptr {
    data: Addr,
    size: u32,
    offset: u32,
}

const READ_ONLY: u32 = 1 << 31;
const PACKET: u32 = 1 << 28;
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
    pub(super) fn new(kind: Kind, data: Addr, len: usize, writes: Writes) -> Self {
        let packet = match kind {
            Kind::Memory => 0,
            Kind::Packet => PACKET,
        };
        let read_only = match writes {
            Writes::Allowed => 0,
            Writes::Refused => READ_ONLY,
        };
        Self {
            data,
            size: (len as u32 & LEN_MASK) | packet | read_only,
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

    /// Does it refer to nothing?
    pub(super) fn is_null(self) -> bool {
        self.data.is_null()
    }

    /// Bytes it refers to.
    pub(super) fn len(self) -> u32 {
        self.size & LEN_MASK
    }

    /// What it refers to.
    pub(super) fn kind(self) -> Kind {
        if self.size & PACKET == 0 {
            Kind::Memory
        } else {
            Kind::Packet
        }
    }

    /// Whether the bytes may be written.
    pub(super) fn writes(self) -> Writes {
        if self.size & READ_ONLY == 0 {
            Writes::Allowed
        } else {
            Writes::Refused
        }
    }

    /// The first byte of memory; `None` if it refers to nothing.
    pub(super) fn data(self) -> Option<Addr> {
        (!self.is_null()).then(|| self.data.wrapping_add(u64::from(self.offset)))
    }

    /// One over the bytes from `start` to `end`, which lie inside.
    pub(super) fn narrowed(self, start: u32, end: u32) -> Self {
        Self {
            size: (self.size & !LEN_MASK) | end.saturating_sub(start),
            offset: self.offset.saturating_add(start),
            ..self
        }
    }

    /// Are there `len` bytes at `offset`? E2BIG.
    pub(super) fn check(self, offset: u32, len: u32) -> Result<(), Errno> {
        let inside = self
            .len()
            .checked_sub(len)
            .is_some_and(|most| offset <= most);
        ensure(inside, Errno::E2BIG)
    }
}

/// The packet behind a dynptr.
enum Packet<'r> {
    Skb(&'r SkBuff),
    Xdp(&'r XdpBuff),
}

fn packet<'r>(call: &HelperCall<'_, 'r>) -> Result<Packet<'r>, Trapped> {
    match state(call)?.subject() {
        Subject::Skb(skb) => Ok(Packet::Skb(skb)),
        Subject::Xdp(frame) => Ok(Packet::Xdp(frame)),
        Subject::Bytes(_) => Err(call.refuse("the run has no packet")),
    }
}

/// The address of `len` bytes at `offset`; `None` where they are not in one piece, or not there.
pub(super) fn slice(
    call: &HelperCall<'_, '_>,
    dynptr: Dynptr,
    offset: u32,
    len: u32,
) -> Result<Option<Addr>, Trapped> {
    let Some(data) = dynptr.data().filter(|_| dynptr.check(offset, len).is_ok()) else {
        return Ok(None);
    };
    let at = dynptr.offset.saturating_add(offset) as usize;
    let part = match dynptr.kind() {
        Kind::Memory => return Ok(Some(data.wrapping_add(u64::from(offset)))),
        Kind::Packet => match packet(call)? {
            Packet::Skb(skb) => skb.packet().part(at, len as usize),
            Packet::Xdp(frame) => frame.first_page().part(at, len as usize).ok(),
        },
    };
    Ok(part.map(RacyBytes::start))
}

/// Copies bytes out. EINVAL, E2BIG, or what the packet says.
pub(super) fn read(
    call: &HelperCall<'_, '_>,
    dynptr: Dynptr,
    offset: u32,
    len: u32,
) -> Result<Result<Vec<u8>, Errno>, Trapped> {
    let Some(data) = dynptr.data() else {
        return Ok(Err(Errno::EINVAL));
    };
    if let Err(errno) = dynptr.check(offset, len) {
        return Ok(Err(errno));
    }
    let at = dynptr.offset.saturating_add(offset);
    let bytes = match dynptr.kind() {
        Kind::Memory => {
            let from = data.wrapping_add(u64::from(offset));
            Ok(call.bytes(from, len as usize, Access::Read)?.to_vec())
        }
        Kind::Packet => match packet(call)? {
            Packet::Skb(skb) => {
                let part = skb.packet().part(at as usize, len as usize);
                part.map(RacyBytes::to_vec).ok_or(Errno::EFAULT)
            }
            Packet::Xdp(frame) => check(frame, at, len).map(|()| {
                let mut bytes = Vec::new();
                frame.each_part(at as usize, len as usize, |part| {
                    bytes.extend(part.to_vec())
                });
                bytes
            }),
        },
    };
    Ok(bytes)
}

/// Copies bytes in. EINVAL, E2BIG, or what the packet says.
pub(super) fn write(
    call: &HelperCall<'_, '_>,
    dynptr: Dynptr,
    offset: u32,
    bytes: &[u8],
    flags: u64,
) -> Result<Result<(), Errno>, Trapped> {
    let Some(data) = dynptr.data().filter(|_| dynptr.writes() == Writes::Allowed) else {
        return Ok(Err(Errno::EINVAL));
    };
    if let Err(errno) = dynptr.check(offset, bytes.len() as u32) {
        return Ok(Err(errno));
    }
    let at = dynptr.offset.saturating_add(offset);
    match dynptr.kind() {
        Kind::Memory if flags == 0 => {
            let to = data.wrapping_add(u64::from(offset));
            // As many bytes as asked for.
            let _ = call
                .bytes(to, bytes.len(), Access::Write)?
                .copy_in(0, bytes);
            Ok(Ok(()))
        }
        Kind::Memory => Ok(Err(Errno::EINVAL)),
        Kind::Packet => match packet(call)? {
            Packet::Skb(skb) => Ok(store(skb, at, bytes, flags)),
            Packet::Xdp(_) if flags != 0 => Ok(Err(Errno::EINVAL)),
            Packet::Xdp(frame) => Ok(check(frame, at, bytes.len() as u32).map(|()| {
                let mut rest = bytes;
                frame.each_part(at as usize, bytes.len(), |part| {
                    let (now, later) = rest.split_at_checked(part.len()).unwrap_or((rest, &[]));
                    let _ = part.copy_in(0, now);
                    rest = later;
                });
            })),
        },
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
        let data = Addr::new(call.arg(0));
        Ok(Dynptr::new(Kind::Memory, data, len, Writes::Allowed))
    };
    result.unwrap_or(Dynptr::NULL).store(target);
    done(result.map(|_| ()))
}

/// bpf_dynptr_read.
pub(super) fn copy_out(call: &HelperCall<'_, '_>) -> HelperResult {
    let [_, len, _, offset, flags] = call.args();
    let target = call.write(0, len as u32 as usize)?;
    let dynptr = Dynptr::load(call.read(2, Dynptr::SIZE)?);
    if flags != 0 {
        return Ok(negative(Errno::EINVAL));
    }
    let result = read(call, dynptr, offset as u32, len as u32)?.map(|bytes| {
        // As many bytes as the target has.
        let _ = target.copy_in(0, &bytes);
    });
    done(result)
}

/// bpf_dynptr_write.
pub(super) fn copy_in(call: &HelperCall<'_, '_>) -> HelperResult {
    let [_, offset, _, len, flags] = call.args();
    let dynptr = Dynptr::load(call.read(0, Dynptr::SIZE)?);
    let bytes = call.read(2, len as u32 as usize)?.to_vec();
    done(write(call, dynptr, offset as u32, &bytes, flags)?)
}

/// A pointer into memory, null where there is none; packets have slices instead.
pub(super) fn data(call: &HelperCall<'_, '_>) -> HelperResult {
    let [_, offset, len, _, _] = call.args();
    let dynptr = Dynptr::load(call.read(0, Dynptr::SIZE)?);
    if dynptr.kind() == Kind::Packet || dynptr.writes() == Writes::Refused {
        return Ok(0);
    }
    let place = slice(call, dynptr, offset as u32, len as u32)?;
    Ok(place.unwrap_or(Addr::NULL).raw())
}
