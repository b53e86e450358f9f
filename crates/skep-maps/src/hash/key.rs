//! Keys as words, so that hashing and comparing are a few loads.
//!
//! A key is copied before it is used: nobody can change it while it is compared. Short keys stay on the
//! stack, and the commonest sizes in registers.

use skep_memory::{MemoryError, RacyBytes};

/// Keys up to this many words need no allocation.
const INLINE: usize = 8;

/// Calls `use_words` with a client's key, padded with zeros to whole words.
pub(super) fn with_copy<R>(bytes: &[u8], use_words: impl FnOnce(&[u64]) -> R) -> R {
    let (whole, tail) = bytes.as_chunks::<8>();
    let mut last = [0; 8];
    last.iter_mut().zip(tail).for_each(|(to, from)| *to = *from);
    let whole = whole.iter().map(|word| u64::from_ne_bytes(*word));
    let last = (!tail.is_empty()).then_some(u64::from_ne_bytes(last));
    collect(bytes.len(), whole.chain(last), use_words)
}

/// Calls `use_words` with a program's key, padded with zeros to whole words.
#[inline]
pub(super) fn with_live<R>(
    bytes: RacyBytes<'_>,
    use_words: impl FnOnce(&[u64]) -> R,
) -> Result<R, MemoryError> {
    match bytes.len() {
        4 => return Ok(use_words(&[u64::from(bytes.read_u32(0)?)])),
        8 => return Ok(use_words(&[bytes.read_u64(0)?])),
        _ => {}
    }
    let rest = bytes.len() % 8;
    let mut last = [0; 8];
    if let Some(last) = last.get_mut(..rest) {
        bytes.copy_out(bytes.len() - rest, last)?;
    }
    let whole = (0..bytes.len() / 8).map(|i| bytes.read_u64(i * 8).unwrap_or(0));
    let last = (rest != 0).then_some(u64::from_ne_bytes(last));
    Ok(collect(bytes.len(), whole.chain(last), use_words))
}

fn collect<R>(
    len: usize,
    from: impl Iterator<Item = u64>,
    use_words: impl FnOnce(&[u64]) -> R,
) -> R {
    let count = len.div_ceil(8);
    let mut inline = [0; INLINE];
    match inline.get_mut(..count) {
        Some(words) => {
            words
                .iter_mut()
                .zip(from)
                .for_each(|(word, value)| *word = value);
            use_words(words)
        }
        None => use_words(&from.collect::<Vec<_>>()),
    }
}

/// A hash whose every bit depends on every word and the seed.
#[inline]
pub(super) fn hash(words: &[u64], seed: u32) -> u64 {
    let mut hash = u64::from(seed) ^ START;
    for word in words {
        hash = fold(hash ^ word, MULTIPLIER);
    }
    fold(hash, START)
}

/// Two odd constants with evenly spread bits (of the golden ratio and of e).
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
const START: u64 = 0xadf8_5458_a2bb_4a9b;

/// Multiplies to 128 bits and folds the halves.
#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ ((product >> 64) as u64)
}
