//! Learning from a conditional jump on two scalars that could go either way.

use skep_isa::{CondOp, Width};

use super::interval::{Interval, Word};
use super::range::ScalarRange;
use super::sanity::InvariantViolation;
use super::tnum::Tnum;

/// Which edge of a conditional jump is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Taken {
    /// The jump target: the relation holds.
    Jump,
    /// The next instruction: the relation does not hold.
    FallThrough,
}

/// The sanity of both operands after [`refine`]; Linux checks `a` before `b`, and the jump edge before the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a violation is logged, and the range is forgotten or the load fails"]
pub struct Refined {
    /// Of the destination register.
    pub a: Result<(), InvariantViolation>,
    /// Of the source register, or of the immediate's image.
    pub b: Result<(), InvariantViolation>,
}

/// What holds of two operands on one edge. The `greater` relations are these with the operands exchanged.
#[derive(Clone, Copy)]
enum Relation {
    Equal,
    NotEqual,
    SharesBit,
    SharesNoBit,
    Less,
    LessOrEqual,
    SignedLess,
    SignedLessOrEqual,
}

#[derive(Clone, Copy)]
enum Order {
    AsGiven,
    Exchanged,
}

/// Narrows both operands of an undecided `a op b` to what holds on the edge `taken`, and brings them in step.
///
/// Call it once for each edge with fresh copies; immediates are [`ScalarRange::immediate`]. Two names of one register
/// are [`refine_self`].
pub fn refine(
    op: CondOp,
    width: Width,
    a: &mut ScalarRange,
    b: &mut ScalarRange,
    taken: Taken,
) -> Refined {
    let (relation, order) = relation(op, taken);
    match order {
        Order::AsGiven => apply(relation, width, a, b),
        Order::Exchanged => apply(relation, width, b, a),
    }
    a.sync();
    b.sync();
    Refined {
        a: a.sanity(),
        b: b.sanity(),
    }
}

/// [`refine`] for a register compared with itself.
///
/// Linux does not see that such a jump is decided: `r < r` moves both ends of the one interval inward. It also checks
/// the register twice, as either operand.
pub fn refine_self(op: CondOp, width: Width, range: &mut ScalarRange, taken: Taken) -> Refined {
    match relation(op, taken).0 {
        Relation::Less => match width {
            Width::W32 => range.set_u32(shrunk(range.u32())),
            Width::W64 => range.set_u64(shrunk(range.u64())),
        },
        Relation::SignedLess => match width {
            Width::W32 => range.set_s32(shrunk(range.s32())),
            Width::W64 => range.set_s64(shrunk(range.s64())),
        },
        // Intersection with itself; or relations that need a constant operand, with which the jump is decided.
        Relation::Equal
        | Relation::LessOrEqual
        | Relation::SignedLessOrEqual
        | Relation::NotEqual
        | Relation::SharesBit
        | Relation::SharesNoBit => {}
    }
    range.sync();
    range.sync();
    // The second look finds what the first has left: bounds forgotten, but known bits kept.
    let a = range.sanity();
    let b = a.or_else(|_| {
        let mut forgotten = *range;
        forgotten.forget_bounds();
        forgotten.sanity()
    });
    Refined { a, b }
}

fn relation(op: CondOp, taken: Taken) -> (Relation, Order) {
    use Order::{AsGiven, Exchanged};
    match (op, taken) {
        (CondOp::Eq, Taken::Jump) | (CondOp::Ne, Taken::FallThrough) => (Relation::Equal, AsGiven),
        (CondOp::Ne, Taken::Jump) | (CondOp::Eq, Taken::FallThrough) => {
            (Relation::NotEqual, AsGiven)
        }
        (CondOp::Set, Taken::Jump) => (Relation::SharesBit, AsGiven),
        (CondOp::Set, Taken::FallThrough) => (Relation::SharesNoBit, AsGiven),
        (CondOp::Lt, Taken::Jump) | (CondOp::Ge, Taken::FallThrough) => (Relation::Less, AsGiven),
        (CondOp::Gt, Taken::Jump) | (CondOp::Le, Taken::FallThrough) => (Relation::Less, Exchanged),
        (CondOp::Le, Taken::Jump) | (CondOp::Gt, Taken::FallThrough) => {
            (Relation::LessOrEqual, AsGiven)
        }
        (CondOp::Ge, Taken::Jump) | (CondOp::Lt, Taken::FallThrough) => {
            (Relation::LessOrEqual, Exchanged)
        }
        (CondOp::SLt, Taken::Jump) | (CondOp::SGe, Taken::FallThrough) => {
            (Relation::SignedLess, AsGiven)
        }
        (CondOp::SGt, Taken::Jump) | (CondOp::SLe, Taken::FallThrough) => {
            (Relation::SignedLess, Exchanged)
        }
        (CondOp::SLe, Taken::Jump) | (CondOp::SGt, Taken::FallThrough) => {
            (Relation::SignedLessOrEqual, AsGiven)
        }
        (CondOp::SGe, Taken::Jump) | (CondOp::SLt, Taken::FallThrough) => {
            (Relation::SignedLessOrEqual, Exchanged)
        }
    }
}

fn apply(relation: Relation, width: Width, a: &mut ScalarRange, b: &mut ScalarRange) {
    match relation {
        Relation::Equal => equate(width, a, b),
        Relation::NotEqual => {
            if let Some((other, constant)) = against_constant(width, a, b) {
                exclude(width, other, constant);
            }
        }
        Relation::SharesBit => {
            if let Some((other, constant)) = against_constant(width, a, b)
                && constant.is_power_of_two()
            {
                set_bits(
                    width,
                    other,
                    bits(width, other).or(Tnum::constant(constant)),
                );
            }
        }
        Relation::SharesNoBit => {
            if let Some((other, constant)) = against_constant(width, a, b) {
                // The bounds might contradict the new bits where this edge is dead; Linux forgets them first.
                other.forget_bounds();
                set_bits(
                    width,
                    other,
                    bits(width, other).and(Tnum::constant(!constant)),
                );
            }
        }
        Relation::Less => match width {
            Width::W32 => order(a, b, ScalarRange::u32, ScalarRange::set_u32, below),
            Width::W64 => order(a, b, ScalarRange::u64, ScalarRange::set_u64, below),
        },
        Relation::LessOrEqual => match width {
            Width::W32 => order(a, b, ScalarRange::u32, ScalarRange::set_u32, not_above),
            Width::W64 => order(a, b, ScalarRange::u64, ScalarRange::set_u64, not_above),
        },
        Relation::SignedLess => match width {
            Width::W32 => order(a, b, ScalarRange::s32, ScalarRange::set_s32, below),
            Width::W64 => order(a, b, ScalarRange::s64, ScalarRange::set_s64, below),
        },
        Relation::SignedLessOrEqual => match width {
            Width::W32 => order(a, b, ScalarRange::s32, ScalarRange::set_s32, not_above),
            Width::W64 => order(a, b, ScalarRange::s64, ScalarRange::set_s64, not_above),
        },
    }
}

fn equate(width: Width, a: &mut ScalarRange, b: &mut ScalarRange) {
    let common = bits(width, a).intersect(bits(width, b));
    let (unsigned32, signed32) = (a.u32().meet(b.u32()), a.s32().meet(b.s32()));
    let (unsigned64, signed64) = (a.u64().meet(b.u64()), a.s64().meet(b.s64()));
    for operand in [a, b] {
        set_bits(width, operand, common);
        match width {
            Width::W32 => {
                operand.set_u32(unsigned32);
                operand.set_s32(signed32);
            }
            Width::W64 => {
                operand.set_u64(unsigned64);
                operand.set_s64(signed64);
            }
        }
    }
}

fn exclude(width: Width, range: &mut ScalarRange, value: u64) {
    match width {
        Width::W32 => {
            let value = value as u32;
            range.set_u32(range.u32().without_edge(value));
            range.set_s32(range.s32().without_edge(value.cast_signed()));
        }
        Width::W64 => {
            range.set_u64(range.u64().without_edge(value));
            range.set_s64(range.s64().without_edge(value.cast_signed()));
        }
    }
}

/// The operand compared with a constant, and the constant: `b` is asked first.
fn against_constant<'r>(
    width: Width,
    a: &'r mut ScalarRange,
    b: &'r mut ScalarRange,
) -> Option<(&'r mut ScalarRange, u64)> {
    match (a.const_in(width), b.const_in(width)) {
        (_, Some(constant)) => Some((a, constant)),
        (Some(constant), None) => Some((b, constant)),
        (None, None) => None,
    }
}

/// One view of both operands.
type Pair<T> = (Interval<T>, Interval<T>);

/// Narrows one view of both operands, reading and writing it by the given accessors.
fn order<T>(
    a: &mut ScalarRange,
    b: &mut ScalarRange,
    read: fn(&ScalarRange) -> Interval<T>,
    write: fn(&mut ScalarRange, Interval<T>),
    narrow: fn(Pair<T>) -> Pair<T>,
) {
    let (narrow_a, narrow_b) = narrow((read(a), read(b)));
    write(a, narrow_a);
    write(b, narrow_b);
}

/// `a < b`. The ends wrap where the relation is impossible, as they do in Linux.
fn below<T: Word>((a, b): Pair<T>) -> Pair<T> {
    (
        Interval::new(a.min, a.max.min(b.max.wrapping_dec())),
        Interval::new(a.min.wrapping_inc().max(b.min), b.max),
    )
}

/// `a <= b`.
fn not_above<T: Word>((a, b): Pair<T>) -> Pair<T> {
    (
        Interval::new(a.min, a.max.min(b.max)),
        Interval::new(a.min.max(b.min), b.max),
    )
}

/// What [`below`] makes of an interval that is both operands.
fn shrunk<T: Word>(range: Interval<T>) -> Interval<T> {
    let (upper, lower) = below((range, range));
    Interval::new(lower.min, upper.max)
}

fn bits(width: Width, range: &ScalarRange) -> Tnum {
    match width {
        Width::W32 => range.tnum.subreg(),
        Width::W64 => range.tnum,
    }
}

fn set_bits(width: Width, range: &mut ScalarRange, to: Tnum) {
    range.tnum = match width {
        Width::W32 => range.tnum.with_subreg(to),
        Width::W64 => to,
    };
}
