//! skep in this process as a [`Border`].
//!
//! # Safety
//!
//! Attrs hold addresses of this process, as for the running kernel. The file trusts [`super::loader`] to point only to
//! buffers that live across the call and that are as long as it says.
#![allow(unsafe_code)]

use std::sync::Arc;

use skep_kernel::{
    Credentials, Engine, Fd, Identity, InProcessFds, Kernel, OwnMemory, Task, UnprivilegedBpf,
};
use skep_uapi::{Cmd, UserPtr};

use super::border::{Border, Caller};
use super::unit::Mode;

/// A session with one client.
pub(crate) struct Skep {
    kernel: Arc<Kernel>,
    fds: InProcessFds,
    memory: OwnMemory,
    setup: Credentials,
    client: Credentials,
}

impl Skep {
    /// A fresh session that pretends to be `identity`.
    pub(crate) fn new(identity: Identity, engine: Engine, mode: Mode) -> Self {
        let kernel = Kernel::builder_for(identity)
            .engine(engine)
            .unprivileged(UnprivilegedBpf::Allowed)
            .build();
        Self {
            kernel,
            fds: InProcessFds::new(),
            // SAFETY: see the header.
            memory: unsafe { OwnMemory::new() },
            setup: Credentials::privileged(),
            client: match mode {
                Mode::Priv => Credentials::privileged(),
                Mode::Unpriv => Credentials::unprivileged(),
            },
        }
    }
}

impl Border for Skep {
    fn bpf(&self, caller: Caller, command: Cmd, attr: &mut [u8]) -> Result<i32, i32> {
        let credentials = match caller {
            Caller::Setup => &self.setup,
            Caller::Client => &self.client,
        };
        let task = Task::new(credentials, &self.fds, &self.memory);
        let at = UserPtr(attr.as_mut_ptr().expose_provenance() as u64);
        let size = attr.len() as u32;
        match self.kernel.bpf(&task, command as u32, at, size) {
            Ok(value) => Ok(value.cast_signed()),
            Err(error) => Err(i32::from(error.errno.0)),
        }
    }

    fn close(&self, fd: i32) {
        // Only descriptors that a call gave are closed, each once.
        let _ = self.fds.close(Fd(fd));
    }

    /// Arenas are not there yet: a program that needs one is refused before this could matter.
    fn map_arena(&self, _fd: i32, _bytes: usize) -> usize {
        0
    }

    fn unmap(&self, _address: usize, _bytes: usize) {}
}
