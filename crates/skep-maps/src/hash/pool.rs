//! The free elements of a hash: those never used, and a list of used ones linked through their own words.

use parking_lot::Mutex;

use super::bucket::Index;
use super::elements::Elements;

/// Gives out element indices.
pub(super) struct Pool {
    free: Mutex<Free>,
    capacity: u32,
}

struct Free {
    /// The element freed last.
    recycled: Option<Index>,
    /// Elements from here on were never used: their pages may not exist yet.
    fresh: u32,
}

impl Pool {
    pub(super) fn new(capacity: u32) -> Self {
        Self {
            free: Mutex::new(Free {
                recycled: None,
                fresh: 0,
            }),
            capacity,
        }
    }

    /// A free element.
    pub(super) fn take(&self, elements: &Elements) -> Option<Index> {
        let mut free = self.free.lock();
        if let Some(index) = free.recycled {
            free.recycled = elements.next(index);
            return Some(index);
        }
        if free.fresh == self.capacity {
            return None;
        }
        let index = Index::from_position(free.fresh)?;
        free.fresh += 1;
        Some(index)
    }

    /// Takes an element back. The caller has unlinked it and unlocked its bucket.
    pub(super) fn give_back(&self, elements: &Elements, index: Index) {
        let mut free = self.free.lock();
        elements.set_next(index, free.recycled);
        free.recycled = Some(index);
    }
}
