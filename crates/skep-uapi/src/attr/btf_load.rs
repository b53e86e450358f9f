//! Attr of BTF_LOAD.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::UserPtr;

/// Arguments of BTF_LOAD.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct BtfLoadAttr {
    /// The BTF blob.
    pub btf: UserPtr,
    /// Where the log goes.
    pub btf_log_buf: UserPtr,
    /// Bytes of the blob.
    pub btf_size: u32,
    /// Bytes of `btf_log_buf`.
    pub btf_log_size: u32,
    /// [`crate::LogLevel`].
    pub btf_log_level: u32,
    /// Out: bytes the whole log takes.
    pub btf_log_true_size: u32,
    /// [`crate::BtfLoadFlags`].
    pub btf_flags: u32,
    /// Token.
    pub btf_token_fd: i32,
}

const _: () = {
    assert!(size_of::<BtfLoadAttr>() == 40);
    assert!(offset_of!(BtfLoadAttr, btf_log_buf) == 8);
    assert!(offset_of!(BtfLoadAttr, btf_size) == 16);
    assert!(offset_of!(BtfLoadAttr, btf_log_size) == 20);
    assert!(offset_of!(BtfLoadAttr, btf_log_level) == 24);
    assert!(offset_of!(BtfLoadAttr, btf_log_true_size) == 28);
    assert!(offset_of!(BtfLoadAttr, btf_flags) == 32);
    assert!(offset_of!(BtfLoadAttr, btf_token_fd) == 36);
};
