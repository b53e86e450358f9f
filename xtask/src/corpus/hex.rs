//! Bytes as the corpora write them: two lower-case hexadecimal digits each.

use anyhow::{Context, Result, bail};

/// The bytes `text` stands for.
pub(crate) fn decode(text: &str) -> Result<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        bail!("hex text of odd length {}", text.len());
    }
    text.as_bytes()
        .chunks_exact(2)
        .map(|pair| {
            let digit = |byte: u8| (byte as char).to_digit(16).context("not a hex digit");
            Ok((digit(pair[0])? * 16 + digit(pair[1])?) as u8)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_of_digits() {
        assert_eq!(decode("00ff1a").unwrap(), [0, 0xff, 0x1a]);
        assert!(decode("0").is_err());
        assert!(decode("zz").is_err());
    }
}
