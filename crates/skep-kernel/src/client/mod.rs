//! bpf(2) for Rust callers: typed methods that build an attr, pass it through the dispatcher, and read the answer.
//!
//! ```
//! use skep_kernel::{Client, Identity, Kernel, MapSpec};
//! use skep_uapi::{ElemFlags, MapType};
//!
//! let kernel = Kernel::builder_for(Identity::without_btf()).build();
//! let client = Client::new(&kernel);
//! let map = client.map_create(&MapSpec::new(MapType::Array, 4, 8, 1))?;
//! let key = 0_u32.to_ne_bytes();
//! client.map_update(map, &key, &7_u64.to_ne_bytes(), ElemFlags::empty())?;
//! assert_eq!(client.map_lookup(map, &key, ElemFlags::empty())?, 7_u64.to_ne_bytes());
//! # Ok::<(), skep_kernel::ClientError>(())
//! ```

mod btf;
mod info;
mod link;
mod map;
mod prog;
mod run;

use std::sync::Arc;

use skep_object::{CancelToken, SysError, SysResult};
use skep_uapi::{Cmd, UserPtr};
use zerocopy::{FromBytes, Immutable, IntoBytes};

use crate::{Buffers, Credentials, Fd, InProcessFds, Kernel, Task};

pub use btf::BtfReply;
pub use info::{BtfDetails, ProgDetails};
pub use link::LinkDetails;
pub use map::MapSpec;
pub use prog::{LoadReply, ProgSpec, RecordBytes, Verdict};
pub use run::{TestRunOutput, TestRunSpec};

/// What a method fails with: the errno, and why.
pub type ClientError = SysError;

/// A task in this process: its credentials, descriptors and cancel flag.
pub struct Client {
    kernel: Arc<Kernel>,
    credentials: Credentials,
    fds: Arc<InProcessFds>,
    cancel: Arc<CancelToken>,
}

impl Client {
    /// A client with every capability.
    pub fn new(kernel: &Arc<Kernel>) -> Self {
        Self::with_credentials(kernel, Credentials::privileged())
    }

    /// A client with these credentials.
    pub fn with_credentials(kernel: &Arc<Kernel>, credentials: Credentials) -> Self {
        Self {
            kernel: Arc::clone(kernel),
            credentials,
            fds: Arc::new(InProcessFds::new()),
            cancel: Arc::new(CancelToken::new()),
        }
    }

    /// Another client with the same descriptors.
    #[must_use]
    pub fn sharing_fds(&self, credentials: Credentials) -> Self {
        Self {
            kernel: Arc::clone(&self.kernel),
            credentials,
            fds: Arc::clone(&self.fds),
            cancel: Arc::new(CancelToken::new()),
        }
    }

    /// The session.
    pub fn kernel(&self) -> &Arc<Kernel> {
        &self.kernel
    }

    /// The descriptors.
    pub fn fds(&self) -> &InProcessFds {
        &self.fds
    }

    /// Interrupts loads and test runs of this client, from any thread.
    pub fn cancel_token(&self) -> &Arc<CancelToken> {
        &self.cancel
    }

    /// Closes a descriptor. EBADF.
    pub fn close(&self, fd: Fd) -> SysResult<()> {
        self.fds.close(fd)
    }

    /// The task behind a call with this memory.
    fn task<'t>(&'t self, memory: &'t Buffers) -> Task<'t> {
        Task::new(&self.credentials, &*self.fds, memory).with_cancel(&self.cancel)
    }

    /// One call: the value it answers. `attr` comes back as the command left it, also after an error.
    fn call<T>(&self, memory: &Buffers, cmd: Cmd, attr: &mut T) -> SysResult<u32>
    where
        T: FromBytes + IntoBytes + Immutable,
    {
        self.call_as(&self.task(memory), memory, cmd, attr)
    }

    fn call_as<T>(
        &self,
        task: &Task<'_>,
        memory: &Buffers,
        cmd: Cmd,
        attr: &mut T,
    ) -> SysResult<u32>
    where
        T: FromBytes + IntoBytes + Immutable,
    {
        let at = memory.place(attr.as_bytes());
        let result = self.kernel.bpf(task, cmd.raw(), at, size_of::<T>() as u32);
        if let Ok(back) = T::read_from_bytes(&memory.bytes(at)) {
            *attr = back;
        }
        result
    }
}

/// NULL for nothing, else a buffer with the bytes.
fn place_or_null(memory: &Buffers, bytes: &[u8]) -> UserPtr {
    memory.place_or_null(bytes)
}

/// NULL for no room, else a buffer of that size.
fn room_or_null(memory: &Buffers, len: u32) -> UserPtr {
    if len == 0 {
        UserPtr::NULL
    } else {
        memory.room(len as usize)
    }
}

/// A log as text: up to its NUL.
fn log_text(memory: &Buffers, at: UserPtr) -> String {
    let bytes = memory.bytes(at);
    let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(text).into_owned()
}
