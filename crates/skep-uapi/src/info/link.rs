//! `bpf_link_info`.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// What OBJ_GET_INFO_BY_FD says of a link.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct LinkInfo {
    /// A [`crate::LinkType`].
    pub link_type: u32,
    /// Link id.
    pub id: u32,
    /// Its program.
    pub prog_id: u32,
    /// Padding.
    pub pad: [u8; 4],
    /// What each link type adds.
    pub detail: [u64; 6],
}

const _: () = {
    assert!(size_of::<LinkInfo>() == 64);
    assert!(offset_of!(LinkInfo, id) == 4);
    assert!(offset_of!(LinkInfo, prog_id) == 8);
    assert!(offset_of!(LinkInfo, detail) == 16);
};
