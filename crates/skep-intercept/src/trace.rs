//! One line a call: who, what, the answer, and for an error the reason that bpf(2) has no room for.

use std::io::Write;

use skep_object::SysResult;
use skep_uapi::Cmd;

use crate::carrier::ClientCall;

/// Whether calls are shown on standard error.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Trace {
    /// Nothing is shown.
    #[default]
    Off,
    /// Each call is a line.
    Calls,
}

impl Trace {
    /// Shows a bpf(2).
    pub(crate) fn bpf(self, call: &ClientCall, answer: &SysResult<u32>) {
        if self == Self::Off {
            return;
        }
        let cmd = call.arg(0) as u32;
        let name = match Cmd::from_raw(cmd) {
            Some(cmd) => cmd.to_string(),
            None => format!("command {cmd}"),
        };
        let size = call.arg(2) as u32;
        let answer = match answer {
            Ok(value) => value.to_string(),
            Err(error) => format!("-1 {} ({})", error.errno, error.why),
        };
        self.line(call, &format!("bpf({name}, {size} bytes) = {answer}"));
    }

    /// Shows another call that was answered here.
    pub(crate) fn other(self, call: &ClientCall, text: &str) {
        if self == Self::Calls {
            self.line(call, text);
        }
    }

    fn line(self, call: &ClientCall, text: &str) {
        // In one piece, so that lines of several threads do not mix. A closed stderr must not end the session.
        let line = format!("[{}] {text}\n", call.thread);
        let _ = std::io::stderr().lock().write_all(line.as_bytes());
    }
}
