//! Whether a stored state covers the current one: every way the current one could go on was already looked at.

use super::frame::Comparison;
use crate::state::{Execution, InsnIdx, RefKind, References, State};
use crate::verifier::Verifier;
use core::mem;

/// How alike two states must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// A finished state: imprecise numbers are not compared.
    NotExact,
    /// An unfinished state of a converging loop: numbers must lie inside, precise or not.
    RangeWithin,
    /// Infinite loops: identical.
    Exact,
}

/// The instruction a frame of a state is at: where the state waits, or the call that made the next frame.
pub(super) fn frame_insn(state: &State, at: InsnIdx, frame: u8) -> InsnIdx {
    state
        .frame(frame + 1)
        .and_then(|inner| inner.callsite)
        .unwrap_or(at)
}

impl Verifier<'_> {
    /// Whether `old`, stored at the current instruction, covers the current state.
    pub(super) fn covers(&self, old: &State, ids: &mut super::ids::IdMap, level: Level) -> bool {
        let cur = &self.state;
        if old.current() != cur.current() {
            return false;
        }
        ids.restart(self.last_id);
        if old.execution == Execution::Speculative && cur.execution == Execution::Architectural {
            return false;
        }
        if old.in_sleepable != cur.in_sleepable || !resources_match(old, cur, ids) {
            return false;
        }
        let mut comparison = Comparison {
            verifier: self,
            ids,
            level,
        };
        let frames = old.frames().iter().zip(cur.frames());
        frames.into_iter().all(|(o, c)| {
            let at = frame_insn(old, self.at, o.number);
            o.callsite == c.callsite && comparison.frames_match(o, c, self.live_before(at))
        })
    }

    /// [`Verifier::covers`] with the load's id map.
    pub(super) fn stored_covers(&mut self, id: super::StateId, level: Level) -> bool {
        let mut ids = mem::take(&mut self.walk.ids);
        let result = self
            .walk
            .cache
            .get(id)
            .is_some_and(|c| self.covers(&c.state, &mut ids, level));
        self.walk.ids = ids;
        result
    }
}

/// Whether the call chains of two states are the same.
pub(super) fn same_callsites(a: &State, b: &State) -> bool {
    a.current() == b.current()
        && a.frames()
            .iter()
            .zip(b.frames())
            .all(|(x, y)| x.callsite == y.callsite)
}

fn resources_match(old: &State, cur: &State, ids: &mut super::ids::IdMap) -> bool {
    let counts = |s: &State| {
        (
            s.refs.0.len(),
            s.refs.lock_count(),
            s.preempt_locks,
            s.rcu_lock,
        )
    };
    if counts(old) != counts(cur) {
        return false;
    }
    let irq = |r: &References| r.newest_irq().map_or(0, |i| i.id);
    if !ids.pair(irq(&old.refs), irq(&cur.refs)) {
        return false;
    }
    let lock = |s: &State| {
        s.refs
            .newest_lock()
            .map_or((0, None), |l| (l.id, l.kind.lock_object()))
    };
    let ((old_lock, old_object), (cur_lock, cur_object)) = (lock(old), lock(cur));
    if !ids.pair(old_lock, cur_lock) || old_object != cur_object {
        return false;
    }
    old.refs
        .0
        .iter()
        .zip(&cur.refs.0)
        .all(|(o, c)| ids.pair(o.id, c.id) && same_kind(o.kind, c.kind))
}

fn same_kind(old: RefKind, cur: RefKind) -> bool {
    mem::discriminant(&old) == mem::discriminant(&cur) && old.lock_object() == cur.lock_object()
}
