//! [`TimerThread`]: a [`TimerService`] with a thread of its own, on the clocks of a platform.
//!
//! The thread starts with the first timer and ends with the service. Deadlines are kept by the monotonic clock: one
//! that is given by another clock is turned into the time that is left until then.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::{Condvar, Mutex};

use crate::upward::{Cancelled, TimerId, TimerService};
use crate::{Clock, Platform};

type Fire = Box<dyn FnOnce() + Send>;

/// Timers, fired one after another on one thread.
pub struct TimerThread {
    shared: Arc<Shared>,
    name: &'static str,
    last: AtomicU64,
}

struct Shared {
    platform: Arc<dyn Platform>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// By deadline; those of one instant in order of arming.
    armed: BTreeMap<(u64, u64), Fire>,
    deadlines: BTreeMap<u64, u64>,
    thread: Thread,
}

#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Thread {
    #[default]
    NotStarted,
    Running,
    Ending,
}

impl TimerThread {
    /// A service on this platform's clocks; the thread will have this name.
    pub fn new(platform: Arc<dyn Platform>, name: &'static str) -> Self {
        let shared = Shared {
            platform,
            state: Mutex::default(),
            changed: Condvar::new(),
        };
        Self {
            shared: Arc::new(shared),
            name,
            last: AtomicU64::new(0),
        }
    }

    /// Timers that are armed.
    pub fn armed(&self) -> usize {
        self.shared.state.lock().armed.len()
    }
}

impl TimerService for TimerThread {
    fn arm(&self, clock: Clock, at_ns: u64, fire: Fire) -> TimerId {
        let platform = &self.shared.platform;
        let left = at_ns.saturating_sub(platform.now_ns(clock));
        let deadline = platform.now_ns(Clock::Monotonic).saturating_add(left);
        let id = self.last.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        let mut state = self.shared.state.lock();
        state.armed.insert((deadline, id), fire);
        state.deadlines.insert(id, deadline);
        if state.thread == Thread::NotStarted {
            let shared = Arc::clone(&self.shared);
            let builder = std::thread::Builder::new().name(self.name.to_owned());
            // Without a thread now, the next timer tries again.
            if builder.spawn(move || shared.serve()).is_ok() {
                state.thread = Thread::Running;
            }
        }
        drop(state);
        self.shared.changed.notify_one();
        TimerId(id)
    }

    fn cancel(&self, timer: TimerId) -> Cancelled {
        let fire = {
            let mut state = self.shared.state.lock();
            let deadline = state.deadlines.remove(&timer.0);
            deadline.and_then(|deadline| state.armed.remove(&(deadline, timer.0)))
        };
        // Outside the lock: it may own anything.
        match fire {
            Some(_never) => Cancelled::InTime,
            None => Cancelled::NotArmed,
        }
    }
}

impl Drop for TimerThread {
    fn drop(&mut self) {
        // The thread is not waited for: it may be the one that drops us.
        let left = {
            let mut state = self.shared.state.lock();
            state.thread = Thread::Ending;
            state.deadlines.clear();
            core::mem::take(&mut state.armed)
        };
        self.shared.changed.notify_one();
        drop(left);
    }
}

impl Shared {
    /// Fires what is due until the service ends.
    fn serve(&self) {
        let mut state = self.state.lock();
        while state.thread != Thread::Ending {
            let next = state.armed.first_key_value().map(|(key, _)| *key);
            let Some((deadline, id)) = next else {
                self.changed.wait(&mut state);
                continue;
            };
            let left = deadline.saturating_sub(self.platform.now_ns(Clock::Monotonic));
            if left > 0 {
                let patience = self.platform.patience(left);
                self.changed.wait_for(&mut state, patience);
                continue;
            }
            state.deadlines.remove(&id);
            if let Some(fire) = state.armed.remove(&(deadline, id)) {
                drop(state);
                fire();
                state = self.state.lock();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;
    use crate::Deterministic;

    #[test]
    fn virtual_time_fires_in_order_and_cancelled_ones_never() {
        let platform = Arc::new(Deterministic::new(1));
        let service = TimerThread::new(Arc::clone(&platform) as Arc<dyn Platform>, "test");
        let (send, fired) = mpsc::channel();
        let arm = |after_ms: u64| {
            let send = send.clone();
            let at = platform.now_ns(Clock::Realtime) + after_ms * 1_000_000;
            let fire = move || send.send(after_ms).unwrap();
            service.arm(Clock::Realtime, at, Box::new(fire))
        };
        let (late, never, early) = (arm(30_000), arm(20_000), arm(10_000));
        assert_eq!(service.cancel(never), Cancelled::InTime);
        assert_eq!(service.cancel(never), Cancelled::NotArmed);
        assert!(fired.recv_timeout(Duration::from_millis(20)).is_err());
        platform.advance(40_000_000_000);
        let patience = Duration::from_secs(20);
        assert_eq!(fired.recv_timeout(patience), Ok(10_000));
        assert_eq!(fired.recv_timeout(patience), Ok(30_000));
        assert_eq!(service.cancel(early), Cancelled::NotArmed);
        assert_eq!(service.cancel(late), Cancelled::NotArmed);
        assert_eq!(service.armed(), 0);
    }
}
