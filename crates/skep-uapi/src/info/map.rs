//! `bpf_map_info`.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::UserPtr;

/// What OBJ_GET_INFO_BY_FD says of a map.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct MapInfo {
    /// A [`crate::MapType`].
    pub map_type: u32,
    /// Map id.
    pub id: u32,
    /// Bytes of a key.
    pub key_size: u32,
    /// Bytes of a value.
    pub value_size: u32,
    /// Elements the map can hold.
    pub max_entries: u32,
    /// [`crate::MapFlags`].
    pub map_flags: u32,
    /// NUL-terminated name.
    pub name: [u8; 16],
    /// Device.
    pub ifindex: u32,
    /// Kernel type of a struct_ops value.
    pub btf_vmlinux_value_type_id: u32,
    /// Device number of the network namespace.
    pub netns_dev: u64,
    /// Inode of the network namespace.
    pub netns_ino: u64,
    /// BTF of key and value.
    pub btf_id: u32,
    /// Type of the key.
    pub btf_key_type_id: u32,
    /// Type of the value.
    pub btf_value_type_id: u32,
    /// BTF of a struct_ops value.
    pub btf_vmlinux_id: u32,
    /// As at creation.
    pub map_extra: u64,
    /// Where the SHA-256 of a frozen array goes.
    pub hash: UserPtr,
    /// Room there: 0 or 32.
    pub hash_size: u32,
    /// Padding.
    pub pad: [u8; 4],
}

const _: () = {
    assert!(size_of::<MapInfo>() == 104);
    assert!(offset_of!(MapInfo, id) == 4);
    assert!(offset_of!(MapInfo, key_size) == 8);
    assert!(offset_of!(MapInfo, value_size) == 12);
    assert!(offset_of!(MapInfo, max_entries) == 16);
    assert!(offset_of!(MapInfo, map_flags) == 20);
    assert!(offset_of!(MapInfo, name) == 24);
    assert!(offset_of!(MapInfo, ifindex) == 40);
    assert!(offset_of!(MapInfo, btf_vmlinux_value_type_id) == 44);
    assert!(offset_of!(MapInfo, netns_dev) == 48);
    assert!(offset_of!(MapInfo, netns_ino) == 56);
    assert!(offset_of!(MapInfo, btf_id) == 64);
    assert!(offset_of!(MapInfo, btf_key_type_id) == 68);
    assert!(offset_of!(MapInfo, btf_value_type_id) == 72);
    assert!(offset_of!(MapInfo, btf_vmlinux_id) == 76);
    assert!(offset_of!(MapInfo, map_extra) == 80);
    assert!(offset_of!(MapInfo, hash) == 88);
    assert!(offset_of!(MapInfo, hash_size) == 96);
};
