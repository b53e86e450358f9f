//! Attrs of the link commands and RAW_TRACEPOINT_OPEN, ITER_CREATE.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::UserPtr;

/// Arguments of LINK_CREATE.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct LinkCreateAttr {
    /// `prog_fd`, or `map_fd` of a struct_ops map.
    pub fd: u32,
    /// `target_fd` or `target_ifindex`.
    pub target: u32,
    /// A [`crate::AttachType`].
    pub attach_type: u32,
    /// [`crate::AttachFlags`].
    pub flags: u32,
    /// What each attach type adds.
    pub detail: [u64; 6],
}

const _: () = {
    assert!(size_of::<LinkCreateAttr>() == 64);
    assert!(offset_of!(LinkCreateAttr, target) == 4);
    assert!(offset_of!(LinkCreateAttr, attach_type) == 8);
    assert!(offset_of!(LinkCreateAttr, flags) == 12);
    assert!(offset_of!(LinkCreateAttr, detail) == 16);
};

/// Arguments of LINK_UPDATE.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct LinkUpdateAttr {
    /// The link.
    pub link_fd: u32,
    /// `new_prog_fd` or `new_map_fd`.
    pub new_fd: u32,
    /// [`crate::AttachFlags`].
    pub flags: u32,
    /// `old_prog_fd` or `old_map_fd`, with `REPLACE`.
    pub old_fd: u32,
}

const _: () = {
    assert!(size_of::<LinkUpdateAttr>() == 16);
    assert!(offset_of!(LinkUpdateAttr, new_fd) == 4);
    assert!(offset_of!(LinkUpdateAttr, flags) == 8);
    assert!(offset_of!(LinkUpdateAttr, old_fd) == 12);
};

/// Arguments of LINK_DETACH (`flags` unused) and ITER_CREATE.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct LinkFdAttr {
    /// The link.
    pub link_fd: u32,
    /// Must be 0.
    pub flags: u32,
}

const _: () = {
    assert!(size_of::<LinkFdAttr>() == 8);
    assert!(offset_of!(LinkFdAttr, flags) == 4);
};

/// Arguments of RAW_TRACEPOINT_OPEN.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct RawTracepointAttr {
    /// NUL-terminated tracepoint name.
    pub name: UserPtr,
    /// The program.
    pub prog_fd: u32,
    /// Padding.
    pub pad: [u8; 4],
    /// What `bpf_get_attach_cookie` gives.
    pub cookie: u64,
}

const _: () = {
    assert!(size_of::<RawTracepointAttr>() == 24);
    assert!(offset_of!(RawTracepointAttr, prog_fd) == 8);
    assert!(offset_of!(RawTracepointAttr, cookie) == 16);
};
