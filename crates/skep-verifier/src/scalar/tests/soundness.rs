//! Soundness by sampling: no operation loses a concrete result, no prediction lies, no refinement drops a member.

use super::Random;
use super::std::vec::Vec;
use crate::scalar::interval::Interval;
use crate::scalar::{
    ByteOrder, ScalarRange, Taken, Tnum, alu, branch_taken, convert_endian, negate, pointer_minus,
    pointer_plus, refine, refine_self,
};
use skep_isa::{AluOp, CondOp, EndianOp, EndianWidth, Width};

const ROUNDS: u32 = 20_000;
const WIDTHS: [Width; 2] = [Width::W32, Width::W64];

/// A range, in step, and some of its members.
struct Sample {
    range: ScalarRange,
    members: Vec<u64>,
}

impl Random {
    /// The five hulls of a few words, each randomly widened.
    fn sample(&mut self) -> Sample {
        let base = self.word();
        let count = self.below(5);
        let spread = self.below(64);
        let mut members = Vec::from([base]);
        for _ in 0..count {
            let other = if self.below(4) == 0 {
                self.word()
            } else {
                base.wrapping_add(self.next() >> spread)
            };
            members.push(other);
        }
        let mut range = ScalarRange::constant(base);
        for &member in &members {
            let point = ScalarRange::constant(member);
            range.tnum = range.tnum.union(point.tnum);
            range.set_u64(hull(range.u64(), point.u64()));
            range.set_s64(hull(range.s64(), point.s64()));
            range.set_u32(hull(range.u32(), point.u32()));
            range.set_s32(hull(range.s32(), point.s32()));
        }
        match self.below(8) {
            0 => range.mark32_unknown(),
            1 => range.mark64_unknown(),
            2 => range.tnum = Tnum::UNKNOWN,
            3 => range.forget_bounds(),
            _ => {}
        }
        range.sync();
        assert_holds(&range, members.iter().copied(), "sync");
        assert_eq!(range.sanity(), Ok(()));
        Sample { range, members }
    }
}

fn hull<T: Ord>(a: Interval<T>, b: Interval<T>) -> Interval<T> {
    Interval {
        min: a.min.min(b.min),
        max: a.max.max(b.max),
    }
}

#[track_caller]
fn assert_holds(range: &ScalarRange, members: impl IntoIterator<Item = u64>, what: &str) {
    for member in members {
        assert!(
            range.contains_value(member),
            "{what}: {member:#x} is not in {}",
            super::shown(range)
        );
    }
}

fn concrete(op: AluOp, width: Width, x: u64, y: u64) -> u64 {
    let (a, b) = (x as u32, y as u32);
    let (sa, sb) = (a.cast_signed(), b.cast_signed());
    let (sx, sy) = (x.cast_signed(), y.cast_signed());
    match (op, width) {
        (AluOp::Add, Width::W64) => x.wrapping_add(y),
        (AluOp::Sub, Width::W64) => x.wrapping_sub(y),
        (AluOp::Mul, Width::W64) => x.wrapping_mul(y),
        (AluOp::Div, Width::W64) => x.checked_div(y).unwrap_or(0),
        (AluOp::SDiv, Width::W64) => {
            if y == 0 {
                0
            } else {
                sx.wrapping_div(sy).cast_unsigned()
            }
        }
        (AluOp::Mod, Width::W64) => x.checked_rem(y).unwrap_or(x),
        (AluOp::SMod, Width::W64) => {
            if y == 0 {
                x
            } else {
                sx.wrapping_rem(sy).cast_unsigned()
            }
        }
        (AluOp::And, Width::W64) => x & y,
        (AluOp::Or, Width::W64) => x | y,
        (AluOp::Xor, Width::W64) => x ^ y,
        (AluOp::Lsh, Width::W64) => x.wrapping_shl(b),
        (AluOp::Rsh, Width::W64) => x.wrapping_shr(b),
        (AluOp::Arsh, Width::W64) => sx.wrapping_shr(b).cast_unsigned(),
        (AluOp::Add, Width::W32) => u64::from(a.wrapping_add(b)),
        (AluOp::Sub, Width::W32) => u64::from(a.wrapping_sub(b)),
        (AluOp::Mul, Width::W32) => u64::from(a.wrapping_mul(b)),
        (AluOp::Div, Width::W32) => u64::from(a.checked_div(b).unwrap_or(0)),
        (AluOp::SDiv, Width::W32) => {
            if b == 0 {
                0
            } else {
                u64::from(sa.wrapping_div(sb).cast_unsigned())
            }
        }
        (AluOp::Mod, Width::W32) => u64::from(a.checked_rem(b).unwrap_or(a)),
        (AluOp::SMod, Width::W32) => u64::from(if b == 0 {
            a
        } else {
            sa.wrapping_rem(sb).cast_unsigned()
        }),
        (AluOp::And, Width::W32) => u64::from(a & b),
        (AluOp::Or, Width::W32) => u64::from(a | b),
        (AluOp::Xor, Width::W32) => u64::from(a ^ b),
        (AluOp::Lsh, Width::W32) => u64::from(a.wrapping_shl(b)),
        (AluOp::Rsh, Width::W32) => u64::from(a.wrapping_shr(b)),
        (AluOp::Arsh, Width::W32) => u64::from(sa.wrapping_shr(b).cast_unsigned()),
    }
}

fn holds(op: CondOp, width: Width, x: u64, y: u64) -> bool {
    let (x, y, sx, sy) = match width {
        Width::W64 => (x, y, x.cast_signed(), y.cast_signed()),
        Width::W32 => {
            let (a, b) = (x as u32, y as u32);
            (
                a.into(),
                b.into(),
                a.cast_signed().into(),
                b.cast_signed().into(),
            )
        }
    };
    match op {
        CondOp::Eq => x == y,
        CondOp::Ne => x != y,
        CondOp::Set => x & y != 0,
        CondOp::Gt => x > y,
        CondOp::Ge => x >= y,
        CondOp::Lt => x < y,
        CondOp::Le => x <= y,
        CondOp::SGt => sx > sy,
        CondOp::SGe => sx >= sy,
        CondOp::SLt => sx < sy,
        CondOp::SLe => sx <= sy,
    }
}

const ALU_OPS: [AluOp; 13] = [
    AluOp::Add,
    AluOp::Sub,
    AluOp::Mul,
    AluOp::Div,
    AluOp::SDiv,
    AluOp::Or,
    AluOp::And,
    AluOp::Lsh,
    AluOp::Rsh,
    AluOp::Mod,
    AluOp::SMod,
    AluOp::Xor,
    AluOp::Arsh,
];

const COND_OPS: [CondOp; 11] = [
    CondOp::Eq,
    CondOp::Ne,
    CondOp::Gt,
    CondOp::Ge,
    CondOp::Lt,
    CondOp::Le,
    CondOp::Set,
    CondOp::SGt,
    CondOp::SGe,
    CondOp::SLt,
    CondOp::SLe,
];

#[test]
fn alu_loses_no_result() {
    let mut random = Random(1);
    for _ in 0..ROUNDS {
        let a = random.sample();
        let b = match random.below(3) {
            0 => {
                let amount = random.below(64);
                Sample {
                    range: ScalarRange::constant(amount),
                    members: Vec::from([amount]),
                }
            }
            _ => random.sample(),
        };
        for op in ALU_OPS {
            for width in WIDTHS {
                let result = alu(op, width, &a.range, &b.range);
                let words = a
                    .members
                    .iter()
                    .flat_map(|&x| b.members.iter().map(move |&y| concrete(op, width, x, y)));
                assert_holds(&result, words, "alu");
                assert_eq!(result.sanity(), Ok(()), "{op:?} {width:?}");
            }
        }
        let negated = a.members.iter().map(|x| x.wrapping_neg());
        assert_holds(&negate(Width::W64, &a.range), negated.clone(), "neg");
        assert_holds(
            &negate(Width::W32, &a.range),
            negated.map(|x| x & 0xffff_ffff),
            "neg32",
        );
    }
}

#[test]
fn pointer_offsets_lose_no_result() {
    let mut random = Random(2);
    for _ in 0..ROUNDS {
        let (a, b) = (random.sample(), random.sample());
        for op in [AluOp::Add, AluOp::Sub] {
            let mut moved = match op {
                AluOp::Add => pointer_plus(&a.range, &b.range),
                _ => pointer_minus(&a.range, &b.range),
            };
            moved.sync();
            let words = a.members.iter().flat_map(|&x| {
                b.members
                    .iter()
                    .map(move |&y| concrete(op, Width::W64, x, y))
            });
            assert_holds(&moved, words, "pointer");
        }
    }
}

#[test]
fn resizing_loses_no_result() {
    let mut random = Random(3);
    for _ in 0..ROUNDS {
        let Sample { range, members } = random.sample();
        let check = |resize: fn(&mut ScalarRange), concrete: fn(u64) -> u64| {
            let mut resized = range;
            resize(&mut resized);
            assert_holds(&resized, members.iter().copied().map(concrete), "resize");
        };
        check(|r| r.zext_32_to_64(), |x| u64::from(x as u32));
        check(|r| r.truncate(1), |x| u64::from(x as u8));
        check(|r| r.truncate(2), |x| u64::from(x as u16));
        check(|r| r.truncate(4), |x| u64::from(x as u32));
        check(|r| r.truncate(8), |x| x);
        check(|r| r.sign_extend_64(1), |x| x as i8 as u64);
        check(|r| r.sign_extend_64(2), |x| x as i16 as u64);
        check(|r| r.sign_extend_64(4), |x| x as i32 as u64);
        check(|r| r.sign_extend_32(1), |x| u64::from(x as i8 as u32));
        check(|r| r.sign_extend_32(2), |x| u64::from(x as i16 as u32));
        for (op, machine) in [
            (EndianOp::Swap, ByteOrder::Big),
            (EndianOp::Be, ByteOrder::Little),
        ] {
            let swapped = |width| convert_endian(op, width, machine, &range);
            let words = members.iter().copied();
            assert_holds(
                &swapped(EndianWidth::B16),
                words.clone().map(|x| (x as u16).swap_bytes().into()),
                "swap",
            );
            assert_holds(
                &swapped(EndianWidth::B32),
                words.clone().map(|x| (x as u32).swap_bytes().into()),
                "swap",
            );
            assert_holds(
                &swapped(EndianWidth::B64),
                words.map(u64::swap_bytes),
                "swap",
            );
        }
    }
}

#[test]
fn predictions_never_lie_and_refinement_keeps_what_is_consistent() {
    let mut random = Random(4);
    for _ in 0..ROUNDS {
        let a = random.sample();
        let b = match random.below(3) {
            0 => Sample {
                range: a.range,
                members: a.members.clone(),
            },
            1 => {
                let near = random
                    .pick(&a.members)
                    .wrapping_add(random.below(3))
                    .wrapping_sub(1);
                Sample {
                    range: ScalarRange::constant(near),
                    members: Vec::from([near]),
                }
            }
            _ => random.sample(),
        };
        for (op, width) in COND_OPS
            .into_iter()
            .flat_map(|op| WIDTHS.map(|width| (op, width)))
        {
            let predicted = branch_taken(op, width, &a.range, &b.range);
            let (mut jump, mut fall) = ((a.range, b.range), (a.range, b.range));
            let _ = refine(op, width, &mut jump.0, &mut jump.1, Taken::Jump);
            let _ = refine(op, width, &mut fall.0, &mut fall.1, Taken::FallThrough);
            for (&x, &y) in a
                .members
                .iter()
                .flat_map(|x| b.members.iter().map(move |y| (x, y)))
            {
                let truth = holds(op, width, x, y);
                assert!(
                    predicted.is_none_or(|p| p == truth),
                    "{op:?} {width:?} {x:#x} {y:#x}"
                );
                let edge = if truth { &jump } else { &fall };
                assert_holds(&edge.0, [x], "refine");
                assert_holds(&edge.1, [y], "refine");
            }
        }
    }
}

#[test]
fn refining_a_register_by_itself_keeps_members_of_live_edges() {
    let mut random = Random(5);
    for _ in 0..ROUNDS {
        let Sample { range, members } = random.sample();
        for (op, width) in COND_OPS
            .into_iter()
            .flat_map(|op| WIDTHS.map(|width| (op, width)))
        {
            for &x in &members {
                let taken = if holds(op, width, x, x) {
                    Taken::Jump
                } else {
                    Taken::FallThrough
                };
                let mut refined = range;
                let _ = refine_self(op, width, &mut refined, taken);
                assert_holds(&refined, [x], "refine_self");
            }
        }
    }
}
