//! Headers of BTF and BTF.ext.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// `btf_header`; offsets count from the end of the header.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct BtfHeader {
    /// [`super::BTF_MAGIC`].
    pub magic: u16,
    /// [`super::BTF_VERSION`].
    pub version: u8,
    /// Must be 0.
    pub flags: u8,
    /// Bytes of the header.
    pub hdr_len: u32,
    /// Where types begin.
    pub type_off: u32,
    /// Bytes of types.
    pub type_len: u32,
    /// Where strings begin.
    pub str_off: u32,
    /// Bytes of strings.
    pub str_len: u32,
}

const _: () = {
    assert!(size_of::<BtfHeader>() == 24);
    assert!(offset_of!(BtfHeader, version) == 2);
    assert!(offset_of!(BtfHeader, flags) == 3);
    assert!(offset_of!(BtfHeader, hdr_len) == 4);
    assert!(offset_of!(BtfHeader, type_off) == 8);
    assert!(offset_of!(BtfHeader, type_len) == 12);
    assert!(offset_of!(BtfHeader, str_off) == 16);
    assert!(offset_of!(BtfHeader, str_len) == 20);
};

/// `btf_ext_header` up to CO-RE records; older objects end before `core_relo_off` (`hdr_len` 24).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct BtfExtHeader {
    /// [`super::BTF_MAGIC`].
    pub magic: u16,
    /// [`super::BTF_VERSION`].
    pub version: u8,
    /// Must be 0.
    pub flags: u8,
    /// Bytes of the header.
    pub hdr_len: u32,
    /// Where function records begin.
    pub func_info_off: u32,
    /// Bytes of them.
    pub func_info_len: u32,
    /// Where line records begin.
    pub line_info_off: u32,
    /// Bytes of them.
    pub line_info_len: u32,
    /// Where CO-RE records begin.
    pub core_relo_off: u32,
    /// Bytes of them.
    pub core_relo_len: u32,
}

const _: () = {
    assert!(size_of::<BtfExtHeader>() == 32);
    assert!(offset_of!(BtfExtHeader, version) == 2);
    assert!(offset_of!(BtfExtHeader, flags) == 3);
    assert!(offset_of!(BtfExtHeader, hdr_len) == 4);
    assert!(offset_of!(BtfExtHeader, func_info_off) == 8);
    assert!(offset_of!(BtfExtHeader, func_info_len) == 12);
    assert!(offset_of!(BtfExtHeader, line_info_off) == 16);
    assert!(offset_of!(BtfExtHeader, line_info_len) == 20);
    assert!(offset_of!(BtfExtHeader, core_relo_off) == 24);
    assert!(offset_of!(BtfExtHeader, core_relo_len) == 28);
};

/// Head of one section's records in BTF.ext.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct BtfExtInfoSec {
    /// Section name.
    pub sec_name_off: u32,
    /// Records that follow.
    pub num_info: u32,
}

const _: () = {
    assert!(size_of::<BtfExtInfoSec>() == 8);
    assert!(offset_of!(BtfExtInfoSec, num_info) == 4);
};
