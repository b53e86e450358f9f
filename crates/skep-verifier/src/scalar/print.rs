//! Ranges in the text of the verifier log.

use core::fmt::{self, Write};

use super::range::ScalarRange;
use super::tnum::Tnum;

/// Writes an unsigned number as the log does: decimal up to 65535, hexadecimal above.
pub fn write_unsigned(value: u64, out: &mut dyn Write) -> fmt::Result {
    if value <= u64::from(u16::MAX) {
        write!(out, "{value}")
    } else {
        write!(out, "{value:#x}")
    }
}

/// Writes a signed number as the log does: decimal if it fits 16 bits, else the hexadecimal of its 64 bits.
pub fn write_signed(value: i64, out: &mut dyn Write) -> fmt::Result {
    if i16::try_from(value).is_ok() {
        write!(out, "{value}")
    } else {
        write!(out, "{value:#x}")
    }
}

impl fmt::Display for Tnum {
    /// A number if all bits are known, else `(value; mask)` in hexadecimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_const() {
            write_unsigned(self.value, f)
        } else {
            write!(f, "({:#x}; {:#x})", self.value, self.mask)
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Min,
    Max,
}

/// One bound as the log shows it: all bounds are compared and printed as 64-bit words.
#[derive(Clone, Copy)]
struct Bound {
    name: &'static str,
    end: End,
    value: i64,
    is_negative: bool,
    is_signed: bool,
    is_extreme: bool,
}

impl Bound {
    fn signed(name: &'static str, end: End, value: i64, extreme: i64) -> Self {
        Self {
            name,
            end,
            value,
            is_negative: value < 0,
            is_signed: true,
            is_extreme: value == extreme,
        }
    }

    fn unsigned(name: &'static str, end: End, value: u64, extreme: u64) -> Self {
        let is_extreme = value == extreme;
        Self {
            name,
            end,
            value: value.cast_signed(),
            is_negative: false,
            is_signed: false,
            is_extreme,
        }
    }

    /// Small numbers are sign-extended, others show the bits of the 32-bit word.
    fn signed32(name: &'static str, end: End, value: i32, extreme: i32) -> Self {
        let shown = match i16::try_from(value) {
            Ok(small) => i64::from(small),
            Err(_) => i64::from(value.cast_unsigned()),
        };
        Self {
            is_extreme: value == extreme,
            ..Self::signed(name, end, shown, 0)
        }
    }

    fn unsigned32(name: &'static str, end: End, value: u32, extreme: u32) -> Self {
        Self::unsigned(name, end, value.into(), extreme.into())
    }

    /// Whether the two are written as one, `smin=umin=VALUE`.
    fn merges_with(&self, later: &Self) -> bool {
        self.end == later.end && self.value == later.value && self.is_negative == later.is_negative
    }

    fn write_value(&self, out: &mut dyn Write) -> fmt::Result {
        if self.is_signed {
            write_signed(self.value, out)
        } else {
            write_unsigned(self.value.cast_unsigned(), out)
        }
    }
}

impl ScalarRange {
    /// Writes the bounds and known bits that say something, separated by commas: `smin=0,smax=umax=9,var_off=(0x0; 0xf)`.
    ///
    /// Writes nothing exactly if [`is_unknown`](Self::is_unknown). Constants are no special case here; the log shows a
    /// constant register as [`write_signed`] of its value instead.
    pub fn write_fields(&self, out: &mut dyn Write) -> fmt::Result {
        let mut separator = "";
        let bounds = self.bounds();
        for (index, bound) in bounds.iter().enumerate() {
            let merges = |other: &&Bound| !other.is_extreme && other.merges_with(bound);
            if bound.is_extreme || bounds.iter().take(index).any(|earlier| merges(&earlier)) {
                continue;
            }
            out.write_str(separator)?;
            separator = ",";
            for merged in bounds.iter().skip(index).filter(merges) {
                write!(out, "{}=", merged.name)?;
            }
            bound.write_value(out)?;
        }
        if !self.tnum.is_unknown() {
            write!(out, "{separator}var_off={}", self.tnum)?;
        }
        Ok(())
    }

    /// In the order of the log.
    fn bounds(&self) -> [Bound; 8] {
        [
            Bound::signed("smin", End::Min, self.smin, i64::MIN),
            Bound::signed("smax", End::Max, self.smax, i64::MAX),
            Bound::unsigned("umin", End::Min, self.umin, u64::MIN),
            Bound::unsigned("umax", End::Max, self.umax, u64::MAX),
            Bound::signed32("smin32", End::Min, self.s32_min, i32::MIN),
            Bound::signed32("smax32", End::Max, self.s32_max, i32::MAX),
            Bound::unsigned32("umin32", End::Min, self.u32_min, u32::MIN),
            Bound::unsigned32("umax32", End::Max, self.u32_max, u32::MAX),
        ]
    }
}
