//! The map types skep has: one entry each.

use skep_catalog::Caps;
use skep_object::{Errno, SysResult, unsupported};
use skep_uapi::MapType;

use crate::{Map, MapAttr, MapEnv};
use crate::{array, array_of_maps, hash, percpu_array, prog_array, ringbuf};

/// What there is to know about a map type before there is a map.
///
/// MAP_CREATE calls [`MapKind::check`] before it looks at capabilities and [`MapKind::create`] after, so
/// that an unprivileged client sees EINVAL for bad attributes and EPERM for good ones, as in Linux.
#[derive(Clone, Copy, Debug)]
pub struct MapKind {
    /// The type.
    pub map_type: MapType,
    /// Refuses attributes that do not fit the type.
    pub check: fn(&MapAttr, Caps) -> SysResult<()>,
    /// Makes a map.
    pub create: fn(MapAttr, MapEnv) -> SysResult<Box<dyn Map>>,
    /// Can maps of this type be inside others?
    pub as_inner: AsInner,
    /// Does it hold maps, so that `inner_map_fd` counts?
    pub holds: Holds,
}

/// How maps of a type can be inside other maps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AsInner {
    /// Not at all: this errno for a template of the type.
    Refused(Errno),
    /// If type, sizes, flags and special fields are the template's.
    Generic,
    /// The same, and max_entries too unless both have `BPF_F_INNER_MAP`.
    GenericAndEntries,
}

/// What the values of a type refer to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Holds {
    /// Nothing: values are bytes.
    Bytes,
    /// Programs.
    Progs,
    /// Maps.
    Maps,
}

/// Every type, in the order of their numbers. A new type is one line here.
static KINDS: &[MapKind] = &[
    hash::KIND,
    array::KIND,
    prog_array::KIND,
    percpu_array::KIND,
    array_of_maps::KIND,
    ringbuf::KIND,
];

/// The kind of a map type. EINVAL (as a kernel built without it) for types skep does not have.
pub fn kind(map_type: MapType) -> SysResult<&'static MapKind> {
    KINDS
        .iter()
        .find(|kind| kind.map_type == map_type)
        .ok_or_else(|| unsupported!(EINVAL, "map type {map_type}"))
}

/// Every kind skep has.
pub fn kinds() -> &'static [MapKind] {
    KINDS
}
