//! A prune point: is the current state covered by a stored one, and should it be stored itself?

use super::cache::StateId;
use super::equal::Level;
use crate::precision::HistoryEntry;
use crate::register::Register;
use crate::reject::{Check, ControlReject};
use crate::stack::{IterState, SlotContent, SlotIdx};
use crate::state::{FrameKind, State};
use crate::verifier::Verifier;
use core::mem;

/// A checkpoint is wanted after so many jumps and instructions since the last one.
const WANTED_AFTER: Progress = Progress { jumps: 2, insns: 8 };
/// Inside an unfinished loop, after so many of either.
const WANTED_IN_LOOP: Progress = Progress {
    jumps: 20,
    insns: 100,
};
/// So many history entries force a checkpoint.
const LONG_HISTORY: usize = 40;
/// Without CAP_BPF no more states are stored at one instruction.
const UNPRIVILEGED_STATES: u32 = 64;
/// A checkpoint is evicted when its misses exceed this many times its hits, plus this.
const PATIENCE: u32 = 3;
/// The same for unfinished checkpoints that loops must converge on.
const LOOP_PATIENCE: u32 = 64;

/// Jumps and instructions processed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Progress {
    pub(crate) jumps: u32,
    pub(crate) insns: u32,
}

/// Outcome of a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Visited {
    /// A stored state covers this one; the path ends here.
    Covered,
    /// The path goes on.
    GoOn,
}

/// Whether a match makes the path a back-edge of a loop whose marks are not final.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Match {
    None,
    Plain,
    BackEdge,
}

impl Verifier<'_> {
    /// Consults the cache at the current instruction, a prune point.
    pub(crate) fn visit_prune_point(&mut self) -> Check<Visited> {
        let since = self.since_checkpoint();
        let marks = self.marks(self.at);
        let forced = self.test_state_freq
            || marks.force_checkpoint()
            || self.walk.path.history.len() > LONG_HISTORY;
        let mut wanted =
            forced || (since.jumps >= WANTED_AFTER.jumps && since.insns >= WANTED_AFTER.insns);
        let bucket = self.walk.cache.bucket_of(self.at, self.state.top());
        self.clean_finished(bucket);

        let mut counted: u32 = 0;
        let mut nth = 0;
        while let Some(id) = self.walk.cache.entry(bucket, nth) {
            counted += 1;
            nth += 1;
            let Some(stored) = self.walk.cache.get(id) else {
                continue;
            };
            if stored.path.at != self.at {
                continue;
            }
            let unfinished = stored.branches > 0;
            let found = if unfinished {
                self.match_unfinished(id)?
            } else {
                self.match_finished(id)
            };
            if found != Match::None {
                return self.hit(id, found);
            }
            if unfinished
                && !forced
                && since.jumps < WANTED_IN_LOOP.jumps
                && since.insns < WANTED_IN_LOOP.insns
            {
                wanted = false;
            }
            if self.miss(bucket, id, wanted) {
                nth -= 1;
            }
        }
        let cache = &mut self.walk.cache;
        cache.max_per_insn = cache.max_per_insn.max(counted);
        if wanted && (self.privileges.bpf || counted <= UNPRIVILEGED_STATES) {
            self.store(bucket);
        }
        Ok(Visited::GoOn)
    }

    fn since_checkpoint(&self) -> Progress {
        let (now, then) = (self.walk.progress, self.walk.at_checkpoint);
        Progress {
            jumps: now.jumps.wrapping_sub(then.jumps),
            insns: now.insns.wrapping_sub(then.insns),
        }
    }

    fn match_finished(&mut self, id: StateId) -> Match {
        let pending = self.has_pending_backedges(id);
        let (level, found) = if pending {
            (Level::RangeWithin, Match::BackEdge)
        } else {
            (Level::NotExact, Match::Plain)
        };
        if self.stored_covers(id, level) {
            found
        } else {
            Match::None
        }
    }

    /// A state on the current path, or with pending siblings: only loops that are known to end may be cut.
    fn match_unfinished(&mut self, id: StateId) -> Check<Match> {
        let Some(stored) = self.walk.cache.get(id) else {
            return Ok(Match::None);
        };
        let async_entries = |s: &State| s.top().map(|f| f.async_entries);
        let in_async = stored
            .state
            .top()
            .is_some_and(|f| matches!(f.kind, FrameKind::AsyncCallback(_)));
        if in_async && async_entries(&stored.state) != async_entries(&self.state) {
            return Ok(Match::None);
        }
        let marks = self.marks(self.at);
        if marks.iter_next() {
            let converged = self.stored_covers(id, Level::RangeWithin) && self.iterator_is_active();
            return Ok(if converged {
                Match::BackEdge
            } else {
                Match::None
            });
        }
        let other_depth = |v: &Self| {
            v.walk
                .cache
                .get(id)
                .is_some_and(|s| s.state.may_goto_depth != v.state.may_goto_depth)
        };
        if marks.may_goto() && other_depth(self) && self.stored_covers(id, Level::RangeWithin) {
            return Ok(Match::BackEdge);
        }
        if marks.calls_callback() {
            let converged = self.stored_covers(id, Level::RangeWithin);
            return Ok(if converged { Match::Plain } else { Match::None });
        }
        if self.is_infinite_loop(id) {
            return Err(self.reject_infinite_loop(id));
        }
        Ok(Match::None)
    }

    /// Whether the iterator that r1 points to can still give elements.
    fn iterator_is_active(&self) -> bool {
        let Register::Pointer(pointer) = self.state.reg(1) else {
            return false;
        };
        let crate::register::Target::Stack { frame } = pointer.target else {
            return false;
        };
        let off = pointer
            .var
            .tnum
            .value
            .cast_signed()
            .wrapping_add(i64::from(pointer.off));
        let slot = i32::try_from(off)
            .ok()
            .and_then(SlotIdx::of)
            .and_then(|(slot, _)| self.state.frame(frame)?.stack.get(slot));
        matches!(slot.map(|s| &s.content), Some(SlotContent::Iter(i)) if i.state == IterState::Active)
    }

    fn is_infinite_loop(&mut self, id: StateId) -> bool {
        let maybe = self
            .walk
            .cache
            .get(id)
            .is_some_and(|s| registers_identical(&s.state, &self.state));
        if !maybe || !self.stored_covers(id, Level::Exact) {
            return false;
        }
        let Some(stored) = self.walk.cache.get(id) else {
            return false;
        };
        let (old, cur) = (&stored.state, &self.state);
        !iterator_depths_differ(old, cur)
            && old.may_goto_depth == cur.may_goto_depth
            && old.callback_unroll_depth == cur.callback_unroll_depth
    }

    fn reject_infinite_loop(&mut self, id: StateId) -> crate::reject::Reject {
        self.print_source_line();
        let reject = self.reject(ControlReject::InfiniteLoop { insn: self.at.0 });
        let frame = self.state.current();
        let states = [
            ("cur", self.state.clone()),
            (
                "old",
                self.walk
                    .cache
                    .get(id)
                    .map(|s| s.state.clone())
                    .unwrap_or_default(),
            ),
        ];
        for (name, state) in states {
            self.log.message(&format_args!("{name} state:"));
            self.print_frame_of(&state, frame);
        }
        reject
    }

    fn hit(&mut self, id: StateId, found: Match) -> Check<Visited> {
        if let Some(stored) = self.walk.cache.get_mut(id) {
            stored.hits += 1;
        }
        if self.marks(self.at).jump_point() {
            let entry = HistoryEntry::new(self.at, self.walk.path.previous);
            self.walk.path.history.push(entry);
        }
        let path = mem::take(&mut self.walk.path);
        let frame = self.state.current();
        let result = self.propagate_precision(id, &path, frame);
        self.walk.path = path;
        result?;
        if found == Match::BackEdge {
            self.add_backedge(id)?;
        }
        Ok(Visited::Covered)
    }

    /// Counts a miss; whether the checkpoint was evicted.
    fn miss(&mut self, bucket: usize, id: StateId, wanted: bool) -> bool {
        let force = self.marks(self.at).force_checkpoint();
        let Some(stored) = self.walk.cache.get_mut(id) else {
            return false;
        };
        stored.misses += u32::from(wanted);
        let patience = if force && stored.branches > 0 {
            LOOP_PATIENCE
        } else {
            PATIENCE
        };
        let evict = stored.misses
            > stored
                .hits
                .saturating_mul(patience)
                .saturating_add(patience);
        if evict {
            self.walk.cache.evict(bucket, id);
            self.free_if_unneeded(id);
        }
        evict
    }

    /// Frees a checkpoint that is neither in the table nor needed by an unfinished path or loop.
    pub(super) fn free_if_unneeded(&mut self, id: StateId) {
        let done = self
            .walk
            .cache
            .get(id)
            .is_some_and(|c| c.evicted && c.branches == 0);
        if done && !self.has_pending_backedges(id) {
            self.walk.cache.free(id);
        }
    }

    /// Stores the current state; the path goes on below the checkpoint.
    fn store(&mut self, bucket: usize) {
        self.walk.at_checkpoint = self.walk.progress;
        if self.privileges.bpf {
            make_imprecise(&mut self.state);
        }
        let path = &mut self.walk.path;
        let stored_path = mem::take(path);
        path.at = self.at;
        path.previous = stored_path.previous;
        path.first = self.at;
        path.dfs_depth = stored_path.dfs_depth + 1;
        let id = self.walk.cache.add(bucket, self.state.clone(), stored_path);
        self.walk.path.parent = Some(id);
        self.enter_scc(id);
    }

    /// One path below the current state is finished: counts down to the first ancestor with other unfinished paths.
    pub(crate) fn finish_path(&mut self) -> Check {
        let mut parent = self.walk.path.parent;
        while let Some(id) = parent {
            let Some(checkpoint) = self.walk.cache.get_mut(id) else {
                break;
            };
            checkpoint.branches = checkpoint.branches.saturating_sub(1);
            if checkpoint.branches > 0 {
                break;
            }
            parent = checkpoint.path.parent;
            self.exit_scc(id)?;
            self.free_if_unneeded(id);
        }
        Ok(())
    }
}

/// A stored state says nothing about which of its numbers will decide something; later instructions do.
fn make_imprecise(state: &mut State) {
    let precise = |r: &Register| r.scalar().is_some_and(|s| s.precise);
    state.for_each_register(precise, |r| {
        if let Some(scalar) = r.scalar_mut() {
            scalar.precise = false;
        }
    });
}

/// All registers of the current frames byte for byte, precision and the frames of stack pointers aside.
fn registers_identical(old: &State, cur: &State) -> bool {
    let (Some(old), Some(cur)) = (old.top(), cur.top()) else {
        return false;
    };
    old.regs
        .iter()
        .zip(cur.regs.iter())
        .all(|(o, c)| match (o, c) {
            (Register::Scalar(o), Register::Scalar(c)) => {
                o.range == c.range && o.id == c.id && o.link == c.link
            }
            _ => o == c,
        })
}

/// Whether an active iterator has given another number of elements: then it is no endless loop.
fn iterator_depths_differ(old: &State, cur: &State) -> bool {
    old.frames().iter().zip(cur.frames()).any(|(o, c)| {
        o.stack
            .slots
            .iter()
            .zip(&c.stack.slots)
            .any(|(o, c)| match (&o.content, &c.content) {
                (SlotContent::Iter(o), SlotContent::Iter(c)) => {
                    c.state == IterState::Active && o.depth != c.depth
                }
                _ => false,
            })
    })
}
