//! BPF_MAP_TYPE_REUSEPORT_SOCKARRAY: sockets of reuseport groups by index.
//!
//! There are no sockets: no fd is one (EBADF or ENOTSOCK), and every slot is empty.

use skep_catalog::Caps;
use skep_object::{Errno, SysError, SysResult};
use skep_uapi::MapType;

use super::sockmap::lookup;
use super::{
    Answers, Update, check_index, check_mode, delete_slot, next_slot, no_lookup_and_delete,
    no_socket, one_value, pointers,
};
use crate::array::check_array;
use crate::kind::{AsInner, Holds, MapKind};
use crate::{Map, MapAttr, MapBase, MapEnv};

/// What the type answers to MAP_CREATE.
pub(crate) const KIND: MapKind = MapKind {
    map_type: MapType::ReuseportSockarray,
    check,
    create,
    as_inner: AsInner::Generic,
    holds: Holds::Bytes,
};

/// `struct reuseport_array` in memlock figures.
const MAP_BYTES: u64 = 296;

static ANSWERS: Answers = Answers {
    memlock,
    sys_value_size: one_value,
    lookup,
    update,
    delete: delete_slot,
    next_key: next_slot,
    lookup_and_delete: no_lookup_and_delete,
};

fn check(attr: &MapAttr, _caps: Caps) -> SysResult<()> {
    if attr.value_size != 4 && attr.value_size != 8 {
        return SysError::err(Errno::EINVAL, "values are fds of 4 or 8 bytes");
    }
    check_array(attr)
}

fn create(attr: MapAttr, env: MapEnv) -> SysResult<Box<dyn Map>> {
    super::create(attr, &env, &ANSWERS)
}

fn memlock(base: &MapBase) -> u64 {
    MAP_BYTES + pointers(base)
}

fn update(base: &MapBase, update: Update<'_>) -> SysResult<()> {
    check_mode(update.flags)?;
    check_index(base, update.key)?;
    no_socket(update.value, update.fds)
}
