//! Reading arrays of fixed-size records whose size the loader says.

use crate::request::Records;
use alloc::vec::Vec;

/// Records are no larger than this.
const MAX_RECORD: u32 = 252;

/// What is wrong with an array as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RecordError {
    /// Size out of range or no multiple of 4.
    Size,
    /// Bytes beyond the known ones are not zero.
    Tail,
}

impl Records {
    /// The records as `WORDS` words each; what lies beyond must be zero.
    ///
    /// The reader stops at the first record with a tail, as the ones before it are judged first: the error comes with them.
    pub(super) fn words<const WORDS: usize>(&self) -> (Vec<[u32; WORDS]>, Result<(), RecordError>) {
        let known = WORDS * 4;
        let size = self.record_size;
        let mut records = Vec::new();
        if (size as usize) < known || size > MAX_RECORD || !size.is_multiple_of(4) {
            return (records, Err(RecordError::Size));
        }
        for record in self
            .bytes
            .chunks_exact(size as usize)
            .take(self.count as usize)
        {
            let (head, tail) = record.split_at_checked(known).unwrap_or((record, &[]));
            if tail.iter().any(|b| *b != 0) {
                return (records, Err(RecordError::Tail));
            }
            let mut words = [0; WORDS];
            for (word, bytes) in words.iter_mut().zip(head.as_chunks::<4>().0) {
                *word = u32::from_le_bytes(*bytes);
            }
            records.push(words);
        }
        (records, Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn tails_must_be_zero() {
        let mut bytes = vec![0; 24];
        bytes[0] = 7;
        bytes[23] = 1;
        let records = Records {
            bytes,
            record_size: 12,
            count: 2,
        };
        assert_eq!(records.words::<2>(), (vec![[7, 0]], Err(RecordError::Tail)));
        assert_eq!(
            Records {
                record_size: 6,
                ..records
            }
            .words::<2>()
            .1,
            Err(RecordError::Size)
        );
    }
}
