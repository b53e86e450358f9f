//! A rejection for people: the C line, the instruction, the registers it is about and where their values came from, what else was
//! known there, the rule, and what usually helps. The last lines are those Linux prints.

mod advice;
mod known;
mod origin;
mod steps;

use std::fmt::Write;
use std::path::Path;

use serde_json::{Value, json};
use skep_isa::disasm::{self, Names, Style};
use skep_isa::opcode;
use skep_kernel::LoadReply;
use skep_loader::{Object, ProgramSpec};
use skep_uapi::HelperId;
use skep_verifier::Reject;
use skep_verifier::reject::{CallReject, Rule};

use self::advice::Advice;
use self::known::Known;
use self::origin::{Event, Path as Walked, What};
use crate::source::{self, Place};

/// A register and what happened to its value along the path, oldest first; for a reference, where it was taken.
struct Origin {
    name: String,
    events: Vec<Told>,
}

/// One event in words.
struct Told {
    insn: u32,
    text: String,
    line: Option<u32>,
    what: String,
}

/// Everything there is to say about a rejection.
pub(crate) struct Report {
    /// The lines Linux prints for it, without the statistics.
    pub(crate) message: Vec<String>,
    /// All Linux prints after the last instruction.
    tail: Vec<String>,
    errno: String,
    insn: Option<(u32, String)>,
    place: Option<Place>,
    /// The registers it is about.
    registers: Vec<Origin>,
    known: Known,
    advice: Option<Advice>,
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
        let mut tail = tail(&reply.log);
        if tail.is_empty() {
            tail.clone_from(&message);
        }
        Self {
            message,
            tail,
            errno: reply
                .result
                .as_ref()
                .err()
                .map(|error| error.errno.to_string())
                .unwrap_or_default(),
            insn: at.map(|at| (at, disassemble(program, at))),
            place: at.and_then(|at| source::place(object, path, program, at)),
            registers: reject.map_or(Vec::new(), |reject| origins(program, reject, &reply.log)),
            known: Known::at_end(&reply.log),
            advice: reject.and_then(|reject| reject.rules.iter().find_map(advice::of)),
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
        for origin in &self.registers {
            writeln!(out, "  where {} came from:", origin.name)?;
            for told in &origin.events {
                let line = told
                    .line
                    .map_or(String::new(), |line| format!("line {line}, "));
                writeln!(
                    out,
                    "    {line}insn {}: {}: {}",
                    told.insn, told.text, told.what
                )?;
            }
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
        if let Some(Advice { rule, fix }) = self.advice {
            writeln!(out, "  rule: {rule}")?;
            writeln!(out, "  hint: {fix}")?;
        }
        for line in self.tail.iter().chain(&self.statistics) {
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
            "registers": self.registers.iter().map(Origin::json).collect::<Vec<_>>(),
            "rule": self.advice.map(|advice| advice.rule),
            "hint": self.advice.map(|advice| advice.fix),
        })
    }

    /// The last line Linux prints.
    pub(crate) fn last_line(&self) -> &str {
        self.message.last().map_or("", String::as_str)
    }
}

impl Origin {
    fn json(&self) -> Value {
        let events = self.events.iter().map(|told| {
            json!({"insn": told.insn, "text": told.text, "line": told.line, "what": told.what})
        });
        json!({"name": self.name, "origin": events.collect::<Vec<_>>()})
    }
}

/// Where the values of the registers that a rejection is about came from.
fn origins(program: &ProgramSpec, reject: &Reject, log: &str) -> Vec<Origin> {
    let tell = |insn: u32, what: String| Told {
        insn,
        text: disassemble(program, insn),
        line: source::line_number(program, insn),
        what,
    };
    let taken = reject.rules.iter().find_map(|rule| match rule {
        Rule::Call(CallReject::Unreleased { insn, .. }) => Some(*insn),
        _ => None,
    });
    if let Some(insn) = taken {
        let events = vec![tell(insn, "taken here, still held at the end".to_owned())];
        return vec![Origin {
            name: "the reference".to_owned(),
            events,
        }];
    }
    let Some(register) = reject.rules.iter().find_map(Rule::register) else {
        return Vec::new();
    };
    let steps = steps::parse(log);
    if reject.at.map(|at| at.0) != steps.last().map(|step| step.insn) {
        return Vec::new();
    }
    let walked = Walked::new(&steps, &program.insns);
    // What was added to a pointer matters as much as the pointer.
    let added = walked
        .of_register(register)
        .into_iter()
        .rev()
        .find_map(|event| {
            let insn = program.insns.get(event.insn as usize)?;
            let adds = event.what == What::Computed && insn.source() == opcode::X;
            adds.then_some((event.insn, insn.src()))
        });
    let mut origins = vec![Origin {
        name: format!("R{register}"),
        events: told(&walked.of_register(register), &tell),
    }];
    if let Some((at, register)) = added {
        let end = steps.iter().rposition(|step| step.insn == at);
        let before = steps.get(..=end.unwrap_or(0)).unwrap_or_default();
        let walked = Walked::new(before, &program.insns);
        origins.push(Origin {
            name: format!("R{register}, used at insn {at},"),
            events: told(&walked.of_register(register), &tell),
        });
    }
    origins.retain(|origin| !origin.events.is_empty());
    origins
}

fn told(events: &[Event], tell: &impl Fn(u32, String) -> Told) -> Vec<Told> {
    let compared = events.iter().any(|event| event.what == What::Compared);
    let tell_one = |event: &Event| {
        let what = match event.what {
            What::Returned => "returned by this call",
            What::Clobbered => "made unreadable by this call",
            What::Loaded => "loaded here",
            What::Constant => "set here",
            What::Computed => "computed here",
            What::FromStack => "read back from the stack",
            What::StackNotWritten => "from stack that no store on this path wrote",
            What::Compared => "compared here",
            What::Argument => "an argument, from the start",
            What::NeverSet => "nothing on this path set it",
        };
        let mut what = what.to_owned();
        if let Some(value) = &event.value {
            what.push_str(&format!(", {value}"));
            if value
                .split('(')
                .next()
                .is_some_and(|kind| kind.ends_with("_or_null"))
                && !compared
            {
                what.push_str("; never compared with NULL");
            }
        }
        tell(event.insn, what)
    };
    events.iter().map(tell_one).collect()
}

/// The lines of a log after the last instruction, without statistics.
fn tail(log: &str) -> Vec<String> {
    let is_insn = |line: &str| {
        line.split_once(": (")
            .is_some_and(|(number, _)| number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let lines: Vec<&str> = log.lines().collect();
    let Some(last) = lines.iter().rposition(|line| is_insn(line)) else {
        return Vec::new();
    };
    let tail = lines.iter().skip(last + 1);
    tail.filter(|line| !line.starts_with("processed ") && !line.is_empty())
        .map(|line| (*line).to_owned())
        .collect()
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
