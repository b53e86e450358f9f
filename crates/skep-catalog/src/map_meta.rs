//! `MapMeta`: what the verifier needs to know of a map.

use alloc::sync::Arc;

use skep_btf::{Btf, BtfTypeId, FieldRecord};
use skep_uapi::{MapFlags, MapType};

/// A map's attributes and field record, fixed when the map is created (but see [`MapMeta::frozen`]).
#[derive(Clone, Debug)]
pub struct MapMeta {
    /// Kind of map.
    pub map_type: MapType,
    /// Bytes of a key.
    pub key_size: u32,
    /// Bytes of a value as the creator gave it (not rounded up).
    pub value_size: u32,
    /// Elements; bytes of a ring buffer; pages of an arena.
    pub max_entries: u32,
    /// Flags of creation, the forced ones included.
    pub map_flags: MapFlags,
    /// Hash functions of a bloom filter, user address of an arena.
    pub map_extra: u64,
    /// Name without the NUL; may be empty.
    pub name: [u8; 16],
    /// BTF that describes key and value.
    pub btf: Option<Arc<Btf>>,
    /// Type of the key in `btf`; 0 is none.
    pub btf_key_type_id: BtfTypeId,
    /// Type of the value in `btf`; 0 is none.
    pub btf_value_type_id: BtfTypeId,
    /// Kernel type of a struct_ops value; 0 is none.
    pub btf_vmlinux_value_type_id: BtfTypeId,
    /// Special fields of the value; `None` where it has none.
    pub record: Option<Arc<FieldRecord>>,
    /// Template of the inner maps of a map in map.
    pub inner: Option<Arc<MapMeta>>,
    /// Whether the map was frozen when this was made: clients may no longer write.
    pub frozen: bool,
}

impl MapMeta {
    /// Whether programs may only read the values.
    pub const fn is_rdonly_prog(&self) -> bool {
        self.map_flags.contains(MapFlags::RDONLY_PROG)
    }

    /// Whether programs may only write the values.
    pub const fn is_wronly_prog(&self) -> bool {
        self.map_flags.contains(MapFlags::WRONLY_PROG)
    }

    /// Whether nobody writes any more, so that the verifier may read values as constants.
    pub const fn is_constant(&self) -> bool {
        self.is_rdonly_prog() && self.frozen
    }

    /// The name up to its NUL; empty where it is not UTF-8 (Linux allows only `[A-Za-z0-9_.]`).
    pub fn name(&self) -> &str {
        let bytes = self.name.split(|byte| *byte == 0).next().unwrap_or(&[]);
        core::str::from_utf8(bytes).unwrap_or("")
    }
}
