//! The exceptions: `KIND TEST REASON`, one a line.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::root;

/// What an entry excuses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Exception {
    /// Not run by the kernel: it attaches to this machine.
    Attaches,
    /// Does not pass by the kernel either.
    Native,
    /// Does not pass under skep.
    Skep,
}

/// One line.
pub(super) struct Entry {
    pub(super) kind: Exception,
    test: String,
    pub(super) reason: String,
}

/// All exceptions.
pub(super) struct List(Vec<Entry>);

impl List {
    /// Reads `clients/libbpf-rs-tests.list`.
    pub(super) fn read() -> Result<Self> {
        let path = root::root().join("clients/libbpf-rs-tests.list");
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let lines = text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        Ok(Self(lines.map(parse).collect::<Result<_>>()?))
    }

    /// The entries of a test, whose name may have `::root::test` behind it; `*` at the end of an entry's name stands
    /// for anything.
    pub(super) fn of<'l>(&'l self, name: &str) -> impl Iterator<Item = &'l Entry> {
        let name = name.strip_suffix("::root::test").unwrap_or(name).to_owned();
        self.0
            .iter()
            .filter(move |entry| match entry.test.strip_suffix('*') {
                Some(start) => name.starts_with(start),
                None => name == entry.test,
            })
    }
}

fn parse(line: &str) -> Result<Entry> {
    let mut words = line.splitn(3, char::is_whitespace);
    let (Some(kind), Some(test), Some(reason)) = (words.next(), words.next(), words.next()) else {
        bail!("not `KIND TEST REASON`: {line}");
    };
    let kind = match kind {
        "attaches" => Exception::Attaches,
        "native" => Exception::Native,
        "skep" => Exception::Skep,
        other => bail!("no such kind of exception: {other}"),
    };
    Ok(Entry {
        kind,
        test: test.to_owned(),
        reason: reason.trim().to_owned(),
    })
}
