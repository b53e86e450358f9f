//! Changing how many bits of a value count: zero extension, truncation, sign extension.

use super::interval::Interval;
use super::range::ScalarRange;
use super::tnum::{Tnum, low_bytes};

impl ScalarRange {
    /// The low half, zero-extended and in step: what every 32-bit operation leaves in the register.
    pub fn zext_32_to_64(&mut self) {
        self.tnum = self.tnum.subreg();
        self.set_u64(Interval::new(
            u64::from(self.u32_min),
            u64::from(self.u32_max),
        ));
        self.set_s64(if self.s32_min >= 0 && self.s32_max >= 0 {
            Interval::new(i64::from(self.s32_min), i64::from(self.s32_max))
        } else {
            Interval::new(0, i64::from(u32::MAX))
        });
        self.sync();
    }

    /// The low `bytes` bytes, zero-extended and in step: narrow loads and byte swaps. 8 and more change nothing.
    pub fn truncate(&mut self, bytes: u8) {
        if bytes >= 8 {
            return;
        }
        let kept = low_bytes(bytes);
        self.tnum = self.tnum.cast(bytes);
        let unsigned = if self.umin & !kept == self.umax & !kept {
            Interval::new(self.umin & kept, self.umax & kept)
        } else {
            Interval::new(0, kept)
        };
        self.set_u64(unsigned);
        // Fewer than eight bytes: both ends are non-negative.
        self.set_s64(Interval::new(
            unsigned.min.cast_signed(),
            unsigned.max.cast_signed(),
        ));
        if bytes < 4 {
            self.mark32_unknown();
        }
        self.sync();
    }

    /// The low `bytes` bytes (1, 2 or 4), sign-extended to 64 bits: `rD = (sN)rS` and sign-extending loads.
    ///
    /// Linux does not bring the views in step afterwards, and neither does this. 8 and more change nothing.
    pub fn sign_extend_64(&mut self, bytes: u8) {
        if bytes >= 8 {
            return;
        }
        if let Some(value) = self.is_const() {
            self.set_constant(sign_extended(value, bytes).cast_unsigned());
            return;
        }
        let ends = (self.smin.cast_unsigned(), self.smax.cast_unsigned());
        match sign_extended_interval(ends.0, ends.1, bytes) {
            Some(signed) => {
                let (min, max) = (signed.min.cast_unsigned(), signed.max.cast_unsigned());
                self.tnum = Tnum::range(min, max);
                self.set_s64(signed);
                self.set_s32(Interval::new(signed.min as i32, signed.max as i32));
                self.set_u64(Interval::new(min, max));
                self.set_u32(Interval::new(min as u32, max as u32));
            }
            None => {
                let signed = signed_values_of(bytes);
                *self = Self::UNKNOWN;
                self.set_s64(signed);
                self.set_s32(Interval::new(signed.min as i32, signed.max as i32));
            }
        }
    }

    /// The low `bytes` bytes (1 or 2), sign-extended to 32 bits, then zero-extended and in step: `wD = (sN)wS`.
    pub fn sign_extend_32(&mut self, bytes: u8) {
        if bytes < 4 {
            self.sign_extend_low_half(bytes);
        }
        self.zext_32_to_64();
    }

    fn sign_extend_low_half(&mut self, bytes: u8) {
        if let Some(value) = self.is_const() {
            let low = sign_extended(value, bytes) as i32;
            self.tnum = Tnum::constant(u64::from(low.cast_unsigned()));
            self.set_s32(Interval::point(low));
            self.set_u32(Interval::point(low.cast_unsigned()));
            return;
        }
        let ends = (
            u64::from(self.s32_min.cast_unsigned()),
            u64::from(self.s32_max.cast_unsigned()),
        );
        match sign_extended_interval(ends.0, ends.1, bytes) {
            Some(signed) => {
                self.tnum =
                    Tnum::range(signed.min.cast_unsigned(), signed.max.cast_unsigned()).subreg();
                self.set_s32(Interval::new(signed.min as i32, signed.max as i32));
                self.set_u32(Interval::new(signed.min as u32, signed.max as u32));
            }
            None => {
                let signed = signed_values_of(bytes);
                self.tnum = Tnum::UNKNOWN.subreg();
                self.set_s32(Interval::new(signed.min as i32, signed.max as i32));
                self.set_u32(Interval::FULL);
            }
        }
    }
}

/// The low `bytes` bytes of `word` (at most 8) as a signed number.
fn sign_extended(word: u64, bytes: u8) -> i64 {
    let unused = 64_u32.wrapping_sub(u32::from(bytes).wrapping_mul(8));
    word.wrapping_shl(unused).cast_signed().wrapping_shr(unused)
}

/// Where the low bytes of the words from `first` to `last` lie, if they do not wrap: equal bits above the low
/// bytes, and low bytes of one sign.
fn sign_extended_interval(first: u64, last: u64, bytes: u8) -> Option<Interval<i64>> {
    if (first ^ last) & !low_bytes(bytes) != 0 {
        return None;
    }
    let (a, b) = (sign_extended(first, bytes), sign_extended(last, bytes));
    ((a >= 0) == (b >= 0)).then(|| Interval::new(a.min(b), a.max(b)))
}

/// Every signed number of `bytes` bytes.
fn signed_values_of(bytes: u8) -> Interval<i64> {
    let max = low_bytes(bytes).wrapping_shr(1).cast_signed();
    Interval::new(!max, max)
}
