//! `bpf_btf_info` and `bpf_token_info`.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::UserPtr;

/// What OBJ_GET_INFO_BY_FD says of a BTF object.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct BtfInfo {
    /// Where the blob goes.
    pub btf: UserPtr,
    /// In: room there; out: bytes of the blob.
    pub btf_size: u32,
    /// BTF id.
    pub id: u32,
    /// Where the name goes.
    pub name: UserPtr,
    /// In: room there; out: length of the name.
    pub name_len: u32,
    /// 1 if the kernel or a module owns it.
    pub kernel_btf: u32,
}

const _: () = {
    assert!(size_of::<BtfInfo>() == 32);
    assert!(offset_of!(BtfInfo, btf_size) == 8);
    assert!(offset_of!(BtfInfo, id) == 12);
    assert!(offset_of!(BtfInfo, name) == 16);
    assert!(offset_of!(BtfInfo, name_len) == 24);
    assert!(offset_of!(BtfInfo, kernel_btf) == 28);
};

/// What OBJ_GET_INFO_BY_FD says of a token: bit sets over commands, map, program and attach types.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct TokenInfo {
    /// Commands.
    pub allowed_cmds: u64,
    /// Map types.
    pub allowed_maps: u64,
    /// Program types.
    pub allowed_progs: u64,
    /// Attach types.
    pub allowed_attachs: u64,
}

const _: () = {
    assert!(size_of::<TokenInfo>() == 32);
    assert!(offset_of!(TokenInfo, allowed_maps) == 8);
    assert!(offset_of!(TokenInfo, allowed_progs) == 16);
    assert!(offset_of!(TokenInfo, allowed_attachs) == 24);
};
