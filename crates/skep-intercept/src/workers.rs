//! The threads that answer. Short calls are answered by whoever received them; before a long one begins, there is
//! another thread to receive the next.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::thread;

use crate::session::Session;

/// Threads that a session starts with: one waits for calls while the other works.
const AT_START: usize = 2;
/// More than this would not find a CPU.
const AT_MOST: usize = 64;
/// Loads recurse; as much as the main thread has.
const STACK_BYTES: usize = 8 << 20;

/// The threads of a session.
pub(crate) struct Workers {
    session: Weak<Session>,
    all: AtomicUsize,
    /// Busy with a long call.
    busy: AtomicUsize,
}

impl Workers {
    /// No threads yet.
    pub(crate) fn new(session: Weak<Session>) -> Self {
        Self {
            session,
            all: AtomicUsize::new(0),
            busy: AtomicUsize::new(0),
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
            session.workers.all.fetch_sub(1, Ordering::Relaxed);
        };
        let named = thread::Builder::new().name("skep-answer".to_owned());
        named.stack_size(STACK_BYTES).spawn(serve)?;
        self.all.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Does something long while others answer.
    pub(crate) fn long<T>(&self, work: impl FnOnce() -> T) -> T {
        let busy = self.busy.fetch_add(1, Ordering::Relaxed) + 1;
        let all = self.all.load(Ordering::Relaxed);
        if busy + 1 >= all && all < AT_MOST {
            // Without another thread calls wait longer; that is all.
            let _ = self.add();
        }
        let done = work();
        self.busy.fetch_sub(1, Ordering::Relaxed);
        done
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
