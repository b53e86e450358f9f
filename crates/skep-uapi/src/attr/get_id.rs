//! Attr of the GET_NEXT_ID and GET_FD_BY_ID commands.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Arguments of *_GET_NEXT_ID and *_GET_FD_BY_ID.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct GetIdAttr {
    /// `start_id`, or the id of the wanted object.
    pub id: u32,
    /// Out: the next id.
    pub next_id: u32,
    /// [`crate::ObjFlags`].
    pub open_flags: u32,
    /// Token (BTF only).
    pub fd_by_id_token_fd: i32,
}

const _: () = {
    assert!(size_of::<GetIdAttr>() == 16);
    assert!(offset_of!(GetIdAttr, next_id) == 4);
    assert!(offset_of!(GetIdAttr, open_flags) == 8);
    assert!(offset_of!(GetIdAttr, fd_by_id_token_fd) == 12);
};
