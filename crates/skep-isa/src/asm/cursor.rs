//! [`Cursor`]: a position in a line, and the small words both dialects share.

use super::AsmErrorKind;
use crate::{Reg, Width};
use alloc::string::ToString;

/// Where a jump or call goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Target<'a> {
    /// Distance in slots from the next slot.
    Distance(i32),
    /// A label.
    Label(&'a str),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Cursor<'a> {
        Cursor { rest: text.trim() }
    }

    /// The text not read yet.
    pub(crate) fn rest(&self) -> &'a str {
        self.rest
    }

    pub(crate) fn at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// Reads these characters if they come next.
    pub(crate) fn eat(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    /// Reads this whole word if it comes next.
    pub(crate) fn eat_word(&mut self, word: &str) -> bool {
        let mut ahead = *self;
        let found = ahead.word() == Some(word);
        if found {
            *self = ahead;
        }
        found
    }

    pub(crate) fn need(&mut self, text: &'static str) -> Result<(), AsmErrorKind> {
        if self.eat(text) {
            Ok(())
        } else {
            Err(self.expected(text))
        }
    }

    /// The error that `what` should have come next.
    pub(crate) fn expected(&self, what: &'static str) -> AsmErrorKind {
        AsmErrorKind::Expected {
            what,
            found: self.rest.to_string(),
        }
    }

    /// Reads the characters up to `end`, and `end` itself.
    pub(crate) fn until(&mut self, end: &'static str) -> Result<&'a str, AsmErrorKind> {
        let (text, rest) = self
            .rest
            .split_once(end)
            .ok_or_else(|| self.expected(end))?;
        self.rest = rest.trim_start();
        Ok(text.trim())
    }

    fn take(&mut self, len: usize) -> Option<&'a str> {
        let (taken, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest.trim_start();
        Some(taken)
    }

    /// A word: letters, digits, `_`, `.` and `$`, not beginning with a digit.
    pub(crate) fn word(&mut self) -> Option<&'a str> {
        let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '$');
        let first = self.rest.chars().next()?;
        if !part(first) || first.is_ascii_digit() {
            return None;
        }
        let len = self.rest.find(|c| !part(c)).unwrap_or(self.rest.len());
        self.take(len)
    }

    /// A number without a sign.
    fn unsigned(&mut self) -> Option<i128> {
        let len = self
            .rest
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(self.rest.len());
        let mut ahead = *self;
        let digits = ahead.take(len)?;
        // More digits than 64 bits need are refused here, which also keeps the value within i128.
        let value = match digits
            .strip_prefix("0x")
            .or_else(|| digits.strip_prefix("0X"))
        {
            Some(hex) => u64::from_str_radix(hex, 16),
            None => digits.parse::<u64>(),
        };
        let value = i128::from(value.ok()?);
        *self = ahead;
        Some(value)
    }

    /// A number that may have a sign.
    pub(crate) fn number(&mut self) -> Option<i128> {
        let mut ahead = *self;
        let negative = ahead.eat("-");
        if !negative {
            ahead.eat("+");
        }
        let value = ahead.unsigned()?;
        *self = ahead;
        Some(if negative {
            value.wrapping_neg()
        } else {
            value
        })
    }

    /// A number for a 32-bit field, signed or unsigned.
    pub(crate) fn imm32(&mut self) -> Result<i32, AsmErrorKind> {
        let value = self.number().ok_or_else(|| self.expected("a number"))?;
        imm32(value)
    }

    /// A number for a 64-bit field, signed or unsigned.
    pub(crate) fn imm64(&mut self) -> Result<u64, AsmErrorKind> {
        let value = self.number().ok_or_else(|| self.expected("a number"))?;
        imm64(value)
    }

    /// A number for a signed 16-bit field.
    pub(crate) fn off16(&mut self) -> Result<i16, AsmErrorKind> {
        let value = self.number().ok_or_else(|| self.expected("an offset"))?;
        i16::try_from(value).map_err(|_| AsmErrorKind::TooLarge { value, bits: 16 })
    }

    /// A register if one comes next, `r3` or `w3`.
    pub(crate) fn register(&mut self) -> Result<Option<(Width, Reg)>, AsmErrorKind> {
        let mut ahead = *self;
        let Some(name) = ahead.word() else {
            return Ok(None);
        };
        let (width, digits) = match (name.strip_prefix('r'), name.strip_prefix('w')) {
            (Some(digits), _) => (Width::W64, digits),
            (None, Some(digits)) => (Width::W32, digits),
            (None, None) => return Ok(None),
        };
        if digits.is_empty() || !digits.bytes().all(|c| c.is_ascii_digit()) {
            return Ok(None);
        }
        let reg = digits.parse().ok().and_then(Reg::new);
        let reg = reg.ok_or_else(|| AsmErrorKind::NoSuchRegister(name.to_string()))?;
        *self = ahead;
        Ok(Some((width, reg)))
    }

    /// Whether a number comes next.
    pub(crate) fn at_number(&self) -> bool {
        let mut ahead = *self;
        ahead.number().is_some()
    }

    /// Whether a register comes next.
    pub(crate) fn at_register(&self) -> Result<bool, AsmErrorKind> {
        let mut ahead = *self;
        ahead.register().map(|found| found.is_some())
    }

    /// A 64-bit register.
    pub(crate) fn r(&mut self) -> Result<Reg, AsmErrorKind> {
        match self.register()? {
            Some((Width::W64, reg)) => Ok(reg),
            Some((Width::W32, _)) => Err(AsmErrorKind::Mismatch(
                "a 64-bit register, r0 to r10, is needed here",
            )),
            None => Err(self.expected("a register")),
        }
    }

    /// A jump target: `pc+1`, `+1`, `-1` or a label.
    pub(crate) fn target(&mut self) -> Result<Target<'a>, AsmErrorKind> {
        let mut ahead = *self;
        if ahead.eat("pc") && ahead.rest.starts_with(['+', '-']) {
            *self = ahead;
        }
        if self.rest.starts_with(['+', '-']) {
            let value = self.number().ok_or_else(|| self.expected("a distance"))?;
            let distance = i32::try_from(value);
            return distance
                .map(Target::Distance)
                .map_err(|_| AsmErrorKind::TooLarge { value, bits: 32 });
        }
        let label = self
            .word()
            .ok_or_else(|| self.expected("a label, +N or -N"))?;
        Ok(Target::Label(label))
    }

    /// Checks that the line ends here.
    pub(crate) fn finish(&self) -> Result<(), AsmErrorKind> {
        if self.at_end() {
            Ok(())
        } else {
            Err(AsmErrorKind::Trailing(self.rest.to_string()))
        }
    }
}

/// The 32 bits of a number given signed or unsigned.
pub(crate) fn imm32(value: i128) -> Result<i32, AsmErrorKind> {
    i32::try_from(value)
        .or_else(|_| u32::try_from(value).map(u32::cast_signed))
        .map_err(|_| AsmErrorKind::TooLarge { value, bits: 32 })
}

/// The 64 bits of a number given signed or unsigned.
pub(crate) fn imm64(value: i128) -> Result<u64, AsmErrorKind> {
    u64::try_from(value)
        .or_else(|_| i64::try_from(value).map(i64::cast_unsigned))
        .map_err(|_| AsmErrorKind::TooLarge { value, bits: 64 })
}
