//! line_info: source lines for the log.

use super::records::RecordError;
use crate::log::LineInfo;
use crate::reject::{Check, ControlReject};
use crate::state::InsnIdx;
use crate::verifier::Verifier;
use skep_uapi::Errno;

/// The line number's place in its word.
const LINE_SHIFT: u32 = 10;

impl Verifier<'_> {
    pub(super) fn read_line_info(&mut self) -> Check {
        let request = self.request;
        if request.line_info.count == 0 {
            return Ok(());
        }
        let (records, complete) = request.line_info.words::<4>();
        if complete == Err(RecordError::Size) {
            return Err(self.reject_silently(Errno::EINVAL));
        }
        let mut next_subprog = 0;
        let mut previous = 0;
        for (index, [off, file, text, line]) in records.into_iter().enumerate() {
            let in_order = off > previous || (index == 0 && off == 0);
            let length = self.insns.len();
            if !in_order || off as usize >= length {
                return Err(self.reject(ControlReject::LineInfoOffset {
                    index,
                    off,
                    previous,
                    length,
                }));
            }
            if self.insns.get(off as usize).is_none_or(|i| i.code == 0) {
                return Err(self.reject(ControlReject::LineInfoCode { index }));
            }
            let strings = self
                .prog_btf
                .as_ref()
                .is_some_and(|b| b.string(text).is_some() && b.string(file).is_some());
            if !strings {
                return Err(self.reject(ControlReject::LineInfoStrings { index }));
            }
            if let Some(start) = self.subprogs.get(next_subprog).map(|s| s.start.0) {
                if off == start {
                    next_subprog += 1;
                } else if off > start {
                    return Err(self.reject(ControlReject::LineInfoMissing {
                        subprog: next_subprog,
                    }));
                }
            }
            previous = off;
            self.line_info.push(LineInfo {
                insn: InsnIdx(off),
                file,
                text,
                line: line >> LINE_SHIFT,
            });
        }
        if complete.is_err() {
            return Err(self.reject(ControlReject::LineInfoTail));
        }
        let count = self.subprogs.len().saturating_sub(next_subprog);
        if count > 0 {
            return Err(self.reject(ControlReject::LineInfoMissingFrom {
                count,
                first: next_subprog,
            }));
        }
        Ok(())
    }

    /// `%d: ` and the source line of an instruction, before some errors of the control-flow pass.
    pub(super) fn log_source_prefix(&mut self, at: InsnIdx) {
        let here = core::mem::replace(&mut self.at, at);
        self.print_source_line_after(&format_args!("{}: ", at.0));
        self.at = here;
    }
}
