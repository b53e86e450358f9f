//! Byte order conversions: `bswapN`, `leN`, `beN`.

use skep_isa::{EndianOp, EndianWidth};

use super::range::ScalarRange;

/// Byte order of the machine a program is verified for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ByteOrder {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

/// Whether the value may change, so that the register no longer equals those it shares an id with.
pub fn endian_may_change(op: EndianOp, width: EndianWidth, machine: ByteOrder) -> bool {
    swaps(op, machine) || width != EndianWidth::B64
}

/// What the conversion leaves in the register, in step. Only known bits survive a swap.
pub fn convert_endian(
    op: EndianOp,
    width: EndianWidth,
    machine: ByteOrder,
    dst: &ScalarRange,
) -> ScalarRange {
    let bytes = match width {
        EndianWidth::B16 => 2,
        EndianWidth::B32 => 4,
        EndianWidth::B64 => 8,
    };
    let mut result = *dst;
    if swaps(op, machine) {
        result.tnum = dst.tnum.swap_bytes(bytes);
        result.forget_bounds();
    }
    result.truncate(bytes);
    result.sync();
    result
}

fn swaps(op: EndianOp, machine: ByteOrder) -> bool {
    match op {
        EndianOp::Swap => true,
        EndianOp::Le => machine == ByteOrder::Big,
        EndianOp::Be => machine == ByteOrder::Little,
    }
}
