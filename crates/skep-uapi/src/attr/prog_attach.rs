//! Attrs of PROG_ATTACH, PROG_DETACH and PROG_QUERY.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::UserPtr;

/// Arguments of PROG_ATTACH and PROG_DETACH.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct ProgAttachAttr {
    /// `target_fd` or `target_ifindex`.
    pub target: u32,
    /// The program.
    pub attach_bpf_fd: u32,
    /// A [`crate::AttachType`].
    pub attach_type: u32,
    /// [`crate::AttachFlags`].
    pub attach_flags: u32,
    /// Program to replace.
    pub replace_bpf_fd: u32,
    /// `relative_fd` or `relative_id`.
    pub relative: u32,
    /// Revision the list must have; 0 is any.
    pub expected_revision: u64,
}

const _: () = {
    assert!(size_of::<ProgAttachAttr>() == 32);
    assert!(offset_of!(ProgAttachAttr, attach_bpf_fd) == 4);
    assert!(offset_of!(ProgAttachAttr, attach_type) == 8);
    assert!(offset_of!(ProgAttachAttr, attach_flags) == 12);
    assert!(offset_of!(ProgAttachAttr, replace_bpf_fd) == 16);
    assert!(offset_of!(ProgAttachAttr, relative) == 20);
    assert!(offset_of!(ProgAttachAttr, expected_revision) == 24);
};

/// Arguments of PROG_QUERY.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct ProgQueryAttr {
    /// `target_fd` or `target_ifindex`.
    pub target: u32,
    /// A [`crate::AttachType`].
    pub attach_type: u32,
    /// `BPF_F_QUERY_EFFECTIVE` (1) or 0.
    pub query_flags: u32,
    /// Out: flags of the list.
    pub attach_flags: u32,
    /// Out: program ids.
    pub prog_ids: UserPtr,
    /// In: room in the arrays; out: programs.
    pub count: u32,
    /// Padding.
    pub pad: [u8; 4],
    /// Out: flags of each program.
    pub prog_attach_flags: UserPtr,
    /// Out: link ids.
    pub link_ids: UserPtr,
    /// Out: flags of each link.
    pub link_attach_flags: UserPtr,
    /// Out: revision of the list.
    pub revision: u64,
}

const _: () = {
    assert!(size_of::<ProgQueryAttr>() == 64);
    assert!(offset_of!(ProgQueryAttr, attach_type) == 4);
    assert!(offset_of!(ProgQueryAttr, query_flags) == 8);
    assert!(offset_of!(ProgQueryAttr, attach_flags) == 12);
    assert!(offset_of!(ProgQueryAttr, prog_ids) == 16);
    assert!(offset_of!(ProgQueryAttr, count) == 24);
    assert!(offset_of!(ProgQueryAttr, prog_attach_flags) == 32);
    assert!(offset_of!(ProgQueryAttr, link_ids) == 40);
    assert!(offset_of!(ProgQueryAttr, link_attach_flags) == 48);
    assert!(offset_of!(ProgQueryAttr, revision) == 56);
};
