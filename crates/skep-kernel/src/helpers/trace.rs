//! What programs print: the session's trace_pipe.

use std::collections::VecDeque;

use parking_lot::Mutex;

/// Lines printed by bpf_trace_printk and its kin, oldest first; the oldest go when there are too many.
#[derive(Debug, Default)]
pub struct TraceLog {
    lines: Mutex<VecDeque<Vec<u8>>>,
}

/// Lines kept.
const LINES_MAX: usize = 4096;

impl TraceLog {
    /// An empty log.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes all lines. They are the program's bytes: not always UTF-8, and with a newline only if it printed one.
    pub fn take(&self) -> Vec<Vec<u8>> {
        self.lines.lock().drain(..).collect()
    }

    pub(super) fn add(&self, line: Vec<u8>) {
        let mut lines = self.lines.lock();
        if lines.len() == LINES_MAX {
            lines.pop_front();
        }
        lines.push_back(line);
    }
}
