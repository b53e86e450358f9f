//! Bytes on the command line: hexadecimal digits, or `@FILE`.

use std::fs;

use anyhow::{Context, Result, bail};

/// The bytes that an argument names.
pub(crate) fn bytes(argument: &str) -> Result<Vec<u8>> {
    if let Some(file) = argument.strip_prefix('@') {
        return fs::read(file).with_context(|| format!("cannot read {file}"));
    }
    let digits: Vec<u32> = argument
        .chars()
        .filter(|c| !c.is_whitespace() && *c != ':')
        .map(|c| {
            c.to_digit(16)
                .with_context(|| format!("'{c}' is no hexadecimal digit"))
        })
        .collect::<Result<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        bail!("'{argument}' has an odd number of hexadecimal digits");
    }
    // Two digits are less than 256.
    Ok(pairs
        .iter()
        .map(|[high, low]| (high * 16 + low) as u8)
        .collect())
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_bytes() {
        assert_eq!(bytes("00ff:1A 2b").unwrap(), [0, 0xff, 0x1a, 0x2b]);
        assert_eq!(hex(&[0, 0xff]), "00ff");
        assert!(bytes("0").is_err());
        assert!(bytes("zz").is_err());
        assert!(bytes("@/no/such/file").is_err());
    }
}
