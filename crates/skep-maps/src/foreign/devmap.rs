//! BPF_MAP_TYPE_DEVMAP: network devices by index, for XDP redirects.
//!
//! No device can be put in (EINVAL, as for an interface index that nobody has); a slot can be emptied, by
//! deleting it or with interface index 0.

use skep_catalog::Caps;
use skep_object::{Errno, SysError, SysResult};
use skep_uapi::{ElemFlags, MapFlags, MapType};

use super::{
    Answers, KeyRule, Update, check_index, check_mode, check_slots, delete_quietly, missing,
    next_slot, no_lookup_and_delete, one_value, pointers,
};
use crate::kind::{AsInner, Holds, MapKind};
use crate::{Map, MapAttr, MapBase, MapEnv};

/// What the type answers to MAP_CREATE.
pub(crate) const KIND: MapKind = MapKind {
    map_type: MapType::Devmap,
    check,
    create,
    as_inner: AsInner::Generic,
    holds: Holds::Bytes,
};

/// `struct bpf_dtab` in memlock figures.
pub(super) const MAP_BYTES: u64 = 344;

static ANSWERS: Answers = Answers {
    memlock,
    sys_value_size: one_value,
    lookup: missing,
    update,
    delete: delete_quietly,
    next_key: next_slot,
    lookup_and_delete: no_lookup_and_delete,
};

/// The rules of both device maps.
pub(super) fn check(attr: &MapAttr, _caps: Caps) -> SysResult<()> {
    check_slots(attr, KeyRule::Index, &[4, 8])
}

fn create(attr: MapAttr, env: MapEnv) -> SysResult<Box<dyn Map>> {
    super::create(read_only(attr), &env, &ANSWERS)
}

/// Programs may read a device's value and nothing else: Linux adds the flag, and info shows it.
pub(super) fn read_only(attr: MapAttr) -> MapAttr {
    MapAttr {
        flags: attr.flags | MapFlags::RDONLY_PROG,
        ..attr
    }
}

fn memlock(base: &MapBase) -> u64 {
    MAP_BYTES + pointers(base)
}

/// The interface index and the program fd (0 for none, as a value without the field) of a value.
pub(super) fn device(value: &[u8]) -> (u32, i32) {
    let mut words = value.as_chunks::<4>().0.iter();
    let ifindex = words.next().map_or(0, |word| u32::from_ne_bytes(*word));
    let prog_fd = words.next().map_or(0, |word| i32::from_ne_bytes(*word));
    (ifindex, prog_fd)
}

/// The answer to an interface index.
pub(super) fn no_device() -> SysError {
    SysError::new(Errno::EINVAL, "no such network device")
}

fn update(base: &MapBase, update: Update<'_>) -> SysResult<()> {
    check_mode(update.flags)?;
    check_index(base, update.key)?;
    if update.flags == ElemFlags::NOEXIST.bits() {
        return SysError::err(Errno::EEXIST, "all slots of a device map exist");
    }
    match device(update.value) {
        (0, prog_fd) if prog_fd > 0 => SysError::err(Errno::EINVAL, "a program without a device"),
        (0, _) => Ok(()),
        _ => Err(no_device()),
    }
}
