//! The walk: which instruction of which path is looked at next.
//!
//! ```text
//!   step: prune point? -> log -> execute -> next instruction, or path end
//!   path end: count down (prune::finish_path), settle stack liveness, resume the newest pending path
//! ```
//!
//! [`run`] is one whole load; [`branch`] pending paths, [`frames`] calls and returns, [`functions`] which functions are walked.

mod branch;
mod depths;
mod facts;
mod frames;
mod functions;
mod outcome;
mod services;

pub(crate) use branch::Path;
pub(crate) use outcome::run;

use crate::log::Arrival;
use crate::prepare::Marks;
use crate::prune::{Cache, IdMap, Progress, Visited, Visits};
use crate::reject::{Check, ControlReject, Reject};
use crate::state::{Execution, InsnIdx};
use crate::verifier::{Flow, Verifier};
use alloc::vec::Vec;
use branch::Pending;
use skep_isa::opcode;
use skep_uapi::Errno;

/// Instructions processed at most.
const MAX_PROCESSED: u32 = 1_000_000;

/// Pending paths, state cache, counters.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    /// How the current state was reached.
    pub(crate) path: Path,
    pending: Vec<Pending>,
    pub(crate) cache: Cache,
    pub(crate) visits: Visits,
    /// Ids matched in the comparison of states under way.
    pub(crate) ids: IdMap,
    /// Jumps and instructions processed in this load, now and when the last checkpoint was stored.
    pub(crate) progress: Progress,
    pub(crate) at_checkpoint: Progress,
    /// Whether the program has any loops.
    pub(crate) has_loops: bool,
}

/// Where a step leads.
enum Step {
    Continue(Arrival),
    PathEnd,
}

impl Verifier<'_> {
    /// Walks all paths from the current state and instruction.
    fn walk_paths(&mut self) -> Check {
        let mut arrival = Arrival::Continued;
        loop {
            match self.step(arrival)? {
                // Linux forgets that a path was resumed only where it prints the state then, at level 2.
                Step::Continue(Arrival::Continued)
                    if arrival == Arrival::Resumed && !self.log.wants_level2() => {}
                Step::Continue(next) => arrival = next,
                Step::PathEnd => {
                    self.log.touch_everything();
                    self.finish_path()?;
                    self.update_live_stack();
                    if !self.resume_pending() {
                        return Ok(());
                    }
                    arrival = Arrival::Resumed;
                }
            }
        }
    }

    fn step(&mut self, arrival: Arrival) -> Check<Step> {
        let at = self.at;
        self.walk.path.has_entry = false;
        self.walk.path.at = at;
        let Some(insn) = self.insns.get(at.index()).copied() else {
            let count = self.insns.len();
            return Err(self.reject(ControlReject::InsnOutside { at: at.0, count }));
        };
        self.walk.progress.insns += 1;
        if self.walk.progress.insns > MAX_PROCESSED {
            let processed = self.walk.progress.insns;
            return Err(self.reject(ControlReject::TooLarge { processed }));
        }
        let marks = self.marks(at);
        if marks.prune_point() && self.visit_prune_point()? == Visited::Covered {
            self.log_covered(arrival);
            return Ok(Step::PathEnd);
        }
        if marks.jump_point() {
            self.note_step();
        }
        if self.walk.progress.insns.is_multiple_of(1024)
            && let Some(errno) = self.env.interrupted()
        {
            return Err(self.reject_silently(errno));
        }
        self.log_insn(self.walk.path.previous, arrival);
        let speculative = self.state.execution == Execution::Speculative;
        let Some(aux) = self.aux.get_mut(at.index()) else {
            return Ok(Step::PathEnd);
        };
        aux.seen |= !speculative;
        if speculative && aux.nospec {
            return Ok(Step::PathEnd);
        }
        if matches!(insn.class(), opcode::JMP | opcode::JMP32) {
            self.walk.progress.jumps += 1;
        }
        self.begin_stack_writes();
        let result = self.execute();
        if result.is_ok() || result.as_ref().is_err_and(stops_speculation) {
            self.commit_stack_writes(at);
        }
        if marks.contains(Marks::CALLS_NEXT) {
            self.mark(at, Marks::ITER_NEXT);
        }
        self.walk.path.previous = Some(at);
        let flow = match result {
            Ok(flow) => flow,
            Err(reject) if speculative && stops_speculation(&reject) => {
                self.stop_speculation(at);
                return Ok(Step::PathEnd);
            }
            Err(reject) => return Err(reject),
        };
        let barrier_after = self.aux.get(at.index()).is_some_and(|a| a.nospec_result);
        self.at = match flow {
            Flow::PathEnd => return Ok(Step::PathEnd),
            Flow::Next if insn.is_ld_imm64() => at.next().next(),
            Flow::Next => at.next(),
            Flow::Goto(to) => to,
        };
        if speculative && barrier_after {
            return Ok(Step::PathEnd);
        }
        let returned = insn.code == opcode::INSN_EXIT;
        Ok(Step::Continue(if returned {
            Arrival::Resumed
        } else {
            Arrival::Continued
        }))
    }

    /// What may go wrong only in speculation is prevented by a barrier before the instruction.
    fn stop_speculation(&mut self, at: InsnIdx) {
        if let Some(aux) = self.aux.get_mut(at.index()) {
            aux.nospec = true;
            aux.alu_mask = None;
        }
    }

    fn log_covered(&mut self, arrival: Arrival) {
        let at = self.at.0;
        match arrival {
            Arrival::Continued => self.log.verbose(&format_args!("{at}: safe\n")),
            Arrival::Resumed => {
                let from = self.walk.path.previous.map_or(-1, |p| i64::from(p.0));
                let how = self.execution_text();
                self.log
                    .verbose(&format_args!("\nfrom {from} to {at}{how}: safe\n"));
            }
        }
    }
}

/// Errors that on a speculative path end only the path.
fn stops_speculation(reject: &Reject) -> bool {
    matches!(reject.errno, Errno::EPERM | Errno::EACCES | Errno::EINVAL)
}
