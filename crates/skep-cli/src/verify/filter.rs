//! Which lines are shown: patterns over names, and comparisons of numbers.
//!
//! ```text
//! [!]PATTERN              FILE or FILE/PROGRAM; * and ? stand for any characters and any one
//! NUMBER OP VALUE[%]      insns>1000, duration>=500; of two runs: insns_diff>10, insns_pct>5%, states_a<100
//! verdict=success         also failure, !=; of two runs verdict_a, verdict_b
//! ```

use std::str::FromStr;

use anyhow::{Context, Result, bail};

use super::record::{Outcome, Record};
use super::stat::Stat;

/// One line: a program in a run, or in two.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    pub(crate) a: Option<&'a Record>,
    /// Of one run, or of the newer of two.
    pub(crate) b: Option<&'a Record>,
}

impl Line<'_> {
    fn names(&self) -> (&str, &str) {
        let record = self.b.or(self.a);
        record.map_or(("", ""), |record| (&record.file, &record.program))
    }
}

/// Which number of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Number {
    stat: Stat,
    side: Side,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    A,
    B,
    Difference,
    Percent,
}

impl Number {
    /// Its value, if the line has it.
    pub(crate) fn of(self, line: &Line<'_>) -> Option<f64> {
        let a = || line.a?.stat(self.stat).map(|n| n as f64);
        let b = || line.b?.stat(self.stat).map(|n| n as f64);
        match self.side {
            Side::A => a(),
            Side::B => b(),
            Side::Difference => Some(b()? - a()?),
            Side::Percent => Some(percent(a()?, b()?)),
        }
    }
}

/// The change from `a` to `b` in per cent; from 0 to anything is 100.
pub(crate) fn percent(a: f64, b: f64) -> f64 {
    if a == b {
        0.0
    } else if a == 0.0 {
        100.0
    } else {
        (b - a) / a * 100.0
    }
}

impl FromStr for Number {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let sides = [
            ("_a", Side::A),
            ("_b", Side::B),
            ("_diff", Side::Difference),
            ("_pct", Side::Percent),
        ];
        let found = sides
            .iter()
            .find_map(|(suffix, side)| Some((text.strip_suffix(suffix)?, *side)));
        let (name, side) = found.unwrap_or((text, Side::B));
        let stat = name.parse()?;
        Ok(Self { stat, side })
    }
}

/// How two numbers compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    More,
    MoreOrEqual,
}

/// Longer ones first.
const OPERATORS: [(&str, Operator); 8] = [
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("<>", Operator::NotEqual),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::MoreOrEqual),
    ("=", Operator::Equal),
    ("<", Operator::Less),
    (">", Operator::More),
];

impl Operator {
    fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Equal => left == right,
            Self::NotEqual => left != right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::More => left > right,
            Self::MoreOrEqual => left >= right,
        }
    }
}

/// A condition on lines.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Filter {
    /// Only those whose name fits.
    Name(String),
    /// Only those whose name does not fit.
    NotName(String),
    /// Only those whose number compares so.
    Compare(Number, Operator, f64),
    /// Only those with, or without, a verdict.
    Verdict(VerdictOf, Outcome, Operator),
}

/// Whose verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VerdictOf {
    A,
    B,
}

impl Filter {
    fn lets_through(&self, line: &Line<'_>) -> bool {
        match self {
            Self::Name(pattern) => fits(pattern, line),
            Self::NotName(pattern) => !fits(pattern, line),
            Self::Compare(number, operator, value) => number
                .of(line)
                .is_some_and(|number| operator.holds(number, *value)),
            Self::Verdict(of, outcome, operator) => {
                let record = match of {
                    VerdictOf::A => line.a,
                    VerdictOf::B => line.b,
                };
                let same = record.is_some_and(|record| record.outcome == *outcome);
                same == (*operator == Operator::Equal)
            }
        }
    }
}

/// Whether a line passes: every comparison, no excluded name, and one of the names if there are any.
pub(crate) fn passes(filters: &[Filter], line: &Line<'_>) -> bool {
    let is_name = |filter: &&Filter| matches!(filter, Filter::Name(_));
    let mut names = filters.iter().filter(is_name).peekable();
    let named = names.peek().is_none() || names.any(|filter| filter.lets_through(line));
    let others = filters.iter().filter(|filter| !is_name(filter));
    named && others.clone().all(|filter| filter.lets_through(line))
}

impl FromStr for Filter {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let at = text.char_indices().skip(1).find_map(|(at, _)| {
            let rest = text.get(at..)?;
            let (word, operator) = OPERATORS.iter().find(|(word, _)| rest.starts_with(word))?;
            Some((at, at + word.len(), *operator))
        });
        let Some((end, start, operator)) = at else {
            return Ok(match text.strip_prefix('!') {
                Some(pattern) => Self::NotName(pattern.to_owned()),
                None => Self::Name(text.to_owned()),
            });
        };
        let left = text.get(..end).unwrap_or_default().trim();
        let right = text.get(start..).unwrap_or_default().trim();
        let side = match left {
            "verdict" | "verdict_b" => Some(VerdictOf::B),
            "verdict_a" => Some(VerdictOf::A),
            _ => None,
        };
        if let Some(side) = side {
            let outcome = Outcome::of(right)
                .with_context(|| format!("'{right}' is no verdict: success or failure"))?;
            if !matches!(operator, Operator::Equal | Operator::NotEqual) {
                bail!("verdicts are equal (=) or not (!=)");
            }
            return Ok(Self::Verdict(side, outcome, operator));
        }
        let digits = right.strip_suffix('%').unwrap_or(right);
        let value = digits.parse().ok().filter(|value: &f64| value.is_finite());
        let value = value.with_context(|| format!("'{right}' is no number"))?;
        Ok(Self::Compare(left.parse()?, operator, value))
    }
}

fn fits(pattern: &str, line: &Line<'_>) -> bool {
    let (file, program) = line.names();
    match pattern.split_once('/') {
        Some((files, programs)) => glob(files, file) && glob(programs, program),
        None => glob(pattern, file),
    }
}

/// Whether a text fits a pattern of `*` and `?`.
fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    // fits[j]: the pattern so far fits the first j characters.
    let mut fits = vec![false; text.len() + 1];
    fits[0] = true;
    for p in pattern {
        let before = fits.clone();
        let mut any = false;
        for (at, place) in fits.iter_mut().enumerate() {
            any |= before[at];
            *place = match p {
                '*' => any,
                '?' => at > 0 && before[at - 1],
                c => at > 0 && before[at - 1] && text.get(at - 1) == Some(&c),
            };
        }
    }
    fits.last().copied().unwrap_or(false)
}

/// An order of lines: by one number, or as they come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Order {
    number: Number,
    descending: bool,
}

impl FromStr for Order {
    type Err = anyhow::Error;

    /// A number, with `^` behind it for ascending order.
    fn from_str(text: &str) -> Result<Self> {
        let (name, descending) = match text.strip_suffix('^') {
            Some(name) => (name, false),
            None => (text, true),
        };
        let number = name.parse()?;
        Ok(Self { number, descending })
    }
}

impl Order {
    pub(crate) fn sort(self, lines: &mut [Line<'_>]) {
        lines.sort_by(|left, right| {
            let (left, right) = (self.number.of(left), self.number.of(right));
            let order = left
                .partial_cmp(&right)
                .unwrap_or(std::cmp::Ordering::Equal);
            if self.descending {
                order.reverse()
            } else {
                order
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(file: &str, insns: u64) -> Record {
        Record {
            file: file.to_owned(),
            program: "main".to_owned(),
            outcome: Outcome::Success,
            stats: [(Stat::Insns, insns)].into(),
        }
    }

    #[test]
    fn names_and_numbers() {
        let (old, new) = (record("a.bpf.o", 100), record("a.bpf.o", 106));
        let line = Line {
            a: Some(&old),
            b: Some(&new),
        };
        let passes = |texts: &[&str]| {
            let filters: Vec<Filter> = texts.iter().map(|text| text.parse().unwrap()).collect();
            passes(&filters, &line)
        };
        assert!(passes(&[]));
        assert!(passes(&[
            "*.bpf.o/m?in",
            "insns>105",
            "insns_pct>=6%",
            "insns_diff=6"
        ]));
        assert!(passes(&["x*", "a*"]));
        assert!(!passes(&["!a*"]));
        assert!(!passes(&["insns_a>100"]));
        assert!(!passes(&["duration>0"]));
        assert!(passes(&["verdict=success", "verdict_a!=failure"]));
        assert!("insns>many".parse::<Filter>().is_err());
        assert!("colour=3".parse::<Filter>().is_err());
    }
}
