//! A file into its parts: header, C declarations (if any), program, expectations, with `---` between them.
//!
//! Nothing is resolved here: values stay text, so that [`crate::coverage`] can read files without a kernel's types.

use crate::{Malformed, malformed};
use skep_uapi::Errno;

/// What stands between the parts.
const RULE: &str = "---";
/// What marks the guilty line of a rejected program.
const GUILTY: &str = "; error: ";

/// Keys a header may have.
const HEADER: [&str; 15] = [
    "avoids",
    "modes",
    "type",
    "attach_type",
    "attach",
    "caps",
    "flags",
    "license",
    "map",
    "fd_array",
    "fd_array_cnt",
    "func_info",
    "line_info",
    "core_relo",
    "btf",
];

/// An engine a file goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Our verifier.
    Verify,
    /// Runs in the checking interpreter.
    Check,
    /// Runs in compiled form.
    Jit,
    /// The running kernel.
    Kernel,
}

/// What is expected of the verifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The program loads.
    Accept,
    /// It does not.
    Reject(Errno),
}

/// One run of an accepted program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Packet bytes; empty for 64 zeros.
    pub data: Vec<u8>,
    /// What the program returns.
    pub returns: u32,
}

/// The last part of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// `None`: to be written.
    pub verdict: Option<Verdict>,
    /// The kinds of a rejection that no instruction is guilty of.
    pub kind: Option<String>,
    /// The last lines of the log; `{id}` stands for any number.
    pub log: Vec<String>,
    /// Runs.
    pub runs: Vec<Run>,
}

/// A file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filetest {
    /// Keys and values of the header, in order.
    pub header: Vec<(String, String)>,
    /// C declarations.
    pub types: String,
    /// The program, guilty marks taken off.
    pub program: Vec<String>,
    /// Line of the program (from 0) and the kinds it is guilty of.
    pub guilty: Option<(usize, String)>,
    /// What Linux says.
    pub expected: Expected,
    /// The file up to the program, as it is.
    head: String,
}

impl Filetest {
    /// Reads a file.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let parts: Vec<&str> = split(text);
        let (header, types, program, expected) = match parts.as_slice() {
            [header, program, expected] => (*header, "", *program, *expected),
            [header, types, program, expected] => (*header, *types, *program, *expected),
            _ => return malformed("wants header, program and expectations with --- between"),
        };
        let head_len = text.len() - program.len() - expected.len() - RULE.len() - 1;
        let mut file = Self {
            header: pairs(header)?,
            types: types.to_owned(),
            head: text.get(..head_len).unwrap_or_default().to_owned(),
            expected: expectations(expected)?,
            ..Self::default()
        };
        for (key, _) in &file.header {
            if !HEADER.contains(&key.as_str()) {
                return malformed(format!("no such key in a header: {key}"));
            }
        }
        for (index, line) in program.lines().enumerate() {
            let (code, kind) = match line.split_once(GUILTY) {
                Some((code, kind)) => (code.trim_end(), Some(kind.trim())),
                None => (line, None),
            };
            if let Some(kind) = kind {
                file.guilty = Some((index, kind.to_owned()));
            }
            file.program.push(code.to_owned());
        }
        Ok(file)
    }

    /// The file with these expectations and the guilty line marked.
    pub fn render(&self) -> String {
        let mut text = self.head.clone();
        for (index, line) in self.program.iter().enumerate() {
            text.push_str(line);
            if let Some((guilty, kind)) = &self.guilty
                && *guilty == index
            {
                let room = 38_usize.saturating_sub(line.len()).max(1);
                text.push_str(&" ".repeat(room));
                text.push_str(GUILTY);
                text.push_str(kind);
            }
            text.push('\n');
        }
        text.push_str(RULE);
        text.push('\n');
        match &self.expected.verdict {
            Some(Verdict::Accept) => text.push_str("verdict: accept\n"),
            Some(Verdict::Reject(errno)) => text.push_str(&format!("verdict: reject {errno}\n")),
            None => {}
        }
        if let Some(kind) = &self.expected.kind {
            text.push_str(&format!("kind: {kind}\n"));
        }
        for line in &self.expected.log {
            text.push_str(&format!("log: {line}\n"));
        }
        for run in &self.expected.runs {
            text.push_str("run: ");
            run.data
                .iter()
                .for_each(|byte| text.push_str(&format!("{byte:02x}")));
            let space = if run.data.is_empty() { "" } else { " " };
            text.push_str(&format!("{space}-> r0={}\n", run.returns));
        }
        text
    }

    /// The value of a key that stands at most once.
    pub fn value(&self, key: &str) -> Option<&str> {
        let found = self.header.iter().find(|(name, _)| name == key);
        found.map(|(_, value)| value.as_str())
    }

    /// The values of a key that may be repeated.
    pub fn values<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        let with_key = move |(name, _): &&(String, String)| name == key;
        self.header
            .iter()
            .filter(with_key)
            .map(|(_, value)| value.as_str())
    }

    /// Whether the file goes through `mode`: all of them unless it says otherwise.
    pub fn has(&self, mode: Mode) -> bool {
        let name = match mode {
            Mode::Verify => "verify",
            Mode::Check => "check",
            Mode::Jit => "jit",
            Mode::Kernel => "kernel",
        };
        self.value("modes")
            .is_none_or(|modes| modes.split_whitespace().any(|word| word == name))
    }

    /// The kinds of rejection the file shows: one, or several where the log has a line for each.
    pub fn shows(&self) -> impl Iterator<Item = &str> {
        let guilty = self.guilty.as_ref().map(|(_, kinds)| kinds);
        let kinds = guilty.or(self.expected.kind.as_ref());
        kinds.into_iter().flat_map(|kinds| kinds.split(", "))
    }
}

fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        if line.trim_end() == RULE {
            parts.push(text.get(start..at).unwrap_or_default());
            start = at + line.len();
        }
        at += line.len();
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
}

/// `key: value` lines; comments and empty lines are left out.
fn pairs(text: &str) -> Result<Vec<(String, String)>, Malformed> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with(';'))
        .map(|line| match line.split_once(':') {
            Some((key, value)) => Ok((key.trim().to_owned(), value.trim().to_owned())),
            None => malformed(format!("not `key: value`: {line}")),
        })
        .collect()
}

fn expectations(text: &str) -> Result<Expected, Malformed> {
    let mut expected = Expected::default();
    for (key, value) in pairs(text)? {
        match key.as_str() {
            "verdict" => expected.verdict = Some(verdict(&value)?),
            "kind" => expected.kind = Some(value),
            "log" => expected.log.push(value),
            "run" => expected.runs.push(run(&value)?),
            _ => return malformed(format!("no such expectation: {key}")),
        }
    }
    Ok(expected)
}

fn verdict(text: &str) -> Result<Verdict, Malformed> {
    let errno = text.strip_prefix("reject ").map(str::trim);
    match (text, errno.map(Errno::from_name)) {
        ("accept", _) => Ok(Verdict::Accept),
        (_, Some(Some(errno))) => Ok(Verdict::Reject(errno)),
        (_, Some(None) | None) => malformed(format!("no verdict: {text}")),
    }
}

fn run(text: &str) -> Result<Run, Malformed> {
    let parts = text.split_once("-> r0=");
    let parsed = parts.and_then(|(data, returns)| {
        Some(Run {
            data: bytes(data.trim())?,
            returns: returns.trim().parse().ok()?,
        })
    });
    parsed.map_or_else(|| malformed(format!("not `HEX -> r0=N`: {text}")), Ok)
}

/// Bytes in hexadecimal.
pub(crate) fn bytes(hex: &str) -> Option<Vec<u8>> {
    if !hex.len().is_multiple_of(2) {
        return None;
    }
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "; what it is\ntype: xdp\n---\n  r0 = r5                             ; error: Value::NotReadable\n  exit\n---\nverdict: reject EACCES\nlog: R5 !read_ok\n";

    #[test]
    fn a_file_reads_and_writes_back() {
        let file = Filetest::parse(FILE).unwrap();
        assert_eq!(file.value("type"), Some("xdp"));
        assert_eq!(file.shows().collect::<Vec<_>>(), ["Value::NotReadable"]);
        assert_eq!(file.program, ["  r0 = r5", "  exit"]);
        assert_eq!(file.expected.log, ["R5 !read_ok"]);
        assert!(file.has(Mode::Kernel));
        assert_eq!(file.render(), FILE);
    }

    #[test]
    fn declarations_stand_before_the_program() {
        let text = "avoids: Call::X\n---\nint f(void);\n---\n  exit\n---\nverdict: accept\nrun: 00ff -> r0=7\n";
        let file = Filetest::parse(text).unwrap();
        assert_eq!(file.types, "int f(void);\n");
        assert_eq!(file.expected.runs[0].data, [0, 255]);
        assert_eq!(file.render(), text);
    }

    #[test]
    fn unknown_words_are_refused() {
        assert!(Filetest::parse("colour: red\n---\n---\n").is_err());
        assert!(Filetest::parse("---\n---\nverdict: maybe\n").is_err());
        assert!(Filetest::parse("type: xdp\n").is_err());
    }
}
