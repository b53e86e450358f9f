//! The memory of another process, copied by the kernel.
//!
//! # Safety
//!
//! Our side of each copy is a live slice; the other side is checked by the kernel, and what a client's memory holds is
//! the client's own matter.
#![allow(unsafe_code)]

use skep_kernel::{MemoryFault, UserMemory};
use skep_uapi::UserPtr;

/// The memory of a thread's process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProcessMemory(pub(crate) u32);

fn remote(at: UserPtr, len: usize) -> libc::iovec {
    libc::iovec {
        iov_base: std::ptr::without_provenance_mut(at.0 as usize),
        iov_len: len,
    }
}

fn whole(copied: isize, len: usize) -> Result<(), MemoryFault> {
    if usize::try_from(copied) == Ok(len) {
        Ok(())
    } else {
        Err(MemoryFault)
    }
}

impl UserMemory for ProcessMemory {
    fn read(&self, from: UserPtr, to: &mut [u8]) -> Result<(), MemoryFault> {
        if to.is_empty() {
            return Ok(());
        }
        let len = to.len();
        let local = libc::iovec {
            iov_base: to.as_mut_ptr().cast(),
            iov_len: len,
        };
        let remote = remote(from, len);
        let pid = self.0 as libc::pid_t;
        // SAFETY: `local` is a live buffer of that length; the kernel checks `remote`.
        let copied = unsafe { libc::process_vm_readv(pid, &local, 1, &remote, 1, 0) };
        whole(copied, len)
    }

    fn write(&self, to: UserPtr, from: &[u8]) -> Result<(), MemoryFault> {
        if from.is_empty() {
            return Ok(());
        }
        let len = from.len();
        let local = libc::iovec {
            iov_base: from.as_ptr().cast_mut().cast(),
            iov_len: len,
        };
        let remote = remote(to, len);
        let pid = self.0 as libc::pid_t;
        // SAFETY: `local` is a live buffer that is only read; the kernel checks `remote`.
        let copied = unsafe { libc::process_vm_writev(pid, &local, 1, &remote, 1, 0) };
        whole(copied, len)
    }
}
