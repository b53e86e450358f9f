//! Attr of the commands on one element of a map, and of MAP_FREEZE.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::UserPtr;

/// Arguments of MAP_LOOKUP_ELEM, MAP_UPDATE_ELEM, MAP_DELETE_ELEM, MAP_GET_NEXT_KEY, MAP_LOOKUP_AND_DELETE_ELEM and MAP_FREEZE.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct MapElemAttr {
    /// The map.
    pub map_fd: u32,
    /// Padding.
    pub pad: [u8; 4],
    /// Key, `key_size` bytes.
    pub key: UserPtr,
    /// Value, or where the next key goes (`next_key`).
    pub value: UserPtr,
    /// [`crate::ElemFlags`].
    pub flags: u64,
}

const _: () = {
    assert!(size_of::<MapElemAttr>() == 32);
    assert!(offset_of!(MapElemAttr, key) == 8);
    assert!(offset_of!(MapElemAttr, value) == 16);
    assert!(offset_of!(MapElemAttr, flags) == 24);
};
