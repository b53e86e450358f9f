//! The C line behind an instruction: from line_info, with its neighbours from the file if that is at hand.

use std::fs;
use std::path::{Path, PathBuf};

use skep_loader::{Object, ProgramSpec};
use skep_uapi::btf::LineInfo;

/// A line of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) number: u32,
    pub(crate) text: String,
}

/// A place in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: String,
    pub(crate) column: u32,
    /// The line itself.
    pub(crate) line: Line,
    /// Lines around it, with itself, ascending.
    pub(crate) context: Vec<Line>,
}

/// Lines shown before and after.
const AROUND: u32 = 3;
/// The line is in the upper bits of a record, the column in these.
const COLUMN_BITS: u32 = 10;

/// The place an instruction was compiled from.
pub(crate) fn place(
    object: &Object,
    path: &Path,
    program: &ProgramSpec,
    insn: u32,
) -> Option<Place> {
    let record = record(program, insn)?;
    let file = object.btf.text(record.file_name_off).to_owned();
    let line = Line {
        number: record.line_col >> COLUMN_BITS,
        text: object.btf.text(record.line_off).trim_end().to_owned(),
    };
    let wanted = line.number.saturating_sub(AROUND)..=line.number.saturating_add(AROUND);
    let lines = from_file(path, &file, &line);
    let lines = lines.unwrap_or_else(|| from_records(object, program, record.file_name_off));
    Some(Place {
        file,
        column: record.line_col & ((1 << COLUMN_BITS) - 1),
        context: lines
            .into_iter()
            .filter(|line| wanted.contains(&line.number))
            .collect(),
        line,
    })
}

/// The number of the line an instruction was compiled from.
pub(crate) fn line_number(program: &ProgramSpec, insn: u32) -> Option<u32> {
    record(program, insn).map(|record| record.line_col >> COLUMN_BITS)
}

fn record(program: &ProgramSpec, insn: u32) -> Option<&LineInfo> {
    let before = |offset: u32| offset <= insn;
    let function = program
        .func_info
        .iter()
        .rev()
        .find(|info| before(info.insn_off));
    let start = function.map_or(0, |info| info.insn_off);
    let record = program
        .line_info
        .iter()
        .rev()
        .find(|info| before(info.insn_off))?;
    (record.insn_off >= start).then_some(record)
}

/// The lines of a file that records mention.
fn from_records(object: &Object, program: &ProgramSpec, file_name_off: u32) -> Vec<Line> {
    let records = program.line_info.iter();
    let mut lines: Vec<Line> = records
        .filter(|record| record.file_name_off == file_name_off)
        .map(|record| Line {
            number: record.line_col >> COLUMN_BITS,
            text: object.btf.text(record.line_off).trim_end().to_owned(),
        })
        .collect();
    lines.sort_by_key(|line| line.number);
    lines.dedup_by_key(|line| line.number);
    lines
}

/// All lines of the source file, where it is found and still has the line.
fn from_file(object: &Path, file: &str, line: &Line) -> Option<Vec<Line>> {
    let beside = object
        .parent()
        .map(|directory| directory.join(Path::new(file).file_name().unwrap_or_default()));
    let candidates = [Some(PathBuf::from(file)), beside];
    let text = candidates
        .into_iter()
        .flatten()
        .find_map(|path| fs::read_to_string(path).ok())?;
    let lines: Vec<Line> = (1..)
        .zip(text.lines())
        .map(|(number, text)| Line {
            number,
            text: text.trim_end().to_owned(),
        })
        .collect();
    let same = |other: &Line| other.number == line.number && other.text.trim() == line.text.trim();
    lines.iter().any(same).then_some(lines)
}
