//! Buckets and elements: chains that are read without a lock.
//!
//! ```text
//! bucket   8 bytes   sequence u32 (odd: a writer is at work), head u32 (an index, 0: empty)
//! element  next u32, hash u32, key rounded up to 8, value rounded up to 8
//! ```
//!
//! A writer makes the sequence odd, changes exactly one link, makes it even again, and only then frees the
//! element it took out. A reader walks the chain and looks at the sequence before and after:
//!
//! - unchanged: no element it walked over was freed meanwhile, because freeing comes after a change of the
//!   sequence; and as each writer changes one link, it saw the chain either before or after. So what it
//!   found, or did not find, was true at one moment.
//! - changed: it tries again, and after a few times takes the lock.
//!
//! Elements never leave their memory, so a reader on a wrong path reads wrong bytes but never foreign ones.

use core::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering, fence};

use skep_memory::{Addr, RacyBytes, Region};
use skep_object::SysResult;

use super::key::Key;
use crate::attr::no_memory;
use crate::fields::pause;

/// Names an element; the number is its position plus one, so that 0 can end a chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Index(NonZeroU32);

impl Index {
    pub(super) fn from_position(position: u32) -> Option<Self> {
        NonZeroU32::new(position.checked_add(1)?).map(Self)
    }

    fn decode(link: u32) -> Option<Self> {
        NonZeroU32::new(link).map(Self)
    }

    fn encode(link: Option<Self>) -> u32 {
        link.map_or(0, |index| index.0.get())
    }

    fn position(self) -> usize {
        (self.0.get() - 1) as usize
    }
}

/// Bytes of an element before its key.
const HEADER: usize = 8;
/// Lock-free tries of a reader.
const TRIES: u32 = 16;
/// A reader looks at the sequence after so many elements too: a changing chain may have no end.
const STRIDE: u32 = 32;

/// The buckets and elements of one hash.
pub(super) struct Table {
    buckets: Region,
    mask: u64,
    elements: Region,
    key_size: usize,
    key_stride: usize,
    value_size: usize,
    stride: usize,
}

/// Sizes of a table.
pub(super) struct Shape {
    pub(super) buckets: usize,
    pub(super) elements: usize,
    pub(super) key_size: usize,
    pub(super) value_size: usize,
}

impl Table {
    pub(super) fn new(shape: &Shape) -> SysResult<Self> {
        let key_stride = shape.key_size.next_multiple_of(8);
        let stride = HEADER + key_stride + shape.value_size.next_multiple_of(8);
        let bytes = stride.checked_mul(shape.elements).ok_or_else(no_memory)?;
        Ok(Self {
            buckets: Region::new(shape.buckets * 8).map_err(|_| no_memory())?,
            mask: shape.buckets as u64 - 1,
            elements: Region::new(bytes).map_err(|_| no_memory())?,
            key_size: shape.key_size,
            key_stride,
            value_size: shape.value_size,
            stride,
        })
    }

    /// How many buckets there are.
    pub(super) fn bucket_count(&self) -> usize {
        self.mask as usize + 1
    }

    /// The element with this key.
    #[inline]
    pub(super) fn find(&self, key: &Key, hash: u64) -> Option<Index> {
        let bucket = self.bucket_of(hash);
        for _ in 0..TRIES {
            let before = bucket.sequence.load(Ordering::Acquire);
            let Some(found) = self.walk_unlocked(&bucket, before, key, hash) else {
                continue;
            };
            fence(Ordering::Acquire);
            if bucket.sequence.load(Ordering::Relaxed) == before {
                return found;
            }
        }
        self.lock(hash).find(key, hash).map(|place| place.element)
    }

    /// Walks a chain that may change; `None` if it did.
    #[inline]
    fn walk_unlocked(
        &self,
        bucket: &Bucket<'_>,
        before: u32,
        key: &Key,
        hash: u64,
    ) -> Option<Option<Index>> {
        let mut link = Index::decode(bucket.head.load(Ordering::Acquire));
        let mut steps = 0_u32;
        while let Some(index) = link {
            if self.matches(index, key, hash) {
                return Some(Some(index));
            }
            link = self.next(index);
            steps += 1;
            if steps.is_multiple_of(STRIDE) {
                fence(Ordering::Acquire);
                if bucket.sequence.load(Ordering::Relaxed) != before {
                    return None;
                }
            }
        }
        Some(None)
    }

    /// Locks the bucket of a hash for writing.
    pub(super) fn lock(&self, hash: u64) -> LockedBucket<'_> {
        self.lock_bucket(self.bucket_of(hash))
    }

    /// Locks a bucket by its number.
    pub(super) fn lock_nth(&self, number: usize) -> LockedBucket<'_> {
        self.lock_bucket(self.bucket(number))
    }

    fn lock_bucket<'t>(&'t self, bucket: Bucket<'t>) -> LockedBucket<'t> {
        let mut rounds = 0;
        loop {
            let sequence = bucket.sequence.load(Ordering::Relaxed);
            let odd = sequence.wrapping_add(1);
            let taken = sequence.is_multiple_of(2)
                && bucket
                    .sequence
                    .compare_exchange_weak(sequence, odd, Ordering::AcqRel, Ordering::Relaxed)
                    .is_ok();
            if taken {
                return LockedBucket {
                    table: self,
                    bucket,
                    unlocked: odd.wrapping_add(1),
                };
            }
            pause(&mut rounds);
        }
    }

    /// Is a bucket without elements right now?
    pub(super) fn is_empty_bucket(&self, number: usize) -> bool {
        self.bucket(number).head.load(Ordering::Acquire) == 0
    }

    /// The number of a hash's bucket.
    pub(super) fn number_of(&self, hash: u64) -> usize {
        (hash & self.mask) as usize
    }

    #[inline]
    fn bucket_of(&self, hash: u64) -> Bucket<'_> {
        self.bucket(self.number_of(hash))
    }

    #[inline]
    fn bucket(&self, number: usize) -> Bucket<'_> {
        Bucket {
            sequence: word(&self.buckets, number * 8),
            head: word(&self.buckets, number * 8 + 4),
        }
    }

    #[inline]
    fn matches(&self, index: Index, key: &Key, hash: u64) -> bool {
        let at = index.position() * self.stride;
        if self.elements.read_u32(at + 4) != Ok(tag(hash)) {
            return false;
        }
        let mut words = key.words().iter().enumerate();
        words.all(|(i, word)| self.elements.read_u64(at + HEADER + i * 8) == Ok(*word))
    }

    /// The element after this one in its chain (or in the pool's list).
    #[inline]
    pub(super) fn next(&self, index: Index) -> Option<Index> {
        Index::decode(word(&self.elements, index.position() * self.stride).load(Ordering::Acquire))
    }

    /// Links `next` after `index`.
    pub(super) fn set_next(&self, index: Index, next: Option<Index>) {
        word(&self.elements, index.position() * self.stride)
            .store(Index::encode(next), Ordering::Release);
    }

    /// Gives a free element its key.
    pub(super) fn set_key(&self, index: Index, key: &Key, hash: u64) {
        // Readers that still walk over its old life must see the sequence change of its old bucket first.
        fence(Ordering::Release);
        let at = index.position() * self.stride;
        // In range: the index came from the pool.
        let _ = self.elements.write_u32(at + 4, tag(hash));
        for (i, word) in key.words().iter().enumerate() {
            let _ = self.elements.write_u64(at + HEADER + i * 8, *word);
        }
    }

    /// The key's bytes.
    pub(super) fn key(&self, index: Index) -> RacyBytes<'_> {
        let at = index.position() * self.stride + HEADER;
        self.elements
            .part(at, self.key_size)
            .unwrap_or(RacyBytes::empty())
    }

    /// The value's bytes.
    #[inline]
    pub(super) fn value(&self, index: Index) -> RacyBytes<'_> {
        let at = index.position() * self.stride + HEADER + self.key_stride;
        self.elements
            .part(at, self.value_size)
            .unwrap_or(RacyBytes::empty())
    }

    /// The key or the value that holds the byte at `addr`.
    pub(super) fn part_at(&self, addr: Addr) -> Option<Part<'_>> {
        let offset = self.elements.offset_of(addr, 1)?;
        let index = Index::from_position(u32::try_from(offset.checked_div(self.stride)?).ok()?)?;
        let within = offset.checked_rem(self.stride)?;
        if within >= HEADER + self.key_stride {
            Some(Part::Value(self.value(index)))
        } else if within >= HEADER {
            Some(Part::Key(self.key(index)))
        } else {
            None
        }
    }
}

/// What a program's address points into.
pub(super) enum Part<'t> {
    Key(RacyBytes<'t>),
    Value(RacyBytes<'t>),
}

/// The half of the hash that the bucket number does not use.
#[inline]
fn tag(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// A word of a region. Out of range would be a mistake of this file: it then reads as a word that is always
/// zero, which ends every chain.
#[inline]
fn word(region: &Region, offset: usize) -> &AtomicU32 {
    static NOTHING: AtomicU32 = AtomicU32::new(0);
    region.atomic_u32(offset).unwrap_or(&NOTHING)
}

struct Bucket<'t> {
    sequence: &'t AtomicU32,
    head: &'t AtomicU32,
}

/// A bucket that only this thread may change. Change one link at most.
pub(super) struct LockedBucket<'t> {
    table: &'t Table,
    bucket: Bucket<'t>,
    unlocked: u32,
}

/// Where an element is in its chain.
pub(super) struct Place {
    pub(super) element: Index,
    before: Option<Index>,
}

impl LockedBucket<'_> {
    /// The first element of the chain.
    pub(super) fn first(&self) -> Option<Index> {
        Index::decode(self.bucket.head.load(Ordering::Relaxed))
    }

    /// The elements of the chain.
    pub(super) fn elements(&self) -> impl Iterator<Item = Index> + '_ {
        core::iter::successors(self.first(), |index| self.table.next(*index))
    }

    /// The element with this key.
    pub(super) fn find(&self, key: &Key, hash: u64) -> Option<Place> {
        let mut before = None;
        for element in self.elements() {
            if self.table.matches(element, key, hash) {
                return Some(Place { element, before });
            }
            before = Some(element);
        }
        None
    }

    /// Puts a new element in front.
    pub(super) fn insert(&self, new: Index) {
        self.table.set_next(new, self.first());
        self.link(None, Some(new));
    }

    /// Puts a new element in an old one's place.
    pub(super) fn replace(&self, old: &Place, new: Index) {
        self.table.set_next(new, self.table.next(old.element));
        self.link(old.before, Some(new));
    }

    /// Takes an element out.
    pub(super) fn remove(&self, old: &Place) {
        self.link(old.before, self.table.next(old.element));
    }

    fn link(&self, before: Option<Index>, to: Option<Index>) {
        match before {
            Some(before) => self.table.set_next(before, to),
            None => self.bucket.head.store(Index::encode(to), Ordering::Release),
        }
    }
}

impl Drop for LockedBucket<'_> {
    fn drop(&mut self) {
        self.bucket.sequence.store(self.unlocked, Ordering::Release);
    }
}
