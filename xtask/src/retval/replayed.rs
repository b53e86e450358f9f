//! `corpus/replayed-retvals.tsv`: what Linux returns where a row alone does not give the recorded value.
//!
//! A row carries a program and its maps, not what a test had put into them, and a few programs return addresses. For
//! those, the value Linux 6.18 gave when the row itself was replayed twice is what a run is compared with.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::root;

const HEADER: &str = "\
# Return values of rows that do not give the recorded value when they are replayed alone (Linux 6.18).
# Written by `cargo xtask retval --record`. Row, run, value; `varies` for addresses.
";

/// What a run ought to return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expect {
    Value(u32),
    /// An address or the like: nothing to compare.
    Varies,
}

/// The corrections by row and run.
#[derive(Debug, Default)]
pub(super) struct Replayed(HashMap<(String, usize), Expect>);

impl Replayed {
    /// Reads the file; without it there are no corrections.
    pub(super) fn read() -> Result<Self> {
        let Ok(text) = fs::read_to_string(path()) else {
            return Ok(Self::default());
        };
        Self::parse(&text)
    }

    fn parse(text: &str) -> Result<Self> {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let corrections = lines.map(|line| {
            let mut fields = line.split('\t');
            let mut field = || {
                fields
                    .next()
                    .with_context(|| format!("too few fields: {line}"))
            };
            let key = (field()?.to_owned(), field()?.parse()?);
            let expect = match field()? {
                "varies" => Expect::Varies,
                value => Expect::Value(value.parse()?),
            };
            Ok((key, expect))
        });
        corrections.collect::<Result<_>>().map(Self)
    }

    /// What run number `run` of the row ought to return, `recorded` if nothing else is known.
    pub(super) fn expect(&self, row: &str, run: usize, recorded: u32) -> Expect {
        self.0
            .get(&(row.to_owned(), run))
            .copied()
            .unwrap_or(Expect::Value(recorded))
    }
}

/// What a replay gave for the runs that differ from the record, by row and run.
pub(super) type Differing = BTreeMap<(String, usize), u32>;

/// Writes what two replays gave.
///
/// A program whose value varies in one corpus, or varied before, varies: addresses are often the same twice in a row.
pub(super) fn write(first: &Differing, second: &Differing) -> Result<()> {
    let program = |row: &str| row.split_once('/').map(|(_, program)| program.to_owned());
    let before = Replayed::read()?;
    let varying: HashSet<_> = first
        .iter()
        .filter(|(key, value)| {
            second.get(key) != Some(value) || before.0.get(key) == Some(&Expect::Varies)
        })
        .map(|((row, _), _)| program(row))
        .collect();
    let mut text = HEADER.to_owned();
    for ((row, run), value) in first {
        let shown = if varying.contains(&program(row)) {
            "varies".to_owned()
        } else {
            value.to_string()
        };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{row}\t{run}\t{shown}");
    }
    let path = path();
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn path() -> PathBuf {
    root::root().join("corpus/replayed-retvals.tsv")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corrections_by_row_and_run() {
        let replayed = Replayed::parse("# comment\na/b/c\t0\t7\na/b/d\t1\tvaries\n").unwrap();
        assert_eq!(replayed.expect("a/b/c", 0, 1), Expect::Value(7));
        assert_eq!(replayed.expect("a/b/c", 1, 1), Expect::Value(1));
        assert_eq!(replayed.expect("a/b/d", 1, 1), Expect::Varies);
        assert!(Replayed::parse("a\tb").is_err());
    }
}
