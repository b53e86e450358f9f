//! Recorded level-2 logs, and where ours differ.

use crate::Options;
use crate::units::{files_in, lines_of};
use std::collections::HashMap;

/// By corpus, object, program and index.
pub(crate) type Logs = HashMap<(String, String, String, u64), String>;

pub(crate) fn recorded(options: &Options) -> Logs {
    let files = files_in(&options.dir, "log2", &options.corpora);
    let mut logs = Logs::default();
    for path in &files {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let corpus = name.strip_suffix(".jsonl.gz").unwrap_or(&name);
        for row in lines_of(path) {
            let text = |key: &str| row[key].as_str().unwrap_or("").to_owned();
            let index = row["idx"].as_u64().unwrap_or(0);
            logs.insert(
                (corpus.into(), text("object"), text("program"), index),
                text("log"),
            );
        }
    }
    logs
}

/// Addresses are not comparable.
fn normal(line: &str) -> String {
    match line.find("(18) r") {
        Some(at) if line[at..].contains("= 0x") => {
            let end = at + line[at..].find("= 0x").unwrap_or(0);
            let rest: String = line[end + 4..]
                .trim_start_matches(|c: char| c.is_ascii_hexdigit())
                .into();
            format!("{} 0x.. {}", &line[..end], rest.trim_start())
        }
        _ => line.trim_end().to_owned(),
    }
}

/// The first line that differs: its number, ours, Linux's.
pub(crate) fn first_difference(ours: &str, linux: &str) -> Option<(usize, String, String)> {
    let (mut a, mut b) = (ours.lines(), linux.lines());
    for number in 1.. {
        match (a.next(), b.next()) {
            (None, None) => break,
            (x, y) if x.map(normal) == y.map(normal) => {}
            (x, y) => {
                return Some((
                    number,
                    x.unwrap_or("(end)").into(),
                    y.unwrap_or("(end)").into(),
                ));
            }
        }
    }
    None
}
