//! Attr of PROG_TEST_RUN.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::UserPtr;

/// Arguments of PROG_TEST_RUN.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct ProgTestRunAttr {
    /// The program.
    pub prog_fd: u32,
    /// Out: what the last run returned.
    pub retval: u32,
    /// Bytes of input data.
    pub data_size_in: u32,
    /// In: room for output data; out: bytes of it.
    pub data_size_out: u32,
    /// Input data.
    pub data_in: UserPtr,
    /// Where output data goes.
    pub data_out: UserPtr,
    /// Runs; 0 is 1.
    pub repeat: u32,
    /// Out: mean nanoseconds of a run.
    pub duration: u32,
    /// Bytes of input context.
    pub ctx_size_in: u32,
    /// In: room for output context; out: bytes of it.
    pub ctx_size_out: u32,
    /// Input context.
    pub ctx_in: UserPtr,
    /// Where output context goes.
    pub ctx_out: UserPtr,
    /// [`crate::TestRunFlags`].
    pub flags: u32,
    /// CPU, with `RUN_ON_CPU`.
    pub cpu: u32,
    /// Frames in one go, with `XDP_LIVE_FRAMES`.
    pub batch_size: u32,
    /// Padding.
    pub pad: [u8; 4],
}

const _: () = {
    assert!(size_of::<ProgTestRunAttr>() == 80);
    assert!(offset_of!(ProgTestRunAttr, retval) == 4);
    assert!(offset_of!(ProgTestRunAttr, data_size_in) == 8);
    assert!(offset_of!(ProgTestRunAttr, data_size_out) == 12);
    assert!(offset_of!(ProgTestRunAttr, data_in) == 16);
    assert!(offset_of!(ProgTestRunAttr, data_out) == 24);
    assert!(offset_of!(ProgTestRunAttr, repeat) == 32);
    assert!(offset_of!(ProgTestRunAttr, duration) == 36);
    assert!(offset_of!(ProgTestRunAttr, ctx_size_in) == 40);
    assert!(offset_of!(ProgTestRunAttr, ctx_size_out) == 44);
    assert!(offset_of!(ProgTestRunAttr, ctx_in) == 48);
    assert!(offset_of!(ProgTestRunAttr, ctx_out) == 56);
    assert!(offset_of!(ProgTestRunAttr, flags) == 64);
    assert!(offset_of!(ProgTestRunAttr, cpu) == 68);
    assert!(offset_of!(ProgTestRunAttr, batch_size) == 72);
};
