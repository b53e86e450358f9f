//! The table of measured conversions: `conversions.txt`, which says how to read it.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::step::Step;

/// What a row is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// A load.
    Load,
    /// A load into the register that held the pointer.
    LoadOver,
    /// A store.
    Store,
    /// A store of a constant.
    StoreConst,
    /// An access of any size inside the field.
    Any,
}

/// One row.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) offset: u32,
    pub(super) size: u32,
    pub(super) kind: Kind,
    pub(super) steps: Vec<Step>,
}

impl Row {
    /// Whether `size` bytes at `offset` lie inside.
    pub(super) fn holds(&self, offset: u32, size: u32) -> bool {
        let end = |offset: u32, size: u32| offset.saturating_add(size);
        self.offset <= offset && end(offset, size) <= end(self.offset, self.size)
    }
}

type Sections = BTreeMap<&'static str, Vec<Row>>;

/// The rows of a section.
pub(super) fn section(name: &str) -> &'static [Row] {
    static SECTIONS: OnceLock<Sections> = OnceLock::new();
    let sections = SECTIONS.get_or_init(|| parse(include_str!("conversions.txt")).0);
    sections.get(name).map_or(&[], Vec::as_slice)
}

/// The sections of a table, and the lines that make no sense (there are none, as a test shows).
fn parse(text: &'static str) -> (Sections, Vec<&'static str>) {
    let (mut sections, mut bad) = (Sections::new(), Vec::new());
    let mut current = "";
    for line in text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            current = name;
        } else if let Some(row) = row(line) {
            sections.entry(current).or_default().push(row);
        } else {
            bad.push(line);
        }
    }
    (sections, bad)
}

fn row(line: &'static str) -> Option<Row> {
    let (head, steps) = line.split_once(": ")?;
    let mut head = head.split(' ');
    let offset = head.next()?.parse().ok()?;
    let size = head.next()?.parse().ok()?;
    let kind = match head.next()? {
        "ld" => Kind::Load,
        "ld=" => Kind::LoadOver,
        "stx" => Kind::Store,
        "st" => Kind::StoreConst,
        "any" => Kind::Any,
        _ => return None,
    };
    let steps = steps
        .split("; ")
        .map(Step::parse)
        .collect::<Option<Vec<_>>>()?;
    Some(Row {
        offset,
        size,
        kind,
        steps,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_understood() {
        let (sections, bad) = parse(include_str!("conversions.txt"));
        assert_eq!(bad, Vec::<&str>::new());
        assert!(sections.len() > 10);
    }
}
