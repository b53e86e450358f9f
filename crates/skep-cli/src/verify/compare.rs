//! Two runs side by side.

use std::collections::BTreeMap;

use super::filter::Line;
use super::record::Record;
use super::stat::Stat;

/// The programs of both runs, each once, by name.
pub(super) fn lines<'a>(a: &'a [Record], b: &'a [Record]) -> Vec<Line<'a>> {
    let mut lines: BTreeMap<(&str, &str), Line<'a>> = BTreeMap::new();
    let none = Line { a: None, b: None };
    for record in a {
        lines
            .entry((&record.file, &record.program))
            .or_insert(none)
            .a = Some(record);
    }
    for record in b {
        lines
            .entry((&record.file, &record.program))
            .or_insert(none)
            .b = Some(record);
    }
    lines.into_values().collect()
}

/// Whether anything but the time differs.
pub(super) fn differs(line: &Line<'_>) -> bool {
    let (Some(a), Some(b)) = (line.a, line.b) else {
        return true;
    };
    let numbers = [Stat::Insns, Stat::States, Stat::Stack];
    let changed = |stat: &Stat| {
        let both = a.stat(*stat).zip(b.stat(*stat));
        both.is_some_and(|(a, b)| a != b)
    };
    a.outcome != b.outcome || numbers.iter().any(changed)
}

#[cfg(test)]
mod tests {
    use super::super::record::Outcome;
    use super::*;

    fn record(program: &str, insns: u64, micros: u64) -> Record {
        Record {
            file: "a.bpf.o".to_owned(),
            program: program.to_owned(),
            outcome: Outcome::Success,
            stats: [(Stat::Insns, insns), (Stat::Duration, micros)].into(),
        }
    }

    #[test]
    fn runs_are_joined_by_name() {
        let a = [
            record("gone", 1, 1),
            record("same", 5, 10),
            record("grown", 5, 1),
        ];
        let b = [
            record("grown", 6, 1),
            record("same", 5, 90),
            record("new", 1, 1),
        ];
        let lines = lines(&a, &b);
        let different: Vec<_> = lines
            .iter()
            .filter(|line| differs(line))
            .filter_map(|line| line.b.or(line.a))
            .map(|record| record.program.as_str())
            .collect();
        assert_eq!(lines.len(), 4);
        assert_eq!(different, ["gone", "grown", "new"]);
    }
}
