//! printf as helpers have it.
//!
//! ```text
//! %[flags][width]conversion     flags: 0 + - space; no precision, no *
//! %%  %c  %s  %d %i %u %x %X with l or ll
//! %p %pK %px  %ps %pS %pB  %pi4 %pI4 %pi6 %pI6  %pks %pus
//! ```
//!
//! Anything else is EINVAL, as are ASCII control characters and more conversions than arguments.

use skep_object::Errno;

use super::call::ensure;

/// How pointers in arguments are followed.
pub(super) trait Peek {
    /// Copies bytes; `false` if they are not all there.
    fn bytes(&self, at: u64, to: &mut [u8]) -> bool;

    /// A string of at most `max` bytes, without its NUL; `None` if it is not there.
    fn string(&self, at: u64, max: usize) -> Option<Vec<u8>>;
}

/// Bytes of the buffer for strings and addresses of one call.
const SCRATCH: usize = 512;

/// Formats `format`, which has no NUL any more, for a buffer of `room` bytes; the text may be longer.
pub(super) fn format(
    format: &[u8],
    args: &[u64],
    room: usize,
    peek: &dyn Peek,
) -> Result<Vec<u8>, Errno> {
    let mut out = Vec::with_capacity(format.len());
    let mut rest = format;
    let mut args = args.iter().copied();
    let mut scratch = SCRATCH;
    while let [byte, more @ ..] = rest {
        rest = more;
        if *byte != b'%' {
            ensure(allowed(*byte), Errno::EINVAL)?;
            out.push(*byte);
            continue;
        }
        if let [b'%', more @ ..] = rest {
            rest = more;
            out.push(b'%');
            continue;
        }
        let (spec, more) = Spec::parse(rest)?;
        rest = more;
        let arg = args.next().ok_or(Errno::EINVAL)?;
        let text = spec.text(arg, peek, &mut scratch)?;
        match spec.conversion {
            // Linux does not count addresses that begin behind the buffer, and knows no width for them.
            Conversion::Ip4 { .. } | Conversion::Ip6 { .. } if out.len() >= room => {}
            Conversion::Ip4 { .. } | Conversion::Ip6 { .. } => out.extend(text),
            Conversion::Char
            | Conversion::Text
            | Conversion::Signed { .. }
            | Conversion::Unsigned { .. }
            | Conversion::Hex { .. }
            | Conversion::HashedPointer
            | Conversion::Pointer
            | Conversion::Symbol => spec.pad(text, &mut out),
        }
    }
    Ok(out)
}

/// What text may stand between conversions: no ASCII control characters but white space.
fn allowed(byte: u8) -> bool {
    !byte.is_ascii_control() || matches!(byte, b'\t'..=b'\r')
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Conversion {
    Char,
    Text,
    Signed { long: bool },
    Unsigned { long: bool },
    Hex { long: bool, upper: bool },
    HashedPointer,
    Pointer,
    Symbol,
    Ip4 { padded: bool },
    Ip6 { colons: bool },
}

#[derive(Clone, Copy, Debug)]
struct Spec {
    conversion: Conversion,
    zero: bool,
    plus: bool,
    space: bool,
    left: bool,
    width: usize,
}

/// May a string or pointer conversion end here? The next byte must not continue it.
fn ends(rest: &[u8]) -> bool {
    rest.first()
        .is_none_or(|byte| byte.is_ascii_punctuation() || matches!(byte, b'\t'..=b'\r' | b' '))
}

impl Spec {
    /// Parses what follows a percent sign; the rest of the format.
    fn parse(text: &[u8]) -> Result<(Self, &[u8]), Errno> {
        let mut spec = Self {
            conversion: Conversion::Char,
            zero: false,
            plus: false,
            space: false,
            left: false,
            width: 0,
        };
        let mut rest = text;
        while let [flag @ (b'0' | b'+' | b'-' | b' '), more @ ..] = rest {
            match flag {
                b'0' => spec.zero = true,
                b'+' => spec.plus = true,
                b'-' => spec.left = true,
                _ => spec.space = true,
            }
            rest = more;
        }
        while let [digit @ b'0'..=b'9', more @ ..] = rest {
            spec.width = spec
                .width
                .saturating_mul(10)
                .saturating_add(usize::from(digit - b'0'));
            rest = more;
        }
        // As much as a field can have.
        spec.width = spec.width.min(i16::MAX as usize);
        let (conversion, rest) = conversion(rest)?;
        spec.conversion = conversion;
        Ok((spec, rest))
    }

    /// The converted argument, without padding but with its sign.
    fn text(&self, arg: u64, peek: &dyn Peek, scratch: &mut usize) -> Result<Vec<u8>, Errno> {
        let text = match self.conversion {
            Conversion::Char => vec![arg as u8],
            Conversion::Text => {
                ensure(*scratch > 0, Errno::ENOSPC)?;
                let text = peek.string(arg, *scratch - 1).unwrap_or_default();
                *scratch -= (text.len() + 1).min(*scratch);
                text
            }
            Conversion::Signed { long } => {
                let value = if long {
                    arg as i64
                } else {
                    i64::from(arg as i32)
                };
                let sign = match (value < 0, self.plus, self.space) {
                    (true, _, _) => "-",
                    (false, true, _) => "+",
                    (false, false, true) => " ",
                    (false, false, false) => "",
                };
                format!("{sign}{}", value.unsigned_abs()).into_bytes()
            }
            Conversion::Unsigned { long } => narrow(arg, long).to_string().into_bytes(),
            Conversion::Hex { long, upper: false } => {
                format!("{:x}", narrow(arg, long)).into_bytes()
            }
            Conversion::Hex { long, upper: true } => {
                format!("{:X}", narrow(arg, long)).into_bytes()
            }
            Conversion::HashedPointer => format!("{:016x}", hashed(arg)).into_bytes(),
            Conversion::Pointer => format!("{arg:016x}").into_bytes(),
            Conversion::Symbol => format!("{arg:#x}").into_bytes(),
            Conversion::Ip4 { padded } => {
                let mut address = [0; 4];
                follow(arg, &mut address, peek, scratch)?;
                ip4(address, padded)
            }
            Conversion::Ip6 { colons } => {
                let mut address = [0; 16];
                follow(arg, &mut address, peek, scratch)?;
                ip6(address, colons)
            }
        };
        Ok(text)
    }

    fn pad(&self, text: Vec<u8>, out: &mut Vec<u8>) {
        let missing = self.width.saturating_sub(text.len());
        let numeric = match self.conversion {
            Conversion::Signed { .. } | Conversion::Unsigned { .. } | Conversion::Hex { .. } => {
                true
            }
            Conversion::Char
            | Conversion::Text
            | Conversion::HashedPointer
            | Conversion::Pointer
            | Conversion::Symbol
            | Conversion::Ip4 { .. }
            | Conversion::Ip6 { .. } => false,
        };
        let fill = |count: usize, with: u8| std::iter::repeat_n(with, count);
        if self.left {
            out.extend(text);
            out.extend(fill(missing, b' '));
        } else if self.zero && numeric {
            let sign = text
                .iter()
                .take_while(|byte| !byte.is_ascii_alphanumeric())
                .count();
            let (sign, digits) = text.split_at_checked(sign).unwrap_or((&[], &text));
            out.extend(sign);
            out.extend(fill(missing, b'0'));
            out.extend(digits);
        } else {
            out.extend(fill(missing, b' '));
            out.extend(text);
        }
    }
}

fn narrow(arg: u64, long: bool) -> u64 {
    if long { arg } else { u64::from(arg as u32) }
}

fn conversion(text: &[u8]) -> Result<(Conversion, &[u8]), Errno> {
    match text {
        [b'c', rest @ ..] => Ok((Conversion::Char, rest)),
        [b's', rest @ ..] if ends(rest) => Ok((Conversion::Text, rest)),
        [b'p', rest @ ..] => pointer(rest),
        [b'l', b'l', rest @ ..] | [b'l', rest @ ..] => integer(rest, true),
        _ => integer(text, false),
    }
}

fn integer(text: &[u8], long: bool) -> Result<(Conversion, &[u8]), Errno> {
    let (letter, rest) = text.split_first().ok_or(Errno::EINVAL)?;
    let conversion = match letter {
        b'd' | b'i' => Conversion::Signed { long },
        b'u' => Conversion::Unsigned { long },
        b'x' => Conversion::Hex { long, upper: false },
        b'X' => Conversion::Hex { long, upper: true },
        _ => return Err(Errno::EINVAL),
    };
    Ok((conversion, rest))
}

fn pointer(text: &[u8]) -> Result<(Conversion, &[u8]), Errno> {
    match text {
        [b'k' | b'u', b's', rest @ ..] if ends(rest) => Ok((Conversion::Text, rest)),
        [b'K', rest @ ..] => Ok((Conversion::HashedPointer, rest)),
        [b'x', rest @ ..] => Ok((Conversion::Pointer, rest)),
        [b's' | b'S' | b'B', rest @ ..] => Ok((Conversion::Symbol, rest)),
        [b'i', b'4', rest @ ..] => Ok((Conversion::Ip4 { padded: true }, rest)),
        [b'I', b'4', rest @ ..] => Ok((Conversion::Ip4 { padded: false }, rest)),
        [b'i', b'6', rest @ ..] => Ok((Conversion::Ip6 { colons: false }, rest)),
        [b'I', b'6', rest @ ..] => Ok((Conversion::Ip6 { colons: true }, rest)),
        rest if ends(rest) => Ok((Conversion::HashedPointer, rest)),
        _ => Err(Errno::EINVAL),
    }
}

/// Reads an address behind a pointer; zeros where there is nothing. ENOSPC.
fn follow(at: u64, to: &mut [u8], peek: &dyn Peek, scratch: &mut usize) -> Result<(), Errno> {
    *scratch = scratch.checked_sub(to.len()).ok_or(Errno::ENOSPC)?;
    if !peek.bytes(at, to) {
        to.fill(0);
    }
    Ok(())
}

/// Pointers are not shown, but equal ones look equal.
fn hashed(pointer: u64) -> u32 {
    let mixed = pointer.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    if pointer == 0 {
        0
    } else {
        (mixed >> 32) as u32
    }
}

fn ip4(address: [u8; 4], padded: bool) -> Vec<u8> {
    let parts = address.map(|part| {
        if padded {
            format!("{part:03}")
        } else {
            part.to_string()
        }
    });
    parts.join(".").into_bytes()
}

fn ip6(address: [u8; 16], colons: bool) -> Vec<u8> {
    let groups: Vec<String> = address
        .as_chunks::<2>()
        .0
        .iter()
        .map(|pair| format!("{:04x}", u16::from_be_bytes(*pair)))
        .collect();
    groups.join(if colons { ":" } else { "" }).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nothing;

    impl Peek for Nothing {
        fn bytes(&self, _at: u64, _to: &mut [u8]) -> bool {
            false
        }

        fn string(&self, at: u64, _max: usize) -> Option<Vec<u8>> {
            (at == 7).then(|| b"seven".to_vec())
        }
    }

    fn show(text: &str, args: &[u64]) -> Result<String, Errno> {
        format(text.as_bytes(), args, 1024, &Nothing).map(|out| String::from_utf8(out).unwrap())
    }

    #[test]
    fn conversions() {
        assert_eq!(
            show("%d|%5d|%-5d|%05d|%+d", &[1, 2, 3, 0xffff_fffc, 5]).unwrap(),
            "1|    2|3    |-0004|+5"
        );
        assert_eq!(
            show("%u %lu %x %llX", &[u64::MAX, u64::MAX, 255, 255]).unwrap(),
            format!("{} {} ff FF", u32::MAX, u64::MAX)
        );
        assert_eq!(
            show("%s, %8s.%c%%", &[7, 7, 65]).unwrap(),
            "seven,    seven.A%"
        );
        assert_eq!(
            show("%pI4 %pi4 %px", &[0, 0, 16]).unwrap(),
            "0.0.0.0 000.000.000.000 0000000000000010"
        );
        assert_eq!(
            show("%pI6", &[0]).unwrap(),
            "0000:0000:0000:0000:0000:0000:0000:0000"
        );
    }

    #[test]
    fn what_linux_refuses() {
        for text in ["%", "%o", "%.3d", "%*d", "%sx", "%pz", "\x01", "%l", "%lc"] {
            assert_eq!(show(text, &[1, 2]), Err(Errno::EINVAL), "{text:?}");
        }
        assert_eq!(show("%d %d", &[1]), Err(Errno::EINVAL));
    }
}
