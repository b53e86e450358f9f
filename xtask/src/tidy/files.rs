//! Rules about single files: headers, sizes, holes, licences, words that only mean something on one machine.

use super::Problem;
use super::repository::Repository;

/// Lines past which a file probably holds a second concept, and past which it certainly does.
const LONG: usize = 500;
const TOO_LONG: usize = 700;

const LICENCE: &str = "SPDX-License-Identifier: MIT OR Apache-2.0";

/// Cut in two so that this file does not contain them.
const LOCAL: [(&str, &str); 5] = [
    ("/wo", "rk/"),
    ("/ro", "ot/"),
    ("/ho", "me/"),
    ("/tm", "p/"),
    ("@local", "host"),
];
const HOLES: [(&str, &str); 4] = [
    ("to", "do!("),
    ("unimpl", "emented!("),
    ("FIX", "ME"),
    ("XX", "X"),
];

/// Every file against every rule that applies to it.
pub(super) fn check(repository: &Repository) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (path, text) in &repository.files {
        if path == "Cargo.lock" {
            continue;
        }
        if path.ends_with(".rs") {
            problems.extend(header(path, text));
            problems.extend(size(path, text));
            problems.extend(words(path, text, "a hole", &HOLES));
        }
        if is_script(path) && !text.lines().take(3).any(|line| line.contains(LICENCE)) {
            let what = format!("its first lines lack {LICENCE}");
            problems.push(Problem::error(path, what));
        }
        problems.extend(words(path, text, "a path of one machine", &LOCAL));
    }
    problems
}

/// Files whose licence no manifest states.
fn is_script(path: &str) -> bool {
    [".bpf.c", ".py", ".sh"]
        .iter()
        .any(|end| path.ends_with(end))
}

fn header(path: &str, text: &str) -> Option<Problem> {
    (!text.starts_with("//!"))
        .then(|| Problem::error(path, "does not begin with a //! header saying what it is"))
}

fn size(path: &str, text: &str) -> Option<Problem> {
    let table = path.contains("/generated/");
    let test = path.contains("/tests/") || path.ends_with("tests.rs");
    let lines = text.lines().count();
    if table || test || lines <= LONG {
        None
    } else if lines <= TOO_LONG {
        Some(Problem::warning(
            path,
            format!("{lines} lines: a second concept?"),
        ))
    } else {
        Some(Problem::error(
            path,
            format!("{lines} lines, at most {TOO_LONG}"),
        ))
    }
}

fn words(path: &str, text: &str, kind: &str, words: &[(&str, &str)]) -> Vec<Problem> {
    words
        .iter()
        .map(|(start, end)| format!("{start}{end}"))
        .filter(|word| text.contains(word))
        .map(|word| Problem::error(path, format!("{kind}: {word}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::Weight;
    use super::*;

    fn found(path: &str, text: &str) -> Vec<(Weight, String)> {
        check(&Repository {
            files: [(path.to_owned(), text.to_owned())].into(),
            packages: Vec::new(),
        })
        .into_iter()
        .map(|problem| (problem.weight, problem.what))
        .collect()
    }

    #[test]
    fn sources_begin_with_a_header() {
        assert!(found("a.rs", "//! What it is.\n").is_empty());
        assert_eq!(found("a.rs", "fn a() {}\n").len(), 1);
    }

    #[test]
    fn long_files_but_not_tables_and_tests() {
        let text = |lines: usize| "//! Long.\n".repeat(lines);
        assert!(found("a.rs", &text(LONG)).is_empty());
        assert_eq!(found("a.rs", &text(LONG + 1))[0].0, Weight::Warning);
        assert_eq!(found("a.rs", &text(TOO_LONG + 1))[0].0, Weight::Error);
        assert!(found("src/generated/a.rs", &text(TOO_LONG + 1)).is_empty());
        assert!(found("a/tests.rs", &text(TOO_LONG + 1)).is_empty());
    }

    #[test]
    fn licences_and_local_words() {
        assert_eq!(found("a.py", "#!/usr/bin/env python3\n").len(), 1);
        assert!(found("a.py", &format!("#!/usr/bin/env python3\n# {LICENCE}\n")).is_empty());
        let local = LOCAL.map(|(start, end)| format!("see {start}{end}x"));
        assert_eq!(found("a.md", &local[0]).len(), 1);
        let hole = HOLES.map(|(start, end)| format!("//! A.\n{start}{end}"));
        assert_eq!(found("a.rs", &hole[0]).len(), 1);
    }
}
