//! The line of one instruction, and the state behind it.

use super::{Log, Position};
use crate::state::{Execution, InsnIdx};
use crate::verifier::Verifier;
use alloc::string::String;
use core::fmt::Write;
use skep_btf::BtfTypeId;
use skep_isa::disasm::{self, Names};
use skep_isa::{RawInsn, opcode};
use skep_uapi::HelperId;

/// Column at which states begin at the earliest.
const STATE_COLUMN: usize = 40;
const TAB: usize = 8;

/// Whether the instruction follows the one printed before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// The path goes on.
    Continued,
    /// A pending state was resumed, or a function was returned from.
    Resumed,
}

impl Names for Verifier<'_> {
    fn helper(&self, id: i32) -> Option<&str> {
        HelperId(id.cast_unsigned()).name()
    }

    fn kfunc(&self, btf_id: i32, fd_idx: i16) -> Option<&str> {
        // Type 0 and unknown types are nameless, not unknown.
        let id = BtfTypeId(btf_id.cast_unsigned());
        self.kernel_btf
            .as_ref()
            .filter(|_| fd_idx == 0)
            .map(|b| b.name(id))
    }

    fn imm64(&self, first: RawInsn, value: u64) -> u64 {
        match first.src() {
            // Addresses of maps and their values are not shown to anybody; Linux shows them to the privileged.
            opcode::PSEUDO_MAP_FD
            | opcode::PSEUDO_MAP_VALUE
            | opcode::PSEUDO_MAP_IDX
            | opcode::PSEUDO_MAP_IDX_VALUE => 0,
            _ => value,
        }
    }
}

/// Column of the `;` minus the length of the line before it, newline included.
fn padding(line: usize) -> usize {
    let column = (line + 4).max(STATE_COLUMN).next_multiple_of(TAB);
    column.saturating_sub(line).saturating_sub(1)
}

impl Log {
    /// Removes the newline of the last instruction line if nothing was logged since; the padding up to the state.
    fn reopen_line(&mut self) -> Option<usize> {
        let (end, length) = self.marks.last_insn?;
        if end != self.position() {
            return None;
        }
        self.cut_back(Position(end.0.saturating_sub(1)));
        Some(padding(length))
    }
}

impl Verifier<'_> {
    /// The text of an instruction as the log shows it, code byte included, with a newline.
    pub(crate) fn insn_text(&self, at: InsnIdx) -> String {
        let first = self.insns.get(at.index()).copied().unwrap_or_default();
        let second = self.insns.get(at.next().index()).copied();
        let mut text = String::new();
        let _ = disasm::write_kernel(&mut text, first, second, self);
        text.push('\n');
        text
    }

    /// What is logged before an instruction is executed.
    pub(crate) fn log_insn(&mut self, previous: Option<InsnIdx>, arrival: Arrival) {
        if !self.log.wants_verbose() {
            return;
        }
        if arrival == Arrival::Resumed && self.log.wants_level2() {
            let from = previous.map_or(-1, |p| i64::from(p.0));
            self.log.message(&format_args!(
                "\nfrom {from} to {}{}:",
                self.at.0,
                self.execution_text()
            ));
            self.print_frame(self.state.current());
        }
        if self.log.marks.registers != 0 || self.log.marks.slots != 0 {
            self.print_changes();
        }
        self.print_source_line();
        let begin = self.log.position();
        let text = self.insn_text(self.at);
        self.log.message(&format_args!("{}: ", self.at.0));
        self.log.long(&text);
        let end = self.log.position();
        let length = usize::try_from(end.0.saturating_sub(begin.0)).unwrap_or(0);
        self.log.marks.last_insn = Some((end, length));
    }

    /// ` (speculative execution)` where it is.
    pub(crate) fn execution_text(&self) -> &'static str {
        match self.state.execution {
            Execution::Architectural => "",
            Execution::Speculative => " (speculative execution)",
        }
    }

    /// The flagged part of the current frame, behind the last instruction's line if nothing was logged since.
    pub(crate) fn print_changes(&mut self) {
        if !self.log.wants_verbose() {
            return;
        }
        let mut line = String::new();
        match self.log.reopen_line() {
            Some(padding) => {
                let _ = write!(line, "{:padding$};", "");
            }
            None => {
                let _ = write!(line, "{}:", self.at.0);
            }
        }
        self.write_frame(
            &mut line,
            self.state.current(),
            super::state::Extent::Flagged,
        );
        self.log.long(&line);
        (self.log.marks.registers, self.log.marks.slots) = (0, 0);
    }
}
