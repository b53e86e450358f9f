//! Every kind of rejection has a filetest that shows it and one that just avoids it, or a reason in the list of
//! exceptions; and nothing is an exception that needs to be none.

use skep_filetests::coverage::{ALLOWED, Coverage};

use super::Problem;

/// Where the list is, for messages.
const PLACE: &str = "filetests";

/// Compares the kinds with the files.
pub(super) fn check(coverage: &Coverage) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (path, error) in &coverage.malformed {
        problems.push(Problem::error(
            &path.display().to_string(),
            error.to_string(),
        ));
    }
    for (path, kind) in &coverage.unknown {
        let what = format!("{kind} is no kind of rejection");
        problems.push(Problem::error(&path.display().to_string(), what));
    }
    for (kind, files) in coverage.lacking() {
        if !coverage.allowed.contains_key(kind) {
            let what = match (files.shown, files.avoided) {
                (0, 0) => format!("no file shows {kind}, none just avoids it"),
                (0, _) => format!("no file shows {kind}"),
                (_, _) => format!("no file just avoids {kind}"),
            };
            problems.push(Problem::error(PLACE, what));
        }
    }
    for kind in coverage.allowed.keys() {
        let what = match coverage.kinds.get(kind) {
            None => format!("{ALLOWED}: {kind} is no kind of rejection"),
            Some(files) if files.shown > 0 && files.avoided > 0 => {
                format!("{ALLOWED}: {kind} has its files: take it off the list")
            }
            Some(_) => continue,
        };
        problems.push(Problem::error(PLACE, what));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use skep_filetests::coverage::Files;

    fn coverage(shown: usize, avoided: usize, allowed: bool) -> Coverage {
        let kind = "Value::DivisionByZero".to_owned();
        let allowed = allowed.then(|| (kind.clone(), "why".to_owned()));
        Coverage {
            kinds: [(kind, Files { shown, avoided })].into(),
            allowed: allowed.into_iter().collect(),
            ..Coverage::default()
        }
    }

    #[test]
    fn both_files_or_a_reason() {
        assert!(check(&coverage(1, 1, false)).is_empty());
        assert!(check(&coverage(0, 1, true)).is_empty());
        assert_eq!(check(&coverage(0, 1, false)).len(), 1);
        assert_eq!(check(&coverage(1, 0, false)).len(), 1);
        assert_eq!(check(&coverage(1, 1, true)).len(), 1);
    }

    #[test]
    fn names_exist() {
        let mut unknown = coverage(1, 1, false);
        unknown.allowed.insert("Value::Gone".into(), "why".into());
        unknown
            .unknown
            .push(("a.skep".into(), "Value::Gone".into()));
        assert_eq!(check(&unknown).len(), 2);
    }
}
