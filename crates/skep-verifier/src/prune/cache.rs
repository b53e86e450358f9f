//! Checkpoints: states stored at prune points.
//!
//! A table of one bucket per instruction slot, indexed by (instruction xor call site) as Linux does, because the population of a bucket
//! is visible in `max_states_per_insn`. Evicted checkpoints leave their bucket but live on while paths below them are unfinished.

use crate::state::{Frame, InsnIdx, State};
use crate::walk::Path;
use alloc::vec::Vec;

/// Names a checkpoint; valid until it is freed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct StateId(u32);

/// A stored state.
#[derive(Debug)]
pub(crate) struct Checkpoint {
    pub(crate) state: State,
    /// How it was reached; `path.at` is the instruction it waits at.
    pub(crate) path: Path,
    /// Unfinished paths below it.
    pub(crate) branches: u32,
    pub(super) cleaned: bool,
    pub(super) hits: u32,
    pub(super) misses: u32,
    pub(super) evicted: bool,
}

/// All checkpoints of one function's walk, and the counters of the load.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    arena: Vec<Option<Checkpoint>>,
    free: Vec<u32>,
    /// Newest last.
    buckets: Vec<Vec<StateId>>,
    alive: u32,
    pub(crate) backedges: u32,
    pub(crate) total: u32,
    pub(crate) peak: u32,
    pub(crate) max_per_insn: u32,
}

impl Cache {
    /// Forgets all checkpoints; counters stay, that of those alive too: Linux counts on from one function to the next.
    pub(crate) fn restart(&mut self, insns: usize) {
        self.arena.clear();
        self.free.clear();
        self.buckets.clear();
        self.buckets.resize_with(insns, Vec::new);
        self.backedges = 0;
    }

    pub(crate) fn get(&self, id: StateId) -> Option<&Checkpoint> {
        self.arena.get(id.0 as usize)?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, id: StateId) -> Option<&mut Checkpoint> {
        self.arena.get_mut(id.0 as usize)?.as_mut()
    }

    /// The bucket of an instruction in a frame.
    pub(super) fn bucket_of(&self, insn: InsnIdx, frame: Option<&Frame>) -> usize {
        let callsite = frame.and_then(|f| f.callsite).map_or(u32::MAX, |c| c.0);
        let hash = insn.0 ^ callsite;
        hash.checked_rem(self.buckets.len() as u32).unwrap_or(0) as usize
    }

    /// The newest `nth` entry of a bucket.
    pub(super) fn entry(&self, bucket: usize, nth: usize) -> Option<StateId> {
        let bucket = self.buckets.get(bucket)?;
        bucket
            .len()
            .checked_sub(nth + 1)
            .and_then(|i| bucket.get(i))
            .copied()
    }

    /// Stores a checkpoint that nobody has compared with yet, as the newest of its bucket.
    pub(super) fn add(&mut self, bucket: usize, state: State, path: Path) -> StateId {
        let checkpoint = Checkpoint {
            state,
            path,
            branches: 1,
            cleaned: false,
            hits: 0,
            misses: 0,
            evicted: false,
        };
        let id = match self.free.pop() {
            Some(id) => {
                if let Some(place) = self.arena.get_mut(id as usize) {
                    *place = Some(checkpoint);
                }
                StateId(id)
            }
            None => {
                self.arena.push(Some(checkpoint));
                StateId((self.arena.len() as u32).wrapping_sub(1))
            }
        };
        if let Some(bucket) = self.buckets.get_mut(bucket) {
            bucket.push(id);
        }
        self.total += 1;
        self.alive += 1;
        self.note_peak();
        id
    }

    /// Counts what is alive: checkpoints, evicted ones included, and back-edge copies.
    pub(super) fn note_peak(&mut self) {
        self.peak = self.peak.max(self.alive + self.backedges);
    }

    /// Takes a checkpoint out of its bucket; it stays alive until [`Cache::free`].
    pub(super) fn evict(&mut self, bucket: usize, id: StateId) {
        if let Some(bucket) = self.buckets.get_mut(bucket) {
            bucket.retain(|other| *other != id);
        }
        if let Some(checkpoint) = self.get_mut(id) {
            checkpoint.evicted = true;
        }
    }

    /// Frees an evicted checkpoint that nothing needs any more.
    pub(super) fn free(&mut self, id: StateId) {
        if let Some(place) = self.arena.get_mut(id.0 as usize)
            && place.take().is_some()
        {
            self.free.push(id.0);
            self.alive = self.alive.saturating_sub(1);
        }
    }
}
