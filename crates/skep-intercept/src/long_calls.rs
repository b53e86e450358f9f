//! Calls that may take long: watched, so that one whose caller was killed stops.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use skep_kernel::{CancelToken, StopReason};

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
                }
            }
            drop(calls);
            std::thread::sleep(INTERVAL);
        }
    }
}
