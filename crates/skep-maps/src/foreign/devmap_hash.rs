//! BPF_MAP_TYPE_DEVMAP_HASH: network devices by any u32, for XDP redirects.
//!
//! No device can be put in (EINVAL, as for an interface index that nobody has), so the map stays empty.

use skep_object::{Errno, SysError, SysResult};
use skep_uapi::MapType;

use super::devmap::{MAP_BYTES, check, device, no_device, read_only};
use super::{
    Answers, Update, check_mode, delete_missing, missing, no_lookup_and_delete, no_next, one_value,
};
use crate::kind::{AsInner, Holds, MapKind};
use crate::{Map, MapAttr, MapBase, MapEnv};

/// What the type answers to MAP_CREATE.
pub(crate) const KIND: MapKind = MapKind {
    map_type: MapType::DevmapHash,
    check,
    create,
    as_inner: AsInner::Generic,
    holds: Holds::Bytes,
};

static ANSWERS: Answers = Answers {
    memlock,
    sys_value_size: one_value,
    lookup: missing,
    update,
    delete: delete_missing,
    next_key: no_next,
    lookup_and_delete: no_lookup_and_delete,
};

fn create(attr: MapAttr, env: MapEnv) -> SysResult<Box<dyn Map>> {
    if attr.max_entries.checked_next_power_of_two().is_none() {
        return SysError::err(Errno::EINVAL, "too many entries");
    }
    super::create(read_only(attr), &env, &ANSWERS)
}

fn memlock(base: &MapBase) -> u64 {
    MAP_BYTES + u64::from(base.attr().max_entries).next_power_of_two() * 8
}

fn update(_base: &MapBase, update: Update<'_>) -> SysResult<()> {
    check_mode(update.flags)?;
    match device(update.value) {
        (0, _) => SysError::err(Errno::EINVAL, "an element needs a device"),
        _ => Err(no_device()),
    }
}
