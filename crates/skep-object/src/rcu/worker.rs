//! The thread of a domain that waits for grace periods so that others need not.

use std::collections::VecDeque;

use super::domain::Core;
use crate::sync::{Arc, Condvar, Mutex, lock, thread, wait};

type Work = Box<dyn FnOnce() + Send>;

/// Work for after a grace period. The thread starts with the first piece and ends with the domain.
pub(super) struct Worker {
    queue: Arc<Queue>,
    core: Arc<Core>,
    thread: Mutex<Option<thread::JoinHandle<()>>>,
}

struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Work>,
    pushed: u64,
    done: u64,
    closing: bool,
}

impl Worker {
    pub(super) fn new(core: Arc<Core>) -> Self {
        let queue = Queue {
            state: Mutex::new(State::default()),
            changed: Condvar::new(),
        };
        Self {
            queue: Arc::new(queue),
            core,
            thread: Mutex::new(None),
        }
    }

    pub(super) fn push(&self, work: Work) {
        {
            let mut state = lock(&self.queue.state);
            state.waiting.push_back(work);
            state.pushed += 1;
        }
        self.queue.changed.notify_all();
        self.start();
    }

    /// Waits until everything pushed so far has run.
    pub(super) fn barrier(&self) {
        if self.start() == Thread::None {
            self.queue.run_waiting(&self.core);
            return;
        }
        let mut state = lock(&self.queue.state);
        let target = state.pushed;
        while state.done < target {
            state = wait(&self.queue.changed, state);
        }
    }

    /// Starts the thread unless it runs. Where threads cannot be had the work stays queued for the next try
    /// or for who asks for a barrier.
    fn start(&self) -> Thread {
        let mut running = lock(&self.thread);
        if running.is_none() {
            let (queue, core) = (Arc::clone(&self.queue), Arc::clone(&self.core));
            let named = thread::Builder::new().name("skep-rcu".to_owned());
            *running = named.spawn(move || queue.serve(&core)).ok();
        }
        if running.is_some() {
            Thread::Runs
        } else {
            Thread::None
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Thread {
    Runs,
    None,
}

impl Queue {
    fn serve(&self, core: &Core) {
        loop {
            {
                let mut state = lock(&self.state);
                while state.waiting.is_empty() && !state.closing {
                    state = wait(&self.changed, state);
                }
                if state.waiting.is_empty() {
                    return;
                }
            }
            self.run_waiting(core);
        }
    }

    /// Runs what waits, after a grace period.
    fn run_waiting(&self, core: &Core) {
        let batch = core::mem::take(&mut lock(&self.state).waiting);
        core.synchronize();
        for work in batch {
            work();
            lock(&self.state).done += 1;
        }
        self.changed.notify_all();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        lock(&self.queue.state).closing = true;
        self.queue.changed.notify_all();
        let Some(handle) = lock(&self.thread).take() else {
            return;
        };
        // Work may own the last handle of its own domain: a thread cannot wait for itself.
        if handle.thread().id() != thread::current().id() {
            let _ = handle.join();
        }
    }
}
