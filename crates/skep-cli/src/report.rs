//! A rejection for people: the C line, the instruction, what the verifier knew there, the rule, and what usually helps.

use std::fmt::Write;
use std::path::Path;

use serde_json::{Value, json};
use skep_isa::disasm::{self, Names, Style};
use skep_kernel::LoadReply;
use skep_loader::{Object, ProgramSpec};
use skep_uapi::HelperId;

use crate::hint;
use crate::known::Known;
use crate::source::{self, Place};

/// Everything there is to say about a rejection.
pub(crate) struct Report {
    /// The lines Linux prints for it, without the statistics.
    pub(crate) message: Vec<String>,
    errno: String,
    insn: Option<(u32, String)>,
    place: Option<Place>,
    known: Known,
    /// The statistics line.
    statistics: Option<String>,
}

impl Report {
    pub(crate) fn new(
        object: &Object,
        path: &Path,
        program: &ProgramSpec,
        reply: &LoadReply,
    ) -> Self {
        let failure = reply
            .verdict
            .as_ref()
            .and_then(|verdict| verdict.failure.as_ref());
        let reject = failure.and_then(|failure| failure.reject.as_ref());
        let rules: String = reject
            .iter()
            .flat_map(|reject| &reject.rules)
            .map(ToString::to_string)
            .collect();
        let statistics = reply
            .log
            .lines()
            .rfind(|line| line.starts_with("processed "));
        let mut message: Vec<String> = rules.lines().map(str::to_owned).collect();
        if message.is_empty() {
            message = last_lines(&reply.log);
        }
        if message.is_empty() {
            message.extend(
                reply
                    .result
                    .as_ref()
                    .err()
                    .map(|error| error.why.to_string()),
            );
        }
        let at = reject.and_then(|reject| reject.at).map(|at| at.0);
        Self {
            message,
            errno: reply
                .result
                .as_ref()
                .err()
                .map(|error| error.errno.to_string())
                .unwrap_or_default(),
            insn: at.map(|at| (at, disassemble(program, at))),
            place: at.and_then(|at| source::place(object, path, program, at)),
            known: Known::at_end(&reply.log),
            statistics: statistics.map(str::to_owned),
        }
    }

    /// For the terminal. The last lines are those Linux prints.
    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        if let Some(place) = &self.place {
            let number = place.line.number;
            writeln!(out, "  --> {}:{number}:{}", place.file, place.column)?;
            let last = place.context.last().unwrap_or(&place.line).number;
            let width = last.max(number).to_string().len();
            for line in &place.context {
                let mark = if line.number == number { '>' } else { ' ' };
                writeln!(out, "{mark} {:width$} | {}", line.number, line.text)?;
                if line.number == number {
                    self.write_caret(out, place, width)?;
                }
            }
        }
        if let Some((at, text)) = &self.insn {
            writeln!(out, "  instruction {at}: {text}")?;
        }
        let parts: Vec<_> = self.known.parts().collect();
        if !parts.is_empty() {
            writeln!(out, "  known there:")?;
            let width = parts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
            for (name, value) in parts {
                writeln!(out, "    {name:width$} = {value}")?;
            }
        }
        writeln!(out, "  errno: {}", self.errno)?;
        if let Some(hint) = self.hint() {
            writeln!(out, "  hint: {hint}")?;
        }
        for line in self.message.iter().chain(&self.statistics) {
            writeln!(out, "{line}")?;
        }
        Ok(())
    }

    /// The rule under the line it is about, if the column is inside it.
    fn write_caret(&self, out: &mut String, place: &Place, width: usize) -> std::fmt::Result {
        let column = (place.column as usize).saturating_sub(1);
        if place.column == 0 || column > place.line.text.len() {
            return Ok(());
        }
        // Tabs are copied so that the mark stands below the column.
        let shown = place
            .context
            .iter()
            .find(|line| line.number == place.line.number);
        let before: String = shown
            .map_or("", |line| line.text.as_str())
            .chars()
            .take(column)
            .map(|c| if c == '\t' { '\t' } else { ' ' })
            .collect();
        let what = self.message.last().map_or("", String::as_str);
        writeln!(out, "  {:width$} | {before}^ {what}", "")
    }

    pub(crate) fn json(&self) -> Value {
        let place = self.place.as_ref().map(|place| {
            json!({
                "file": place.file,
                "line": place.line.number,
                "column": place.column,
                "text": place.line.text.trim(),
            })
        });
        let known = self
            .known
            .parts()
            .map(|(name, value)| (name.to_owned(), json!(value)));
        json!({
            "errno": self.errno,
            "message": self.message,
            "source": place,
            "insn": self.insn.as_ref().map(|(at, text)| json!({"index": at, "text": text})),
            "known": Value::Object(known.collect()),
            "hint": self.hint(),
        })
    }

    fn hint(&self) -> Option<&'static str> {
        self.message.iter().find_map(|line| hint::of(line))
    }
}

/// The lines at the end of a log that are about neither an instruction nor the source nor statistics.
fn last_lines(log: &str) -> Vec<String> {
    let told = |line: &&str| !line.starts_with("processed ") && !line.is_empty();
    let about_program = |line: &str| {
        let number = line.split(':').next().unwrap_or_default();
        line.starts_with(';') || (!number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
    };
    let mut lines: Vec<String> = log
        .lines()
        .rev()
        .filter(told)
        .take_while(|line| !about_program(line))
        .take(2)
        .map(str::to_owned)
        .collect();
    lines.reverse();
    lines
}

fn disassemble(program: &ProgramSpec, at: u32) -> String {
    let at = at as usize;
    let mut text = String::new();
    if let Some(insn) = program.insns.get(at) {
        let second = program.insns.get(at.saturating_add(1)).copied();
        // Writing to a string cannot fail.
        let _ = disasm::write_insn(&mut text, *insn, second, &Helpers, Style::Kernel);
    }
    text
}

/// Names of helpers.
struct Helpers;

impl Names for Helpers {
    fn helper(&self, id: i32) -> Option<&str> {
        HelperId(u32::try_from(id).ok()?).name()
    }
}
