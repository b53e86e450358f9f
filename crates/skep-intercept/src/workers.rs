//! The threads that answer: one leads, which is to wait for calls and to answer the short ones itself; the others
//! sleep. Before something long begins the leader steps down and another leads.
//!
//! A call for which no thread has to be woken costs a few microseconds, any other some tens.

use std::cell::Cell;
use std::sync::{Arc, Weak};
use std::thread;

use parking_lot::{Condvar, Mutex};

use crate::session::Session;

/// Threads that a session starts with: one leads while the other works.
const AT_START: usize = 2;
/// More than this would not find a CPU.
const AT_MOST: usize = 64;
/// Loads recurse; as much as the main thread has.
const STACK_BYTES: usize = 8 << 20;

thread_local! {
    /// Whether this thread leads.
    static LEADS: Cell<bool> = const { Cell::new(false) };
}

#[derive(Default)]
struct State {
    /// Whether there is a leader.
    led: bool,
    /// Threads that would lead.
    waiting: usize,
    /// All threads.
    all: usize,
}

/// The threads of a session.
pub(crate) struct Workers {
    session: Weak<Session>,
    state: Mutex<State>,
    free: Condvar,
}

impl Workers {
    /// No threads yet.
    pub(crate) fn new(session: Weak<Session>) -> Self {
        Self {
            session,
            state: Mutex::default(),
            free: Condvar::new(),
        }
    }

    /// Starts the first threads.
    pub(crate) fn start(&self) -> std::io::Result<()> {
        (0..AT_START).try_for_each(|_| self.add())
    }

    fn add(&self) -> std::io::Result<()> {
        let Some(session) = self.session.upgrade() else {
            return Ok(());
        };
        let serve = move || {
            let fatal = FatalPanic;
            Session::serve(&session);
            drop(fatal);
            session.workers.state.lock().all -= 1;
        };
        self.state.lock().all += 1;
        let named = thread::Builder::new().name("skep-answer".to_owned());
        let started = named.stack_size(STACK_BYTES).spawn(serve);
        if started.is_err() {
            self.state.lock().all -= 1;
        }
        started.map(drop)
    }

    /// Becomes the leader, once there is no other.
    pub(crate) fn lead(&self) {
        if LEADS.get() {
            return;
        }
        let mut state = self.state.lock();
        state.waiting += 1;
        while state.led {
            self.free.wait(&mut state);
        }
        state.waiting -= 1;
        state.led = true;
        LEADS.set(true);
    }

    /// Lets another thread lead: before anything that waits for more than a lock.
    pub(crate) fn step_down(&self) {
        if !LEADS.replace(false) {
            return;
        }
        let mut state = self.state.lock();
        state.led = false;
        let alone = state.waiting == 0 && state.all < AT_MOST;
        drop(state);
        self.free.notify_one();
        if alone {
            // Without another thread calls wait longer; that is all.
            let _ = self.add();
        }
    }

    /// Does something long while others answer.
    pub(crate) fn long<T>(&self, work: impl FnOnce() -> T) -> T {
        self.step_down();
        work()
    }
}

/// A thread that panics takes the supervisor with it, or its caller would wait for ever.
struct FatalPanic;

impl Drop for FatalPanic {
    fn drop(&mut self) {
        if thread::panicking() {
            std::process::abort();
        }
    }
}

/// Starts a thread that never ends by itself.
pub(crate) fn background(
    session: &Arc<Session>,
    name: &str,
    work: impl FnOnce(&Session) + Send + 'static,
) -> std::io::Result<()> {
    let session = Arc::clone(session);
    let named = thread::Builder::new().name(name.to_owned());
    named.spawn(move || work(&session))?;
    Ok(())
}
