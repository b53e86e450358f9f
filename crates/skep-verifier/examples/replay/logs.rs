//! Recorded level-2 logs, and where ours differ.

use crate::Options;
use crate::units::{files_in, lines_of};
use std::collections::HashMap;

/// By object, program and index.
pub type Logs = HashMap<(String, String, u64), String>;

pub fn recorded(options: &Options) -> Logs {
    let files = files_in(&options.dir, "log2", &options.corpora);
    let logs = files.iter().flat_map(|path| lines_of(path)).map(|row| {
        let text = |key: &str| row[key].as_str().unwrap_or("").to_owned();
        (
            (
                text("object"),
                text("program"),
                row["idx"].as_u64().unwrap_or(0),
            ),
            text("log"),
        )
    });
    logs.collect()
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
pub fn first_difference(ours: &str, linux: &str) -> Option<(usize, String, String)> {
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
