//! Keeping the five views of a scalar in step.
//!
//! Deduction is a fixed sequence of steps, not a fixpoint: each step reads what earlier ones left, and Linux runs this
//! many and no more. The names A to D of `sync` are used in the comments:
//!
//! ```text
//!   A  known bits          ─► all four intervals, and the single-member rule
//!   B  intervals           ─► each other, first the low half's, then the word's
//!   C  low half's intervals ─► the word's
//!   D  unsigned intervals  ─► known bits
//!   sync = A, (B, C) three times, D, A
//! ```

use super::interval::{Interval, SignedWord};
use super::range::ScalarRange;
use super::tnum::Tnum;

const SIGN32: u32 = 1 << 31;
const SIGN64: u64 = 1 << 63;

impl ScalarRange {
    /// Lets every view learn from the others.
    pub fn sync(&mut self) {
        self.bounds_from_bits();
        for _ in 0..3 {
            self.halves_from_words();
            let (mut s32, mut u32) = (self.s32(), self.u32());
            share_signs(&mut s32, &mut u32);
            self.set_s32(s32);
            self.set_u32(u32);
            let (mut s64, mut u64) = (self.s64(), self.u64());
            share_signs(&mut s64, &mut u64);
            self.set_s64(s64);
            self.set_u64(u64);
            self.words_from_halves();
        }
        self.bits_from_bounds();
        self.bounds_from_bits();
    }

    /// Step A: the known bits bound every view.
    pub(super) fn bounds_from_bits(&mut self) {
        self.halves_from_bits();
        let Tnum { value, mask } = self.tnum;
        let signed = Interval::new(
            (value | (mask & SIGN64)).cast_signed(),
            (value | (mask & !SIGN64)).cast_signed(),
        );
        self.set_s64(self.s64().meet(signed));
        self.set_u64(
            self.u64()
                .meet(Interval::new(self.tnum.min(), self.tnum.max())),
        );
        if let Some(only) = self.single_member() {
            self.set_constant(only);
        }
    }

    /// The 32-bit part of step A.
    pub(super) fn halves_from_bits(&mut self) {
        let low = self.tnum.subreg();
        let (value, mask) = (low.value as u32, low.mask as u32);
        let signed = Interval::new(
            (value | (mask & SIGN32)).cast_signed(),
            (value | (mask & !SIGN32)).cast_signed(),
        );
        self.set_s32(self.s32().meet(signed));
        self.set_u32(self.u32().meet(Interval::new(value, value | mask)));
    }

    /// The only value that fits both the known bits and the unsigned bounds, where this is easy to see.
    fn single_member(&self) -> Option<u64> {
        let next = self.tnum.next_member(self.umin);
        if self.tnum.contains(self.umin) {
            return (next > self.umax).then_some(self.umin);
        }
        // Linux does not ask whether the largest member is within `umax`; only contradictory ranges can tell.
        if next == self.tnum.max() {
            return Some(next);
        }
        (next <= self.umax && self.tnum.next_member(next) > self.umax).then_some(next)
    }

    /// First half of step B: where the high half is the same at both ends (or steps by one), the low half is bounded.
    fn halves_from_words(&mut self) {
        let unsigned = Interval::new(self.umin as u32, self.umax as u32);
        let signed = Interval::new(self.smin as u32, self.smax as u32);
        let unsigned_high = Interval::new(high(self.umin), high(self.umax));
        let signed_high = Interval::new(
            high(self.smin.cast_unsigned()),
            high(self.smax.cast_unsigned()),
        );

        if unsigned_high.min == unsigned_high.max {
            self.set_u32(self.u32().meet(unsigned));
            self.narrow_s32(Interval::from_unsigned(unsigned));
        }
        if signed_high.min == signed_high.max {
            if !signed.is_empty() {
                self.set_u32(self.u32().meet(signed));
            }
            self.narrow_s32(Interval::from_unsigned(signed));
        }
        // Across one carry into the high half the low half runs from negative through -1 and 0 to non-negative.
        for (high, low) in [(unsigned_high, unsigned), (signed_high, signed)] {
            let low = Interval::<i32>::new(low.min.cast_signed(), low.max.cast_signed());
            if high.min.wrapping_add(1) == high.max && low.min < 0 && low.max >= 0 {
                self.narrow_s32(Some(low));
            }
        }
    }

    fn narrow_s32(&mut self, to: Option<Interval<i32>>) {
        if let Some(to) = to {
            self.set_s32(self.s32().meet(to));
        }
    }

    /// Step C: bounds of the low half sharpen the low halves of the word's bounds.
    fn words_from_halves(&mut self) {
        let with_low = |word: u64, low: u32| (word & !u64::from(u32::MAX)) | u64::from(low);
        let unsigned = Interval::new(
            with_low(self.umin, self.u32_min),
            with_low(self.umax, self.u32_max),
        );
        self.set_u64(self.u64().meet(unsigned));
        let signed = Interval::new(
            with_low(self.smin.cast_unsigned(), self.u32_min).cast_signed(),
            with_low(self.smax.cast_unsigned(), self.u32_max).cast_signed(),
        );
        self.set_s64(self.s64().meet(signed));

        // A value that fits s32 and whose low half is not negative is that low half.
        let fits_s32 = Interval::new(i64::from(i32::MIN), i64::from(i32::MAX));
        if self.s32_min >= 0 && fits_s32.contains(self.s64()) {
            let signed = Interval::new(i64::from(self.s32_min), i64::from(self.s32_max));
            let unsigned = Interval::new(signed.min.cast_unsigned(), signed.max.cast_unsigned());
            self.set_s64(signed);
            self.set_u64(unsigned);
            self.tnum = self.tnum.intersect(Tnum::range(unsigned.min, unsigned.max));
        }
    }

    /// Step D: the common high bits of the unsigned bounds are known bits.
    fn bits_from_bounds(&mut self) {
        let word = self.tnum.intersect(Tnum::range(self.umin, self.umax));
        let half = word.subreg().intersect(Tnum::range(
            u64::from(self.u32_min),
            u64::from(self.u32_max),
        ));
        self.tnum = word.with_subreg(half);
    }
}

/// Second half of step B: the signed and unsigned bounds of one width bound each other.
fn share_signs<S: SignedWord>(s: &mut Interval<S>, u: &mut Interval<S::Unsigned>) {
    if let Some(signed) = Interval::from_unsigned(*u) {
        *s = s.meet(signed);
    }
    if let Some(unsigned) = s.as_unsigned() {
        *u = u.meet(unsigned);
        return;
    }
    // The signed interval crosses zero: in unsigned order it is [0, s.max] and [s.min, all ones]. If the unsigned
    // interval misses one part, the value is in the other.
    if u.max < s.min.bits() {
        s.min = S::from_bits(u.min);
        u.max = u.max.min(s.max.bits());
    } else if s.max.bits() < u.min {
        s.max = S::from_bits(u.max);
        u.min = u.min.max(s.min.bits());
    }
}

const fn high(word: u64) -> u32 {
    word.wrapping_shr(32) as u32
}
