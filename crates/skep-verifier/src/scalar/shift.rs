//! Shifts of scalars by a constant amount.

use skep_isa::Width;

use super::interval::Interval;
use super::range::ScalarRange;

/// `dst << amount`, views not yet in step; `amount` is below the width.
pub(super) fn lsh(width: Width, dst: &ScalarRange, amount: u32) -> ScalarRange {
    let mut result = ScalarRange::UNKNOWN;
    // Unsigned bounds survive if no bit reaches the sign position's left.
    if amount <= 31 && dst.u32_max <= 1_u32.wrapping_shl(31_u32.wrapping_sub(amount)) {
        result.set_u32(Interval::new(
            dst.u32_min.wrapping_shl(amount),
            dst.u32_max.wrapping_shl(amount),
        ));
    }
    match width {
        Width::W32 => {
            result.tnum = dst.tnum.subreg().lshift(amount).subreg();
            result.halves_from_bits();
        }
        Width::W64 => {
            // Compilers sign-extend an int by `<<= 32; s>>= 32`.
            if amount == 32 {
                let (min, max) = (i64::from(dst.s32_min), i64::from(dst.s32_max));
                result.set_s64(Interval::new(min.wrapping_shl(32), max.wrapping_shl(32)));
            }
            if dst.umax <= 1_u64.wrapping_shl(63_u32.wrapping_sub(amount)) {
                result.set_u64(Interval::new(
                    dst.umin.wrapping_shl(amount),
                    dst.umax.wrapping_shl(amount),
                ));
            }
            result.tnum = dst.tnum.lshift(amount);
            result.bounds_from_bits();
        }
    }
    result
}

/// `dst >> amount` (logical), views not yet in step; `amount` is below the width.
pub(super) fn rsh(width: Width, dst: &ScalarRange, amount: u32) -> ScalarRange {
    let mut result = ScalarRange::UNKNOWN;
    match width {
        Width::W32 => {
            result.set_u32(Interval::new(
                dst.u32_min.wrapping_shr(amount),
                dst.u32_max.wrapping_shr(amount),
            ));
            result.tnum = dst.tnum.subreg().rshift(amount);
            result.halves_from_bits();
        }
        Width::W64 => {
            result.set_u64(Interval::new(
                dst.umin.wrapping_shr(amount),
                dst.umax.wrapping_shr(amount),
            ));
            result.tnum = dst.tnum.rshift(amount);
            result.bounds_from_bits();
        }
    }
    result
}

/// `dst s>> amount` (arithmetic), views not yet in step; `amount` is below the width.
pub(super) fn arsh(width: Width, dst: &ScalarRange, amount: u32) -> ScalarRange {
    let mut result = ScalarRange::UNKNOWN;
    match width {
        Width::W32 => {
            result.set_s32(Interval::new(
                dst.s32_min.wrapping_shr(amount),
                dst.s32_max.wrapping_shr(amount),
            ));
            result.tnum = dst.tnum.arshift32(amount);
            result.halves_from_bits();
        }
        Width::W64 => {
            result.set_s64(Interval::new(
                dst.smin.wrapping_shr(amount),
                dst.smax.wrapping_shr(amount),
            ));
            result.tnum = dst.tnum.arshift64(amount);
            result.bounds_from_bits();
        }
    }
    result
}
