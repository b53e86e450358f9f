//! Going through a hash by bucket, as clients count buckets.
//!
//! Linux has a bucket for each element, one of ours holds four of them: bits of the hash that choose neither our
//! bucket nor a place in it tell apart which of the four an element is in. So a batch needs no more room than in
//! Linux, where a bucket rarely has more than a handful of elements.

use super::bucket::Index;
use super::elements::Elements;
use super::table::{Found, Table};
use crate::batch::{AndThen, Reached};

/// The most of Linux's buckets in one of ours.
const MOST: usize = super::bucket::LOAD as usize;

/// Linux's number of buckets for a number of elements.
pub(super) fn bucket_count(max_entries: u32) -> u32 {
    max_entries.checked_next_power_of_two().unwrap_or(u32::MAX)
}

impl Elements {
    /// Which of Linux's buckets in one of ours an element is in; `per` is a power of two.
    fn share(&self, index: Index, per: u32) -> u32 {
        // Below the bits of the tag.
        (self.hash_half(index) >> 20) & (per - 1)
    }
}

impl Table {
    /// One step of a walk over `all` of Linux's buckets: looks for elements from bucket `from` on, gives each to
    /// `copy` while their bucket is locked, and to `removed` after it was taken out and its bucket unlocked.
    pub(super) fn walk(
        &self,
        all: u32,
        from: u32,
        room: usize,
        and_then: AndThen,
        mut copy: impl FnMut(Index),
        removed: impl FnMut(Index),
    ) -> Reached {
        let ours = self.buckets.count();
        let per = (all / ours as u32).max(1);
        let start = (from / per) as usize;
        let mut numbers = start..ours;
        let Some(number) = numbers.find(|number| !self.buckets.of(*number as u64).is_empty())
        else {
            return Reached::Bucket(all);
        };
        let first = if number == start { from % per } else { 0 };
        let base = number as u32 * per;

        let bucket = self.lock(number as u64);
        let in_walk = |found: &Found| {
            let share = self.elements.share(found.element, per);
            (share >= first).then_some(share)
        };
        let mut counts = [0_usize; MOST];
        for share in bucket.found().filter_map(|found| in_walk(&found)) {
            if let Some(count) = counts.get_mut(share as usize) {
                *count += 1;
            }
        }
        let mut room = room;
        let mut end = 0;
        for count in counts.iter().take(per as usize) {
            let Some(left) = room.checked_sub(*count) else {
                break;
            };
            room = left;
            end += 1;
        }
        let chosen: Vec<Found> = bucket
            .found()
            .filter(|found| in_walk(found).is_some_and(|share| share < end))
            .collect();
        chosen.iter().for_each(|found| copy(found.element));
        if and_then == AndThen::Remove {
            bucket.remove_all(&chosen);
            drop(bucket);
            chosen
                .into_iter()
                .map(|found| found.element)
                .for_each(removed);
        }
        if end == per {
            Reached::Bucket(base + per)
        } else {
            Reached::TooFull(base + end)
        }
    }
}
