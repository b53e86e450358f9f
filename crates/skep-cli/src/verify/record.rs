//! One line of a run: a program, its verdict, its numbers; as CSV that veristat and skep both read and write.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::stat::Stat;

/// The verdict of a line. What could not be tried has no line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Success,
    Failure,
}

impl Outcome {
    /// The word in a CSV file.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }

    pub(crate) fn of(word: &str) -> Option<Self> {
        [Self::Success, Self::Failure]
            .into_iter()
            .find(|outcome| outcome.word() == word)
    }
}

/// A program in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// The object's file name, without directories.
    pub(crate) file: String,
    pub(crate) program: String,
    pub(crate) outcome: Outcome,
    /// Numbers that are known.
    pub(crate) stats: BTreeMap<Stat, u64>,
}

impl Record {
    pub(crate) fn stat(&self, stat: Stat) -> Option<u64> {
        self.stats.get(&stat).copied()
    }
}

const FILE: &str = "file_name";
const PROGRAM: &str = "prog_name";
const VERDICT: &str = "verdict";

/// Writes a run.
pub(crate) fn write(out: impl Write, records: &[Record]) -> Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    let columns = [FILE, PROGRAM, VERDICT].into_iter();
    csv.write_record(columns.chain(Stat::ALL.map(Stat::column)))?;
    for record in records {
        let head = [&record.file, &record.program, record.outcome.word()].map(str::to_owned);
        let number = |stat| record.stat(stat).map_or(String::new(), |n| n.to_string());
        csv.write_record(head.into_iter().chain(Stat::ALL.map(number)))?;
    }
    csv.flush()?;
    Ok(())
}

/// Reads a run that skep or veristat wrote.
pub(crate) fn read(path: &Path) -> Result<Vec<Record>> {
    let name = path.display();
    let mut csv = csv::Reader::from_path(path).with_context(|| format!("cannot read {name}"))?;
    let headers = csv
        .headers()
        .with_context(|| format!("cannot read {name}"))?
        .clone();
    let column = |wanted: &str| headers.iter().position(|header| header == wanted);
    let (Some(file), Some(program), Some(verdict)) =
        (column(FILE), column(PROGRAM), column(VERDICT))
    else {
        bail!("{name} is no run: it has no columns {FILE}, {PROGRAM} and {VERDICT}");
    };
    let stats = Stat::ALL.map(|stat| (stat, column(stat.column())));
    let mut records = Vec::new();
    for (number, row) in (2_u64..).zip(csv.records()) {
        let row = row.with_context(|| format!("{name}, line {number}"))?;
        let text = |at: usize| row.get(at).unwrap_or_default();
        let outcome = Outcome::of(text(verdict))
            .with_context(|| format!("{name}, line {number}: '{}' is no verdict", text(verdict)))?;
        let numbers = stats
            .iter()
            .filter_map(|(stat, at)| Some((*stat, text((*at)?).parse().ok()?)));
        records.push(Record {
            file: text(file).to_owned(),
            program: text(program).to_owned(),
            outcome,
            stats: numbers.collect(),
        });
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let records = [Record {
            file: "a,b.bpf.o".to_owned(),
            program: "p".to_owned(),
            outcome: Outcome::Failure,
            stats: [(Stat::Insns, 7), (Stat::Stack, 0)].into(),
        }];
        let path = std::env::temp_dir().join(format!("skep-run-{}.csv", std::process::id()));
        write(std::fs::File::create(&path).unwrap(), &records).unwrap();
        assert_eq!(read(&path).unwrap(), records);
        std::fs::write(&path, "x,y\n1,2\n").unwrap();
        assert!(read(&path).is_err());
        std::fs::remove_file(&path).unwrap();
    }
}
