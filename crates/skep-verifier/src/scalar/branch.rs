//! Predicting a conditional jump on two scalars.

use skep_isa::{CondOp, Width};

use super::interval::{Interval, Word};
use super::range::ScalarRange;
use super::tnum::Tnum;

/// Whether `a op b` holds for all members (`Some(true)`), for none (`Some(false)`), or is not known.
///
/// Immediates are [`ScalarRange::immediate`]. Comparing a register with itself is no special case.
pub fn branch_taken(op: CondOp, width: Width, a: &ScalarRange, b: &ScalarRange) -> Option<bool> {
    match op {
        CondOp::Eq => equal(width, a, b),
        CondOp::Ne => equal(width, a, b).map(|equal| !equal),
        CondOp::Set => shares_bit(width, a, b),
        CondOp::Lt => less_unsigned(width, a, b),
        CondOp::Gt => less_unsigned(width, b, a),
        CondOp::Ge => less_unsigned(width, a, b).map(|less| !less),
        CondOp::Le => less_unsigned(width, b, a).map(|less| !less),
        CondOp::SLt => less_signed(width, a, b),
        CondOp::SGt => less_signed(width, b, a),
        CondOp::SGe => less_signed(width, a, b).map(|less| !less),
        CondOp::SLe => less_signed(width, b, a).map(|less| !less),
    }
}

/// The known bits an operation of `width` sees.
fn bits(width: Width, range: &ScalarRange) -> Tnum {
    match width {
        Width::W32 => range.tnum.subreg(),
        Width::W64 => range.tnum,
    }
}

fn equal(width: Width, a: &ScalarRange, b: &ScalarRange) -> Option<bool> {
    if let (Some(a), Some(b)) = (a.const_in(width), b.const_in(width)) {
        return Some(a == b);
    }
    let halves_disjoint = || a.u32().is_disjoint(b.u32()) || a.s32().is_disjoint(b.s32());
    let disjoint = !bits(width, a).overlaps(bits(width, b))
        || match width {
            Width::W32 => halves_disjoint(),
            Width::W64 => {
                a.u64().is_disjoint(b.u64()) || a.s64().is_disjoint(b.s64()) || halves_disjoint()
            }
        };
    disjoint.then_some(false)
}

fn shares_bit(width: Width, a: &ScalarRange, b: &ScalarRange) -> Option<bool> {
    let (other, constant) = match (a.const_in(width), b.const_in(width)) {
        (_, Some(constant)) => (a, constant),
        (Some(constant), None) => (b, constant),
        (None, None) => return None,
    };
    let other = bits(width, other);
    if other.min() & constant != 0 {
        Some(true)
    } else if other.max() & constant == 0 {
        Some(false)
    } else {
        None
    }
}

fn less_unsigned(width: Width, a: &ScalarRange, b: &ScalarRange) -> Option<bool> {
    match width {
        Width::W32 => less(a.u32(), b.u32()),
        Width::W64 => less(a.u64(), b.u64()),
    }
}

fn less_signed(width: Width, a: &ScalarRange, b: &ScalarRange) -> Option<bool> {
    match width {
        Width::W32 => less(a.s32(), b.s32()),
        Width::W64 => less(a.s64(), b.s64()),
    }
}

fn less<T: Word>(a: Interval<T>, b: Interval<T>) -> Option<bool> {
    if a.max < b.min {
        Some(true)
    } else if a.min >= b.max {
        Some(false)
    } else {
        None
    }
}
