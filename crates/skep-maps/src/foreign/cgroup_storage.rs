//! BPF_MAP_TYPE_CGROUP_STORAGE, PERCPU_CGROUP_STORAGE: values that live with the attachment of a program to a
//! cgroup.
//!
//! Elements appear when programs are attached, and nothing is attached: the maps stay empty. Both types are
//! deprecated for CGRP_STORAGE.

use skep_catalog::Caps;
use skep_object::{Errno, SysError, SysResult};
use skep_uapi::limits::PCPU_MIN_UNIT_SIZE;
use skep_uapi::{ElemFlags, MapFlags, MapType};

use super::local_storage::VALUE_MAX;
use super::{Answers, Update, missing, no_lookup_and_delete, no_next, one_value};
use crate::kind::{AsInner, Holds, MapKind};
use crate::{Map, MapAttr, MapBase, MapEnv};

/// What the type answers to MAP_CREATE.
pub(crate) const KIND: MapKind = MapKind {
    map_type: MapType::CgroupStorage,
    check,
    create,
    as_inner: AsInner::Refused(Errno::ENOTSUPP),
    holds: Holds::Bytes,
};

/// The same for the type with a value for each CPU.
pub(crate) const PERCPU: MapKind = MapKind {
    map_type: MapType::PercpuCgroupStorage,
    create: create_percpu,
    ..KIND
};

/// `struct bpf_cgroup_storage_map` in memlock figures.
const MAP_BYTES: u64 = 328;

static ANSWERS: Answers = Answers {
    memlock,
    sys_value_size: one_value,
    lookup: missing,
    update,
    delete,
    next_key: no_next,
    lookup_and_delete: no_lookup_and_delete,
};

static PERCPU_ANSWERS: Answers = Answers {
    memlock,
    sys_value_size: value_of_all_cpus,
    lookup: missing,
    update: update_percpu,
    delete,
    next_key: no_next,
    lookup_and_delete: no_lookup_and_delete,
};

fn check(_attr: &MapAttr, _caps: Caps) -> SysResult<()> {
    // Linux checks these while it makes them, after capabilities.
    Ok(())
}

fn create(attr: MapAttr, env: MapEnv) -> SysResult<Box<dyn Map>> {
    check_storage(&attr, VALUE_MAX)?;
    super::create(attr, &env, &ANSWERS)
}

fn create_percpu(attr: MapAttr, env: MapEnv) -> SysResult<Box<dyn Map>> {
    check_storage(&attr, PCPU_MIN_UNIT_SIZE)?;
    super::create(attr, &env, &PERCPU_ANSWERS)
}

/// A key is a cgroup id, or one with an attach type.
fn check_storage(attr: &MapAttr, value_max: u32) -> SysResult<()> {
    if (attr.key_size != 8 && attr.key_size != 16) || attr.value_size == 0 {
        return SysError::err(
            Errno::EINVAL,
            "cgroup storage needs a key of 8 or 16 bytes and a value",
        );
    }
    if attr.value_size > value_max {
        return SysError::err(Errno::E2BIG, "value is too large for storage");
    }
    attr.check_flags(
        MapFlags::NUMA_NODE
            | MapFlags::RDONLY
            | MapFlags::WRONLY
            | MapFlags::RDONLY_PROG
            | MapFlags::WRONLY_PROG,
    )?;
    if attr.max_entries != 0 {
        return SysError::err(Errno::EINVAL, "cgroup storage has no number of entries");
    }
    Ok(())
}

fn memlock(_base: &MapBase) -> u64 {
    MAP_BYTES
}

fn value_of_all_cpus(base: &MapBase) -> u64 {
    base.attr().value_stride() * u64::from(base.possible_cpus())
}

fn update(base: &MapBase, update: Update<'_>) -> SysResult<()> {
    let known = ElemFlags::EXIST.bits() | ElemFlags::LOCK.bits();
    if update.flags & !known != 0 {
        return SysError::err(Errno::EINVAL, "elements of cgroup storage exist or do not");
    }
    Err(missing(base, update.key))
}

fn update_percpu(base: &MapBase, update: Update<'_>) -> SysResult<()> {
    if update.flags & !ElemFlags::EXIST.bits() != 0 {
        return SysError::err(Errno::EINVAL, "elements of cgroup storage exist or do not");
    }
    Err(missing(base, update.key))
}

fn delete(_base: &MapBase, _key: &[u8]) -> SysResult<()> {
    SysError::err(Errno::EINVAL, "elements go with their attachment")
}
