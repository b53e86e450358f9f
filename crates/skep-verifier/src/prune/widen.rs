//! Convergence: numbers that changed since the loop was last here, and decided nothing, become unknown.

use super::cache::StateId;
use super::equal::same_callsites;
use super::ids::IdMap;
use crate::register::{Register, Scalar};
use crate::state::{InsnIdx, State};
use crate::verifier::Verifier;

impl Verifier<'_> {
    /// The newest stored state of `insn` on the current path, stored before `depth` checkpoints deep, in the call chain of `state`.
    pub(crate) fn earlier_entry(
        &self,
        state: &State,
        insn: InsnIdx,
        depth: u32,
    ) -> Option<StateId> {
        let bucket = self.walk.cache.bucket_of(insn, state.top());
        let mut nth = 0;
        while let Some(id) = self.walk.cache.entry(bucket, nth) {
            nth += 1;
            let Some(c) = self.walk.cache.get(id) else {
                continue;
            };
            if c.path.at == insn
                && c.branches > 0
                && same_callsites(&c.state, state)
                && c.path.dfs_depth < depth
            {
                return Some(id);
            }
        }
        None
    }

    /// Makes numbers of `state` unknown that differ from those of the earlier entry and are imprecise on both sides.
    pub(crate) fn widen(&mut self, earlier: StateId, state: &mut State) {
        let mut ids = IdMap::default();
        ids.restart(self.last_id);
        let unknown = self.unknown_register();
        let Some(checkpoint) = self.walk.cache.get(earlier) else {
            return;
        };
        for number in 0..=state.current() {
            let (Some(old), Some(cur)) = (checkpoint.state.frame(number), state.frame_mut(number))
            else {
                continue;
            };
            for (o, c) in old.regs.iter().zip(cur.regs.iter_mut()) {
                widen_register(o, c, &unknown, &mut ids);
            }
            for (o, c) in old.stack.slots.iter().zip(cur.stack.slots.iter_mut()) {
                if let (Some(o), Some(c)) = (o.spilled(), c.spilled_mut()) {
                    widen_register(o, c, &unknown, &mut ids);
                }
            }
        }
    }
}

fn widen_register(old: &Register, cur: &mut Register, unknown: &Register, ids: &mut IdMap) {
    let (Some(o), Some(c)) = (old.scalar(), cur.scalar()) else {
        return;
    };
    if !o.precise && !c.precise && !same(o, c, ids) {
        *cur = unknown.clone();
    }
}

fn same(old: &Scalar, cur: &Scalar, ids: &mut IdMap) -> bool {
    old.range == cur.range
        && old.link.distance() == cur.link.distance()
        && ids.pair_scalars_exactly(old, cur)
}
