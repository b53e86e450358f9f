//! Who answers bpf(2): skep in this process, or the running kernel. Both take attrs with addresses of this process.
//!
//! # Safety
//!
//! Attrs hold addresses of this process. The file trusts [`crate::load`], the only caller, to point them to buffers that
//! live across the call and are as long as it says.
#![allow(unsafe_code)]

use skep_kernel::{
    Caps, Credentials, Engine, Fd, Identity, InProcessFds, Kernel, LoadObserver, OwnMemory, Task,
    UnprivilegedBpf,
};
use skep_uapi::{Cmd, Errno, UserPtr};
use skep_verifier::{LoadRequest, Outcome, Reject};
use std::cell::RefCell;
use std::sync::Arc;
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// The border of one program.
pub trait Border {
    /// One call with these capabilities; `attr` comes back as the command left it.
    fn call(&self, caps: Caps, cmd: Cmd, attr: &mut [u8]) -> Result<i32, Errno>;

    /// Closes a descriptor that a call gave.
    fn close(&self, fd: i32);

    /// Why the last load was rejected, where the border knows.
    fn why(&self) -> Option<Reject>;
}

/// A call with a typed attr.
pub(crate) fn call<T: FromBytes + IntoBytes + Immutable>(
    border: &dyn Border,
    caps: Caps,
    cmd: Cmd,
    attr: &mut T,
) -> Result<i32, Errno> {
    let mut bytes = attr.as_bytes().to_vec();
    let result = border.call(caps, cmd, &mut bytes);
    if let Ok(back) = T::read_from_bytes(&bytes) {
        *attr = back;
    }
    result
}

/// Bytes of this process, as an attr names them; nothing is NULL.
pub(crate) fn place(bytes: &[u8]) -> UserPtr {
    if bytes.is_empty() {
        return UserPtr::NULL;
    }
    UserPtr(bytes.as_ptr().expose_provenance() as u64)
}

/// The same for bytes that the call writes.
pub(crate) fn place_to_write(bytes: &mut [u8]) -> UserPtr {
    UserPtr(bytes.as_mut_ptr().expose_provenance() as u64)
}

/// skep.
pub struct Skep {
    kernel: Arc<Kernel>,
    fds: InProcessFds,
    memory: OwnMemory,
    why: RefCell<Option<Reject>>,
}

/// Keeps the rejection.
struct Keep<'a>(&'a RefCell<Option<Reject>>);

impl LoadObserver for Keep<'_> {
    fn verified(&self, _request: &LoadRequest, outcome: &Outcome) {
        let failure = outcome.result.as_ref().err();
        *self.0.borrow_mut() = failure.and_then(|failure| failure.reject.clone());
    }
}

impl Skep {
    /// A session that runs programs in `engine`.
    pub fn session(identity: &Identity, engine: Engine) -> Arc<Kernel> {
        Kernel::builder_for(identity.clone())
            .engine(engine)
            .unprivileged(UnprivilegedBpf::Allowed)
            .build()
    }

    /// A client of a session.
    pub fn new(kernel: &Arc<Kernel>) -> Self {
        Self {
            kernel: Arc::clone(kernel),
            fds: InProcessFds::new(),
            // SAFETY: see the header.
            memory: unsafe { OwnMemory::new() },
            why: RefCell::new(None),
        }
    }
}

impl Border for Skep {
    fn call(&self, caps: Caps, cmd: Cmd, attr: &mut [u8]) -> Result<i32, Errno> {
        let credentials = Credentials {
            caps,
            ..Credentials::privileged()
        };
        let keep = Keep(&self.why);
        let task = Task::new(&credentials, &self.fds, &self.memory).with_observer(&keep);
        let at = place_to_write(attr);
        let size = u32::try_from(attr.len()).unwrap_or(u32::MAX);
        match self.kernel.bpf(&task, cmd.raw(), at, size) {
            Ok(value) => Ok(value.cast_signed()),
            Err(error) => Err(error.errno),
        }
    }

    fn close(&self, fd: i32) {
        // Only descriptors that a call gave are closed, each once.
        let _ = self.fds.close(Fd(fd));
    }

    fn why(&self) -> Option<Reject> {
        self.why.borrow().clone()
    }
}

/// The running kernel. Calls with fewer capabilities are made by this thread without them.
#[derive(Debug, Default)]
pub struct Native;

impl Border for Native {
    fn call(&self, caps: Caps, cmd: Cmd, attr: &mut [u8]) -> Result<i32, Errno> {
        let _few = (caps != Caps::all()).then(|| FewCaps::only(caps));
        // SAFETY: attr is a live, writable buffer of the length given; its pointers are the caller's (see header).
        let result =
            unsafe { libc::syscall(libc::SYS_bpf, cmd.raw(), attr.as_mut_ptr(), attr.len()) };
        i32::try_from(result)
            .ok()
            .filter(|value| *value >= 0)
            .ok_or_else(last_errno)
    }

    fn close(&self, fd: i32) {
        // SAFETY: the descriptor came from a call above and is closed once.
        unsafe { libc::close(fd) };
    }

    fn why(&self) -> Option<Reject> {
        None
    }
}

fn last_errno() -> Errno {
    let raw = std::io::Error::last_os_error().raw_os_error();
    Errno(raw.and_then(|raw| u16::try_from(raw).ok()).unwrap_or(5))
}

/// `struct __user_cap_header_struct` of version 3, for this thread.
#[repr(C)]
struct CapHeader {
    version: u32,
    pid: i32,
}

/// Capability sets as capget(2) and capset(2) have them: effective, permitted, inheritable of the low and high words.
type CapSets = [u32; 6];

/// While it lives, this thread's effective capabilities are few.
struct FewCaps(CapSets);

impl FewCaps {
    fn only(caps: Caps) -> Self {
        let before = get();
        let mut sets = before;
        let wanted: u64 = caps
            .iter()
            .map(|cap| 1_u64 << number(cap))
            .fold(0, |all, bit| all | bit);
        sets[0] = wanted as u32;
        sets[3] = (wanted >> 32) as u32;
        set(&sets);
        Self(before)
    }
}

impl Drop for FewCaps {
    fn drop(&mut self) {
        set(&self.0);
    }
}

/// The bit of one capability in linux/capability.h.
fn number(cap: Caps) -> u32 {
    match cap {
        Caps::NET_ADMIN => 12,
        Caps::SYS_ADMIN => 21,
        Caps::SYS_BOOT => 22,
        Caps::PERFMON => 38,
        _ => 39,
    }
}

static HEADER: CapHeader = CapHeader {
    version: 0x2008_0522,
    pid: 0,
};

fn get() -> CapSets {
    let mut sets: CapSets = [0; 6];
    // SAFETY: the header is read, and the six words of version 3 are written.
    unsafe { libc::syscall(libc::SYS_capget, &raw const HEADER, sets.as_mut_ptr()) };
    sets
}

fn set(sets: &CapSets) {
    // SAFETY: both are read only; only this thread's effective capabilities change.
    unsafe { libc::syscall(libc::SYS_capset, &raw const HEADER, sets.as_ptr()) };
}
