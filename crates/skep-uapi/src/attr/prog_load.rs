//! Attr of PROG_LOAD.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::UserPtr;

/// Arguments of PROG_LOAD.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct ProgLoadAttr {
    /// A [`crate::ProgType`].
    pub prog_type: u32,
    /// Instructions, of 8 bytes each.
    pub insn_cnt: u32,
    /// The instructions.
    pub insns: UserPtr,
    /// NUL-terminated licence.
    pub license: UserPtr,
    /// [`crate::LogLevel`].
    pub log_level: u32,
    /// Bytes of `log_buf`.
    pub log_size: u32,
    /// Where the log goes.
    pub log_buf: UserPtr,
    /// Ignored.
    pub kern_version: u32,
    /// [`crate::ProgFlags`].
    pub prog_flags: u32,
    /// NUL-terminated name.
    pub prog_name: [u8; 16],
    /// Device of an offloaded or bound program.
    pub prog_ifindex: u32,
    /// A [`crate::AttachType`].
    pub expected_attach_type: u32,
    /// BTF of the program.
    pub prog_btf_fd: u32,
    /// Bytes of one function record.
    pub func_info_rec_size: u32,
    /// [`crate::btf::FuncInfo`] records.
    pub func_info: UserPtr,
    /// Function records.
    pub func_info_cnt: u32,
    /// Bytes of one line record.
    pub line_info_rec_size: u32,
    /// [`crate::btf::LineInfo`] records.
    pub line_info: UserPtr,
    /// Line records.
    pub line_info_cnt: u32,
    /// Kernel type the program attaches to.
    pub attach_btf_id: u32,
    /// `attach_prog_fd` or `attach_btf_obj_fd`.
    pub attach_fd: u32,
    /// CO-RE records.
    pub core_relo_cnt: u32,
    /// Fds of maps and BTF, as `i32`.
    pub fd_array: UserPtr,
    /// [`crate::btf::CoreRelo`] records.
    pub core_relos: UserPtr,
    /// Bytes of one CO-RE record.
    pub core_relo_rec_size: u32,
    /// Out: bytes the whole log takes.
    pub log_true_size: u32,
    /// Token.
    pub prog_token_fd: i32,
    /// Fds in `fd_array`; 0 means unknown.
    pub fd_array_cnt: u32,
    /// Signature of the instructions.
    pub signature: UserPtr,
    /// Bytes of the signature.
    pub signature_size: u32,
    /// Keyring to check the signature with.
    pub keyring_id: i32,
}

const _: () = {
    assert!(size_of::<ProgLoadAttr>() == 168);
    assert!(offset_of!(ProgLoadAttr, insn_cnt) == 4);
    assert!(offset_of!(ProgLoadAttr, insns) == 8);
    assert!(offset_of!(ProgLoadAttr, license) == 16);
    assert!(offset_of!(ProgLoadAttr, log_level) == 24);
    assert!(offset_of!(ProgLoadAttr, log_size) == 28);
    assert!(offset_of!(ProgLoadAttr, log_buf) == 32);
    assert!(offset_of!(ProgLoadAttr, kern_version) == 40);
    assert!(offset_of!(ProgLoadAttr, prog_flags) == 44);
    assert!(offset_of!(ProgLoadAttr, prog_name) == 48);
    assert!(offset_of!(ProgLoadAttr, prog_ifindex) == 64);
    assert!(offset_of!(ProgLoadAttr, expected_attach_type) == 68);
    assert!(offset_of!(ProgLoadAttr, prog_btf_fd) == 72);
    assert!(offset_of!(ProgLoadAttr, func_info_rec_size) == 76);
    assert!(offset_of!(ProgLoadAttr, func_info) == 80);
    assert!(offset_of!(ProgLoadAttr, func_info_cnt) == 88);
    assert!(offset_of!(ProgLoadAttr, line_info_rec_size) == 92);
    assert!(offset_of!(ProgLoadAttr, line_info) == 96);
    assert!(offset_of!(ProgLoadAttr, line_info_cnt) == 104);
    assert!(offset_of!(ProgLoadAttr, attach_btf_id) == 108);
    assert!(offset_of!(ProgLoadAttr, attach_fd) == 112);
    assert!(offset_of!(ProgLoadAttr, core_relo_cnt) == 116);
    assert!(offset_of!(ProgLoadAttr, fd_array) == 120);
    assert!(offset_of!(ProgLoadAttr, core_relos) == 128);
    assert!(offset_of!(ProgLoadAttr, core_relo_rec_size) == 136);
    assert!(offset_of!(ProgLoadAttr, log_true_size) == 140);
    assert!(offset_of!(ProgLoadAttr, prog_token_fd) == 144);
    assert!(offset_of!(ProgLoadAttr, fd_array_cnt) == 148);
    assert!(offset_of!(ProgLoadAttr, signature) == 152);
    assert!(offset_of!(ProgLoadAttr, signature_size) == 160);
    assert!(offset_of!(ProgLoadAttr, keyring_id) == 164);
};
