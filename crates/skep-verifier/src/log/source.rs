//! Source lines from the program's line_info.

use crate::state::InsnIdx;
use crate::verifier::Verifier;
use core::fmt::Display;

/// One record of line_info.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LineInfo {
    /// The first instruction it is about.
    pub(crate) insn: InsnIdx,
    /// String offset of the file name.
    pub(crate) file: u32,
    /// String offset of the source text.
    pub(crate) text: u32,
    /// Line number.
    pub(crate) line: u32,
}

impl Verifier<'_> {
    /// Prints the source line of the current instruction unless it was the last one printed.
    pub(crate) fn print_source_line(&mut self) {
        self.print_source_line_after(&"; ");
    }

    /// The same with another beginning.
    pub(crate) fn print_source_line_after(&mut self, prefix: &dyn Display) {
        if self.line_info.is_empty() || !self.log.is_needed() {
            return;
        }
        let at = self.at;
        let Some(index) = self
            .line_info
            .partition_point(|r| r.insn <= at)
            .checked_sub(1)
        else {
            return;
        };
        let Some(record) = self.line_info.get(index).copied() else {
            return;
        };
        let last = self.log.marks.last_source;
        let same_line = |r: &LineInfo| r.file == record.file && r.line == record.line;
        if last == Some(index)
            || last
                .and_then(|l| self.line_info.get(l))
                .is_some_and(same_line)
        {
            return;
        }
        let Some(btf) = self.prog_btf.clone() else {
            return;
        };
        let text = btf.text(record.text).trim_start();
        let path = btf.text(record.file);
        let file = path.rsplit('/').next().unwrap_or(path);
        self.log.message(prefix);
        self.log.message(&text);
        self.log
            .message(&format_args!(" @ {file}:{}\n", record.line));
        self.log.marks.last_source = Some(index);
    }
}
