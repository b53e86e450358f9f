//! [`NameIndex`]: types by name, and the rule by which a name has a flavour (`task_struct___old`).

use alloc::vec::Vec;
use core::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

/// Types of one BTF chained by essential name, lowest id first.
///
/// One index serves exact and flavour-blind look-ups: both hash the essential name.
pub(crate) struct NameIndex {
    hasher: DefaultHashBuilder,
    /// The lowest position with each essential name.
    heads: HashTable<u32>,
    /// By position: the next higher position with the same essential name, or [`END`].
    next: Vec<u32>,
}

const END: u32 = u32::MAX;

impl NameIndex {
    /// Indexes `count` types whose names `name_at` gives.
    pub(crate) fn new<'a>(count: u32, name_at: impl Fn(u32) -> &'a [u8]) -> Self {
        let hasher = DefaultHashBuilder::default();
        let mut heads = HashTable::with_capacity(count as usize);
        let mut next = alloc::vec![END; count as usize];
        // From the last to the first, so that each new head is the lowest.
        for position in (0..count).rev() {
            let name = essential(name_at(position));
            let same = |other: &u32| essential(name_at(*other)) == name;
            let rehash = |other: &u32| hasher.hash_one(essential(name_at(*other)));
            let hash = hasher.hash_one(name);
            match heads.find_mut(hash, same) {
                Some(head) => {
                    if let Some(link) = next.get_mut(position as usize) {
                        *link = *head;
                    }
                    *head = position;
                }
                None => {
                    heads.insert_unique(hash, position, rehash);
                }
            }
        }
        Self {
            hasher,
            heads,
            next,
        }
    }

    /// Positions whose essential name is that of `name`, ascending.
    pub(crate) fn positions<'s, 'a, F: Fn(u32) -> &'a [u8]>(
        &'s self,
        name: &[u8],
        name_at: F,
    ) -> impl Iterator<Item = u32> + use<'s, 'a, F> {
        let name = essential(name);
        let first = self
            .heads
            .find(self.hasher.hash_one(name), |other| {
                essential(name_at(*other)) == name
            })
            .copied();
        core::iter::successors(first, |position| {
            self.next
                .get(*position as usize)
                .copied()
                .filter(|&next| next != END)
        })
    }
}

/// `name` without its flavour: what stands before the last `X___Y` where X and Y are no underscores.
///
/// libbpf's rule: at least one character must precede and follow the separator.
pub fn essential(name: &[u8]) -> &[u8] {
    let is_separator = |five: &[u8]| matches!(five, [before, b'_', b'_', b'_', after] if *before != b'_' && *after != b'_');
    match name.windows(5).rposition(is_separator) {
        Some(at) => name.get(..at.saturating_add(1)).unwrap_or(name),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::essential;

    #[test]
    fn flavour_needs_text_on_both_sides() {
        assert_eq!(essential(b"task_struct___old"), b"task_struct");
        assert_eq!(essential(b"a___b___c"), b"a___b");
        assert_eq!(essential(b"___x"), b"___x");
        assert_eq!(essential(b"x___"), b"x___");
        assert_eq!(essential(b"x____y"), b"x____y");
        assert_eq!(essential(b""), b"");
    }
}
