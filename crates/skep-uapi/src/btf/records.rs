//! Records that tie instructions to BTF: functions, lines, CO-RE.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// `bpf_func_info`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct FuncInfo {
    /// First instruction (in BTF.ext: bytes).
    pub insn_off: u32,
    /// FUNC type.
    pub type_id: u32,
}

const _: () = {
    assert!(size_of::<FuncInfo>() == 8);
    assert!(offset_of!(FuncInfo, type_id) == 4);
};

/// `bpf_line_info`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct LineInfo {
    /// Instruction (in BTF.ext: bytes).
    pub insn_off: u32,
    /// File name.
    pub file_name_off: u32,
    /// Text of the line.
    pub line_off: u32,
    /// Bits 10-31 line, 0-9 column.
    pub line_col: u32,
}

const _: () = {
    assert!(size_of::<LineInfo>() == 16);
    assert!(offset_of!(LineInfo, file_name_off) == 4);
    assert!(offset_of!(LineInfo, line_off) == 8);
    assert!(offset_of!(LineInfo, line_col) == 12);
};

/// `bpf_core_relo`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct CoreRelo {
    /// Instruction, in bytes.
    pub insn_off: u32,
    /// Local root type.
    pub type_id: u32,
    /// Access path (`0:1:2`).
    pub access_str_off: u32,
    /// A [`super::CoreReloKind`].
    pub kind: u32,
}

const _: () = {
    assert!(size_of::<CoreRelo>() == 16);
    assert!(offset_of!(CoreRelo, type_id) == 4);
    assert!(offset_of!(CoreRelo, access_str_off) == 8);
    assert!(offset_of!(CoreRelo, kind) == 12);
};
