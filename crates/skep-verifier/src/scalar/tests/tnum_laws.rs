//! Tristate numbers, exhaustively on small widths: sound everywhere, optimal where the literature says so.

use super::std::vec::Vec;
use crate::scalar::Tnum;

const BITS: u32 = 4;

/// All tristate numbers of `BITS` bits, placed at the bottom, across the middle and at the top of the word.
fn small_tnums() -> Vec<Tnum> {
    let limit = 1_u64 << BITS;
    let pairs = (0..limit).flat_map(|mask| (0..limit).map(move |value| Tnum { value, mask }));
    let low: Vec<Tnum> = pairs.filter(|t| t.value & t.mask == 0).collect();
    let placed = |shift: u32| low.iter().map(move |t| t.lshift(shift));
    placed(0).chain(placed(30)).chain(placed(60)).collect()
}

fn members(t: Tnum) -> Vec<u64> {
    // Counts through the subsets of the mask.
    let mut found = Vec::from([t.value]);
    let mut subset = 0_u64;
    while subset != t.mask {
        subset = subset.wrapping_sub(t.mask) & t.mask;
        found.push(t.value | subset);
    }
    found
}

fn hull(words: impl IntoIterator<Item = u64>) -> Tnum {
    words
        .into_iter()
        .map(Tnum::constant)
        .reduce(Tnum::union)
        .unwrap()
}

enum Precision {
    Optimal,
    Sound,
}

fn check_binary(
    precision: Precision,
    tnum_op: fn(Tnum, Tnum) -> Tnum,
    word_op: fn(u64, u64) -> u64,
) {
    let operands = small_tnums();
    for &a in &operands {
        let a_members = members(a);
        for &b in &operands {
            let result = tnum_op(a, b);
            assert_eq!(result.value & result.mask, 0, "{a:?} {b:?}");
            let best = hull(
                members(b)
                    .iter()
                    .flat_map(|&y| a_members.iter().map(move |&x| word_op(x, y))),
            );
            match precision {
                Precision::Optimal => assert_eq!(result, best, "{a:?} {b:?}"),
                Precision::Sound => assert!(result.is_superset(best), "{a:?} {b:?}"),
            }
        }
    }
}

fn check_unary(tnum_op: impl Fn(Tnum) -> Tnum, word_op: impl Fn(u64) -> u64) {
    for a in small_tnums() {
        assert_eq!(
            tnum_op(a),
            hull(members(a).into_iter().map(&word_op)),
            "{a:?}"
        );
    }
}

#[test]
fn arithmetic_is_optimal_and_multiplication_sound() {
    check_binary(Precision::Optimal, Tnum::add, u64::wrapping_add);
    check_binary(Precision::Optimal, Tnum::sub, u64::wrapping_sub);
    check_binary(Precision::Sound, Tnum::mul, u64::wrapping_mul);
    check_unary(Tnum::neg, u64::wrapping_neg);
}

#[test]
fn bitwise_operations_are_optimal() {
    check_binary(Precision::Optimal, Tnum::and, |x, y| x & y);
    check_binary(Precision::Optimal, Tnum::or, |x, y| x | y);
    check_binary(Precision::Optimal, Tnum::xor, |x, y| x ^ y);
}

#[test]
fn shifts_casts_and_swaps_are_optimal() {
    for shift in [0, 1, 3, 31, 32, 63] {
        check_unary(|t| t.lshift(shift), |x| x << shift);
        check_unary(|t| t.rshift(shift), |x| x >> shift);
        check_unary(
            |t| t.arshift64(shift),
            |x| (x.cast_signed() >> shift).cast_unsigned(),
        );
        if shift < 32 {
            check_unary(
                |t| t.arshift32(shift),
                |x| u64::from(((x as u32).cast_signed() >> shift).cast_unsigned()),
            );
        }
    }
    check_unary(|t| t.cast(1), |x| x & 0xff);
    check_unary(|t| t.cast(2), |x| x & 0xffff);
    check_unary(|t| t.cast(8), |x| x);
    check_unary(Tnum::subreg, |x| x & 0xffff_ffff);
    check_unary(|t| t.with_const_subreg(7), |x| x >> 32 << 32 | 7);
    check_unary(|t| t.swap_bytes(2), |x| u64::from((x as u16).swap_bytes()));
    check_unary(|t| t.swap_bytes(4), |x| u64::from((x as u32).swap_bytes()));
    check_unary(|t| t.swap_bytes(8), u64::swap_bytes);
}

#[test]
fn ranges_hold_exactly_the_words_with_the_common_high_bits() {
    for min in 0..64_u64 {
        for max in min..64 {
            assert_eq!(Tnum::range(min, max), hull(min..=max), "{min} {max}");
        }
    }
    assert_eq!(Tnum::range(0, u64::MAX), Tnum::UNKNOWN);
    assert_eq!(
        Tnum::range(1 << 63, u64::MAX),
        Tnum {
            value: 1 << 63,
            mask: u64::MAX >> 1
        }
    );
}

#[test]
fn set_relations_agree_with_the_members() {
    let all = small_tnums();
    for &a in &all {
        let a_members = members(a);
        assert_eq!(a.min(), *a_members.iter().min().unwrap());
        assert_eq!(a.max(), *a_members.iter().max().unwrap());
        for size in [1, 2, 4, 8, 1 << 31] {
            assert_eq!(
                a.is_aligned(size),
                a_members.iter().all(|x| x % size == 0),
                "{a:?} {size}"
            );
        }
        for &b in &all {
            let b_members = members(b);
            let common: Vec<u64> = a_members
                .iter()
                .copied()
                .filter(|x| b_members.contains(x))
                .collect();
            assert_eq!(a.overlaps(b), !common.is_empty(), "{a:?} {b:?}");
            assert_eq!(
                a.is_superset(b),
                common.len() == b_members.len(),
                "{a:?} {b:?}"
            );
            if !common.is_empty() {
                assert_eq!(a.intersect(b), hull(common), "{a:?} {b:?}");
            }
        }
    }
}

#[test]
fn next_member_is_the_least_greater_one() {
    for t in small_tnums() {
        let mut sorted = members(t);
        sorted.sort_unstable();
        let probes = sorted
            .iter()
            .flat_map(|&m| (0..40).map(move |d: u64| m.wrapping_add(d).wrapping_sub(20)));
        for word in probes.chain([0, 1, u64::MAX, 1 << 63]) {
            let expected = sorted
                .iter()
                .find(|&&m| m > word)
                .unwrap_or(sorted.last().unwrap());
            assert_eq!(t.next_member(word), *expected, "{t:?} {word:#x}");
        }
    }
}
