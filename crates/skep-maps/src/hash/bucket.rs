//! Buckets: a cache line each, with a lock, seven tagged places, and a chain for the eighth element and on.
//!
//! ```text
//!  0  sequence u32   odd: a writer is at work
//!  4  chain u32      link to the first element that found no place
//!  8  tags [u8; 8]   0x80 and 7 bits of the hash, 0: the place is free (the eighth byte is unused)
//! 16  links [u32; 7] element in each place
//! ```
//!
//! There are four times as many elements as buckets at most, so a chain is rare.
//!
//! # Safety
//!
//! [`Buckets`] owns zeroed memory of `mask + 1` lines, aligned to lines, and lends it only as [`Bucket`]s,
//! whose fields are atomics and for which all-zero bytes are a value.
#![allow(unsafe_code)]

use core::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use skep_memory::{MemoryError, Region};

/// Elements to a bucket when the map is full.
pub(super) const LOAD: u32 = 4;
/// Places of a bucket.
const PLACES: usize = 7;
/// One in each byte that is a place's tag.
const EACH_PLACE: u64 = 0x0001_0101_0101_0101;
/// The bit of a tag that says "in use", in each place.
const IN_USE: u64 = EACH_PLACE << 7;

/// Names an element; the number is its position plus one, so that 0 can be "none".
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Index(NonZeroU32);

impl Index {
    pub(super) fn from_position(position: u32) -> Option<Self> {
        NonZeroU32::new(position.checked_add(1)?).map(Self)
    }

    #[inline]
    pub(super) fn decode(link: u32) -> Option<Self> {
        NonZeroU32::new(link).map(Self)
    }

    pub(super) fn encode(link: Option<Self>) -> u32 {
        link.map_or(0, |index| index.0.get())
    }

    #[inline]
    pub(super) fn position(self) -> u32 {
        self.0.get() - 1
    }
}

/// All buckets of a hash.
pub(super) struct Buckets {
    memory: Region,
    mask: u64,
}

impl Buckets {
    /// `count` empty buckets; a power of two.
    pub(super) fn new(count: usize) -> Result<Self, MemoryError> {
        let bytes = count
            .checked_mul(size_of::<Bucket>())
            .ok_or(MemoryError::NoMemory)?;
        if !count.is_power_of_two() {
            return Err(MemoryError::OutOfRange);
        }
        Ok(Self {
            memory: Region::lines(bytes)?,
            mask: count as u64 - 1,
        })
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.mask as usize + 1
    }

    /// The number of a hash's bucket.
    pub(super) fn number_of(&self, hash: u64) -> usize {
        (hash & self.mask) as usize
    }

    /// A hash's bucket; a number may stand for a hash.
    #[inline]
    pub(super) fn of(&self, hash: u64) -> &Bucket {
        let at = self
            .memory
            .base()
            .wrapping_add((hash & self.mask) * size_of::<Bucket>() as u64);
        // SAFETY: the masked number is one of the lines this owns; see the header for their contents.
        unsafe { &*at.as_ptr::<Bucket>() }
    }
}

/// One bucket.
#[repr(C, align(64))]
pub(super) struct Bucket {
    pub(super) sequence: AtomicU32,
    pub(super) chain: AtomicU32,
    tags: AtomicU64,
    links: [AtomicU32; PLACES],
}

impl Bucket {
    /// The element in a place; meaningful while its tag is set.
    #[inline]
    pub(super) fn link(&self, place: usize) -> Option<Index> {
        Index::decode(self.links.get(place)?.load(Ordering::Acquire))
    }

    /// The first element of the chain.
    #[inline]
    pub(super) fn first_chained(&self) -> Option<Index> {
        Index::decode(self.chain.load(Ordering::Acquire))
    }

    /// Places whose tag is that of `hash`; rarely one whose tag is not, never a free one.
    #[inline]
    pub(super) fn candidates(&self, hash: u64) -> Places {
        let differ = self.tags.load(Ordering::Acquire) ^ (tag(hash) * EACH_PLACE);
        // A byte that is zero borrows, which sets its top bit. The borrow may reach the byte above and show that
        // too, if it differs in the lowest bit only; a free place differs in the top bit, which rules it out.
        Places {
            bits: differ.wrapping_sub(EACH_PLACE) & !differ & IN_USE,
        }
    }

    /// Places in use.
    pub(super) fn taken(&self) -> Places {
        Places {
            bits: self.tags.load(Ordering::Acquire) & IN_USE,
        }
    }

    /// A place not in use.
    pub(super) fn free(&self) -> Option<usize> {
        Places {
            bits: !self.taken().bits & IN_USE,
        }
        .next()
    }

    /// Puts an element into a free place: the link first, for who sees the tag follows it.
    pub(super) fn fill(&self, place: usize, hash: u64, element: Index) {
        self.set_link(place, element);
        // Only the owner of the lock stores here.
        let tags = self.tags.load(Ordering::Relaxed);
        self.tags
            .store(tags | (tag(hash) << (place * 8)), Ordering::Release);
    }

    /// Puts another element with the same hash into a place.
    pub(super) fn set_link(&self, place: usize, element: Index) {
        if let Some(link) = self.links.get(place) {
            link.store(Index::encode(Some(element)), Ordering::Release);
        }
    }

    /// Frees a place.
    pub(super) fn vacate(&self, place: usize) {
        let tags = self.tags.load(Ordering::Relaxed);
        self.tags
            .store(tags & !(0xff << (place * 8)), Ordering::Release);
    }

    /// Is nothing in the bucket right now?
    pub(super) fn is_empty(&self) -> bool {
        self.tags.load(Ordering::Acquire) == 0 && self.chain.load(Ordering::Acquire) == 0
    }
}

/// Seven bits of the hash that choose no bucket, and the bit that says "in use".
#[inline]
fn tag(hash: u64) -> u64 {
    (hash >> 57) | 0x80
}

/// A set of places, lowest first.
#[derive(Clone, Copy)]
pub(super) struct Places {
    bits: u64,
}

impl Iterator for Places {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        if self.bits == 0 {
            return None;
        }
        let place = self.bits.trailing_zeros() as usize / 8;
        self.bits &= self.bits - 1;
        Some(place)
    }
}
