//! The two RCU domains: ordinary (a program run or a system call holds it) and tasks-trace (a sleepable
//! run holds it).
//!
//! A reader is a slot with one word, written only by its owner with plain stores: 0 outside, else the
//! number of the grace period that was current when it entered. To wait, a writer that has already
//! unlinked something
//!
//! 1. takes the next number N (so later readers record at least N),
//! 2. makes every thread pass a full barrier with membarrier(2),
//! 3. waits until each slot is 0 or at least N.
//!
//! A reader whose store is not visible after step 2 does its loads after the barrier and so cannot find
//! what was unlinked; a visible one is waited for. A reader that recorded a stale number is waited for
//! without need, which is harmless. Where membarrier(2) is missing, and under loom, readers pay a full
//! fence instead.
//!
//! Entering costs no locked operation. Nobody waits on the calling thread unless it asks to:
//! [`Domain::call`] hands the work to the domain's thread.

mod barrier;
mod domain;
mod worker;

use std::sync::Arc as StdArc;

pub use domain::{Domain, RcuGuard, RcuReader};

/// Marks the ordinary domain.
#[derive(Debug)]
pub enum Ordinary {}

/// Marks the tasks-trace domain.
#[derive(Debug)]
pub enum Trace {}

/// The ordinary domain.
pub type Rcu = Domain<Ordinary>;

/// The domain of sleepable runs.
pub type TasksTrace = Domain<Trace>;

/// Both domains of a session.
#[derive(Clone)]
pub struct RcuDomains {
    /// Held by ordinary runs and system calls.
    pub ordinary: StdArc<Rcu>,
    /// Held by sleepable runs.
    pub trace: StdArc<TasksTrace>,
}

impl RcuDomains {
    /// Two fresh domains.
    pub fn new() -> Self {
        Self {
            ordinary: StdArc::new(Rcu::new()),
            trace: StdArc::new(TasksTrace::new()),
        }
    }

    /// Runs `work` after one grace period of each domain, on a thread of the domains.
    pub fn call_after_both(&self, work: impl FnOnce() + Send + 'static) {
        let ordinary = StdArc::clone(&self.ordinary);
        self.trace.call(move || ordinary.call(work));
    }

    /// Waits until all work handed over so far has run, that of `call_after_both` included.
    pub fn barrier(&self) {
        self.trace.barrier();
        self.ordinary.barrier();
    }
}

impl Default for RcuDomains {
    fn default() -> Self {
        Self::new()
    }
}
