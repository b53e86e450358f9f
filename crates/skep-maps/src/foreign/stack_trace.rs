//! BPF_MAP_TYPE_STACK_TRACE: stacks by the hash of their addresses.
//!
//! Only `bpf_get_stackid` adds stacks, and it has none to add here: every id is unknown (ENOENT).

use skep_catalog::Caps;
use skep_object::{Errno, SysError, SysResult};
use skep_uapi::{MapFlags, MapType};

use super::{Answers, Update, missing, no_next, one_value};
use crate::array::index_of;
use crate::kind::{AsInner, Holds, MapKind};
use crate::{Map, MapAttr, MapBase, MapEnv};

/// What the type answers to MAP_CREATE.
pub(crate) const KIND: MapKind = MapKind {
    map_type: MapType::StackTrace,
    check,
    create,
    as_inner: AsInner::Generic,
    holds: Holds::Bytes,
};

/// Frames of a stack: the default of the sysctl `kernel.perf_event_max_stack`.
const MAX_FRAMES: u32 = 127;
/// Bytes of a frame that is an address.
const ADDRESS: u32 = 8;
/// Bytes of a frame that is a build id and an offset.
const BUILD_ID: u32 = 32;

// Sizes of Linux's structs, for memlock figures.
const MAP_BYTES: u64 = 320;
const BUCKET_BYTES: u64 = 16;

static ANSWERS: Answers = Answers {
    memlock,
    sys_value_size: one_value,
    lookup: missing,
    update,
    delete,
    next_key: no_next,
    lookup_and_delete: missing,
};

fn check(_attr: &MapAttr, _caps: Caps) -> SysResult<()> {
    // Linux checks stack maps while it makes them, after capabilities.
    Ok(())
}

fn create(attr: MapAttr, env: MapEnv) -> SysResult<Box<dyn Map>> {
    attr.check_flags(
        MapFlags::NUMA_NODE | MapFlags::RDONLY | MapFlags::WRONLY | MapFlags::STACK_BUILD_ID,
    )?;
    let frame = if attr.flags.contains(MapFlags::STACK_BUILD_ID) {
        BUILD_ID
    } else {
        ADDRESS
    };
    if attr.max_entries == 0
        || attr.key_size != 4
        || attr.value_size == 0
        || !attr.value_size.is_multiple_of(frame)
        || attr.value_size / frame > MAX_FRAMES
    {
        return SysError::err(
            Errno::EINVAL,
            "a stack map needs a 4-byte key, a value of whole frames and entries",
        );
    }
    if attr.max_entries.checked_next_power_of_two().is_none() {
        return SysError::err(Errno::E2BIG, "too many entries");
    }
    super::create(attr, &env, &ANSWERS)
}

fn buckets(base: &MapBase) -> u64 {
    u64::from(base.attr().max_entries).next_power_of_two()
}

fn memlock(base: &MapBase) -> u64 {
    let attr = base.attr();
    let stacks = u64::from(attr.max_entries) * (BUCKET_BYTES + u64::from(attr.value_size));
    MAP_BYTES + buckets(base) * 8 + stacks
}

fn update(_base: &MapBase, _update: Update<'_>) -> SysResult<()> {
    SysError::err(Errno::EINVAL, "only programs add stacks")
}

fn delete(base: &MapBase, key: &[u8]) -> SysResult<()> {
    if u64::from(index_of(key)) >= buckets(base) {
        return SysError::err(Errno::E2BIG, "stack id is beyond the map");
    }
    Err(missing(base, key))
}
