//! The self-check Linux makes after most instructions: five views that contradict each other are a verifier bug, or
//! the mark of a dead path.

use core::fmt;

use super::range::ScalarRange;

/// The rule a range breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvariantRule {
    /// One of the four intervals is empty.
    Bounds,
    /// Every bit is known, but the 64-bit intervals are not that point.
    ConstTnum,
    /// Every bit of the low half is known, but the 32-bit intervals are not that point.
    ConstSubreg,
}

/// A range whose views contradict each other.
///
/// Linux logs `verifier bug: REG INVARIANTS VIOLATION (CONTEXT): ` and what `Display` writes here. With
/// `BPF_F_TEST_REG_INVARIANTS` the load then fails with `EFAULT`; without, the walk goes on after
/// [`ScalarRange::forget_bounds`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvariantViolation {
    /// The first rule that is broken.
    pub rule: InvariantRule,
    /// The range as it was found.
    pub range: ScalarRange,
}

impl ScalarRange {
    /// Checks that no view is empty, and that views of a constant are that constant.
    pub fn sanity(&self) -> Result<(), InvariantViolation> {
        match self.broken_rule() {
            None => Ok(()),
            Some(rule) => Err(InvariantViolation { rule, range: *self }),
        }
    }

    fn broken_rule(&self) -> Option<InvariantRule> {
        if self.u64().is_empty()
            || self.s64().is_empty()
            || self.u32().is_empty()
            || self.s32().is_empty()
        {
            return Some(InvariantRule::Bounds);
        }
        let is_word_point =
            |value: u64| self.u64().is_point(value) && self.s64().is_point(value.cast_signed());
        if self.is_const().is_some_and(|value| !is_word_point(value)) {
            return Some(InvariantRule::ConstTnum);
        }
        let is_half_point =
            |value: u32| self.u32().is_point(value) && self.s32().is_point(value.cast_signed());
        if self.const32().is_some_and(|value| !is_half_point(value)) {
            return Some(InvariantRule::ConstSubreg);
        }
        None
    }
}

impl fmt::Display for InvariantRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bounds => "range bounds violation",
            Self::ConstTnum => "const tnum out of sync with range bounds",
            Self::ConstSubreg => "const subreg tnum out of sync with range bounds",
        })
    }
}

impl fmt::Display for InvariantViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, range: r } = self;
        write!(
            f,
            "{rule} u64=[{:#x}, {:#x}] s64=[{:#x}, {:#x}] ",
            r.umin, r.umax, r.smin, r.smax
        )?;
        write!(
            f,
            "u32=[{:#x}, {:#x}] s32=[{:#x}, {:#x}] ",
            r.u32_min, r.u32_max, r.s32_min, r.s32_max
        )?;
        write!(f, "var_off=({:#x}, {:#x})", r.tnum.value, r.tnum.mask)
    }
}
