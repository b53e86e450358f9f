//! Tracked numbers: words of which some bits are known.
//!
//! See "Sound, Precise, and Fast Abstract Interpretation with Tristate Numbers" (Vishwanathan et al., CGO 2022) for why
//! addition and subtraction below are optimal.

/// A set of 64-bit words: those that agree with `value` wherever `mask` has a 0.
///
/// `value & mask == 0` always holds, so equal sets are equal structs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tnum {
    /// The bits known to be one.
    pub value: u64,
    /// The bits that are not known.
    pub mask: u64,
}

const LOW_HALF: u64 = u32::MAX as u64;

impl Tnum {
    /// Every word.
    pub const UNKNOWN: Self = Self {
        value: 0,
        mask: u64::MAX,
    };

    /// Exactly `value`.
    pub const fn constant(value: u64) -> Self {
        Self { value, mask: 0 }
    }

    /// The smallest set of this shape that holds `min` and `max`, and so all between them.
    ///
    /// With `min > max` (a contradictory interval) it still holds both ends.
    pub const fn range(min: u64, max: u64) -> Self {
        let mask = match (min ^ max).leading_zeros() {
            0 => return Self::UNKNOWN,
            64 => 0,
            same_high_bits => u64::MAX.wrapping_shr(same_high_bits),
        };
        Self {
            value: min & !mask,
            mask,
        }
    }

    /// Whether every bit is known.
    pub const fn is_const(self) -> bool {
        self.mask == 0
    }

    /// Whether no bit is known.
    pub const fn is_unknown(self) -> bool {
        self.mask == u64::MAX
    }

    /// The smallest member, read as unsigned.
    pub const fn min(self) -> u64 {
        self.value
    }

    /// The largest member, read as unsigned.
    pub const fn max(self) -> u64 {
        self.value | self.mask
    }

    /// Whether `word` is a member.
    pub const fn contains(self, word: u64) -> bool {
        word & !self.mask == self.value
    }

    /// Whether every member of `other` is a member of `self` (the kernel's `tnum_in(self, other)`).
    pub const fn is_superset(self, other: Self) -> bool {
        other.mask & !self.mask == 0 && other.value & !self.mask == self.value
    }

    /// Whether the two sets have a member in common.
    pub const fn overlaps(self, other: Self) -> bool {
        (self.value ^ other.value) & !(self.mask | other.mask) == 0
    }

    /// Whether every member is a multiple of `size`, a power of two.
    pub const fn is_aligned(self, size: u64) -> bool {
        self.max() & size.wrapping_sub(1) == 0
    }

    /// `self + other`.
    pub const fn add(self, other: Self) -> Self {
        let least = self.value.wrapping_add(other.value);
        let greatest = least.wrapping_add(self.mask).wrapping_add(other.mask);
        let mask = (greatest ^ least) | self.mask | other.mask;
        Self {
            value: least & !mask,
            mask,
        }
    }

    /// `self - other`.
    pub const fn sub(self, other: Self) -> Self {
        let difference = self.value.wrapping_sub(other.value);
        let greatest = difference.wrapping_add(self.mask);
        let least = difference.wrapping_sub(other.mask);
        let mask = (greatest ^ least) | self.mask | other.mask;
        Self {
            value: difference & !mask,
            mask,
        }
    }

    /// `-self`.
    pub const fn neg(self) -> Self {
        Self::constant(0).sub(self)
    }

    /// `self & other`.
    pub const fn and(self, other: Self) -> Self {
        let value = self.value & other.value;
        Self {
            value,
            mask: self.max() & other.max() & !value,
        }
    }

    /// `self | other`.
    pub const fn or(self, other: Self) -> Self {
        let value = self.value | other.value;
        Self {
            value,
            mask: (self.mask | other.mask) & !value,
        }
    }

    /// `self ^ other`.
    pub const fn xor(self, other: Self) -> Self {
        let mask = self.mask | other.mask;
        Self {
            value: (self.value ^ other.value) & !mask,
            mask,
        }
    }

    /// `self * other`, by long multiplication over the bits of `self`.
    ///
    /// Not commutative in precision: the destination register is `self`.
    pub const fn mul(self, other: Self) -> Self {
        let mut product = Self::constant(0);
        let (mut multiplier, mut multiplicand) = (self, other);
        while multiplier.max() != 0 {
            if multiplier.value & 1 == 1 {
                product = product.add(multiplicand);
            } else if multiplier.mask & 1 == 1 {
                product = product.union(product.add(multiplicand));
            }
            multiplier = multiplier.rshift(1);
            multiplicand = multiplicand.lshift(1);
        }
        product
    }

    /// `self << shift`, with `shift` below 64.
    pub const fn lshift(self, shift: u32) -> Self {
        Self {
            value: self.value.wrapping_shl(shift),
            mask: self.mask.wrapping_shl(shift),
        }
    }

    /// `self >> shift` (logical), with `shift` below 64.
    pub const fn rshift(self, shift: u32) -> Self {
        Self {
            value: self.value.wrapping_shr(shift),
            mask: self.mask.wrapping_shr(shift),
        }
    }

    /// `self >> shift` (arithmetic), with `shift` below 64.
    pub const fn arshift64(self, shift: u32) -> Self {
        Self {
            value: arshift64(self.value, shift),
            mask: arshift64(self.mask, shift),
        }
    }

    /// The low half shifted arithmetically as a 32-bit word, zero-extended; `shift` below 32.
    pub const fn arshift32(self, shift: u32) -> Self {
        Self {
            value: arshift32(self.value, shift),
            mask: arshift32(self.mask, shift),
        }
    }

    /// The words in both sets.
    ///
    /// If there are none, bits known as one in either operand win; contradictory paths rely on an answer existing.
    pub const fn intersect(self, other: Self) -> Self {
        let mask = self.mask & other.mask;
        Self {
            value: (self.value | other.value) & !mask,
            mask,
        }
    }

    /// The smallest set of this shape that holds both.
    pub const fn union(self, other: Self) -> Self {
        let mask = (self.value ^ other.value) | self.mask | other.mask;
        Self {
            value: self.value & other.value & !mask,
            mask,
        }
    }

    /// The low `bytes` bytes, zero-extended.
    pub const fn cast(self, bytes: u8) -> Self {
        let kept = low_bytes(bytes);
        Self {
            value: self.value & kept,
            mask: self.mask & kept,
        }
    }

    /// The low half, zero-extended.
    pub const fn subreg(self) -> Self {
        self.cast(4)
    }

    /// The same with the low half zero.
    pub const fn clear_subreg(self) -> Self {
        Self {
            value: self.value & !LOW_HALF,
            mask: self.mask & !LOW_HALF,
        }
    }

    /// The high half of `self` over the low half of `low`.
    pub const fn with_subreg(self, low: Self) -> Self {
        let (high, low) = (self.clear_subreg(), low.subreg());
        Self {
            value: high.value | low.value,
            mask: high.mask | low.mask,
        }
    }

    /// The high half of `self` over the known low half `low`.
    pub const fn with_const_subreg(self, low: u32) -> Self {
        self.with_subreg(Self::constant(low as u64))
    }

    /// Whether every bit of the low half is known.
    pub const fn is_subreg_const(self) -> bool {
        self.subreg().is_const()
    }

    /// The low `bytes` bytes in reverse order, zero-extended; `bytes` is 2, 4 or 8.
    pub const fn swap_bytes(self, bytes: u8) -> Self {
        Self {
            value: swap_bytes(self.value, bytes),
            mask: swap_bytes(self.mask, bytes),
        }
    }

    /// The smallest member greater than `word`; the largest member if there is none.
    pub const fn next_member(self, word: u64) -> u64 {
        if word < self.min() {
            return self.min();
        }
        if word >= self.max() {
            return self.max();
        }
        // A member lies above `word`. Walk down to the highest bit where `word` differs from every member.
        let clash = (word ^ self.value) & !self.mask;
        let at_and_below_clash = match clash.leading_zeros() {
            64 => 0,
            above => u64::MAX.wrapping_shr(above),
        };
        let clash_bit = at_and_below_clash & !at_and_below_clash.wrapping_shr(1);
        if clash_bit & self.value != 0 {
            // Members with the bits of `word` above the clash are greater: take the least of them.
            return (word & !at_and_below_clash & self.mask) | self.value;
        }
        // They are smaller, or `word` is a member itself: count the unknown bits above the clash up by one, with
        // every other bit set so that the carry runs through it.
        let carried = (word | !self.mask | at_and_below_clash).wrapping_add(1);
        (carried & self.mask & !at_and_below_clash) | self.value
    }
}

/// A word whose low `bytes` bytes are ones.
pub(super) const fn low_bytes(bytes: u8) -> u64 {
    match bytes {
        0 => 0,
        1..8 => u64::MAX.wrapping_shr(64_u32.wrapping_sub((bytes as u32).wrapping_mul(8))),
        8.. => u64::MAX,
    }
}

const fn arshift64(word: u64, shift: u32) -> u64 {
    word.cast_signed().wrapping_shr(shift).cast_unsigned()
}

const fn arshift32(word: u64, shift: u32) -> u64 {
    (word as u32)
        .cast_signed()
        .wrapping_shr(shift)
        .cast_unsigned() as u64
}

const fn swap_bytes(word: u64, bytes: u8) -> u64 {
    let unused_bits = 64_u32.wrapping_sub((bytes as u32).wrapping_mul(8));
    word.swap_bytes().wrapping_shr(unused_bits)
}
