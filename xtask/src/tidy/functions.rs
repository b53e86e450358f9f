//! Functions of the verifier are short enough to be read at one go.
//!
//! Sources are formatted, so a function ends at the first line that closes a brace where the function began.

use super::Problem;
use super::repository::Repository;

/// Where the rule holds.
const PLACE: &str = "crates/skep-verifier/src/";
/// Lines of the longest function, signature and braces included.
const MOST: usize = 150;

/// Every function that is too long.
pub(super) fn check(repository: &Repository) -> Vec<Problem> {
    repository
        .rust()
        .filter(|(path, _)| path.starts_with(PLACE))
        .flat_map(|(path, text)| {
            lengths(text)
                .into_iter()
                .filter(|(_, lines)| *lines > MOST)
                .map(move |(name, lines)| {
                    let what = format!("{name} has {lines} lines, at most {MOST}");
                    Problem::error(path, what)
                })
        })
        .collect()
}

/// Name and lines of every function with a body of more than one line.
fn lengths(text: &str) -> Vec<(&str, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let Some(name) = name(line) else { continue };
        if line.ends_with(['}', ';']) {
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        let at_indent = |line: &str| line.len() - line.trim_start().len() == indent;
        let rest = lines.iter().enumerate().skip(start + 1);
        let mut ends =
            rest.filter(|(_, line)| at_indent(line) && line.trim_start().starts_with(['}', ')']));
        // A signature of several lines closes its parameters first; without a body it ends there.
        let end = ends.find(|(_, line)| line.trim() == "}" || line.ends_with(';'));
        if let Some((end, line)) = end
            && line.trim() == "}"
        {
            found.push((name, end - start + 1));
        }
    }
    found
}

/// The name of the function that begins in this line.
fn name(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("fn ")?;
    let words = before.split_whitespace();
    let modifiers = [
        "pub",
        "pub(crate)",
        "pub(super)",
        "const",
        "unsafe",
        "async",
    ];
    if !words.into_iter().all(|word| modifiers.contains(&word)) {
        return None;
    }
    after.split(['(', '<']).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "\
pub(crate) fn one(a: u8) -> u8 {
    if a == 0 {
        return 1;
    }
    a
}
trait T {
    fn two(
        &self,
    );
    fn three(
        &self,
    ) -> u8 {
        0
    }
    fn four(&self) {}
}
// fn five() {
";

    #[test]
    fn lines_are_counted() {
        assert_eq!(lengths(SOURCE), [("one", 6), ("three", 5)]);
    }

    #[test]
    fn long_functions_are_found() {
        let body = "    a();\n".repeat(MOST - 2);
        let fits = format!("//! A.\nfn a() {{\n{body}}}\n");
        let long = format!("//! A.\nfn a() {{\n    a();\n{body}}}\n");
        let found = |path: &str, text: &str| {
            let files = [(path.to_owned(), text.to_owned())].into();
            check(&Repository {
                files,
                packages: Vec::new(),
            })
            .len()
        };
        let place = format!("{PLACE}a.rs");
        assert_eq!(found(&place, &fits), 0);
        assert_eq!(found(&place, &long), 1);
        assert_eq!(found("crates/other/src/a.rs", &long), 0);
    }
}
