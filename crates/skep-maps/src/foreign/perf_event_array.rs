//! BPF_MAP_TYPE_PERF_EVENT_ARRAY: perf events, one per CPU by custom.
//!
//! There are no perf events: no fd is one (EBADF), and no event is at any index (programs get ENOENT).

use skep_catalog::Caps;
use skep_object::{Errno, SysError, SysResult};
use skep_uapi::MapType;

use super::{
    Answers, Update, check_index, delete_slot, next_slot, no_lookup, no_lookup_and_delete,
    one_value, pointers,
};
use crate::array::{HEADER_BYTES, allocated_entries};
use crate::kind::{AsInner, Holds, MapKind};
use crate::{Map, MapAttr, MapBase, MapEnv, prog_array};

/// What the type answers to MAP_CREATE.
pub(crate) const KIND: MapKind = MapKind {
    map_type: MapType::PerfEventArray,
    check,
    create,
    as_inner: AsInner::Generic,
    holds: Holds::Bytes,
};

static ANSWERS: Answers = Answers {
    memlock,
    sys_value_size: one_value,
    lookup: no_lookup,
    update,
    delete: delete_slot,
    next_key: next_slot,
    lookup_and_delete: no_lookup_and_delete,
};

fn check(attr: &MapAttr, _caps: Caps) -> SysResult<()> {
    prog_array::check_slots(attr)
}

fn create(attr: MapAttr, env: MapEnv) -> SysResult<Box<dyn Map>> {
    allocated_entries(&attr, env.caps)?;
    super::create(attr, &env, &ANSWERS)
}

fn memlock(base: &MapBase) -> u64 {
    HEADER_BYTES + pointers(base)
}

/// The update of arrays whose values are fds of things that are not there.
pub(super) fn update(base: &MapBase, update: Update<'_>) -> SysResult<()> {
    if update.flags != 0 {
        return SysError::err(Errno::EINVAL, "arrays of fds take no update flag");
    }
    check_index(base, update.key)?;
    SysError::err(Errno::EBADF, "no such fd of the map's kind")
}
