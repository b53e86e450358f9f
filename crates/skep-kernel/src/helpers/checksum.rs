//! The Internet checksum (RFC 1071), with the representations Linux's helpers show.

/// The 32-bit sum of bytes in native order, added to `sum`. Equal sums have several forms; this is the one that the
/// reference architecture's wide additions give.
pub(crate) fn partial(bytes: &[u8], sum: u32) -> u32 {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut last = [0; 8];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    let words = words
        .iter()
        .chain([&last])
        .map(|word| u64::from_ne_bytes(*word));
    let total = words.fold(u64::from(sum), |total, word| {
        let (next, carry) = total.overflowing_add(word);
        next.wrapping_add(u64::from(carry))
    });
    add(total as u32, (total >> 32) as u32)
}

/// Ones' complement addition.
pub(crate) fn add(a: u32, b: u32) -> u32 {
    let (sum, carry) = a.overflowing_add(b);
    sum.wrapping_add(u32::from(carry))
}

/// Ones' complement subtraction.
pub(crate) fn sub(a: u32, b: u32) -> u32 {
    add(a, !b)
}

/// Folds to 16 bits, as the sum stands before it is inverted.
pub(crate) fn to_16(sum: u32) -> u16 {
    let rotated = sum.wrapping_add(sum.rotate_left(16));
    (rotated >> 16) as u16
}

/// Folds to 16 bits and inverts: the value of a checksum field.
pub(crate) fn fold(sum: u32) -> u16 {
    !to_16(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_with_its_checksum_sums_to_nothing() {
        // RFC 1071's way to check: sum everything, field included.
        let mut header = *b"\x45\x00\x00\x54\x00\x00\x40\x00\x40\x01\0\0\x0a\0\0\x01\x0a\0\0\x02";
        let field = fold(partial(&header, 0)).to_ne_bytes();
        header[10..12].copy_from_slice(&field);
        assert_eq!(fold(partial(&header, 0)), 0);
        assert_eq!(sub(add(5, 7), 7), 5);
    }
}
