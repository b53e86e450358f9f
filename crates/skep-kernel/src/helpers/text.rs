//! Numbers from text, and comparing text.

use skep_exec::{HelperCall, HelperResult};
use skep_memory::RacyBytes;
use skep_object::Errno;

use super::call::{answer, ensure, size};

/// Bytes of a number that are looked at, sign and white space included.
const NUMBER_MAX: usize = 64;

pub(super) fn strtol(call: &HelperCall<'_, '_>) -> HelperResult {
    let text = call.read(0, size(call, 1))?;
    let result = call.write(3, 8)?;
    answer(parse(text, call.arg(2), result, |number| {
        let magnitude = i128::from(number.magnitude);
        let value = if number.negative {
            -magnitude
        } else {
            magnitude
        };
        i64::try_from(value)
            .map(|value| value as u64)
            .map_err(|_| Errno::ERANGE)
    }))
}

pub(super) fn strtoul(call: &HelperCall<'_, '_>) -> HelperResult {
    let text = call.read(0, size(call, 1))?;
    let result = call.write(3, 8)?;
    answer(parse(text, call.arg(2), result, |number| {
        ensure(!number.negative, Errno::EINVAL)?;
        Ok(number.magnitude)
    }))
}

struct Number {
    negative: bool,
    magnitude: u64,
}

/// Parses, stores what `value` makes of it (0 on failure), returns how many bytes were used.
fn parse(
    text: RacyBytes<'_>,
    flags: u64,
    result: RacyBytes<'_>,
    value: impl Fn(&Number) -> Result<u64, Errno>,
) -> Result<u64, Errno> {
    let mut bytes = text.to_vec();
    bytes.truncate(NUMBER_MAX - 1);
    let parsed = number(&bytes, flags).and_then(|(number, used)| Ok((value(&number)?, used)));
    let stored = parsed.as_ref().map_or(0, |(value, _)| *value);
    // Eight bytes, by the prototype.
    let _ = result.write_u64(0, stored);
    parsed.map(|(_, used)| used as u64)
}

/// The number at the start of the text and how many bytes it takes.
fn number(text: &[u8], flags: u64) -> Result<(Number, usize), Errno> {
    let base = match flags {
        0 | 8 | 10 | 16 => flags as u32,
        _ => return Err(Errno::EINVAL),
    };
    ensure(!text.is_empty(), Errno::EINVAL)?;
    let mut rest = text;
    while let [first, more @ ..] = rest
        && is_space(*first)
    {
        rest = more;
    }
    let negative = rest.first() == Some(&b'-');
    if let [b'-', more @ ..] = rest {
        rest = more;
    }
    let (base, mut rest) = with_base(base, rest);
    let before = rest.len();
    let mut magnitude = 0_u64;
    while let [first, more @ ..] = rest
        && let Some(digit) = char::from(*first).to_digit(base)
    {
        let shifted = magnitude
            .checked_mul(u64::from(base))
            .ok_or(Errno::ERANGE)?;
        magnitude = shifted.checked_add(u64::from(digit)).ok_or(Errno::ERANGE)?;
        rest = more;
    }
    ensure(rest.len() < before, Errno::EINVAL)?;
    Ok((
        Number {
            negative,
            magnitude,
        },
        text.len() - rest.len(),
    ))
}

/// The base to use, and the text behind its prefix: `0x` for 16, `0` for 8, where base 0 leaves it open.
fn with_base(base: u32, text: &[u8]) -> (u32, &[u8]) {
    let hex = |more: &[u8]| more.first().is_some_and(u8::is_ascii_hexdigit);
    match (base, text) {
        (0 | 16, [b'0', b'x' | b'X', more @ ..]) if base == 16 || hex(more) => (16, more),
        (0, [b'0', ..]) => (8, text),
        (0, _) => (10, text),
        _ => (base, text),
    }
}

/// White space as the kernel's ctype has it: Latin-1, so the no-break space too.
fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ' | 0xa0)
}

/// Compares at most R2 bytes of R1 with the constant string R3.
pub(super) fn strncmp(call: &HelperCall<'_, '_>) -> HelperResult {
    let len = size(call, 1);
    let left = call.read(0, len)?;
    for index in 0..len {
        // The constant ends with a NUL inside its map value; no byte behind it is looked at.
        let at = skep_memory::Addr::new(call.arg(2)).wrapping_add(index as u64);
        let right = call
            .bytes(at, 1, skep_memory::Access::Read)?
            .read_u8(0)
            .unwrap_or(0);
        let left = left.read_u8(index).unwrap_or(0);
        if left != right {
            return Ok(if left < right { (-1_i64) as u64 } else { 1 });
        }
        if left == 0 {
            break;
        }
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str, base: u64) -> Result<(bool, u64, usize), Errno> {
        number(text.as_bytes(), base)
            .map(|(number, used)| (number.negative, number.magnitude, used))
    }

    #[test]
    fn numbers_as_the_kernel_reads_them() {
        assert_eq!(parsed(" \t-42 x", 0), Ok((true, 42, 5)));
        assert_eq!(parsed("0x1fg", 0), Ok((false, 31, 4)));
        assert_eq!(parsed("0x1f", 10), Ok((false, 0, 1)));
        assert_eq!(parsed("017", 0), Ok((false, 15, 3)));
        assert_eq!(parsed("0", 0), Ok((false, 0, 1)));
        assert_eq!(parsed("", 0), Err(Errno::EINVAL));
        assert_eq!(parsed("-", 0), Err(Errno::EINVAL));
        assert_eq!(parsed("1", 7), Err(Errno::EINVAL));
        assert_eq!(parsed("99999999999999999999", 10), Err(Errno::ERANGE));
    }
}
