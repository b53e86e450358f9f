//! Loops whose marks are not final: a state covered by one of its own ancestors takes over marks that may still change.
//!
//! One *visit* per (call instructions down to the first frame inside a loop, that loop's component). It is entered by the first
//! checkpoint stored inside the loop; states covered by unfinished ones are kept as *back-edges*; when everything below the entry is
//! walked, precision is carried over the back-edges until nothing changes.

use super::cache::StateId;
use super::equal::frame_insn;
use crate::precision::Marks;
use crate::reject::{Check, ControlReject};
use crate::state::{InsnIdx, State};
use crate::verifier::Verifier;
use crate::walk::Path;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;
use core::mem;
use hashbrown::HashMap;

/// After so many rounds everything becomes precise.
const MAX_ROUNDS: u32 = 64;

/// Where a loop is entered from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Chain {
    calls: Vec<InsnIdx>,
    scc: u32,
}

/// A path found covered by an unfinished loop state.
#[derive(Debug)]
struct BackEdge {
    path: Path,
    frame: u8,
    covered_by: StateId,
}

#[derive(Debug, Default)]
struct Visit {
    entry: Option<StateId>,
    /// Newest last.
    backedges: Vec<BackEdge>,
}

/// All visits of one function's walk.
#[derive(Debug, Default)]
pub(crate) struct Visits(HashMap<Chain, Visit>);

impl Visits {
    pub(crate) fn restart(&mut self) {
        self.0.clear();
    }
}

/// `(4,1)`: call instructions and component. Linux stops printing at a call at instruction 0.
fn chain_text(chain: &Chain) -> String {
    let mut text = String::from("(");
    for call in chain.calls.iter().take_while(|c| c.0 != 0) {
        let _ = write!(text, "{},", call.0);
    }
    let _ = write!(text, "{})", chain.scc);
    text
}

impl Verifier<'_> {
    fn chain_of(&self, state: &State, at: InsnIdx) -> Option<Chain> {
        let mut calls = Vec::new();
        for number in 0..=state.current() {
            let insn = frame_insn(state, at, number);
            match self.aux.get(insn.index()).map_or(0, |a| a.scc) {
                0 => calls.push(insn),
                scc => return Some(Chain { calls, scc }),
            }
        }
        None
    }

    fn chain_of_checkpoint(&self, id: StateId) -> Option<Chain> {
        if !self.walk.has_loops {
            return None;
        }
        let checkpoint = self.walk.cache.get(id)?;
        self.chain_of(&checkpoint.state, checkpoint.path.at)
    }

    /// Whether a checkpoint is in a loop with unfinished back-edges.
    pub(super) fn has_pending_backedges(&self, id: StateId) -> bool {
        if self.walk.cache.backedges == 0 {
            return false;
        }
        let visit = self
            .chain_of_checkpoint(id)
            .and_then(|chain| self.walk.visits.0.get(&chain));
        visit.is_some_and(|v| !v.backedges.is_empty())
    }

    /// A checkpoint was stored: it may be the entry of a loop.
    pub(super) fn enter_scc(&mut self, id: StateId) {
        let Some(chain) = self.chain_of_checkpoint(id) else {
            return;
        };
        let text = self.log.wants_level2().then(|| chain_text(&chain));
        let visit = self.walk.visits.0.entry(chain).or_default();
        if visit.entry.is_none() {
            visit.entry = Some(id);
            if let Some(text) = text {
                self.log.level2(&format_args!("SCC enter {text}\n"));
            }
        }
    }

    /// The current path is covered by `id`, whose marks are not final.
    pub(super) fn add_backedge(&mut self, id: StateId) -> Check {
        let chain = self.chain_of_checkpoint(id);
        let text = chain.as_ref().map(chain_text).unwrap_or_default();
        let backedge = BackEdge {
            path: self.walk.path.clone(),
            frame: self.state.current(),
            covered_by: id,
        };
        let Some(visit) = chain.and_then(|c| self.walk.visits.0.get_mut(&c)) else {
            return Err(self.reject(ControlReject::Bug {
                what: "no visit for a back-edge",
            }));
        };
        visit.backedges.push(backedge);
        self.walk.cache.backedges += 1;
        self.walk.cache.note_peak();
        self.log.level2(&format_args!("SCC backedge {text}\n"));
        Ok(())
    }

    /// Everything below a checkpoint is walked: if it was the entry of a loop, the loop's marks become final.
    pub(super) fn exit_scc(&mut self, id: StateId) -> Check {
        let Some(chain) = self.chain_of_checkpoint(id) else {
            return Ok(());
        };
        let Some(visit) = self
            .walk
            .visits
            .0
            .get_mut(&chain)
            .filter(|v| v.entry == Some(id))
        else {
            return Ok(());
        };
        visit.entry = None;
        let count = visit.backedges.len() as u32;
        self.log
            .level2(&format_args!("SCC exit {}\n", chain_text(&chain)));
        self.walk.cache.backedges = self.walk.cache.backedges.saturating_sub(count);
        let backedges = mem::take(&mut visit.backedges);
        self.settle(&backedges)
    }

    fn settle(&mut self, backedges: &[BackEdge]) -> Check {
        let mut round = 0;
        loop {
            if round > MAX_ROUNDS {
                self.log
                    .level2(&"propagate_backedges: too many iterations\n");
                for backedge in backedges.iter().rev() {
                    self.force_precise(&backedge.path, backedge.frame);
                }
                return Ok(());
            }
            round += 1;
            let mut changed = false;
            for backedge in backedges.iter().rev() {
                let marks =
                    self.propagate_precision(backedge.covered_by, &backedge.path, backedge.frame)?;
                changed |= marks == Marks::Changed;
            }
            if !changed {
                return Ok(());
            }
        }
    }
}
