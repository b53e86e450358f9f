//! What clients wait for with poll(2) and epoll: rings with something in them, or with room.

use std::time::Duration;

use parking_lot::{Condvar, Mutex, RwLock};

/// Called whenever Linux would wake those who wait.
pub type Waker = Box<dyn Fn() + Send + Sync>;

/// What somebody who waits for it is waiting for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Awaited {
    /// Records to read (EPOLLIN).
    Records,
    /// Room to write (EPOLLOUT).
    Room,
}

/// Something clients can wait for.
pub trait PollSource: Send + Sync {
    /// What they wait for.
    fn awaited(&self) -> Awaited;

    /// Is it there? What poll(2) would say now, whether or not anybody was woken.
    fn is_ready(&self) -> bool;

    /// Those who wait.
    fn waiters(&self) -> &WaitQueue;
}

/// Those who wait: threads of this process, and one waker for all others.
#[derive(Default)]
pub struct WaitQueue {
    wakeups: Mutex<u64>,
    woken: Condvar,
    waker: RwLock<Option<Waker>>,
}

impl WaitQueue {
    /// Calls `waker` at each wake-up from now on, and no other.
    pub fn set_waker(&self, waker: Option<Waker>) {
        *self.waker.write() = waker;
    }

    /// Wake-ups so far.
    pub fn wakeups(&self) -> u64 {
        *self.wakeups.lock()
    }

    /// Waits until there were more than `seen` wake-ups; how many there were. Gives up after `timeout`.
    pub fn wait(&self, seen: u64, timeout: Duration) -> u64 {
        let mut wakeups = self.wakeups.lock();
        if *wakeups == seen {
            self.woken.wait_for(&mut wakeups, timeout);
        }
        *wakeups
    }

    pub(crate) fn wake(&self) {
        *self.wakeups.lock() += 1;
        self.woken.notify_all();
        if let Some(waker) = self.waker.read().as_ref() {
            waker();
        }
    }
}
