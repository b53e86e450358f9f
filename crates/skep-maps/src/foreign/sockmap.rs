//! BPF_MAP_TYPE_SOCKMAP: sockets by index.
//!
//! There are no sockets: no fd is one (EBADF or ENOTSOCK), and every slot is empty. Deleting from an empty
//! slot is EINVAL, unlike in other arrays.

use skep_catalog::Caps;
use skep_object::{Errno, SysError, SysResult};
use skep_uapi::MapType;

use super::{
    Answers, KeyRule, Update, check_slots, next_slot, no_lookup_and_delete, no_socket, one_value,
    pointers,
};
use crate::kind::{AsInner, Holds, MapKind};
use crate::{Map, MapAttr, MapBase, MapEnv};

/// What the type answers to MAP_CREATE.
pub(crate) const KIND: MapKind = MapKind {
    map_type: MapType::Sockmap,
    check,
    create,
    as_inner: AsInner::Generic,
    holds: Holds::Bytes,
};

/// `struct bpf_stab` in memlock figures.
const MAP_BYTES: u64 = 376;

static ANSWERS: Answers = Answers {
    memlock,
    sys_value_size: one_value,
    lookup,
    update,
    delete,
    next_key: next_slot,
    lookup_and_delete: no_lookup_and_delete,
};

fn check(_attr: &MapAttr, _caps: Caps) -> SysResult<()> {
    // Linux checks socket maps while it makes them, after capabilities.
    Ok(())
}

fn create(attr: MapAttr, env: MapEnv) -> SysResult<Box<dyn Map>> {
    check_slots(&attr, KeyRule::Index, &[4, 8])?;
    super::create(attr, &env, &ANSWERS)
}

fn memlock(base: &MapBase) -> u64 {
    MAP_BYTES + pointers(base)
}

/// Clients see a socket's cookie, which takes 8 bytes.
pub(super) fn lookup(base: &MapBase, key: &[u8]) -> SysError {
    if base.attr().value_size != 8 {
        return SysError::new(Errno::ENOSPC, "a cookie takes 8 bytes");
    }
    super::missing(base, key)
}

/// The update of all socket maps that look at the fd first. A negative fd is no fd at all here.
pub(super) fn update(_base: &MapBase, update: Update<'_>) -> SysResult<()> {
    if update.value.len() == 4 && update.value.last().is_some_and(|top| top & 0x80 != 0) {
        return SysError::err(Errno::EINVAL, "value is no fd");
    }
    no_socket(update.value, update.fds)
}

fn delete(_base: &MapBase, _key: &[u8]) -> SysResult<()> {
    SysError::err(Errno::EINVAL, "no socket at this index")
}
