//! Addition, subtraction and multiplication of scalars.

use super::interval::{Interval, Word};
use super::range::ScalarRange;
use super::tnum::Tnum;

/// `dst + src`, views not yet in step.
pub(super) fn add(dst: &ScalarRange, src: &ScalarRange) -> ScalarRange {
    compose(
        dst.tnum.add(src.tnum),
        (
            add_or_lose(dst.s32(), src.s32()),
            add_unsigned(dst.u32(), src.u32()),
        ),
        (
            add_or_lose(dst.s64(), src.s64()),
            add_unsigned(dst.u64(), src.u64()),
        ),
    )
}

/// `dst - src`, views not yet in step.
pub(super) fn sub(dst: &ScalarRange, src: &ScalarRange) -> ScalarRange {
    compose(
        dst.tnum.sub(src.tnum),
        (
            sub_or_lose(dst.s32(), src.s32()),
            sub_unsigned(dst.u32(), src.u32()),
        ),
        (
            sub_or_lose(dst.s64(), src.s64()),
            sub_unsigned(dst.u64(), src.u64()),
        ),
    )
}

/// `dst * src`, views not yet in step.
pub(super) fn mul(dst: &ScalarRange, src: &ScalarRange) -> ScalarRange {
    compose(
        dst.tnum.mul(src.tnum),
        (
            mul_signed(dst.s32(), src.s32()),
            mul_unsigned(dst.u32(), src.u32()),
        ),
        (
            mul_signed(dst.s64(), src.s64()),
            mul_unsigned(dst.u64(), src.u64()),
        ),
    )
}

fn compose(
    tnum: Tnum,
    (s32, u32): (Interval<i32>, Interval<u32>),
    (s64, u64): (Interval<i64>, Interval<u64>),
) -> ScalarRange {
    let mut result = ScalarRange {
        tnum,
        ..ScalarRange::UNKNOWN
    };
    result.set_s32(s32);
    result.set_u32(u32);
    result.set_s64(s64);
    result.set_u64(u64);
    result
}

/// The sum, or everything if either end overflows.
pub(super) fn add_or_lose<S: Word>(a: Interval<S>, b: Interval<S>) -> Interval<S> {
    unless_overflow(
        a.min.overflowing_add(b.min),
        a.max.overflowing_add(b.max),
        |min, max| min || max,
    )
}

/// The difference, or everything if either end overflows.
pub(super) fn sub_or_lose<S: Word>(a: Interval<S>, b: Interval<S>) -> Interval<S> {
    unless_overflow(
        a.min.overflowing_sub(b.max),
        a.max.overflowing_sub(b.min),
        |min, max| min || max,
    )
}

/// The sum modulo 2^n; if both ends wrap, so does everything between them.
fn add_unsigned<U: Word>(a: Interval<U>, b: Interval<U>) -> Interval<U> {
    unless_overflow(
        a.min.overflowing_add(b.min),
        a.max.overflowing_add(b.max),
        |min, max| max && !min,
    )
}

/// The difference modulo 2^n; if both ends wrap, so does everything between them.
fn sub_unsigned<U: Word>(a: Interval<U>, b: Interval<U>) -> Interval<U> {
    unless_overflow(
        a.min.overflowing_sub(b.max),
        a.max.overflowing_sub(b.min),
        |min, max| min && !max,
    )
}

fn unless_overflow<T: Word>(
    min: (T, bool),
    max: (T, bool),
    lost: fn(bool, bool) -> bool,
) -> Interval<T> {
    if lost(min.1, max.1) {
        Interval::FULL
    } else {
        Interval::new(min.0, max.0)
    }
}

/// Between the least and the greatest product of two ends, or everything if any of the four overflows.
fn mul_signed<S: Word>(a: Interval<S>, b: Interval<S>) -> Interval<S> {
    let products = (
        a.min.checked_mul(b.min),
        a.min.checked_mul(b.max),
        a.max.checked_mul(b.min),
        a.max.checked_mul(b.max),
    );
    let (Some(p), Some(q), Some(r), Some(s)) = products else {
        return Interval::FULL;
    };
    Interval::new(p.min(q).min(r.min(s)), p.max(q).max(r.max(s)))
}

/// Between the products of the lower and of the upper ends, or everything if either overflows.
fn mul_unsigned<U: Word>(a: Interval<U>, b: Interval<U>) -> Interval<U> {
    match (a.min.checked_mul(b.min), a.max.checked_mul(b.max)) {
        (Some(min), Some(max)) => Interval::new(min, max),
        _ => Interval::FULL,
    }
}
