//! OBJ_GET_INFO_BY_FD: what there is to know about an object.
//!
//! The client passes a prefix or more of a struct: bytes beyond what we know must be zero (E2BIG), fields it has no
//! room for are left out, and the length that counts is written back. Array fields are in-out: the client gives a
//! pointer and room for so many items, and gets the first ones and always the real number.

mod btf;
mod link;
mod map;
mod prog;

use core::mem::offset_of;

use skep_object::{Errno, SysError, SysResult};
use skep_uapi::UserPtr;
use skep_uapi::attr::InfoByFdAttr;
use zerocopy::{FromBytes, Immutable, IntoBytes};

use super::{Call, DONE, Reply};
use crate::attr::check_zero_tail;
use crate::{Fd, FdEntry, FdObject, MemoryFault};
pub(super) use link::write_name;

pub(super) struct Args {
    object: Fd,
    info: UserPtr,
    info_len: u32,
}

pub(super) fn run(call: &Call<'_>) -> SysResult<Reply> {
    let attr: InfoByFdAttr = call.parse()?;
    let args = Args {
        object: Fd::from_attr(attr.bpf_fd),
        info: attr.info,
        info_len: attr.info_len,
    };
    match call.task.fds().get(args.object) {
        FdEntry::Closed => SysError::err(Errno::EBADFD, "no such fd"),
        FdEntry::Foreign => SysError::err(Errno::EINVAL, "fd is no bpf object"),
        FdEntry::Object(FdObject::Map { map, .. }) => map::run(call, &args, map.reference()),
        FdEntry::Object(FdObject::Prog(prog)) => prog::run(call, &args, prog.reference()),
        FdEntry::Object(FdObject::Btf(btf)) => btf::run(call, &args, btf.reference()),
        FdEntry::Object(FdObject::Link { link, .. }) => link::run(call, &args, link.reference()),
        FdEntry::Object(FdObject::Statistics(_) | FdObject::PerfEvent(_)) => {
            SysError::err(Errno::EINVAL, "fd has no info")
        }
    }
}

/// The client's struct, filled up with zeros. E2BIG, EFAULT.
fn read_info<T>(call: &Call<'_>, args: &Args) -> SysResult<T>
where
    T: Default + FromBytes + IntoBytes,
{
    let memory = call.task.memory();
    let len = args.info_len as usize;
    check_zero_tail(memory, args.info, size_of::<T>(), len)?;
    let mut info = T::default();
    let known = len.min(size_of::<T>());
    let bytes = info.as_mut_bytes().get_mut(..known).ok_or(MemoryFault)?;
    memory.read(args.info, bytes)?;
    Ok(info)
}

/// Writes as much of the struct as the client has room for, and how much that is. EFAULT.
fn write_info<T>(call: &Call<'_>, args: &Args, info: &T) -> SysResult<Reply>
where
    T: IntoBytes + Immutable,
{
    let known = (args.info_len as usize).min(size_of::<T>());
    let bytes = info.as_bytes().get(..known).ok_or(MemoryFault)?;
    call.task.memory().write(args.info, bytes)?;
    call.write_back(offset_of!(InfoByFdAttr, info_len), known as u32)?;
    Ok(DONE)
}

/// Writes the first `room` of `items` one after the other to `at`; how many there are. EFAULT.
fn write_items<const N: usize>(
    call: &Call<'_>,
    at: UserPtr,
    room: u32,
    items: impl ExactSizeIterator<Item = [u8; N]>,
) -> SysResult<u32> {
    let count = items.len();
    let bytes: Vec<u8> = items.take(room as usize).flatten().collect();
    call.task.memory().write(at, &bytes)?;
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}
