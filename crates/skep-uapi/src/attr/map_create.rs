//! Attr of MAP_CREATE.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::UserPtr;

/// Arguments of MAP_CREATE.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct MapCreateAttr {
    /// A [`crate::MapType`].
    pub map_type: u32,
    /// Bytes of a key.
    pub key_size: u32,
    /// Bytes of a value.
    pub value_size: u32,
    /// Elements the map can hold.
    pub max_entries: u32,
    /// [`crate::MapFlags`].
    pub map_flags: u32,
    /// Template of the inner maps.
    pub inner_map_fd: u32,
    /// Node, with `NUMA_NODE` only.
    pub numa_node: u32,
    /// NUL-terminated name.
    pub map_name: [u8; 16],
    /// Device of an offloaded map.
    pub map_ifindex: u32,
    /// BTF of key and value.
    pub btf_fd: u32,
    /// Type of the key.
    pub btf_key_type_id: u32,
    /// Type of the value.
    pub btf_value_type_id: u32,
    /// Kernel type of a struct_ops value.
    pub btf_vmlinux_value_type_id: u32,
    /// Hash count of a bloom filter, address of an arena.
    pub map_extra: u64,
    /// Module BTF of a struct_ops value.
    pub value_type_btf_obj_fd: i32,
    /// Token.
    pub map_token_fd: i32,
    /// SHA-256 of the only program that may use the map.
    pub excl_prog_hash: UserPtr,
    /// Bytes of that hash: 0 or 32.
    pub excl_prog_hash_size: u32,
    /// Padding.
    pub pad: [u8; 4],
}

const _: () = {
    assert!(size_of::<MapCreateAttr>() == 96);
    assert!(offset_of!(MapCreateAttr, key_size) == 4);
    assert!(offset_of!(MapCreateAttr, value_size) == 8);
    assert!(offset_of!(MapCreateAttr, max_entries) == 12);
    assert!(offset_of!(MapCreateAttr, map_flags) == 16);
    assert!(offset_of!(MapCreateAttr, inner_map_fd) == 20);
    assert!(offset_of!(MapCreateAttr, numa_node) == 24);
    assert!(offset_of!(MapCreateAttr, map_name) == 28);
    assert!(offset_of!(MapCreateAttr, map_ifindex) == 44);
    assert!(offset_of!(MapCreateAttr, btf_fd) == 48);
    assert!(offset_of!(MapCreateAttr, btf_key_type_id) == 52);
    assert!(offset_of!(MapCreateAttr, btf_value_type_id) == 56);
    assert!(offset_of!(MapCreateAttr, btf_vmlinux_value_type_id) == 60);
    assert!(offset_of!(MapCreateAttr, map_extra) == 64);
    assert!(offset_of!(MapCreateAttr, value_type_btf_obj_fd) == 72);
    assert!(offset_of!(MapCreateAttr, map_token_fd) == 76);
    assert!(offset_of!(MapCreateAttr, excl_prog_hash) == 80);
    assert!(offset_of!(MapCreateAttr, excl_prog_hash_size) == 88);
};
