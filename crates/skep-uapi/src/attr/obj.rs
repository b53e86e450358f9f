//! Attr of OBJ_PIN and OBJ_GET.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::UserPtr;

/// Arguments of OBJ_PIN and OBJ_GET.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct ObjAttr {
    /// NUL-terminated path.
    pub pathname: UserPtr,
    /// The object to pin; 0 for OBJ_GET.
    pub bpf_fd: u32,
    /// [`crate::ObjFlags`].
    pub file_flags: u32,
    /// Directory the path is relative to, with `PATH_FD`.
    pub path_fd: i32,
    /// Padding.
    pub pad: [u8; 4],
}

const _: () = {
    assert!(size_of::<ObjAttr>() == 24);
    assert!(offset_of!(ObjAttr, bpf_fd) == 8);
    assert!(offset_of!(ObjAttr, file_flags) == 12);
    assert!(offset_of!(ObjAttr, path_fd) == 16);
};
