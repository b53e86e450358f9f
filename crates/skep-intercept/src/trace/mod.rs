//! One line a call: who, what, the answer, and for an error the reason that bpf(2) has no room for.

mod attr;

use std::io::Write;

use skep_object::{SysError, SysResult};
use skep_uapi::{Cmd, Errno, UserPtr};

use crate::carrier::ClientCall;
use crate::sys::process_memory::ProcessMemory;

/// Whether calls are shown on standard error.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Trace {
    /// Nothing is shown.
    #[default]
    Off,
    /// Each call is a line.
    Calls,
}

/// A bpf(2) as text, made before its answer: afterwards the caller may use the memory for something else.
pub(crate) struct Asked(Option<String>);

impl Trace {
    /// What a bpf(2) asks for.
    pub(crate) fn asked(self, call: &ClientCall) -> Asked {
        if self == Self::Off {
            return Asked(None);
        }
        let (number, at, size) = (call.arg(0) as u32, UserPtr(call.arg(1)), call.arg(2) as u32);
        Asked(Some(match Cmd::from_raw(number) {
            Some(cmd) => {
                let attr = attr::describe(&ProcessMemory(call.thread), cmd, at, size);
                format!("bpf({cmd}, {attr}, {size})")
            }
            None => format!("bpf({number}, {:#x}, {size})", at.0),
        }))
    }

    /// Shows a bpf(2) and its answer.
    pub(crate) fn bpf(self, call: &ClientCall, asked: Asked, answer: &SysResult<u32>) {
        let Asked(Some(asked)) = asked else {
            return;
        };
        let answer = match answer {
            Ok(value) => value.to_string(),
            Err(SysError { errno, why }) => format!("-1 {errno} ({why})"),
        };
        self.line(call, &format!("{asked} = {answer}"));
    }

    /// Shows another call that was answered here.
    pub(crate) fn other(self, call: &ClientCall, text: &str) {
        if self == Self::Calls {
            self.line(call, text);
        }
    }

    /// Shows another call and its answer: a value, or an error number.
    pub(crate) fn answered(self, call: &ClientCall, what: &str, answer: Result<i64, i32>) {
        let answer = match answer {
            Ok(value) => value.to_string(),
            Err(number) => format!("-1 {}", Errno(u16::try_from(number).unwrap_or(0))),
        };
        self.other(call, &format!("{what} = {answer}"));
    }

    fn line(self, call: &ClientCall, text: &str) {
        // In one piece, so that lines of several threads do not mix. A closed stderr must not end the session.
        let line = format!("[{}] {text}\n", call.thread);
        let _ = std::io::stderr().lock().write_all(line.as_bytes());
    }
}
