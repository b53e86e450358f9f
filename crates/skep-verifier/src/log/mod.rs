//! The kernel-shaped log: levels, the loader's buffer, and the lines about instructions and states.
//!
//! Level bits: 1 the path that failed, 2 everything, 4 statistics, 8 fixed buffer. [`Log::message`] is for every non-zero level,
//! [`Log::verbose`] for 1 and 2, [`Log::level2`] for 2. At level 0 nothing is formatted.

mod buffer;
mod insn;
mod register;
mod source;
mod state;

use crate::request::LogRequest;
use crate::verified::LogOutput;
use alloc::string::String;
use buffer::{Buffer, Overflow};
use core::fmt::{Display, Write};
use skep_uapi::Errno;

pub(crate) use insn::Arrival;
pub(crate) use source::LineInfo;

const VERBOSE: u32 = 1 | 2;
const ALL_PATHS: u32 = 2;
const STATISTICS: u32 = 4;
const FIXED: u32 = 8;
/// Sizes above this are refused.
const MAX_SIZE: u32 = u32::MAX >> 2;
/// Bytes of one message.
const MAX_MESSAGE: usize = 1023;

/// A place in the log to which it can be cut back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Position(u64);

/// The log of one load.
#[derive(Debug)]
pub(crate) struct Log {
    level: u32,
    buffer: Buffer,
    scratch: String,
    pub(super) marks: Marks,
}

/// What is flagged for printing, and the last instruction line.
#[derive(Debug, Default)]
pub(super) struct Marks {
    pub(super) registers: u16,
    pub(super) slots: u64,
    /// End and length of the last instruction line, newline included.
    pub(super) last_insn: Option<(Position, usize)>,
    /// Index of the last line_info record printed.
    pub(super) last_source: Option<usize>,
}

impl Log {
    /// Checks the log attributes: EINVAL if exactly one of buffer and size is given, a buffer comes with level 0, there are unknown level
    /// bits, or the size is out of range.
    pub(crate) fn new(request: LogRequest) -> Result<Log, Errno> {
        let LogRequest {
            level,
            size,
            has_buffer,
        } = request;
        let consistent = has_buffer == (size != 0) && !(has_buffer && level == 0);
        if !consistent || level > 15 || size > MAX_SIZE {
            return Err(Errno::EINVAL);
        }
        let overflow = match (has_buffer, level & FIXED != 0) {
            (false, _) => Overflow::Discard,
            (true, true) => Overflow::KeepFirst,
            (true, false) => Overflow::KeepLast,
        };
        Ok(Log {
            level,
            buffer: Buffer::new(overflow, size),
            scratch: String::new(),
            marks: Marks::default(),
        })
    }

    /// A log that keeps nothing.
    pub(crate) fn silent() -> Log {
        Log {
            level: 0,
            buffer: Buffer::new(Overflow::Discard, 0),
            scratch: String::new(),
            marks: Marks::default(),
        }
    }

    /// Whether anything is logged.
    pub(crate) fn is_needed(&self) -> bool {
        self.level != 0
    }

    /// Whether instructions and states are logged (level 1 or 2).
    pub(crate) fn wants_verbose(&self) -> bool {
        self.level & VERBOSE != 0
    }

    /// Whether every path is logged (level 2).
    pub(crate) fn wants_level2(&self) -> bool {
        self.level & ALL_PATHS != 0
    }

    /// Whether statistics are logged (level 4).
    pub(crate) fn wants_statistics(&self) -> bool {
        self.level & STATISTICS != 0
    }

    /// Logs at any non-zero level.
    pub(crate) fn message(&mut self, text: &dyn Display) {
        if self.level == 0 {
            return;
        }
        self.scratch.clear();
        let _ = write!(self.scratch, "{text}");
        let bytes = self.scratch.as_bytes();
        self.buffer
            .append(bytes.get(..MAX_MESSAGE).unwrap_or(bytes));
    }

    /// Logs at levels 1 and 2.
    pub(crate) fn verbose(&mut self, text: &dyn Display) {
        if self.wants_verbose() {
            self.message(text);
        }
    }

    /// Logs at level 2.
    pub(crate) fn level2(&mut self, text: &dyn Display) {
        if self.wants_level2() {
            self.message(text);
        }
    }

    /// Logs a text that Linux writes as many short messages.
    fn long(&mut self, text: &str) {
        if self.level != 0 {
            self.buffer.append(text.as_bytes());
        }
    }

    /// Where the log ends now.
    pub(crate) fn position(&self) -> Position {
        Position(self.buffer.end())
    }

    /// Cuts the log back.
    pub(crate) fn cut_back(&mut self, to: Position) {
        if self.level != 0 {
            self.buffer.cut_back(to.0);
        }
    }

    /// Flags a register (of any frame) for the next state line.
    pub(crate) fn touch_reg(&mut self, reg: u8) {
        self.marks.registers |= 1u16.checked_shl(reg.into()).unwrap_or(0);
    }

    /// Flags a slot (of any frame) for the next state line.
    pub(crate) fn touch_slot(&mut self, slot: u8) {
        self.marks.slots |= 1u64.checked_shl(slot.into()).unwrap_or(0);
    }

    /// Flags everything.
    pub(crate) fn touch_everything(&mut self) {
        (self.marks.registers, self.marks.slots) = (u16::MAX, u64::MAX);
    }

    /// Forgets which source line was printed last.
    pub(crate) fn forget_source_line(&mut self) {
        self.marks.last_source = None;
    }

    /// The loader's bytes and `log_true_size`; ENOSPC if the log did not fit at some time.
    pub(crate) fn finish(self, request: LogRequest) -> (LogOutput, Result<(), Errno>) {
        let reached = u32::try_from(self.buffer.reached()).unwrap_or(u32::MAX);
        let fits = !request.has_buffer || reached <= request.size;
        let output = LogOutput {
            bytes: self.buffer.finish(),
            true_size: Some(reached),
        };
        (output, if fits { Ok(()) } else { Err(Errno::ENOSPC) })
    }
}
