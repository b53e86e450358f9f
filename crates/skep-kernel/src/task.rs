//! Who makes a call: credentials, file descriptors, memory.

use skep_catalog::Caps;
use skep_object::{CancelToken, Errno, SysError, SysResult};
use skep_verifier::{LoadRequest, verified::Outcome};

use crate::bpffs::Bpffs;
use crate::{FdTable, UserMemory};

/// Numbers and the name by which helpers know a task.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TaskIds {
    /// Thread id.
    pub pid: u32,
    /// Process id.
    pub tgid: u32,
    /// User.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Command name with its NUL.
    pub comm: [u8; 16],
}

impl TaskIds {
    /// Those of this process.
    pub fn own() -> Self {
        let mut comm = [0; 16];
        let name = std::fs::read("/proc/thread-self/comm").unwrap_or_default();
        let name = name.strip_suffix(b"\n").unwrap_or(&name);
        for (to, from) in comm.iter_mut().take(15).zip(name) {
            *to = *from;
        }
        let status = std::fs::read_to_string("/proc/thread-self/status").unwrap_or_default();
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse().ok()
        };
        Self {
            pid: field("Pid:").unwrap_or(1),
            tgid: std::process::id(),
            uid: field("Uid:").unwrap_or(0),
            gid: field("Gid:").unwrap_or(0),
            comm,
        }
    }
}

/// What a task is and may do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Credentials {
    /// Effective capabilities.
    pub caps: Caps,
    /// Who it is.
    pub ids: TaskIds,
}

impl Credentials {
    /// This process, with every capability.
    pub fn privileged() -> Self {
        Self {
            caps: Caps::all(),
            ids: TaskIds::own(),
        }
    }

    /// This process, without any capability.
    pub fn unprivileged() -> Self {
        Self {
            caps: Caps::empty(),
            ids: TaskIds::own(),
        }
    }
}

/// Sees what bpf(2) has no room for: why a load was rejected, as data.
pub trait LoadObserver {
    /// The verifier finished with a request.
    fn verified(&self, request: &LoadRequest, outcome: &Outcome);
}

/// The caller of one bpf(2): borrowed by the carrier for the time of the call.
#[derive(Clone, Copy)]
pub struct Task<'t> {
    credentials: &'t Credentials,
    fds: &'t dyn FdTable,
    memory: &'t dyn UserMemory,
    observer: Option<&'t dyn LoadObserver>,
    bpffs: Option<&'t dyn Bpffs>,
    cancel: &'t CancelToken,
}

static NEVER: CancelToken = CancelToken::new();

impl<'t> Task<'t> {
    /// A task that nobody interrupts.
    pub fn new(
        credentials: &'t Credentials,
        fds: &'t dyn FdTable,
        memory: &'t dyn UserMemory,
    ) -> Self {
        Self {
            credentials,
            fds,
            memory,
            observer: None,
            bpffs: None,
            cancel: &NEVER,
        }
    }

    /// The same, interrupted (loads, test runs) when `cancel` says so.
    #[must_use]
    pub fn with_cancel(self, cancel: &'t CancelToken) -> Self {
        Self { cancel, ..self }
    }

    /// The same, with an observer of loads.
    #[must_use]
    pub fn with_observer(self, observer: &'t dyn LoadObserver) -> Self {
        Self {
            observer: Some(observer),
            ..self
        }
    }

    /// The same, with file systems that pins can be made in.
    #[must_use]
    pub fn with_bpffs(self, bpffs: &'t dyn Bpffs) -> Self {
        Self {
            bpffs: Some(bpffs),
            ..self
        }
    }

    /// Who it is and what it may do.
    pub fn credentials(&self) -> &'t Credentials {
        self.credentials
    }

    /// Its file descriptors.
    pub fn fds(&self) -> &'t dyn FdTable {
        self.fds
    }

    /// Its memory.
    pub fn memory(&self) -> &'t dyn UserMemory {
        self.memory
    }

    /// What interrupts it.
    pub fn cancel(&self) -> &'t CancelToken {
        self.cancel
    }

    /// Who watches its loads.
    pub fn observer(&self) -> Option<&'t dyn LoadObserver> {
        self.observer
    }

    /// Where its pins are.
    pub fn bpffs(&self) -> Option<&'t dyn Bpffs> {
        self.bpffs
    }

    /// Its capabilities.
    pub fn caps(&self) -> Caps {
        self.credentials.caps
    }

    /// Whether it has a capability (CAP_SYS_ADMIN stands for the BPF ones).
    pub fn capable(&self, needed: Caps) -> bool {
        self.credentials.caps.grant(needed)
    }

    /// EPERM without a capability.
    pub(crate) fn require(&self, needed: Caps, why: &'static str) -> SysResult<()> {
        if self.capable(needed) {
            Ok(())
        } else {
            SysError::err(Errno::EPERM, why)
        }
    }
}
