//! MAP_GET_NEXT_KEY: walks the keys of a map.

use skep_maps::syscall;
use skep_object::{Errno, SysError, SysResult};
use skep_uapi::UserPtr;
use skep_uapi::attr::MapElemAttr;

use super::map_update_elem::copy_key;
use super::{Call, DONE, Reply};
use crate::{Fd, memory};

struct Args {
    map: Fd,
    /// NULL asks for the first key.
    key: UserPtr,
    next_key: UserPtr,
}

impl Args {
    fn of(call: &Call<'_>) -> SysResult<Self> {
        let attr: MapElemAttr = call.parse()?;
        Ok(Self {
            map: Fd::from_attr(attr.map_fd),
            key: attr.key,
            next_key: attr.value,
        })
    }
}

pub(super) fn run(call: &Call<'_>) -> SysResult<Reply> {
    let args = Args::of(call)?;
    let (object, access) = call.fds().map_access(args.map)?;
    if !access.reads() {
        return SysError::err(Errno::EPERM, "map fd is write-only");
    }
    let map = object.map();
    let key = if args.key.is_null() {
        None
    } else {
        Some(copy_key(call, map, args.key)?)
    };
    let mut next = memory::zeroed(map.base().attr().key_size as usize)?;
    syscall::next_key(map, key.as_deref(), &mut next)?;
    call.task.memory().write(args.next_key, &next)?;
    Ok(DONE)
}
