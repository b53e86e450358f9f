//! Whether runs of programs are counted and timed: while somebody holds what ENABLE_STATS gave.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The switch of a session.
#[derive(Clone, Default)]
pub struct Statistics {
    holders: Arc<AtomicU64>,
}

impl Statistics {
    /// Switches counting on for as long as the answer lives.
    pub fn enable(&self) -> StatisticsOn {
        self.holders.fetch_add(1, Ordering::Relaxed);
        StatisticsOn(self.clone())
    }

    /// Whether counting is on.
    #[inline]
    pub fn are_on(&self) -> bool {
        self.holders.load(Ordering::Relaxed) != 0
    }
}

/// Counting is on while this lives.
pub struct StatisticsOn(Statistics);

impl Clone for StatisticsOn {
    fn clone(&self) -> Self {
        self.0.enable()
    }
}

impl Drop for StatisticsOn {
    fn drop(&mut self) {
        self.0.holders.fetch_sub(1, Ordering::Relaxed);
    }
}
