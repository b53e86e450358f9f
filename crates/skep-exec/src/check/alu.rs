//! Arithmetic and comparisons on numbers, total as RFC 9669 section 4 defines them.

use skep_isa::{AluOp, CondOp, Width};

/// `left op right`; the upper half of a 32-bit result is zero.
#[inline]
pub(crate) const fn compute(op: AluOp, width: Width, left: u64, right: u64) -> u64 {
    match width {
        Width::W64 => compute64(op, left, right),
        Width::W32 => compute32(op, left as u32, right as u32) as u64,
    }
}

macro_rules! compute_at {
    ($name:ident, $unsigned:ty, $signed:ty) => {
        const fn $name(op: AluOp, left: $unsigned, right: $unsigned) -> $unsigned {
            let (signed_left, signed_right) = (left as $signed, right as $signed);
            match op {
                AluOp::Add => left.wrapping_add(right),
                AluOp::Sub => left.wrapping_sub(right),
                AluOp::Mul => left.wrapping_mul(right),
                AluOp::Div => match left.checked_div(right) {
                    Some(quotient) => quotient,
                    None => 0,
                },
                AluOp::SDiv if right == 0 => 0,
                AluOp::SDiv => signed_left.wrapping_div(signed_right) as $unsigned,
                AluOp::Mod => match left.checked_rem(right) {
                    Some(remainder) => remainder,
                    None => left,
                },
                AluOp::SMod if right == 0 => left,
                AluOp::SMod => signed_left.wrapping_rem(signed_right) as $unsigned,
                AluOp::Or => left | right,
                AluOp::And => left & right,
                AluOp::Xor => left ^ right,
                AluOp::Lsh => left.wrapping_shl(right as u32),
                AluOp::Rsh => left.wrapping_shr(right as u32),
                AluOp::Arsh => signed_left.wrapping_shr(right as u32) as $unsigned,
            }
        }
    };
}

compute_at!(compute64, u64, i64);
compute_at!(compute32, u32, i32);

/// Does `left op right` hold?
#[inline]
pub(crate) const fn holds(op: CondOp, width: Width, left: u64, right: u64) -> bool {
    let (left, right, signed_left, signed_right) = match width {
        Width::W64 => (left, right, left as i64, right as i64),
        Width::W32 => (
            left as u32 as u64,
            right as u32 as u64,
            left as u32 as i32 as i64,
            right as u32 as i32 as i64,
        ),
    };
    match op {
        CondOp::Eq => left == right,
        CondOp::Ne => left != right,
        CondOp::Gt => left > right,
        CondOp::Ge => left >= right,
        CondOp::Lt => left < right,
        CondOp::Le => left <= right,
        CondOp::Set => left & right != 0,
        CondOp::SGt => signed_left > signed_right,
        CondOp::SGe => signed_left >= signed_right,
        CondOp::SLt => signed_left < signed_right,
        CondOp::SLe => signed_left <= signed_right,
    }
}

/// The low `bits` bits (at least one).
#[inline]
pub(crate) const fn truncate(value: u64, bits: u8) -> u64 {
    value & u64::MAX.wrapping_shr(64_u32.wrapping_sub(bits as u32))
}

/// The low `bits` bits (at least one) as a signed number.
#[inline]
pub(crate) const fn sign_extend(value: u64, bits: u8) -> u64 {
    let unused = 64_u32.wrapping_sub(bits as u32);
    (value.wrapping_shl(unused) as i64).wrapping_shr(unused) as u64
}

/// A result at its width.
#[inline]
pub(crate) const fn at_width(width: Width, value: u64) -> u64 {
    match width {
        Width::W64 => value,
        Width::W32 => value as u32 as u64,
    }
}
