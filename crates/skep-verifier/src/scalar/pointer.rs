//! Moving a pointer by a scalar that is not constant: arithmetic on the variable part of the pointer's offset.
//!
//! Neither result is in step: Linux first checks that the offset is sane (smallest value above -2^29, and so on) and
//! synchronises afterwards. Bounds of the low half are dropped, pointers carry none of their own.

use super::arith::{add_or_lose, sub_or_lose};
use super::interval::{Interval, Word};
use super::range::ScalarRange;

/// The variable part of `pointer + scalar`, also of `scalar + pointer`. Call [`ScalarRange::sync`] after checking it.
pub fn pointer_plus(pointer: &ScalarRange, scalar: &ScalarRange) -> ScalarRange {
    let mut moved = ScalarRange {
        tnum: pointer.tnum.add(scalar.tnum),
        ..ScalarRange::UNKNOWN
    };
    moved.set_s64(add_or_lose(pointer.s64(), scalar.s64()));
    // Unlike for two scalars, one end that wraps is enough to lose both.
    moved.set_u64(add_or_lose(pointer.u64(), scalar.u64()));
    moved
}

/// The variable part of `pointer - scalar`. Call [`ScalarRange::sync`] after checking it.
pub fn pointer_minus(pointer: &ScalarRange, scalar: &ScalarRange) -> ScalarRange {
    let mut moved = ScalarRange {
        tnum: pointer.tnum.sub(scalar.tnum),
        ..ScalarRange::UNKNOWN
    };
    moved.set_s64(sub_or_lose(pointer.s64(), scalar.s64()));
    moved.set_u64(sub_from_below(pointer.u64(), scalar.u64()));
    moved
}

/// The difference, or everything if its lower end would wrap.
fn sub_from_below(a: Interval<u64>, b: Interval<u64>) -> Interval<u64> {
    match (
        Word::overflowing_sub(a.min, b.max),
        Word::overflowing_sub(a.max, b.min),
    ) {
        ((_, true), _) => Interval::FULL,
        ((min, false), (max, _)) => Interval::new(min, max),
    }
}
