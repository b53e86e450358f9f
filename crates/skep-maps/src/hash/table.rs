//! Finding and changing elements: reads take no lock.
//!
//! A writer makes its bucket's sequence odd, makes one change that readers can see (a place is filled,
//! vacated or linked to another element; a link of the chain changes), makes the sequence even again, and
//! only then frees the element it took out. A reader looks at the sequence before and after:
//!
//! - unchanged: no element it looked at was freed meanwhile, because freeing comes after a change of the
//!   sequence; and it saw the bucket as it was either before or after the one change. So what it found, or
//!   did not find, was true at one moment.
//! - changed: it tries again, and after a few times takes the lock.
//!
//! Elements never leave their memory, so a reader on a wrong path reads wrong bytes but never foreign ones.

use std::sync::atomic::{Ordering, fence};

use skep_object::SysResult;

use super::bucket::{Bucket, Buckets, Index};
use super::elements::Elements;
use crate::attr::no_memory;
use crate::fields::pause;

/// Lock-free tries of a reader.
const TRIES: u32 = 16;
/// A reader looks at the sequence after so many chained elements too: a changing chain may have no end.
const STRIDE: u32 = 32;

/// The buckets and elements of one hash.
pub(super) struct Table {
    pub(super) buckets: Buckets,
    pub(super) elements: Elements,
}

impl Table {
    /// `buckets` is a power of two.
    pub(super) fn new(
        buckets: u32,
        elements: u32,
        key_size: u32,
        value_size: u32,
    ) -> SysResult<Self> {
        Ok(Self {
            buckets: Buckets::new(buckets as usize).map_err(|_| no_memory())?,
            elements: Elements::new(elements, key_size, value_size).map_err(|_| no_memory())?,
        })
    }

    /// The element with this key.
    #[inline]
    pub(super) fn find(&self, key: &[u64], hash: u64) -> Option<Index> {
        let bucket = self.buckets.of(hash);
        let before = bucket.sequence.load(Ordering::Acquire);
        if let Some(found) = self.find_unlocked(bucket, before, key, hash) {
            fence(Ordering::Acquire);
            if bucket.sequence.load(Ordering::Relaxed) == before {
                return found;
            }
        }
        self.find_again(bucket, key, hash)
    }

    /// The rest of [`Self::find`] after a first try that met a writer.
    #[cold]
    fn find_again(&self, bucket: &Bucket, key: &[u64], hash: u64) -> Option<Index> {
        for _ in 1..TRIES {
            let before = bucket.sequence.load(Ordering::Acquire);
            let Some(found) = self.find_unlocked(bucket, before, key, hash) else {
                continue;
            };
            fence(Ordering::Acquire);
            if bucket.sequence.load(Ordering::Relaxed) == before {
                return found;
            }
        }
        self.lock(hash).find(key, hash).map(|found| found.element)
    }

    /// Looks through a bucket that may change; `None` if it did.
    #[inline]
    fn find_unlocked(
        &self,
        bucket: &Bucket,
        before: u32,
        key: &[u64],
        hash: u64,
    ) -> Option<Option<Index>> {
        for place in bucket.candidates(hash) {
            if let Some(index) = bucket.link(place)
                && self.elements.matches(index, key, hash)
            {
                return Some(Some(index));
            }
        }
        match bucket.first_chained() {
            None => Some(None),
            Some(first) => self.find_chained(first, bucket, before, key, hash),
        }
    }

    #[cold]
    fn find_chained(
        &self,
        first: Index,
        bucket: &Bucket,
        before: u32,
        key: &[u64],
        hash: u64,
    ) -> Option<Option<Index>> {
        let mut link = Some(first);
        let mut steps = 0_u32;
        while let Some(index) = link {
            if self.elements.matches(index, key, hash) {
                return Some(Some(index));
            }
            link = self.elements.next(index);
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

    /// Locks the bucket of a hash for writing; a number may stand for a hash.
    pub(super) fn lock(&self, hash: u64) -> LockedBucket<'_> {
        let bucket = self.buckets.of(hash);
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
                    elements: &self.elements,
                    bucket,
                    unlocked: odd.wrapping_add(1),
                };
            }
            pause(&mut rounds);
        }
    }
}

/// A bucket that only this thread may change. Make one change at most, removals excepted.
pub(super) struct LockedBucket<'t> {
    elements: &'t Elements,
    bucket: &'t Bucket,
    unlocked: u32,
}

/// An element and where it is.
pub(super) struct Found {
    pub(super) element: Index,
    at: Position,
}

#[derive(Clone, Copy)]
enum Position {
    Place(usize),
    First,
    After(Index),
}

impl LockedBucket<'_> {
    /// All elements and where they are, in the order of iteration.
    pub(super) fn found(&self) -> impl Iterator<Item = Found> + '_ {
        let places = self.bucket.taken().filter_map(|place| {
            let element = self.bucket.link(place)?;
            Some(Found {
                element,
                at: Position::Place(place),
            })
        });
        let first = self.bucket.first_chained();
        let first = first.map(|element| Found {
            element,
            at: Position::First,
        });
        let chain = core::iter::successors(first, |found| {
            let element = self.elements.next(found.element)?;
            Some(Found {
                element,
                at: Position::After(found.element),
            })
        });
        places.chain(chain)
    }

    /// The elements, in the order of iteration.
    pub(super) fn iter(&self) -> impl Iterator<Item = Index> + '_ {
        self.found().map(|found| found.element)
    }

    /// The element with this key.
    pub(super) fn find(&self, key: &[u64], hash: u64) -> Option<Found> {
        let matching = |found: &Found| self.elements.matches(found.element, key, hash);
        let placed = self.bucket.candidates(hash).filter_map(|place| {
            let element = self.bucket.link(place)?;
            Some(Found {
                element,
                at: Position::Place(place),
            })
        });
        // The chain is rare: only then is every place looked at again.
        { placed }.find(matching).or_else(|| {
            self.bucket.first_chained()?;
            self.found().find(matching)
        })
    }

    /// Adds a new element.
    pub(super) fn insert(&self, new: Index, hash: u64) {
        match self.bucket.free() {
            Some(place) => self.bucket.fill(place, hash, new),
            None => {
                self.elements.set_next(new, self.bucket.first_chained());
                self.chain(Position::First, Some(new));
            }
        }
    }

    /// Puts a new element of the same key in an old one's position.
    pub(super) fn replace(&self, old: &Found, new: Index) {
        match old.at {
            Position::Place(place) => self.bucket.set_link(place, new),
            Position::First | Position::After(_) => {
                self.elements.set_next(new, self.elements.next(old.element));
                self.chain(old.at, Some(new));
            }
        }
    }

    /// Takes an element out.
    pub(super) fn remove(&self, old: &Found) {
        match old.at {
            Position::Place(place) => self.bucket.vacate(place),
            Position::First | Position::After(_) => {
                self.chain(old.at, self.elements.next(old.element))
            }
        }
    }

    /// Takes several elements out, given in the order of iteration. This is no single change, but each is one a
    /// reader may see or not: what stays is found all the time.
    pub(super) fn remove_all(&self, old: &[Found]) {
        // From the last, so that positions after other elements stay true.
        old.iter().rev().for_each(|found| self.remove(found));
    }

    /// Changes the link of the chain that leads to a position.
    fn chain(&self, at: Position, to: Option<Index>) {
        match at {
            Position::After(before) => self.elements.set_next(before, to),
            Position::First | Position::Place(_) => self
                .bucket
                .chain
                .store(Index::encode(to), Ordering::Release),
        }
    }
}

impl Drop for LockedBucket<'_> {
    fn drop(&mut self) {
        self.bucket.sequence.store(self.unlocked, Ordering::Release);
    }
}
