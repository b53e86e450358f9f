//! Level 2 logs: is the state at every instruction the recorded one?

use std::collections::HashMap;

use anyhow::Result;
use serde::Deserialize;

use crate::corpus::{Folder, Row, log_lines};

/// The recorded level 2 logs by row.
#[derive(Debug, Default)]
pub(super) struct Recorded(HashMap<Key, String>);

#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    corpus: String,
    object: String,
    program: String,
    idx: u32,
}

impl Recorded {
    /// Reads `log2/` of a corpus.
    pub(super) fn read(folder: &Folder) -> Result<Self> {
        #[derive(Deserialize)]
        struct Line {
            object: String,
            program: String,
            #[serde(default)]
            idx: u32,
            log: String,
        }
        let mut logs = HashMap::new();
        folder.lines("log2", |corpus, line| {
            let line: Line = serde_json::from_str(line)?;
            let key = Key {
                corpus: corpus.to_owned(),
                object: line.object,
                program: line.program,
                idx: line.idx,
            };
            logs.insert(key, line.log);
            Ok(())
        })?;
        Ok(Self(logs))
    }

    /// Whether there is anything to compare with.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The recorded log of a row.
    pub(super) fn of(&self, row: &Row) -> Option<&str> {
        if self.0.is_empty() {
            return None;
        }
        let key = Key {
            corpus: row.corpus.clone(),
            object: row.unit.object.clone(),
            program: row.unit.program.clone(),
            idx: row.unit.idx,
        };
        self.0.get(&key).map(String::as_str)
    }
}

/// How far two logs agree.
#[derive(Debug)]
pub(super) struct StateMatch {
    /// State lines equal from the start.
    pub(super) equal: usize,
    /// State lines Linux printed.
    pub(super) lines: usize,
    /// The first pair that differs: Linux's and ours.
    pub(super) first_difference: Option<(String, String)>,
}

impl StateMatch {
    pub(super) fn compare(want: &str, got: &str) -> Self {
        let (want, got) = (log_lines::state_lines(want), log_lines::state_lines(got));
        let equal = want.iter().zip(&got).take_while(|(a, b)| a == b).count();
        let at = |lines: &[String]| {
            lines
                .get(equal)
                .cloned()
                .unwrap_or_else(|| "(end of log)".to_owned())
        };
        let first_difference = (equal < want.len().max(got.len())).then(|| (at(&want), at(&got)));
        Self {
            equal,
            lines: want.len(),
            first_difference,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_named() {
        let same = StateMatch::compare("0: R1=ctx()\n", "func#0 @0\n0: R1=ctx()\n");
        assert!(same.first_difference.is_none());
        let other = StateMatch::compare("0: R1=ctx()\n1: (95) exit\n", "0: R1=ctx()\n");
        assert_eq!((other.equal, other.lines), (1, 2));
        assert_eq!(
            other.first_difference,
            Some(("1: (95) exit".into(), "(end of log)".into()))
        );
    }
}
