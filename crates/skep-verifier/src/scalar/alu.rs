//! One arithmetic instruction on two scalars.

use skep_isa::{AluOp, Width};

use super::range::ScalarRange;
use super::{arith, bitwise, shift};

/// What `dst op= src` leaves in the destination register, in step.
///
/// Immediate operands are [`ScalarRange::immediate`]. Division, remainder and shifts by an amount not known to be in
/// range leave nothing known, in 32-bit form not even a zero high half: so does Linux.
pub fn alu(op: AluOp, width: Width, dst: &ScalarRange, src: &ScalarRange) -> ScalarRange {
    let by_amount = |shift: fn(Width, &ScalarRange, u32) -> ScalarRange| {
        shift_amount(width, src).map(|amount| shift(width, dst, amount))
    };
    let result = match op {
        AluOp::Add => Some(arith::add(dst, src)),
        AluOp::Sub => Some(arith::sub(dst, src)),
        AluOp::Mul => Some(arith::mul(dst, src)),
        AluOp::And => Some(bitwise::and(dst, src)),
        AluOp::Or => Some(bitwise::or(dst, src)),
        AluOp::Xor => Some(bitwise::xor(dst, src)),
        AluOp::Lsh => by_amount(shift::lsh),
        AluOp::Rsh => by_amount(shift::rsh),
        AluOp::Arsh => by_amount(shift::arsh),
        AluOp::Div | AluOp::SDiv | AluOp::Mod | AluOp::SMod => None,
    };
    result.map_or(ScalarRange::UNKNOWN, |result| finished(width, result))
}

/// What `dst = -dst` leaves in the register, in step.
pub fn negate(width: Width, dst: &ScalarRange) -> ScalarRange {
    finished(width, arith::sub(&ScalarRange::constant(0), dst))
}

fn finished(width: Width, mut result: ScalarRange) -> ScalarRange {
    match width {
        Width::W32 => result.zext_32_to_64(),
        Width::W64 => result.sync(),
    }
    result
}

/// The shift amount, if every view of `width` agrees on it and the whole word is below the width.
fn shift_amount(width: Width, src: &ScalarRange) -> Option<u32> {
    let (is_known, limit) = match width {
        Width::W32 => {
            let point = src.const32();
            (
                point.is_some_and(|v| src.u32().is_point(v) && src.s32().is_point(v.cast_signed())),
                32,
            )
        }
        Width::W64 => {
            let point = src.is_const();
            (
                point.is_some_and(|v| src.u64().is_point(v) && src.s64().is_point(v.cast_signed())),
                64,
            )
        }
    };
    (is_known && src.umax < limit).then_some(src.u32_min)
}
