//! What a map is made of: its attributes, and what the session gives it.

use std::sync::Arc;

use skep_catalog::Caps;
use skep_object::{Errno, FieldOps, NoFields, SysError, SysResult};
use skep_uapi::{MapFlags, MapType};

use crate::{InnerTemplate, ValueFields};

/// The attributes of MAP_CREATE that every type knows, as integers from the client.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MapAttr {
    /// Type.
    pub map_type: MapType,
    /// Bytes of a key.
    pub key_size: u32,
    /// Bytes of a value.
    pub value_size: u32,
    /// Most elements (bytes, for ring buffers).
    pub max_entries: u32,
    /// Flags, unknown bits included until the type refused them.
    pub flags: MapFlags,
    /// Node; counts only with `NUMA_NODE`.
    pub numa_node: u32,
    /// Type-specific.
    pub map_extra: u64,
}

impl MapAttr {
    /// Flags that belong to the fd, not to the map: info never shows them.
    pub const FD_FLAGS: MapFlags = MapFlags::RDONLY.union(MapFlags::WRONLY);

    /// Value size as elements are laid out: rounded up to 8.
    pub fn value_stride(&self) -> u64 {
        u64::from(self.value_size).next_multiple_of(8)
    }

    /// Refuses flags outside `known`, and pairs that exclude each other. EINVAL.
    pub(crate) fn check_flags(&self, known: MapFlags) -> SysResult<()> {
        if !known.contains(self.flags) {
            return SysError::err(Errno::EINVAL, "flag not allowed for this map type");
        }
        if self
            .flags
            .contains(MapFlags::RDONLY_PROG | MapFlags::WRONLY_PROG)
        {
            return SysError::err(
                Errno::EINVAL,
                "RDONLY_PROG and WRONLY_PROG exclude each other",
            );
        }
        if self.flags.contains(MapFlags::RDONLY | MapFlags::WRONLY) {
            return SysError::err(Errno::EINVAL, "RDONLY and WRONLY exclude each other");
        }
        Ok(())
    }
}

/// What the session gives a new map.
pub struct MapEnv {
    /// The creator's capabilities.
    pub caps: Caps,
    /// CPUs that per-CPU values have parts for.
    pub possible_cpus: u32,
    /// Seed of hash functions, a random number.
    pub hash_seed: u32,
    /// Special fields of the values, if BTF told of any.
    pub fields: ValueFields,
    /// What happens to those fields.
    pub field_ops: Arc<dyn FieldOps>,
    /// Template of the inner maps, for map-in-map types.
    pub inner: Option<InnerTemplate>,
    /// Most bytes a map may take, by Linux's accounting; beyond it is ENOMEM.
    pub memory_limit: u64,
}

impl MapEnv {
    /// An environment for plain maps: no special fields, no template, 4 GiB.
    pub fn plain(caps: Caps, possible_cpus: u32) -> Self {
        Self {
            caps,
            possible_cpus: possible_cpus.max(1),
            hash_seed: 0,
            fields: ValueFields::default(),
            field_ops: Arc::new(NoFields),
            inner: None,
            memory_limit: 4 << 30,
        }
    }

    /// ENOMEM if a map of `bytes` is beyond the limit; else the size as a `usize`.
    pub(crate) fn charge(&self, bytes: u64) -> SysResult<usize> {
        let size = usize::try_from(bytes).ok();
        size.filter(|_| bytes <= self.memory_limit)
            .ok_or_else(no_memory)
    }
}

/// The error of a map that does not fit.
pub(crate) fn no_memory() -> SysError {
    SysError::new(Errno::ENOMEM, "no memory for a map of this size")
}
