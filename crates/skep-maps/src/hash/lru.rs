//! Which element goes when an LRU map is full.
//!
//! A clock: a hand goes round the elements; one that a program looked up since the hand last passed gets
//! another round. Linux keeps lists per CPU and evicts before the map is quite full; which element goes is
//! nobody's promise in either.

use std::sync::atomic::{AtomicU32, Ordering};

use skep_memory::Region;
use skep_object::SysResult;

use super::bucket::Index;
use super::key;
use super::keyed::Keyed;
use crate::attr::no_memory;

const FREE: u32 = 0;
const COLD: u32 = 1;
const HOT: u32 = 2;

/// Hot elements that are spared in one search; then the next one goes, hot or not.
const SPARED: u32 = 128;

/// The hand, and a word for each element.
pub(super) struct Clock {
    states: Region,
    hand: AtomicU32,
    capacity: u32,
}

impl Clock {
    pub(super) fn new(capacity: u32) -> SysResult<Self> {
        let bytes = capacity as usize * 4;
        Ok(Self {
            states: Region::new(bytes).map_err(|_| no_memory())?,
            hand: AtomicU32::new(0),
            capacity,
        })
    }

    fn state(&self, position: u32) -> Option<&AtomicU32> {
        self.states.atomic_u32(position as usize * 4).ok()
    }

    fn set(&self, index: Index, state: u32) {
        if let Some(word) = self.state(index.position()) {
            word.store(state, Ordering::Relaxed);
        }
    }

    /// An element was linked.
    pub(super) fn linked(&self, index: Index) {
        self.set(index, COLD);
    }

    /// An element was unlinked.
    pub(super) fn unlinked(&self, index: Index) {
        self.set(index, FREE);
    }

    /// A program used an element.
    #[inline]
    pub(super) fn touched(&self, index: Index) {
        if let Some(word) = self.state(index.position())
            && word.load(Ordering::Relaxed) == COLD
        {
            let _ = word.compare_exchange(COLD, HOT, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    /// Unlinks an element to make room; `None` if there was none to find, which lasts for a moment only.
    pub(super) fn evict(&self, keyed: &Keyed) -> Option<Index> {
        let mut spared = 0;
        for _ in 0..self.capacity.saturating_mul(2) {
            let position = self
                .hand
                .fetch_add(1, Ordering::Relaxed)
                .checked_rem(self.capacity)?;
            let word = self.state(position)?;
            match word.load(Ordering::Relaxed) {
                FREE => continue,
                HOT if spared < SPARED => {
                    spared += 1;
                    let _ = word.compare_exchange(HOT, COLD, Ordering::Relaxed, Ordering::Relaxed);
                    continue;
                }
                _ => {}
            }
            let index = Index::from_position(position)?;
            let bytes = keyed.table.elements.key(index);
            let unlinked = key::with_live(bytes, |key| keyed.unlink(key, Some(index)));
            if let Ok(Some(index)) = unlinked {
                self.unlinked(index);
                return Some(index);
            }
        }
        None
    }
}
