//! Elements by key, whatever their values are: the table, the free elements and the count.

use std::sync::atomic::{AtomicU32, Ordering};

use skep_object::{Errno, SysError, SysResult};
use skep_uapi::MapFlags;

use super::bucket::{self, Index};
use super::key;
use super::pool::Pool;
use super::table::Table;
use crate::attr::no_memory;
use crate::fields::pause;
use crate::{MapAttr, MapEnv};

/// The keys of one map. Writers may be many; each change is under the lock of its bucket.
pub(super) struct Keyed {
    pub(super) table: Table,
    pool: Pool,
    seed: u32,
    count: AtomicU32,
    max_entries: u32,
    capacity: u32,
}

impl Keyed {
    /// Keys alone: values are kept elsewhere, by [`Index::position`].
    pub(super) fn new(attr: &MapAttr, env: &MapEnv) -> SysResult<Self> {
        let buckets = buckets(attr)?;
        // A removed element is counted out a moment before it can be used again.
        let spare = env.possible_cpus.max(16);
        let capacity = attr.max_entries.checked_add(spare).ok_or_else(no_memory)?;
        let buckets = buckets.div_ceil(bucket::LOAD);
        let zero_seed = attr.flags.contains(MapFlags::ZERO_SEED);
        Ok(Self {
            table: Table::new(buckets, capacity, attr.key_size, 0)?,
            pool: Pool::new(capacity),
            seed: if zero_seed { 0 } else { env.hash_seed },
            count: AtomicU32::new(0),
            max_entries: attr.max_entries,
            capacity,
        })
    }

    /// Positions of elements are below this.
    pub(super) fn capacity(&self) -> u32 {
        self.capacity
    }

    /// Elements in the map right now.
    pub(super) fn len(&self) -> u32 {
        self.count.load(Ordering::Relaxed)
    }

    #[inline]
    pub(super) fn hash(&self, key: &[u64]) -> u64 {
        key::hash(key, self.seed)
    }

    /// The element of a key.
    #[inline]
    pub(super) fn find(&self, key: &[u64]) -> Option<Index> {
        self.table.find(key, self.hash(key))
    }

    /// An element for a new key, counted but not linked yet; `None` if the map is full.
    pub(super) fn take(&self, key: &[u64], hash: u64) -> Option<Index> {
        let more = |count| (count < self.max_entries).then_some(count + 1);
        self.count
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
            .ok()?;
        let mut rounds = 0;
        let index = loop {
            match self.pool.take(&self.table.elements) {
                Some(index) => break index,
                None => pause(&mut rounds),
            }
        };
        self.table.elements.set_key(index, key, hash);
        Some(index)
    }

    /// Takes back an element that is not linked (any more).
    pub(super) fn give_back(&self, index: Index) {
        self.count.fetch_sub(1, Ordering::Relaxed);
        self.pool.give_back(&self.table.elements, index);
    }

    /// Unlinks the element of a key, and only `wanted` if one is given.
    pub(super) fn unlink(&self, key: &[u64], wanted: Option<Index>) -> Option<Index> {
        let hash = self.hash(key);
        let bucket = self.table.lock(hash);
        let found = bucket.find(key, hash)?;
        if wanted.is_some_and(|wanted| wanted != found.element) {
            return None;
        }
        bucket.remove(&found);
        Some(found.element)
    }

    /// Copies the key after `key`, or the first where there is none such, in bucket order. ENOENT.
    pub(super) fn next_key(&self, key: Option<&[u8]>, next: &mut [u8]) -> SysResult<()> {
        let following = match key {
            Some(key) => key::with_copy(key, |key| self.following(key)),
            None => self.first_from(0),
        };
        match following {
            Some(index) => {
                let _ = self.table.elements.key(index).copy_out(0, next);
                Ok(())
            }
            None => SysError::err(Errno::ENOENT, "that was the last key"),
        }
    }

    fn first_from(&self, number: usize) -> Option<Index> {
        (number..self.table.buckets.count())
            .filter(|number| !self.table.buckets.of(*number as u64).is_empty())
            .find_map(|number| self.table.lock(number as u64).iter().next())
    }

    fn following(&self, key: &[u64]) -> Option<Index> {
        let hash = self.hash(key);
        let next = {
            let bucket = self.table.lock(hash);
            bucket.find(key, hash).map(|found| {
                let mut behind = bucket.iter().skip_while(|index| *index != found.element);
                behind.nth(1)
            })
        };
        match next {
            None => self.first_from(0),
            Some(Some(next)) => Some(next),
            Some(None) => self.first_from(self.table.buckets.number_of(hash) + 1),
        }
    }

    /// All elements, bucket by bucket, as they were when their bucket was reached.
    pub(super) fn elements(&self) -> impl Iterator<Item = Index> + '_ {
        (0..self.table.buckets.count())
            .filter(|number| !self.table.buckets.of(*number as u64).is_empty())
            .flat_map(|number| self.table.lock(number as u64).iter().collect::<Vec<_>>())
    }
}

/// Buckets of a hash with so many entries. E2BIG, which Linux says before it counts bytes.
pub(super) fn buckets(attr: &MapAttr) -> SysResult<u32> {
    let Some(buckets) = attr.max_entries.checked_next_power_of_two() else {
        return SysError::err(Errno::E2BIG, "too many entries");
    };
    Ok(buckets)
}
