//! The bytes of the log, with Linux's rules of what survives when they are too many.
//!
//! Positions count from the first byte ever written and are moved back by [`Buffer::cut_back`]. A fixed buffer keeps the bytes
//! `0 .. size - 1`; a ring keeps the last `size - 1`.

use alloc::vec::Vec;

/// What happens to bytes that do not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overflow {
    /// The first ones stay.
    KeepFirst,
    /// The last ones stay.
    KeepLast,
    /// There is no buffer: only positions are counted.
    Discard,
}

/// The buffer of one load.
#[derive(Debug)]
pub(super) struct Buffer {
    overflow: Overflow,
    /// Bytes the loader has room for, NUL included.
    size: u64,
    /// The bytes from position `first` on, of which those before `start` count no more.
    bytes: Vec<u8>,
    first: u64,
    /// The earliest position a ring still has.
    start: u64,
    /// Where the next byte goes.
    end: u64,
    /// The largest position ever reached, NUL included.
    reached: u64,
}

impl Buffer {
    pub(super) fn new(overflow: Overflow, size: u32) -> Self {
        Buffer {
            overflow,
            size: u64::from(size),
            bytes: Vec::new(),
            first: 0,
            start: 0,
            end: 0,
            reached: 0,
        }
    }

    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// What `log_true_size` tells.
    pub(super) fn reached(&self) -> u64 {
        self.reached
    }

    /// Appends a message.
    pub(super) fn append(&mut self, text: &[u8]) {
        let end = self.end.saturating_add(text.len() as u64);
        self.reached = self.reached.max(end.saturating_add(1));
        match self.overflow {
            Overflow::Discard => {}
            Overflow::KeepFirst => {
                let room = self.size.saturating_sub(1).saturating_sub(self.end);
                let fits = text.len().min(usize::try_from(room).unwrap_or(usize::MAX));
                self.bytes
                    .extend_from_slice(text.get(..fits).unwrap_or(text));
            }
            Overflow::KeepLast => {
                self.bytes.extend_from_slice(text);
                self.start = self
                    .start
                    .max(end.saturating_add(1).saturating_sub(self.size));
                // Moving the rest down is put off until it is worth it.
                if self.start.saturating_sub(self.first) > self.size.max(4096) {
                    self.drop_front();
                }
            }
        }
        self.end = end;
    }

    /// Forgets the bytes that count no more.
    fn drop_front(&mut self) {
        let count = usize::try_from(self.start.saturating_sub(self.first))
            .unwrap_or(usize::MAX)
            .min(self.bytes.len());
        self.bytes.drain(..count);
        self.first = self.start;
    }

    /// Goes back to an earlier position. A ring that has already dropped that position is empty afterwards.
    pub(super) fn cut_back(&mut self, position: u64) {
        if position > self.end {
            return;
        }
        self.end = position;
        self.start = self.start.min(position);
        self.first = self.first.min(position);
        let kept = usize::try_from(position.saturating_sub(self.first)).unwrap_or(usize::MAX);
        self.bytes.truncate(kept);
    }

    /// What goes to the loader, NUL included; nothing if nothing was ever written or there is no buffer.
    pub(super) fn finish(mut self) -> Vec<u8> {
        if self.overflow == Overflow::Discard || self.reached == 0 {
            return Vec::new();
        }
        self.drop_front();
        self.bytes.push(0);
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ring_keeps_the_end() {
        let mut ring = Buffer::new(Overflow::KeepLast, 5);
        ring.append(b"hello ");
        ring.append(b"world");
        assert_eq!(ring.reached(), 12);
        assert_eq!(ring.finish(), b"orld\0");
    }

    #[test]
    fn fixed_keeps_the_beginning() {
        let mut fixed = Buffer::new(Overflow::KeepFirst, 5);
        fixed.append(b"hel");
        fixed.append(b"lo");
        fixed.append(b" world");
        assert_eq!(fixed.reached(), 12);
        assert_eq!(fixed.finish(), b"hell\0");
    }

    #[test]
    fn cutting_back_never_lowers_the_true_size() {
        let mut ring = Buffer::new(Overflow::KeepLast, 100);
        ring.append(b"one two");
        ring.cut_back(4);
        ring.append(b"2");
        assert_eq!(ring.reached(), 8);
        assert_eq!(ring.finish(), b"one 2\0");
    }

    #[test]
    fn a_position_the_ring_has_dropped_is_gone() {
        let mut ring = Buffer::new(Overflow::KeepLast, 4);
        ring.append(b"abcdef");
        ring.cut_back(1);
        ring.append(b"x");
        assert_eq!(ring.finish(), b"x\0");
    }
}
