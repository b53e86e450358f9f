//! What answers the calls: the running kernel, or skep in this process.

use anyhow::Result;
use skep_uapi::Cmd;

use super::native::Native;

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
    #[default]
    Native,
}

impl Backend {
    /// The borders whose runs are compared with the recorded ones.
    pub(crate) fn executors() -> Vec<Self> {
        vec![Self::Native]
    }

    /// A fresh border. One per thread.
    pub(crate) fn open(self) -> Result<Box<dyn Border>> {
        match self {
            Self::Native => Ok(Box::new(Native)),
        }
    }
}
