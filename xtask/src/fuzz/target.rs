//! The session under test: a kernel, a client with every capability, and memory at made-up addresses.
//!
//! Bytes outside the buffers fault, so bad pointers are harmless to the fuzzer itself.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use skep_kernel::{
    Buffers, CancelToken, Credentials, Engine, Fd, Identity, InProcessFds, Kernel, Limits,
    SysError, Task, UserMemory,
};
use skep_uapi::{Errno, UserPtr};

use crate::corpus::request::Placed;
use crate::pins::Pins;

/// One call, ready to be made.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// Any number, not only those of commands.
    pub(super) command: u32,
    pub(super) attr: Vec<u8>,
    /// What the caller says the attr's size is.
    pub(super) size: u32,
    /// What the attr points to.
    pub(super) buffers: Vec<Placed>,
    /// Where the attr was placed; set by the call.
    pub(super) at: u64,
}

impl Call {
    pub(super) fn new(command: u32, attr: Vec<u8>, buffers: Vec<Placed>) -> Self {
        Self {
            command,
            size: attr.len() as u32,
            attr,
            buffers,
            at: 0,
        }
    }
}

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Value(u32),
    Errno(u16),
    Panicked,
    /// The checking interpreter stopped a run: [`Target::last_trap`].
    Trapped,
}

pub(super) struct Target {
    kernel: Arc<Kernel>,
    fds: InProcessFds,
    memory: Buffers,
    credentials: Credentials,
    pins: Pins,
    trap: RefCell<String>,
}

impl Target {
    pub(super) fn new(identity: Identity, engine: Engine) -> Self {
        let limits = Limits {
            load_time: Duration::from_secs(1),
            map_bytes: 4 << 20,
        };
        Self {
            kernel: Kernel::builder_for(identity)
                .limits(limits)
                .engine(engine)
                .build(),
            fds: InProcessFds::new(),
            memory: Buffers::new(),
            credentials: Credentials::privileged(),
            pins: Pins::default(),
            trap: RefCell::default(),
        }
    }

    /// Unplaces every buffer.
    pub(super) fn forget_memory(&self) {
        self.memory.clear();
    }

    /// Places bytes for the next call.
    pub(super) fn place(&self, bytes: &[u8]) -> Placed {
        Placed {
            at: self.memory.place(bytes).0,
            len: bytes.len() as u32,
        }
    }

    /// Changes one placed byte.
    pub(super) fn poke(&self, at: u64, byte: u8) {
        // Outside a buffer there is nothing to change.
        let _ = self.memory.write(UserPtr(at), &[byte]);
    }

    /// A number in placed memory.
    pub(super) fn peek_u32(&self, at: u64) -> Option<u32> {
        let mut bytes = [0; 4];
        self.memory.read(UserPtr(at), &mut bytes).ok()?;
        Some(u32::from_ne_bytes(bytes))
    }

    /// Makes a call that may be interrupted by `cancel`.
    pub(super) fn call(&self, call: &mut Call, cancel: &CancelToken) -> Outcome {
        call.at = self.memory.place(call.attr.as_slice()).0;
        let task = Task::new(&self.credentials, &self.fds, &self.memory)
            .with_cancel(cancel)
            .with_bpffs(&self.pins);
        let result = catch_unwind(AssertUnwindSafe(|| {
            self.kernel
                .bpf(&task, call.command, UserPtr(call.at), call.size)
        }));
        match result {
            Ok(Ok(value)) => Outcome::Value(value),
            Ok(Err(error)) if is_trap(&error) => {
                *self.trap.borrow_mut() = error.why.to_string();
                Outcome::Trapped
            }
            Ok(Err(error)) => Outcome::Errno(error.errno.0),
            Err(_) => Outcome::Panicked,
        }
    }

    /// Why the last trap was one.
    pub(super) fn last_trap(&self) -> String {
        self.trap.borrow().clone()
    }

    pub(super) fn close(&self, fd: i32) {
        // A mutated call may have closed nothing of ours; EBADF is no news.
        let _ = self.fds.close(Fd(fd));
    }
}

/// Test runs answer EFAULT for a trap, and say so.
fn is_trap(error: &SysError) -> bool {
    error.errno == Errno::EFAULT && error.why.starts_with("the checking interpreter stopped")
}
