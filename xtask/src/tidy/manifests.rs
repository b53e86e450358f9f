//! Rules about Cargo.toml and Cargo.lock.

use super::Problem;
use super::repository::Repository;

const LICENCE: &str = "MIT OR Apache-2.0";
const LINTS: &str = "[lints]\nworkspace = true";
/// The only place dependencies come from.
const SOURCE: &str = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";

/// Every package has a description, our licence and the workspace's lints; every shared dependency a reason.
pub(super) fn check(repository: &Repository) -> Vec<Problem> {
    let mut problems = Vec::new();
    for package in &repository.packages {
        if package.license.as_deref() != Some(LICENCE) {
            problems.push(Problem::error(
                &package.name,
                format!("licence is not {LICENCE}"),
            ));
        }
        if package
            .description
            .as_deref()
            .unwrap_or_default()
            .is_empty()
        {
            problems.push(Problem::error(&package.name, "has no description"));
        }
    }
    for (path, text) in &repository.files {
        let package = path.ends_with("/Cargo.toml") && text.contains("[package]");
        if path == "Cargo.toml" {
            problems.extend(without_reason(text));
        } else if package && !text.contains(LINTS) {
            problems.push(Problem::error(path, "does not take the workspace's lints"));
        } else if path.ends_with("Cargo.lock") {
            problems.extend(foreign_sources(text));
        }
    }
    problems
}

/// Lines of `[workspace.dependencies]` that neither they nor a comment above their group explains.
fn without_reason(text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut explained = false;
    let section = text
        .lines()
        .skip_while(|line| *line != "[workspace.dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['));
    for line in section {
        if line.starts_with('#') {
            explained = true;
        } else if line.is_empty() {
            explained = false;
        } else if !explained && !line.contains("path = ") && !line.contains('#') {
            let name = line.split(' ').next().unwrap_or_default();
            let what = format!("no comment says what {name} is for");
            problems.push(Problem::error("Cargo.toml", what));
        }
    }
    problems
}

fn foreign_sources(text: &str) -> Vec<Problem> {
    text.lines()
        .filter(|line| line.starts_with("source = ") && *line != SOURCE)
        .map(|line| Problem::error("Cargo.lock", format!("another source: {line}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_have_reasons() {
        let text = "[workspace.dependencies]\nours = { path = \"x\" }\n\n# Why.\na = \"1\"\nb = \"1\"\n\nc = \"1\"\n[profile]\nd = 1\n";
        let problems = without_reason(text);
        assert_eq!(problems.len(), 1);
        assert!(problems[0].what.contains(" c "));
    }

    #[test]
    fn one_source() {
        assert!(foreign_sources(SOURCE).is_empty());
        assert_eq!(
            foreign_sources("source = \"git+https://example.org\"").len(),
            1
        );
    }
}
