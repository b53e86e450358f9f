//! The five views of a scalar as one value, and how to read them.

use skep_isa::Width;

use super::interval::Interval;
use super::tnum::Tnum;

/// What is known of a 64-bit value: known bits, and bounds of the word and of its low half.
///
/// All bounds are inclusive. The views are kept in step by [`sync`](Self::sync); whoever sets fields directly calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    missing_docs,
    reason = "the fields are the kernel's, and each name says all"
)]
pub struct ScalarRange {
    pub tnum: Tnum,
    pub smin: i64,
    pub smax: i64,
    pub umin: u64,
    pub umax: u64,
    pub s32_min: i32,
    pub s32_max: i32,
    pub u32_min: u32,
    pub u32_max: u32,
}

impl ScalarRange {
    /// Every word.
    pub const UNKNOWN: Self = Self {
        tnum: Tnum::UNKNOWN,
        smin: i64::MIN,
        smax: i64::MAX,
        umin: 0,
        umax: u64::MAX,
        s32_min: i32::MIN,
        s32_max: i32::MAX,
        u32_min: 0,
        u32_max: u32::MAX,
    };

    /// Exactly `value`.
    pub const fn constant(value: u64) -> Self {
        let low = value as u32;
        Self {
            tnum: Tnum::constant(value),
            smin: value.cast_signed(),
            smax: value.cast_signed(),
            umin: value,
            umax: value,
            s32_min: low.cast_signed(),
            s32_max: low.cast_signed(),
            u32_min: low,
            u32_max: low,
        }
    }

    /// An immediate operand: sign-extended to 64 bits.
    pub const fn immediate(imm: i32) -> Self {
        Self::constant((imm as i64).cast_unsigned())
    }

    /// Whether nothing at all is known; exactly then [`write_fields`](Self::write_fields) writes nothing.
    pub fn is_unknown(&self) -> bool {
        *self == Self::UNKNOWN
    }

    /// The value, if every bit is known.
    pub const fn is_const(&self) -> Option<u64> {
        if self.tnum.is_const() {
            Some(self.tnum.value)
        } else {
            None
        }
    }

    /// The low half, if every bit of it is known.
    pub const fn const32(&self) -> Option<u32> {
        if self.tnum.is_subreg_const() {
            Some(self.tnum.value as u32)
        } else {
            None
        }
    }

    /// The value as an operation of `width` sees it, if known: zero-extended for 32 bits.
    pub fn const_in(&self, width: Width) -> Option<u64> {
        match width {
            Width::W32 => self.const32().map(u64::from),
            Width::W64 => self.is_const(),
        }
    }

    /// Whether `word` satisfies all five views.
    pub fn contains_value(&self, word: u64) -> bool {
        let point = Self::constant(word);
        self.bounds_contain(&point) && self.tnum.contains(word)
    }

    /// Whether `other` lies inside `self` view by view: the rule by which a cached state covers the current one.
    pub fn contains(&self, other: &Self) -> bool {
        self.bounds_contain(other) && self.tnum.is_superset(other.tnum)
    }

    fn bounds_contain(&self, other: &Self) -> bool {
        self.u64().contains(other.u64())
            && self.s64().contains(other.s64())
            && self.u32().contains(other.u32())
            && self.s32().contains(other.s32())
    }

    /// Becomes exactly `value`.
    pub const fn set_constant(&mut self, value: u64) {
        *self = Self::constant(value);
    }

    /// The low half becomes `value`; the 64-bit bounds are left for [`sync`](Self::sync).
    pub const fn set_constant32(&mut self, value: u32) {
        self.tnum = self.tnum.with_const_subreg(value);
        self.u32_min = value;
        self.u32_max = value;
        self.s32_min = value.cast_signed();
        self.s32_max = value.cast_signed();
    }

    /// Forgets all four intervals, keeping the known bits.
    pub const fn forget_bounds(&mut self) {
        *self = Self {
            tnum: self.tnum,
            ..Self::UNKNOWN
        };
    }

    /// Forgets the bounds of the whole word, keeping those of the low half and the known bits.
    pub fn mark64_unknown(&mut self) {
        self.set_u64(Interval::FULL);
        self.set_s64(Interval::FULL);
    }

    /// Forgets the bounds of the low half, keeping those of the whole word and the known bits.
    pub fn mark32_unknown(&mut self) {
        self.set_u32(Interval::FULL);
        self.set_s32(Interval::FULL);
    }

    /// The two values of a sign mask, as (all ones, all zeros); `None` if the range is no sign mask.
    ///
    /// A sign mask is known to be 0 or -1 by its signed bounds, or else by those of its low half. Linux forks the walk on
    /// one before `&=` and `|=` with a constant: it goes on with all ones and later resumes with zeros. If only the
    /// low half is a mask, only that is set, and the views are not brought in step.
    pub fn split_sign_mask(&self) -> Option<(Self, Self)> {
        if self.s64() == Interval::new(-1, 0) {
            return Some((Self::constant(u64::MAX), Self::constant(0)));
        }
        if self.s32() == Interval::new(-1, 0) {
            let (mut ones, mut zeros) = (*self, *self);
            ones.set_constant32(u32::MAX);
            zeros.set_constant32(0);
            return Some((ones, zeros));
        }
        None
    }

    pub(super) const fn u64(&self) -> Interval<u64> {
        Interval {
            min: self.umin,
            max: self.umax,
        }
    }

    pub(super) const fn s64(&self) -> Interval<i64> {
        Interval {
            min: self.smin,
            max: self.smax,
        }
    }

    pub(super) const fn u32(&self) -> Interval<u32> {
        Interval {
            min: self.u32_min,
            max: self.u32_max,
        }
    }

    pub(super) const fn s32(&self) -> Interval<i32> {
        Interval {
            min: self.s32_min,
            max: self.s32_max,
        }
    }

    pub(super) const fn set_u64(&mut self, to: Interval<u64>) {
        (self.umin, self.umax) = (to.min, to.max);
    }

    pub(super) const fn set_s64(&mut self, to: Interval<i64>) {
        (self.smin, self.smax) = (to.min, to.max);
    }

    pub(super) const fn set_u32(&mut self, to: Interval<u32>) {
        (self.u32_min, self.u32_max) = (to.min, to.max);
    }

    pub(super) const fn set_s32(&mut self, to: Interval<i32>) {
        (self.s32_min, self.s32_max) = (to.min, to.max);
    }
}
