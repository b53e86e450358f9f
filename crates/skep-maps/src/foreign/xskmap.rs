//! BPF_MAP_TYPE_XSKMAP: AF_XDP sockets by index, for XDP redirects.
//!
//! There are no sockets: no fd is one (EBADF or ENOTSOCK), and every slot is empty.

use skep_catalog::Caps;
use skep_object::{Errno, SysError, SysResult};
use skep_uapi::MapType;

use super::{
    Answers, KeyRule, Update, check_index, check_mode, check_slots, delete_quietly, next_slot,
    no_lookup_and_delete, no_socket, one_value, pointers,
};
use crate::kind::{AsInner, Holds, MapKind};
use crate::{Map, MapAttr, MapBase, MapEnv};

/// What the type answers to MAP_CREATE.
pub(crate) const KIND: MapKind = MapKind {
    map_type: MapType::Xskmap,
    check,
    create,
    as_inner: AsInner::GenericAndEntries,
    holds: Holds::Bytes,
};

/// `struct xsk_map` in memlock figures.
const MAP_BYTES: u64 = 304;

static ANSWERS: Answers = Answers {
    memlock,
    sys_value_size: one_value,
    lookup,
    update,
    delete: delete_quietly,
    next_key: next_slot,
    lookup_and_delete: no_lookup_and_delete,
};

fn check(_attr: &MapAttr, _caps: Caps) -> SysResult<()> {
    // Linux checks socket maps while it makes them, after capabilities.
    Ok(())
}

fn create(attr: MapAttr, env: MapEnv) -> SysResult<Box<dyn Map>> {
    check_slots(&attr, KeyRule::Index, &[4])?;
    super::create(attr, &env, &ANSWERS)
}

fn memlock(base: &MapBase) -> u64 {
    MAP_BYTES + pointers(base)
}

fn lookup(_base: &MapBase, _key: &[u8]) -> SysError {
    SysError::new(Errno::EOPNOTSUPP, "sockets have no value for clients")
}

fn update(base: &MapBase, update: Update<'_>) -> SysResult<()> {
    check_mode(update.flags)?;
    check_index(base, update.key)?;
    no_socket(update.value, update.fds)
}
