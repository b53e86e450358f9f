//! What answers the calls: the running kernel, or skep in this process.

use anyhow::{Result, anyhow};
use skep_kernel::{Engine, Identity};
use skep_uapi::Cmd;

use super::folder::Folder;
use super::native::Native;
use super::skep::Skep;
use super::unit::Mode;

/// Who makes a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// Sets the stage (BTF, maps) with every capability.
    Setup,
    /// Loads and runs the program with the capabilities of the row's mode.
    Client,
}

/// The bpf(2) border as a scorer sees it: one attr whose pointers are addresses of this process.
pub(crate) trait Border {
    /// One call; the value it returns, or the errno.
    fn bpf(&self, caller: Caller, command: Cmd, attr: &mut [u8]) -> Result<i32, i32>;

    /// Closes a descriptor that a call returned.
    fn close(&self, fd: i32);

    /// Maps an arena's pages, which Linux wants before a program uses them. Undone by [`Border::unmap`].
    fn map_arena(&self, fd: i32, bytes: usize) -> usize;

    /// Undoes [`Border::map_arena`].
    fn unmap(&self, address: usize, bytes: usize);
}

/// A border by name, for the command line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Backend {
    /// The running kernel, through the system call.
    Native,
    /// skep in this process, programs compiled.
    #[default]
    Jit,
    /// skep in this process, programs run by the checking interpreter.
    Check,
}

impl Backend {
    /// The borders whose runs are compared with the recorded ones.
    pub(crate) fn executors() -> Vec<Self> {
        vec![Self::Jit, Self::Check]
    }
}

/// What every border of one scoring has in common.
pub(crate) struct Session {
    backend: Backend,
    mode: Mode,
    identity: Identity,
}

impl Session {
    /// Borders that pretend to be the kernel the folder's rows were recorded on, or the host's where it does not say.
    pub(crate) fn new(backend: Backend, mode: Mode, folder: &Folder) -> Result<Self> {
        let identity = match (backend, folder.kernel()?) {
            (Backend::Native, _) => Identity::without_btf(),
            (Backend::Jit | Backend::Check, None) => Identity::host(),
            (Backend::Jit | Backend::Check, Some(kernel)) => {
                let mut identity = Identity::without_btf()
                    .with_btf(&kernel.btf)
                    .map_err(|error| anyhow!("the corpus's kernel BTF: {error:?}"))?;
                identity.release = kernel.release;
                identity
            }
        };
        Ok(Self {
            backend,
            mode,
            identity,
        })
    }

    /// A fresh border. One per thread.
    pub(crate) fn open(&self) -> Box<dyn Border> {
        let engine = match self.backend {
            Backend::Native => return Box::new(Native),
            Backend::Jit => Engine::Jit,
            Backend::Check => Engine::Check,
        };
        Box::new(Skep::new(self.identity.clone(), engine, self.mode))
    }
}
