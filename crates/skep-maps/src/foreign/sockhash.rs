//! BPF_MAP_TYPE_SOCKHASH: sockets by key.
//!
//! There are no sockets: no fd is one (EBADF or ENOTSOCK), and the map stays empty.

use skep_catalog::Caps;
use skep_object::{Errno, SysError, SysResult};
use skep_uapi::MapType;
use skep_uapi::limits::MAX_BPF_STACK;

use super::sockmap::{lookup, update};
use super::{
    Answers, KeyRule, check_slots, delete_missing, no_lookup_and_delete, no_next, one_value,
};
use crate::kind::{AsInner, Holds, MapKind};
use crate::{Map, MapAttr, MapBase, MapEnv};

/// What the type answers to MAP_CREATE.
pub(crate) const KIND: MapKind = MapKind {
    map_type: MapType::Sockhash,
    check,
    create,
    as_inner: AsInner::Generic,
    holds: Holds::Bytes,
};

// Sizes of Linux's structs, for memlock figures and limits.
const MAP_BYTES: u64 = 384;
const BUCKET_BYTES: u64 = 16;

static ANSWERS: Answers = Answers {
    memlock,
    sys_value_size: one_value,
    lookup,
    update,
    delete: delete_missing,
    next_key: no_next,
    lookup_and_delete: no_lookup_and_delete,
};

fn check(_attr: &MapAttr, _caps: Caps) -> SysResult<()> {
    // Linux checks socket maps while it makes them, after capabilities.
    Ok(())
}

fn create(attr: MapAttr, env: MapEnv) -> SysResult<Box<dyn Map>> {
    check_slots(&attr, KeyRule::Bytes, &[4, 8])?;
    if attr.key_size > MAX_BPF_STACK {
        return SysError::err(Errno::E2BIG, "key is larger than a program's stack");
    }
    let buckets = u64::from(attr.max_entries).next_power_of_two();
    if buckets > u64::from(u32::MAX) / BUCKET_BYTES {
        return SysError::err(Errno::EINVAL, "too many entries");
    }
    super::create(attr, &env, &ANSWERS)
}

fn memlock(base: &MapBase) -> u64 {
    MAP_BYTES + u64::from(base.attr().max_entries).next_power_of_two() * BUCKET_BYTES
}
