//! BPF_MAP_TYPE_CGROUP_ARRAY: cgroups, for programs that ask whether a task or packet is under one.
//!
//! There are no cgroups: no fd is one's directory (EBADF), and every slot is empty.

use skep_catalog::Caps;
use skep_object::SysResult;
use skep_uapi::MapType;

use super::{
    Answers, delete_slot, next_slot, no_lookup, no_lookup_and_delete, no_such_fd, one_value,
    pointers,
};
use crate::array::{HEADER_BYTES, allocated_entries};
use crate::kind::{AsInner, Holds, MapKind};
use crate::{Map, MapAttr, MapBase, MapEnv, prog_array};

/// What the type answers to MAP_CREATE.
pub(crate) const KIND: MapKind = MapKind {
    map_type: MapType::CgroupArray,
    check,
    create,
    as_inner: AsInner::Generic,
    holds: Holds::Bytes,
};

static ANSWERS: Answers = Answers {
    memlock,
    sys_value_size: one_value,
    lookup: no_lookup,
    update: no_such_fd,
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
