//! Calls that may take long: watched, so that one stops whose caller was killed, and a run whose caller has a signal.
//!
//! Signals do not reach a caller that waits for us (WAIT_KILLABLE_RECV). Linux ends PROG_TEST_RUN with EINTR when one is
//! pending; other calls are left to finish, which have budgets of time.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use skep_kernel::{CancelToken, StopReason};
use skep_uapi::Cmd;

use crate::carrier::{Carrier, ClientCall};

/// How often callers are looked at.
const INTERVAL: Duration = Duration::from_millis(50);

/// The long calls in progress.
#[derive(Default)]
pub(crate) struct LongCalls {
    calls: Mutex<Vec<(ClientCall, Arc<CancelToken>)>>,
    some: Condvar,
}

impl LongCalls {
    /// Does `work`, which stops when its token says so.
    pub(crate) fn run<T>(&self, call: &ClientCall, work: impl FnOnce(&CancelToken) -> T) -> T {
        let token = Arc::new(CancelToken::new());
        self.calls.lock().push((*call, Arc::clone(&token)));
        self.some.notify_one();
        let done = work(&token);
        self.calls.lock().retain(|(other, _)| other.id != call.id);
        done
    }

    /// Stops the calls whose callers are gone, for ever.
    pub(crate) fn watch(&self, carrier: &dyn Carrier) -> ! {
        loop {
            let mut calls = self.calls.lock();
            while calls.is_empty() {
                self.some.wait(&mut calls);
            }
            for (call, token) in calls.iter() {
                if !carrier.still_waits(call) {
                    token.cancel(StopReason::Cancelled);
                } else if is_run(call) && has_signal(call.thread) {
                    token.cancel(StopReason::Interrupted);
                }
            }
            drop(calls);
            std::thread::sleep(INTERVAL);
        }
    }
}

fn is_run(call: &ClientCall) -> bool {
    call.number == libc::SYS_bpf && Cmd::from_raw(call.arg(0) as u32) == Some(Cmd::ProgTestRun)
}

/// Whether a signal waits for a thread that it would interrupt.
fn has_signal(thread: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{thread}/status")).is_ok_and(|status| pending(&status))
}

/// The same, from the text of `/proc/PID/status`.
fn pending(status: &str) -> bool {
    let set = |name: &str| {
        let text = status.lines().find_map(|line| line.strip_prefix(name));
        text.and_then(|text| u64::from_str_radix(text.trim(), 16).ok())
            .unwrap_or_default()
    };
    (set("SigPnd:") | set("ShdPnd:")) & !set("SigBlk:") & !set("SigIgn:") != 0
}

#[cfg(test)]
mod tests {
    use super::pending;

    #[test]
    fn blocked_and_ignored_signals_do_not_interrupt() {
        let status = |sets: [&str; 4]| {
            let [own, shared, blocked, ignored] = sets;
            format!("SigPnd:\t{own}\nShdPnd:\t{shared}\nSigBlk:\t{blocked}\nSigIgn:\t{ignored}\n")
        };
        assert!(!pending(&status(["0", "0", "0", "0"])));
        assert!(pending(&status(["0000000000002000", "0", "0", "0"])));
        assert!(pending(&status(["0", "2000", "1000", "4000"])));
        assert!(!pending(&status(["2000", "2000", "2000", "0"])));
        assert!(!pending(&status(["2000", "0", "0", "2000"])));
    }
}
