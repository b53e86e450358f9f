//! The map types skep has: one entry each.

use skep_catalog::Caps;
use skep_object::{Errno, SysResult, unsupported};
use skep_uapi::MapType;

use crate::foreign::{
    cgroup_array, cgroup_storage, devmap, devmap_hash, local_storage, reuseport_sockarray,
    sockhash, sockmap, stack_trace, xskmap,
};
use crate::{Map, MapAttr, MapEnv};
use crate::{
    arena, array, array_of_maps, bloom_filter, cpumap, hash, lpm_trie, percpu_array,
    perf_event_array, prog_array, queue_stack, ringbuf, user_ringbuf,
};

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
    perf_event_array::KIND,
    hash::in_place::PERCPU,
    percpu_array::KIND,
    stack_trace::KIND,
    cgroup_array::KIND,
    hash::in_place::LRU,
    hash::in_place::LRU_PERCPU,
    lpm_trie::KIND,
    array_of_maps::KIND,
    hash::of_maps::KIND,
    devmap::KIND,
    sockmap::KIND,
    cpumap::KIND,
    xskmap::KIND,
    sockhash::KIND,
    cgroup_storage::KIND,
    reuseport_sockarray::KIND,
    cgroup_storage::PERCPU,
    queue_stack::QUEUE,
    queue_stack::STACK,
    local_storage::SK,
    devmap_hash::KIND,
    ringbuf::KIND,
    local_storage::INODE,
    local_storage::TASK,
    bloom_filter::KIND,
    user_ringbuf::KIND,
    local_storage::CGRP,
    arena::KIND,
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
