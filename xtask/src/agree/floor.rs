//! `corpus/floor.json`: the agreement that must not be lost. It only rises.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::tally::Verdicts;
use crate::root;

/// The least share of Linux's accepts and of its rejects to be answered alike, in per cent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Floor {
    accept: f64,
    reject: f64,
}

impl Floor {
    /// What was reached, cut (not rounded) to two digits, so that reaching it again passes.
    fn reached(rows: &Verdicts) -> Self {
        let cut = |percent: f64| (percent * 100.0).floor() / 100.0;
        Self {
            accept: cut(rows.accepts.percent()),
            reject: cut(rows.rejects.percent()),
        }
    }

    fn raised_to(self, other: Self) -> Self {
        Self {
            accept: self.accept.max(other.accept),
            reject: self.reject.max(other.reject),
        }
    }

    fn holds(self, reached: Self) -> bool {
        reached.accept >= self.accept && reached.reject >= self.reject
    }
}

/// Whether the file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Update {
    Keep,
    Raise,
}

impl Update {
    pub(super) fn from_flag(raise: bool) -> Self {
        if raise { Self::Raise } else { Self::Keep }
    }
}

/// Compares with the floor called `name` and says so; a name without a floor has the floor 0.
pub(super) fn check(name: &str, rows: &Verdicts, update: Update) -> Result<ExitCode> {
    let path = path();
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut floors: BTreeMap<String, Floor> =
        serde_json::from_str(&text).with_context(|| format!("{} is malformed", path.display()))?;
    let floor = floors.get(name).copied().unwrap_or_default();
    let reached = Floor::reached(rows);
    println!(
        "floor {name}: accepts {:.2} of {:.2} %, rejects {:.2} of {:.2} %",
        reached.accept, floor.accept, reached.reject, floor.reject
    );
    if update == Update::Raise {
        floors.insert(name.to_owned(), floor.raised_to(reached));
        fs::write(&path, serde_json::to_string_pretty(&floors)? + "\n")
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(ExitCode::from(u8::from(!floor.holds(reached))))
}

fn path() -> PathBuf {
    root::root().join("corpus/floor.json")
}

#[cfg(test)]
mod tests {
    use super::super::tally::Share;
    use super::*;

    #[test]
    fn a_floor_only_rises() {
        let rows = Verdicts {
            accepts: Share { right: 2, total: 3 },
            rejects: Share { right: 3, total: 3 },
        };
        let reached = Floor::reached(&rows);
        assert_eq!((reached.accept, reached.reject), (66.66, 100.0));
        let floor = Floor {
            accept: 70.0,
            reject: 10.0,
        };
        assert!(!floor.holds(reached));
        let raised = floor.raised_to(reached);
        assert_eq!((raised.accept, raised.reject), (70.0, 100.0));
        assert!(reached.holds(reached));
    }
}
