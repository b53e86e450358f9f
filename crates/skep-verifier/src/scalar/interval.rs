//! Closed intervals of machine words, in one generic form for the four views of a scalar.

/// A machine word with the arithmetic interval transfer needs.
pub(super) trait Word: Copy + Ord {
    const ONE: Self;
    const MIN: Self;
    const MAX: Self;
    fn overflowing_add(self, other: Self) -> (Self, bool);
    fn overflowing_sub(self, other: Self) -> (Self, bool);
    fn checked_mul(self, other: Self) -> Option<Self>;

    fn wrapping_inc(self) -> Self {
        self.overflowing_add(Self::ONE).0
    }

    fn wrapping_dec(self) -> Self {
        self.overflowing_sub(Self::ONE).0
    }
}

/// A signed word and its unsigned reading of the same bits.
pub(super) trait SignedWord: Word {
    type Unsigned: Word;
    fn from_bits(bits: Self::Unsigned) -> Self;
    fn bits(self) -> Self::Unsigned;
}

macro_rules! word {
    ($($word:ident)*) => { $(
        impl Word for $word {
            const ONE: Self = 1;
            const MIN: Self = $word::MIN;
            const MAX: Self = $word::MAX;
            fn overflowing_add(self, other: Self) -> (Self, bool) {
                $word::overflowing_add(self, other)
            }
            fn overflowing_sub(self, other: Self) -> (Self, bool) {
                $word::overflowing_sub(self, other)
            }
            fn checked_mul(self, other: Self) -> Option<Self> {
                $word::checked_mul(self, other)
            }
        }
    )* };
}
word!(u32 u64 i32 i64);

macro_rules! signed_word {
    ($($signed:ident $unsigned:ident)*) => { $(
        impl SignedWord for $signed {
            type Unsigned = $unsigned;
            fn from_bits(bits: $unsigned) -> Self {
                bits.cast_signed()
            }
            fn bits(self) -> $unsigned {
                self.cast_unsigned()
            }
        }
    )* };
}
signed_word!(i32 u32 i64 u64);

/// `[min, max]`; empty if `min > max`, which a contradictory path can produce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interval<T> {
    pub(super) min: T,
    pub(super) max: T,
}

impl<T: Word> Interval<T> {
    pub(super) const FULL: Self = Self {
        min: T::MIN,
        max: T::MAX,
    };

    pub(super) const fn new(min: T, max: T) -> Self {
        Self { min, max }
    }

    pub(super) const fn point(value: T) -> Self {
        Self {
            min: value,
            max: value,
        }
    }

    pub(super) fn is_empty(self) -> bool {
        self.min > self.max
    }

    pub(super) fn is_point(self, value: T) -> bool {
        self.min == value && self.max == value
    }

    /// The intersection, which may come out empty.
    pub(super) fn meet(self, other: Self) -> Self {
        Self {
            min: self.min.max(other.min),
            max: self.max.min(other.max),
        }
    }

    pub(super) fn contains(self, other: Self) -> bool {
        self.min <= other.min && other.max <= self.max
    }

    pub(super) fn is_disjoint(self, other: Self) -> bool {
        self.min > other.max || self.max < other.min
    }

    /// Cuts `value` off whichever end it is.
    pub(super) fn without_edge(self, value: T) -> Self {
        let min = if self.min == value {
            self.min.wrapping_inc()
        } else {
            self.min
        };
        let max = if self.max == value {
            self.max.wrapping_dec()
        } else {
            self.max
        };
        Self { min, max }
    }
}

impl<S: SignedWord> Interval<S> {
    /// The unsigned reading of both ends, if it is an interval too (the sign does not change between them).
    pub(super) fn as_unsigned(self) -> Option<Interval<S::Unsigned>> {
        let bits = Interval {
            min: self.min.bits(),
            max: self.max.bits(),
        };
        (bits.min <= bits.max).then_some(bits)
    }

    /// The signed reading of both ends of `bits`, if it is an interval too.
    pub(super) fn from_unsigned(bits: Interval<S::Unsigned>) -> Option<Self> {
        let signed = Self {
            min: S::from_bits(bits.min),
            max: S::from_bits(bits.max),
        };
        (signed.min <= signed.max).then_some(signed)
    }
}
