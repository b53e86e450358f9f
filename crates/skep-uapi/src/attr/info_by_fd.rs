//! Attr of OBJ_GET_INFO_BY_FD.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::UserPtr;

/// Arguments of OBJ_GET_INFO_BY_FD.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct InfoByFdAttr {
    /// The object.
    pub bpf_fd: u32,
    /// In: room at `info`; out: bytes written.
    pub info_len: u32,
    /// One of the structs of [`crate::info`].
    pub info: UserPtr,
}

const _: () = {
    assert!(size_of::<InfoByFdAttr>() == 16);
    assert!(offset_of!(InfoByFdAttr, info_len) == 4);
    assert!(offset_of!(InfoByFdAttr, info) == 8);
};
