//! BPF_MAP_TYPE_SK_STORAGE, INODE_STORAGE, TASK_STORAGE, CGRP_STORAGE: values that live with a kernel object.
//!
//! Keys are fds of the objects (a pidfd for a task). There are none, so every key is a bad fd (EBADF), but
//! for sockets, where an fd of something else is told apart on update (ENOTSOCK). That BTF of key and value
//! must be given is checked by MAP_CREATE, which has it.

use skep_catalog::Caps;
use skep_object::{Errno, SysError, SysResult};
use skep_uapi::{MapFlags, MapType};

use super::{Answers, Update, no_lookup_and_delete, no_socket, not_supported, one_value};
use crate::kind::{AsInner, Holds, MapKind};
use crate::{Map, MapAttr, MapBase, MapEnv};

/// What sockets' storage answers to MAP_CREATE.
pub(crate) const SK: MapKind = MapKind {
    create: create_sk,
    ..of(MapType::SkStorage)
};
/// The same for inodes.
pub(crate) const INODE: MapKind = of(MapType::InodeStorage);
/// The same for tasks.
pub(crate) const TASK: MapKind = of(MapType::TaskStorage);
/// The same for cgroups.
pub(crate) const CGRP: MapKind = of(MapType::CgrpStorage);

const fn of(map_type: MapType) -> MapKind {
    MapKind {
        map_type,
        check,
        create,
        as_inner: AsInner::Generic,
        holds: Holds::Bytes,
    }
}

/// Bytes of the largest value: with Linux's headers it is 64 KiB.
pub(super) const VALUE_MAX: u32 = 65407;

// Sizes of Linux's structs, for memlock figures.
const MAP_BYTES: u64 = 448;
const BUCKET_BYTES: u64 = 16;

static ANSWERS: Answers = Answers {
    memlock,
    sys_value_size: one_value,
    lookup,
    update,
    delete,
    next_key,
    lookup_and_delete: no_lookup_and_delete,
};

static SK_ANSWERS: Answers = Answers {
    memlock,
    sys_value_size: one_value,
    lookup,
    update: update_sk,
    delete,
    next_key,
    lookup_and_delete: no_lookup_and_delete,
};

fn check(attr: &MapAttr, _caps: Caps) -> SysResult<()> {
    attr.check_flags(MapFlags::NO_PREALLOC | MapFlags::CLONE)?;
    if !attr.flags.contains(MapFlags::NO_PREALLOC)
        || attr.max_entries != 0
        || attr.key_size != 4
        || attr.value_size == 0
    {
        return SysError::err(
            Errno::EINVAL,
            "storage needs NO_PREALLOC, a 4-byte key, a value, and no entries",
        );
    }
    if attr.value_size > VALUE_MAX {
        return SysError::err(Errno::E2BIG, "value is too large for storage");
    }
    Ok(())
}

fn create(attr: MapAttr, env: MapEnv) -> SysResult<Box<dyn Map>> {
    super::create(attr, &env, &ANSWERS)
}

fn create_sk(attr: MapAttr, env: MapEnv) -> SysResult<Box<dyn Map>> {
    super::create(attr, &env, &SK_ANSWERS)
}

fn memlock(base: &MapBase) -> u64 {
    let buckets = u64::from(base.possible_cpus()).next_power_of_two().max(2);
    MAP_BYTES + buckets * BUCKET_BYTES
}

fn no_object() -> SysError {
    SysError::new(Errno::EBADF, "no fd of an object with storage")
}

fn lookup(_base: &MapBase, _key: &[u8]) -> SysError {
    no_object()
}

fn update(_base: &MapBase, _update: Update<'_>) -> SysResult<()> {
    Err(no_object())
}

fn update_sk(_base: &MapBase, update: Update<'_>) -> SysResult<()> {
    no_socket(update.key, update.fds)
}

fn delete(_base: &MapBase, _key: &[u8]) -> SysResult<()> {
    Err(no_object())
}

fn next_key(_base: &MapBase, _key: Option<&[u8]>, _next: &mut [u8]) -> SysResult<()> {
    Err(not_supported())
}
