//! The table of ARCHITECTURE.md that names every file which opts into unsafe code.

use std::collections::BTreeSet;

use super::Problem;
use super::repository::Repository;

/// Each such file is in the table, and says under `# Safety` what it trusts.
pub(super) fn check(repository: &Repository) -> Vec<Problem> {
    let table = repository.table("Unsafe code");
    let mut listed: BTreeSet<&str> = table
        .iter()
        .filter_map(|row| row.first())
        .map(|cell| cell.trim_matches('`'))
        .collect();
    let mut problems = Vec::new();
    for (path, text) in repository.rust() {
        if !opts_in(text) {
            continue;
        }
        if !listed.remove(path) {
            let what = "allows unsafe code but is not in the table of ARCHITECTURE.md";
            problems.push(Problem::error(path, what));
        }
        if !text.lines().any(|line| line.trim_end() == "//! # Safety") {
            let what = "allows unsafe code without a `# Safety` part in its header";
            problems.push(Problem::error(path, what));
        }
    }
    for path in listed {
        problems.push(Problem::error(
            "ARCHITECTURE.md",
            format!("{path} allows no unsafe code"),
        ));
    }
    problems
}

fn opts_in(text: &str) -> bool {
    let attribute = |line: &str| {
        let line = line.trim_start();
        line.starts_with('#') && line.contains("allow(unsafe_code)")
    };
    text.lines().any(attribute)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listed_with_a_header() {
        let table =
            "# Unsafe code\n| file | trusts |\n|---|---|\n| `a.rs` | x |\n| `gone.rs` | y |\n";
        let files = [
            ("ARCHITECTURE.md", table),
            (
                "a.rs",
                "//! A.\n//!\n//! # Safety\n#![allow(unsafe_code)]\n",
            ),
            ("b.rs", "//! B.\n#[allow(unsafe_code)]\nfn b() {}\n"),
            ("c.rs", "//! C says allow(unsafe_code) in words.\n"),
        ];
        let problems = check(&Repository {
            files: files
                .map(|(path, text)| (path.to_owned(), text.to_owned()))
                .into(),
            packages: Vec::new(),
        });
        let places: Vec<_> = problems
            .iter()
            .map(|problem| problem.place.as_str())
            .collect();
        assert_eq!(places, ["b.rs", "b.rs", "ARCHITECTURE.md"]);
    }
}
