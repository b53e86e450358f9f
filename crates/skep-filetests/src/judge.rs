//! Expectations against answers: what differs, and how a file looks that expects what was answered.

use crate::format::{Expected, Filetest, Run, Verdict};
use crate::load::Answer;
use crate::program::Program;

/// What in `answer` is not as the file expects; empty if all is.
pub fn differences(file: &Filetest, program: &Program, answer: &Answer) -> Vec<String> {
    let mut found = Vec::new();
    let expected = &file.expected;
    let verdict = verdict(answer);
    if expected.verdict.as_ref() != Some(&verdict) {
        let last = answer.log.last().map_or("", String::as_str);
        found.push(format!(
            "verdict is {verdict:?}, expected {:?}; the log ends in: {last}",
            expected.verdict
        ));
        return found;
    }
    let said = last_lines(&answer.log, expected.log.len());
    let same = said.len() == expected.log.len()
        && said
            .iter()
            .zip(&expected.log)
            .all(|(said, pattern)| matches(said, pattern));
    if !same {
        found.push(format!(
            "the log ends in {said:?}, expected {:?}",
            expected.log
        ));
    }
    if let Some((line, kind)) = guilt(program, answer) {
        let (wanted_line, wanted) = match &file.guilty {
            Some((line, kind)) => (Some(*line), Some(kind)),
            None => (None, expected.kind.as_ref()),
        };
        if wanted != Some(&kind) || wanted_line != line {
            found.push(format!(
                "the rejection is {kind} in line {line:?} of the program, expected {wanted:?} in line {wanted_line:?}"
            ));
        }
    }
    for (run, result) in expected.runs.iter().zip(&answer.runs) {
        if *result != Ok(run.returns) {
            found.push(format!("a run gives {result:?}, expected {}", run.returns));
        }
    }
    found
}

/// The file that expects what the running kernel answered, and what skep found guilty.
pub fn blessed(file: &Filetest, program: &Program, linux: &Answer, skep: &Answer) -> Filetest {
    let mut file = file.clone();
    let guilt = guilt(program, skep);
    let lines = skep.reject.as_ref().map_or(1, |reject| {
        let texts = reject.rules.iter().map(ToString::to_string);
        texts.map(|text| text.lines().count()).sum()
    });
    let runs = file.expected.runs.iter().zip(&linux.runs);
    let runs = runs.map(|(run, result)| Run {
        data: run.data.clone(),
        returns: result.unwrap_or(u32::MAX),
    });
    file.expected = Expected {
        verdict: Some(verdict(linux)),
        kind: match &guilt {
            Some((None, kind)) => Some(kind.clone()),
            Some((Some(_), _)) | None => None,
        },
        log: match linux.errno {
            Some(_) => last_lines(&linux.log, lines)
                .iter()
                .map(|line| without_ids(line, &program.kernel_ids))
                .collect(),
            None => Vec::new(),
        },
        runs: runs.collect(),
    };
    file.guilty = guilt.and_then(|(line, kind)| Some((line?, kind)));
    file
}

fn verdict(answer: &Answer) -> Verdict {
    answer.errno.map_or(Verdict::Accept, Verdict::Reject)
}

/// The kinds of the broken rules, and the line of the program they stand in.
fn guilt(program: &Program, answer: &Answer) -> Option<(Option<usize>, String)> {
    let reject = answer.reject.as_ref()?;
    let kinds: Vec<String> = reject
        .rules
        .iter()
        .map(|rule| rule.kind().to_string())
        .collect();
    if kinds.is_empty() {
        return None;
    }
    let kind = kinds.join(", ");
    let line = reject
        .at
        .and_then(|at| program.lines.get(at.index()).copied());
    Some((line, kind))
}

fn last_lines(log: &[String], count: usize) -> &[String] {
    log.get(log.len().saturating_sub(count)..)
        .unwrap_or_default()
}

/// `{id}` for the numbers of kernel types.
fn without_ids(line: &str, ids: &[u32]) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(at);
        let end = from
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(from.len());
        let (digits, behind) = from.split_at(end);
        out.push_str(before);
        let is_id = digits.parse().is_ok_and(|id| ids.contains(&id));
        out.push_str(if is_id { "{id}" } else { digits });
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// Whether a line is a pattern in which `{id}` stands for digits.
fn matches(line: &str, pattern: &str) -> bool {
    let mut parts = pattern.split("{id}");
    let Some(mut rest) = parts.next().and_then(|first| line.strip_prefix(first)) else {
        return false;
    };
    for part in parts {
        let digits = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        match digits.strip_prefix(part) {
            Some(behind) if digits.len() < rest.len() => rest = behind,
            Some(_) | None => return false,
        }
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_any_number() {
        let line = "kfunc bpf_x#4711 takes 3";
        let pattern = without_ids(line, &[4711]);
        assert_eq!(pattern, "kfunc bpf_x#{id} takes 3");
        assert!(matches(line, &pattern));
        assert!(matches("kfunc bpf_x#1 takes 3", &pattern));
        assert!(!matches("kfunc bpf_x# takes 3", &pattern));
        assert!(!matches("kfunc bpf_x#1 takes 33", &pattern));
    }
}
