//! Answers Linux 6.18 was seen to give, so that they are checked where there is no kernel to ask.

use super::shown;
use crate::scalar::{
    InvariantRule, ScalarRange, Taken, Tnum, alu, branch_taken, negate, refine, refine_self,
};
use skep_isa::{AluOp, CondOp, Width};

fn imm(value: i32) -> ScalarRange {
    ScalarRange::immediate(value)
}

fn op(op: AluOp, width: Width, dst: &ScalarRange, src: i32) -> ScalarRange {
    alu(op, width, dst, &imm(src))
}

fn edge(op: CondOp, width: Width, range: &ScalarRange, src: i32, taken: Taken) -> ScalarRange {
    let mut refined = *range;
    let _ = refine(op, width, &mut refined, &mut imm(src), taken);
    refined
}

fn between(min: i32, max: i32) -> ScalarRange {
    let above = edge(
        CondOp::SGe,
        Width::W64,
        &ScalarRange::UNKNOWN,
        min,
        Taken::Jump,
    );
    edge(CondOp::SLe, Width::W64, &above, max, Taken::Jump)
}

#[test]
fn a_32_bit_compare_bounds_the_low_half_and_zero_extension_the_word() {
    let mut r0 = edge(
        CondOp::Gt,
        Width::W32,
        &ScalarRange::UNKNOWN,
        100,
        Taken::FallThrough,
    );
    assert_eq!(
        shown(&r0),
        "scalar(smax=0x7fffffff00000064,umax=0xffffffff00000064,smin32=0,smax32=umax32=100,\
         var_off=(0x0; 0xffffffff0000007f))"
    );
    r0.zext_32_to_64();
    assert_eq!(
        shown(&r0),
        "scalar(smin=smin32=0,smax=umax=smax32=umax32=100,var_off=(0x0; 0x7f))"
    );
}

#[test]
fn a_32_bit_sign_test_bounds_a_sign_extended_word() {
    let mut r1 = ScalarRange::UNKNOWN;
    r1.sign_extend_64(4);
    assert_eq!(
        shown(&r1),
        "scalar(smin=0xffffffff80000000,smax=0x7fffffff)"
    );
    let positive = edge(CondOp::SLt, Width::W32, &r1, 0, Taken::FallThrough);
    assert_eq!(
        shown(&positive),
        "scalar(smin=smin32=0,smax=umax=umax32=0x7fffffff,var_off=(0x0; 0x7fffffff))"
    );
    let negative = edge(CondOp::SLt, Width::W32, &r1, 0, Taken::Jump);
    assert_eq!((negative.smin, negative.smax), (i32::MIN.into(), -1));
    assert_eq!(
        negative.tnum,
        Tnum {
            value: 0xffff_ffff_8000_0000,
            mask: 0x7fff_ffff
        }
    );
}

#[test]
fn an_unsigned_compare_splits_a_range_around_zero() {
    let r6 = between(-10, 20);
    let small = edge(CondOp::Gt, Width::W64, &r6, 0xffff, Taken::FallThrough);
    assert_eq!(
        (small.umin, small.umax, small.tnum),
        (
            0,
            20,
            Tnum {
                value: 0,
                mask: 0x1f
            }
        )
    );
    let large = edge(CondOp::Gt, Width::W64, &r6, 0xffff, Taken::Jump);
    assert_eq!(
        (large.smin, large.smax, large.umin),
        (-10, -1, 0xffff_ffff_ffff_fff6)
    );
}

#[test]
fn the_only_member_between_the_bounds_is_the_value() {
    let multiple_of_16 = op(AluOp::And, Width::W64, &ScalarRange::UNKNOWN, 0xf0);
    let above = edge(CondOp::Ge, Width::W64, &multiple_of_16, 0x21, Taken::Jump);
    let only = edge(CondOp::Le, Width::W64, &above, 0x3f, Taken::Jump);
    assert_eq!(only.is_const(), Some(48));
}

#[test]
fn arithmetic_on_small_ranges() {
    let r = op(AluOp::And, Width::W64, &ScalarRange::UNKNOWN, 7);
    let scaled = op(
        AluOp::Mul,
        Width::W64,
        &op(AluOp::Sub, Width::W64, &r, 4),
        -3,
    );
    assert_eq!(
        (scaled.smin, scaled.smax, scaled.s32_min, scaled.s32_max),
        (-9, 12, -9, 12)
    );
    let scaled = op(
        AluOp::Mul,
        Width::W32,
        &op(AluOp::Sub, Width::W32, &r, 4),
        -3,
    );
    assert_eq!(
        (scaled.umin, scaled.umax, scaled.s32_min, scaled.s32_max),
        (0, 0xffff_ffff, -9, 12)
    );
    let difference = alu(AluOp::Sub, Width::W64, &imm(3), &r);
    assert_eq!(
        (difference.smin, difference.smax, difference.umax),
        (-4, 3, u64::MAX)
    );
    let negative = alu(AluOp::Sub, Width::W64, &imm(-1), &r);
    assert_eq!((negative.smin, negative.smax), (-8, -1));
    assert_eq!(
        negative.tnum,
        Tnum {
            value: 0xffff_ffff_ffff_fff8,
            mask: 7
        }
    );
    let wrapped = op(
        AluOp::Sub,
        Width::W32,
        &op(AluOp::And, Width::W32, &r, 3),
        5,
    );
    assert_eq!(
        (wrapped.u32_min, wrapped.u32_max),
        (0xffff_fffb, 0xffff_fffe)
    );
    assert_eq!(negate(Width::W64, &r).smin, -7);
    let stepped = Tnum {
        value: 0,
        mask: 0xc,
    }
    .mul(Tnum::constant(5));
    assert_eq!(
        stepped,
        Tnum {
            value: 0,
            mask: 0x3c
        }
    );
}

#[test]
fn division_and_variable_shifts_leave_nothing_known() {
    let small = between(0, 7);
    for width in [Width::W32, Width::W64] {
        for divide in [AluOp::Div, AluOp::SDiv, AluOp::Mod, AluOp::SMod] {
            assert!(op(divide, width, &imm(6), 3).is_unknown());
        }
        assert!(alu(AluOp::Lsh, width, &imm(1), &small).is_unknown());
    }
    assert!(op(AluOp::Rsh, Width::W32, &small, 32).is_unknown());
    assert!(!op(AluOp::Rsh, Width::W64, &small, 32).is_unknown());
}

#[test]
fn a_sign_mask_splits_into_its_two_values() {
    let mask = op(AluOp::Arsh, Width::W64, &ScalarRange::UNKNOWN, 63);
    assert_eq!(mask.split_sign_mask(), Some((imm(-1), imm(0))));
    let low_mask = op(AluOp::Arsh, Width::W32, &ScalarRange::UNKNOWN, 31);
    let (ones, zeros) = low_mask.split_sign_mask().unwrap();
    assert_eq!((ones.const32(), zeros.const32()), (Some(u32::MAX), Some(0)));
    assert_eq!(ScalarRange::UNKNOWN.split_sign_mask(), None);
}

#[test]
fn refinement_details_of_linux() {
    let even = edge(
        CondOp::Set,
        Width::W64,
        &between(5, 100),
        1,
        Taken::FallThrough,
    );
    assert_eq!(
        (even.umin, even.umax, even.tnum),
        (
            0,
            126,
            Tnum {
                value: 0,
                mask: 0x7e
            }
        ),
        "bounds are forgotten"
    );

    let mut bit = between(0, 1);
    let _ = refine_self(CondOp::Lt, Width::W64, &mut bit, Taken::Jump);
    assert_eq!(
        bit.is_const(),
        Some(1),
        "no special case for one register on both sides"
    );

    let (mut a, mut b) = (between(0, 0xff), between(0, 0xfff));
    let _ = refine(CondOp::Gt, Width::W64, &mut a, &mut b, Taken::Jump);
    assert_eq!((a.umin, a.umax, b.umin, b.umax), (1, 255, 0, 254));
    assert_eq!(branch_taken(CondOp::Gt, Width::W64, &a, &b), None);
    assert_eq!(
        branch_taken(CondOp::Set, Width::W64, &imm(6), &imm(4)),
        Some(true)
    );
}

#[test]
fn contradictions_are_named_and_shown() {
    let empty = ScalarRange {
        umin: 5,
        umax: 4,
        ..ScalarRange::UNKNOWN
    };
    let violation = empty.sanity().unwrap_err();
    assert_eq!(violation.rule, InvariantRule::Bounds);
    assert_eq!(
        super::std::format!("{violation}"),
        "range bounds violation u64=[0x5, 0x4] s64=[0x8000000000000000, 0x7fffffffffffffff] \
         u32=[0x0, 0xffffffff] s32=[0x80000000, 0x7fffffff] var_off=(0x0, 0xffffffffffffffff)"
    );
    let loose = ScalarRange {
        tnum: Tnum::constant(1),
        ..ScalarRange::UNKNOWN
    };
    assert_eq!(loose.sanity().unwrap_err().rule, InvariantRule::ConstTnum);
    let loose = ScalarRange {
        tnum: Tnum::UNKNOWN.with_const_subreg(1),
        ..ScalarRange::UNKNOWN
    };
    assert_eq!(loose.sanity().unwrap_err().rule, InvariantRule::ConstSubreg);
}
