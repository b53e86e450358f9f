//! The consumer's side of a ring buffer, for consumers in this process.

use std::sync::atomic::Ordering;

use super::{BUSY, DISCARD, RingBuf, record_len};

impl RingBuf {
    /// Takes the records that are ready, oldest first. One consumer at a time: the position is shared with
    /// whoever else maps the ring.
    pub fn records(&self) -> Records<'_> {
        Records { ring: self }
    }

    fn take_record(&self) -> Option<Vec<u8>> {
        let consumer = self.memory.consumer();
        loop {
            let position = consumer.load(Ordering::Relaxed);
            if position >= self.memory.producer().load(Ordering::Acquire) {
                return None;
            }
            let header = self.memory.header(position).load(Ordering::Acquire);
            if header & BUSY != 0 {
                return None;
            }
            let len = header & !DISCARD;
            let mut data = None;
            if header & DISCARD == 0 {
                let mut bytes = vec![0; (len as usize).min(self.memory.size())];
                // At most `size` bytes, by the line above.
                let _ = self
                    .memory
                    .copy_out(position.wrapping_add(super::HEADER), &mut bytes);
                data = Some(bytes);
            }
            // What was copied must be copied before the producer may write there again. SeqCst pairs with
            // the producer's: either it sees us caught up and wakes, or we see its record.
            consumer.store(position.wrapping_add(record_len(len)), Ordering::SeqCst);
            if data.is_some() {
                return data;
            }
        }
    }
}

/// The ready records of a ring; see [`RingBuf::records`].
pub struct Records<'r> {
    ring: &'r RingBuf,
}

impl Iterator for Records<'_> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        self.ring.take_record()
    }
}
