//! The memory of the elements.
//!
//! ```text
//! element  next u32, hash u32, key rounded up to 8, value rounded up to 8
//! ```
//!
//! # Safety
//!
//! [`Elements`] owns `capacity` elements of `stride` bytes, 8-byte aligned, and every access is to one of
//! them: a position is compared with the capacity, and the parts lie inside an element by construction.
//! (With every word checked against the region a look-up took 10 ns instead of 6.)
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicU32, Ordering, fence};

use skep_memory::{Addr, MemoryError, RacyBytes, Region, racy};

use super::bucket::Index;

/// Bytes of an element before its key.
const HEADER: u64 = 8;

/// All elements of a hash.
pub(super) struct Elements {
    memory: Region,
    capacity: u32,
    stride: u64,
    key_size: usize,
    key_words: usize,
    value_at: u64,
    value_size: usize,
}

/// What a program's address points into.
pub(super) enum Part<'t> {
    Key(RacyBytes<'t>),
    Value(RacyBytes<'t>),
}

impl Elements {
    /// `capacity` elements (at least one) with keys and values of these sizes.
    pub(super) fn new(capacity: u32, key_size: u32, value_size: u32) -> Result<Self, MemoryError> {
        let value_at = HEADER + u64::from(key_size).next_multiple_of(8);
        let stride = value_at + u64::from(value_size).next_multiple_of(8);
        let bytes = stride
            .checked_mul(u64::from(capacity.max(1)))
            .ok_or(MemoryError::NoMemory)?;
        let bytes = usize::try_from(bytes).map_err(|_| MemoryError::NoMemory)?;
        Ok(Self {
            memory: Region::new(bytes)?,
            capacity: capacity.max(1),
            stride,
            key_size: key_size as usize,
            key_words: key_size.div_ceil(8) as usize,
            value_at,
            value_size: value_size as usize,
        })
    }

    /// The first byte of an element. A position beyond the capacity would be a mistake of this directory; it
    /// gives the first element, so that the mistake is no more than that.
    #[inline]
    fn start(&self, index: Index) -> Addr {
        let position = index.position();
        if position >= self.capacity {
            return first(self.memory.base());
        }
        self.memory
            .base()
            .wrapping_add(u64::from(position) * self.stride)
    }

    /// Has the element this key and hash?
    #[inline]
    pub(super) fn matches(&self, index: Index, key: &[u64], hash: u64) -> bool {
        let start = self.start(index);
        // SAFETY: the second word of an element.
        let same_hash = unsafe { racy::read_u32(start.wrapping_add(4)) } == stored(hash);
        if !same_hash || key.len() != self.key_words {
            return false;
        }
        let mut at = start.wrapping_add(HEADER);
        key.iter().all(|word| {
            // SAFETY: as many words as keys of this map have.
            let own = unsafe { racy::read_u64(at) };
            at = at.wrapping_add(8);
            own == *word
        })
    }

    /// The half of the hash that elements keep.
    pub(super) fn hash_half(&self, index: Index) -> u32 {
        // SAFETY: the second word of an element.
        unsafe { racy::read_u32(self.start(index).wrapping_add(4)) }
    }

    /// The element after this one in its chain (or in the pool's list).
    #[inline]
    pub(super) fn next(&self, index: Index) -> Option<Index> {
        Index::decode(self.link(index).load(Ordering::Acquire))
    }

    /// Links `next` after `index`.
    pub(super) fn set_next(&self, index: Index, next: Option<Index>) {
        self.link(index)
            .store(Index::encode(next), Ordering::Release);
    }

    #[inline]
    fn link(&self, index: Index) -> &AtomicU32 {
        // SAFETY: the first word of an element, which is aligned and lives as long as `self`.
        unsafe { racy::atomic_u32(self.start(index)) }
    }

    /// Gives a free element its key.
    pub(super) fn set_key(&self, index: Index, key: &[u64], hash: u64) {
        // Readers that still look at its old life must see the sequence change of its old bucket first.
        fence(Ordering::Release);
        let start = self.start(index);
        // SAFETY: the second word of an element.
        unsafe { racy::write_u32(start.wrapping_add(4), stored(hash)) };
        let mut at = start.wrapping_add(HEADER);
        for word in key.iter().take(self.key_words) {
            // SAFETY: at most as many words as keys of this map have.
            unsafe { racy::write_u64(at, *word) };
            at = at.wrapping_add(8);
        }
    }

    /// The key's bytes.
    pub(super) fn key(&self, index: Index) -> RacyBytes<'_> {
        // SAFETY: the key's part of an element, which lives as long as `self`.
        unsafe { RacyBytes::new(self.start(index).wrapping_add(HEADER), self.key_size) }
    }

    /// The value's bytes.
    #[inline]
    pub(super) fn value(&self, index: Index) -> RacyBytes<'_> {
        // SAFETY: the value's part of an element, which lives as long as `self`.
        unsafe {
            RacyBytes::new(
                self.start(index).wrapping_add(self.value_at),
                self.value_size,
            )
        }
    }

    /// The element that holds the byte at `addr`.
    pub(super) fn index_at(&self, addr: Addr) -> Option<Index> {
        let position = (self.memory.offset_of(addr, 1)? as u64).checked_div(self.stride)?;
        Index::from_position(u32::try_from(position).ok()?)
    }

    /// The key or the value that holds the byte at `addr`.
    pub(super) fn part_at(&self, addr: Addr) -> Option<Part<'_>> {
        let index = self.index_at(addr)?;
        match addr.offset_from(self.start(index))? {
            within if within >= self.value_at => Some(Part::Value(self.value(index))),
            within if within >= HEADER => Some(Part::Key(self.key(index))),
            _ => None,
        }
    }
}

/// The half of the hash that elements keep; the other one chooses the bucket.
#[inline]
fn stored(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// Out of line, so that the check before it is a branch and costs no time.
#[cold]
fn first(base: Addr) -> Addr {
    base
}
