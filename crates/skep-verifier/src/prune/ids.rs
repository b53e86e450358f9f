//! Matching ids of two states: the stored one's ids must map one to one onto the current one's.

use crate::register::{Link, Scalar, ValueId};
use alloc::vec::Vec;

/// Ids of linked numbers are told apart by how they are linked; the upper bits say it.
const ADD64: u64 = 1 << 32;
const ADD32: u64 = 1 << 33;

/// The pairs seen in one comparison.
#[derive(Debug, Default)]
pub(crate) struct IdMap {
    pairs: Vec<(u64, u64)>,
    last_temporary: u64,
}

impl IdMap {
    /// Forgets all pairs; temporary ids come after `last_id`.
    pub(crate) fn restart(&mut self, last_id: ValueId) {
        self.pairs.clear();
        self.last_temporary = u64::from(last_id);
    }

    /// Whether `old` may stand for `cur`.
    pub(crate) fn pair(&mut self, old: ValueId, cur: ValueId) -> bool {
        self.pair_wide(old.into(), cur.into())
    }

    fn pair_wide(&mut self, old: u64, cur: u64) -> bool {
        if (old == 0) != (cur == 0) {
            return false;
        }
        if old == 0 {
            return true;
        }
        for &(o, c) in &self.pairs {
            if o == old {
                return c == cur;
            }
            if c == cur {
                return false;
            }
        }
        self.pairs.push((old, cur));
        true
    }

    /// The same for numbers: one linked to nothing may stand for any, and one linked to nothing must not stand for two.
    pub(crate) fn pair_scalars(&mut self, old: &Scalar, cur: &Scalar) -> bool {
        if old.id == 0 {
            return true;
        }
        let cur_id = if cur.id == 0 {
            self.last_temporary += 1;
            self.last_temporary
        } else {
            wide(cur)
        };
        let linked_at_distance = old.link != Link::Equal;
        self.pair_wide(wide(old), cur_id)
            && (!linked_at_distance || self.pair_wide(old.id.into(), cur_id & u64::from(u32::MAX)))
    }

    /// Ids of numbers as they are, links included.
    pub(crate) fn pair_scalars_exactly(&mut self, old: &Scalar, cur: &Scalar) -> bool {
        self.pair_wide(wide(old), wide(cur))
    }
}

fn wide(scalar: &Scalar) -> u64 {
    let id = u64::from(scalar.id);
    match scalar.link {
        Link::Equal => id,
        Link::Add64(_) => id | ADD64,
        Link::Add32(_) => id | ADD32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_one_to_one() {
        let mut map = IdMap::default();
        map.restart(10);
        assert!(map.pair(0, 0));
        assert!(!map.pair(0, 1) && !map.pair(1, 0));
        assert!(map.pair(1, 7) && map.pair(1, 7));
        assert!(!map.pair(1, 8) && !map.pair(2, 7));
    }

    #[test]
    fn an_unlinked_number_cannot_stand_for_two_linked_ones() {
        let mut map = IdMap::default();
        map.restart(10);
        let old = Scalar {
            id: 3,
            ..Scalar::UNKNOWN
        };
        assert!(map.pair_scalars(&old, &Scalar::UNKNOWN));
        assert!(!map.pair_scalars(&old, &Scalar::UNKNOWN));
    }
}
