//! Keys as words, so that hashing and comparing are a few loads.

use skep_memory::{MemoryError, RacyBytes};

/// Keys up to this many words need no allocation.
const INLINE: usize = 8;

/// A private copy of a key, padded with zeros to whole words: nobody can change it while it is compared.
pub(super) struct Key {
    words: Words,
}

enum Words {
    Inline { words: [u64; INLINE], count: usize },
    Heap(Vec<u64>),
}

impl Key {
    /// A client's key.
    pub(super) fn from_copy(bytes: &[u8]) -> Self {
        let (whole, tail) = bytes.as_chunks::<8>();
        let whole = whole.iter().map(|word| u64::from_ne_bytes(*word));
        Self::collect(bytes.len(), whole.chain(last_word(tail)))
    }

    /// A program's key.
    #[inline]
    pub(super) fn from_live(bytes: RacyBytes<'_>) -> Result<Self, MemoryError> {
        let len = bytes.len();
        // The sizes that matter, without the loop.
        match len {
            4 => return Ok(Self::one(u64::from(bytes.read_u32(0)?))),
            8 => return Ok(Self::one(bytes.read_u64(0)?)),
            _ => {}
        }
        let whole = (0..len / 8).map(|i| bytes.read_u64(i * 8).unwrap_or(0));
        let mut tail = [0; 8];
        let rest = len % 8;
        if let Some(tail) = tail.get_mut(..rest) {
            bytes.copy_out(len - rest, tail)?;
        }
        let last = (rest != 0).then_some(u64::from_ne_bytes(tail));
        Ok(Self::collect(len, whole.chain(last)))
    }

    #[inline]
    fn one(word: u64) -> Self {
        let mut words = [0; INLINE];
        if let Some(first) = words.first_mut() {
            *first = word;
        }
        Self {
            words: Words::Inline { words, count: 1 },
        }
    }

    fn collect(len: usize, from: impl Iterator<Item = u64>) -> Self {
        let count = len.div_ceil(8);
        if count > INLINE {
            return Self {
                words: Words::Heap(from.collect()),
            };
        }
        let mut words = [0; INLINE];
        words
            .iter_mut()
            .zip(from)
            .for_each(|(word, value)| *word = value);
        Self {
            words: Words::Inline { words, count },
        }
    }

    /// The words.
    #[inline]
    pub(super) fn words(&self) -> &[u64] {
        match &self.words {
            Words::Inline { words, count } => words.get(..*count).unwrap_or_default(),
            Words::Heap(words) => words,
        }
    }

    /// A hash whose every bit depends on every word and the seed.
    #[inline]
    pub(super) fn hash(&self, seed: u32) -> u64 {
        let mut hash = u64::from(seed) ^ START;
        for word in self.words() {
            hash = fold(hash ^ word, MULTIPLIER);
        }
        fold(hash, START)
    }
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

fn last_word(tail: &[u8]) -> Option<u64> {
    if tail.is_empty() {
        return None;
    }
    let mut word = [0; 8];
    word.iter_mut().zip(tail).for_each(|(to, from)| *to = *from);
    Some(u64::from_ne_bytes(word))
}
