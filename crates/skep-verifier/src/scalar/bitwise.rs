//! AND, OR and XOR of scalars: known bits lead, unsigned bounds follow, signed bounds follow those.

use super::interval::{Interval, SignedWord, Word};
use super::range::ScalarRange;
use super::tnum::Tnum;

/// Bounds of a result from the operands' bounds and the least and greatest member of the result's known bits.
trait UnsignedBounds {
    fn of<U: Word>(dst: Interval<U>, src: Interval<U>, bits: Interval<U>) -> Interval<U>;
}

struct And;
struct Or;
struct Xor;

impl UnsignedBounds for And {
    /// At most the smaller operand.
    fn of<U: Word>(dst: Interval<U>, src: Interval<U>, bits: Interval<U>) -> Interval<U> {
        Interval::new(bits.min, dst.max.min(src.max))
    }
}

impl UnsignedBounds for Or {
    /// At least the larger operand.
    fn of<U: Word>(dst: Interval<U>, src: Interval<U>, bits: Interval<U>) -> Interval<U> {
        Interval::new(dst.min.max(src.min), bits.max)
    }
}

impl UnsignedBounds for Xor {
    fn of<U: Word>(_: Interval<U>, _: Interval<U>, bits: Interval<U>) -> Interval<U> {
        bits
    }
}

/// `dst & src`, views not yet in step.
pub(super) fn and(dst: &ScalarRange, src: &ScalarRange) -> ScalarRange {
    transfer::<And>(dst, src, dst.tnum.and(src.tnum))
}

/// `dst | src`, views not yet in step.
pub(super) fn or(dst: &ScalarRange, src: &ScalarRange) -> ScalarRange {
    transfer::<Or>(dst, src, dst.tnum.or(src.tnum))
}

/// `dst ^ src`, views not yet in step.
pub(super) fn xor(dst: &ScalarRange, src: &ScalarRange) -> ScalarRange {
    transfer::<Xor>(dst, src, dst.tnum.xor(src.tnum))
}

fn transfer<Op: UnsignedBounds>(dst: &ScalarRange, src: &ScalarRange, tnum: Tnum) -> ScalarRange {
    if let (Some(_), true) = (src.is_const(), tnum.is_const()) {
        return ScalarRange::constant(tnum.value);
    }
    let mut result = ScalarRange { tnum, ..*dst };

    let low = tnum.subreg();
    if let (Some(_), true) = (src.const32(), low.is_const()) {
        result.set_constant32(low.value as u32);
    } else {
        let bits = Interval::new(low.min() as u32, low.max() as u32);
        let unsigned = Op::of(dst.u32(), src.u32(), bits);
        result.set_u32(unsigned);
        result.set_s32(signed_reading(unsigned));
    }

    let unsigned = Op::of(dst.u64(), src.u64(), Interval::new(tnum.min(), tnum.max()));
    result.set_u64(unsigned);
    result.set_s64(signed_reading(unsigned));
    result.bounds_from_bits();
    result
}

/// The same bounds read as signed, or everything if they cross the sign boundary.
fn signed_reading<S: SignedWord>(unsigned: Interval<S::Unsigned>) -> Interval<S> {
    Interval::from_unsigned(unsigned).unwrap_or(Interval::FULL)
}
