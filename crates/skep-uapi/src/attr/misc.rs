//! Attrs of the small commands: statistics, tokens, binding, streams, task fds.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::UserPtr;

/// Arguments of TASK_FD_QUERY.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct TaskFdQueryAttr {
    /// The task.
    pub pid: u32,
    /// Its fd.
    pub fd: u32,
    /// Must be 0.
    pub flags: u32,
    /// In: room at `buf`; out: bytes of the name.
    pub buf_len: u32,
    /// Out: name of the probe.
    pub buf: UserPtr,
    /// Out: the program.
    pub prog_id: u32,
    /// Out: kind of the probe.
    pub fd_type: u32,
    /// Out: offset of the probe.
    pub probe_offset: u64,
    /// Out: address of the probe.
    pub probe_addr: u64,
}

const _: () = {
    assert!(size_of::<TaskFdQueryAttr>() == 48);
    assert!(offset_of!(TaskFdQueryAttr, fd) == 4);
    assert!(offset_of!(TaskFdQueryAttr, flags) == 8);
    assert!(offset_of!(TaskFdQueryAttr, buf_len) == 12);
    assert!(offset_of!(TaskFdQueryAttr, buf) == 16);
    assert!(offset_of!(TaskFdQueryAttr, prog_id) == 24);
    assert!(offset_of!(TaskFdQueryAttr, fd_type) == 28);
    assert!(offset_of!(TaskFdQueryAttr, probe_offset) == 32);
    assert!(offset_of!(TaskFdQueryAttr, probe_addr) == 40);
};

/// Arguments of ENABLE_STATS.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct EnableStatsAttr {
    /// 0: run time.
    pub kind: u32,
}

const _: () = {
    assert!(size_of::<EnableStatsAttr>() == 4);
};

/// Arguments of PROG_BIND_MAP.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct ProgBindMapAttr {
    /// The program.
    pub prog_fd: u32,
    /// The map.
    pub map_fd: u32,
    /// Must be 0.
    pub flags: u32,
}

const _: () = {
    assert!(size_of::<ProgBindMapAttr>() == 12);
    assert!(offset_of!(ProgBindMapAttr, map_fd) == 4);
    assert!(offset_of!(ProgBindMapAttr, flags) == 8);
};

/// Arguments of TOKEN_CREATE.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct TokenCreateAttr {
    /// Must be 0.
    pub flags: u32,
    /// The bpffs.
    pub bpffs_fd: u32,
}

const _: () = {
    assert!(size_of::<TokenCreateAttr>() == 8);
    assert!(offset_of!(TokenCreateAttr, bpffs_fd) == 4);
};

/// Arguments of PROG_STREAM_READ_BY_FD.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct ProgStreamReadAttr {
    /// Where the bytes go.
    pub stream_buf: UserPtr,
    /// Room there.
    pub stream_buf_len: u32,
    /// 1: output, 2: errors.
    pub stream_id: u32,
    /// The program.
    pub prog_fd: u32,
    /// Padding.
    pub pad: [u8; 4],
}

const _: () = {
    assert!(size_of::<ProgStreamReadAttr>() == 24);
    assert!(offset_of!(ProgStreamReadAttr, stream_buf_len) == 8);
    assert!(offset_of!(ProgStreamReadAttr, stream_id) == 12);
    assert!(offset_of!(ProgStreamReadAttr, prog_fd) == 16);
};
