//! Attr of the batch commands.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::UserPtr;

/// Arguments of MAP_{LOOKUP,LOOKUP_AND_DELETE,UPDATE,DELETE}_BATCH.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct MapBatchAttr {
    /// Where to go on; NULL begins.
    pub in_batch: UserPtr,
    /// Out: where the next call goes on.
    pub out_batch: UserPtr,
    /// Array of keys.
    pub keys: UserPtr,
    /// Array of values.
    pub values: UserPtr,
    /// In: room in the arrays; out: elements done.
    pub count: u32,
    /// The map.
    pub map_fd: u32,
    /// [`crate::ElemFlags`].
    pub elem_flags: u64,
    /// Must be 0.
    pub flags: u64,
}

const _: () = {
    assert!(size_of::<MapBatchAttr>() == 56);
    assert!(offset_of!(MapBatchAttr, out_batch) == 8);
    assert!(offset_of!(MapBatchAttr, keys) == 16);
    assert!(offset_of!(MapBatchAttr, values) == 24);
    assert!(offset_of!(MapBatchAttr, count) == 32);
    assert!(offset_of!(MapBatchAttr, map_fd) == 36);
    assert!(offset_of!(MapBatchAttr, elem_flags) == 40);
    assert!(offset_of!(MapBatchAttr, flags) == 48);
};
