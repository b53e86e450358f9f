//! Interrupts a call that takes long, and ends the process if it does not stop.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use skep_kernel::{CancelToken, StopReason};

/// After this a call is interrupted, as by a signal.
const LONG: Duration = Duration::from_millis(100);
/// After this it hangs.
const HANGS: Duration = Duration::from_secs(20);

#[derive(Default)]
struct Current {
    call: Option<(u64, Instant, Arc<CancelToken>)>,
}

/// A thread that looks at the running call from time to time. It ends with the process.
pub(super) struct Watchdog {
    current: Arc<Mutex<Current>>,
}

impl Watchdog {
    pub(super) fn start(seed: u64) -> Self {
        let current = Arc::new(Mutex::new(Current::default()));
        let watched = Arc::downgrade(&current);
        std::thread::spawn(move || {
            while let Some(current) = watched.upgrade() {
                look(&current, seed);
                drop(current);
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        Self { current }
    }

    /// Runs one call under watch; what it gave and how long it took.
    pub(super) fn watch<T>(
        &self,
        number: u64,
        call: impl FnOnce(&CancelToken) -> T,
    ) -> (T, Duration) {
        let cancel = Arc::new(CancelToken::new());
        let start = Instant::now();
        let set = |call| {
            self.current
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .call = call;
        };
        set(Some((number, start, Arc::clone(&cancel))));
        let made = call(&cancel);
        set(None);
        (made, start.elapsed())
    }
}

fn look(current: &Mutex<Current>, seed: u64) {
    let current = current.lock().unwrap_or_else(PoisonError::into_inner);
    let Some((number, start, cancel)) = &current.call else {
        return;
    };
    if start.elapsed() > HANGS {
        println!("hangs: seed {seed}, call {number}");
        std::process::exit(1);
    }
    if start.elapsed() > LONG {
        cancel.cancel(StopReason::Interrupted);
    }
}
