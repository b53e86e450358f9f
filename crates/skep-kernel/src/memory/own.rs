//! The memory of this process, for callers whose attrs hold real pointers.
//!
//! # Safety
//!
//! Bytes are copied by the host kernel (process_vm_readv(2) and process_vm_writev(2) on ourselves), so a bad address
//! is a fault and not a crash. A good address that the caller did not mean is another matter: writing there breaks
//! Rust's rules, which is why making an [`OwnMemory`] is unsafe.
#![allow(unsafe_code)]

use skep_uapi::UserPtr;

use crate::{MemoryFault, UserMemory};

/// This process's memory.
#[derive(Debug)]
pub struct OwnMemory {
    pid: libc::pid_t,
}

impl OwnMemory {
    /// Lets attrs name memory of this process.
    ///
    /// # Safety
    /// Every pointer in every attr passed with this memory points to bytes that the caller may read, and where the
    /// command writes, write during the call; or to nothing mapped at all.
    pub unsafe fn new() -> Self {
        // The process id is positive and fits.
        Self {
            pid: std::process::id() as libc::pid_t,
        }
    }
}

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

impl UserMemory for OwnMemory {
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
        // SAFETY: `local` is a live buffer of that length; the kernel checks `remote`.
        let copied = unsafe { libc::process_vm_readv(self.pid, &local, 1, &remote, 1, 0) };
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
        // SAFETY: `local` is a live buffer that is only read; the maker of `self` vouched for `remote`.
        let copied = unsafe { libc::process_vm_writev(self.pid, &local, 1, &remote, 1, 0) };
        whole(copied, len)
    }
}
