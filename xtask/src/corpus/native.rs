//! The running kernel as a [`Border`].
//!
//! # Safety
//!
//! This file makes system calls with attrs whose pointers the caller filled in. It trusts [`super::loader`] to keep
//! every buffer an attr points to alive and large enough during the call, and to unmap only what it mapped.
#![allow(unsafe_code)]

use skep_uapi::Cmd;

use super::attr::Attr;
use super::border::{Border, Caller};

/// Whether a kernel answers bpf(2) for this process: a map can be made.
pub(crate) fn kernel_answers() -> bool {
    let array = |attr: Attr| attr.u32(2).u32(4).u32(4).u32(1);
    let mut attr = array(Attr::default()).done();
    let made = Native.bpf(Caller::Setup, Cmd::MapCreate, &mut attr);
    made.inspect(|fd| Native.close(*fd)).is_ok()
}

/// Calls bpf(2). Whatever capabilities this process has are the ones the calls have.
#[derive(Debug)]
pub(crate) struct Native;

impl Border for Native {
    fn bpf(&self, _caller: Caller, command: Cmd, attr: &mut [u8]) -> Result<i32, i32> {
        // SAFETY: attr is a live, writable buffer of the length given; its pointers are the loader's (see header).
        let result =
            unsafe { libc::syscall(libc::SYS_bpf, command as u32, attr.as_mut_ptr(), attr.len()) };
        if result < 0 {
            return Err(std::io::Error::last_os_error()
                .raw_os_error()
                .unwrap_or(libc::EIO));
        }
        i32::try_from(result).map_err(|_| libc::EOVERFLOW)
    }

    fn close(&self, fd: i32) {
        // SAFETY: the descriptor came from a call above and is closed once.
        unsafe { libc::close(fd) };
    }

    fn map_arena(&self, fd: i32, bytes: usize) -> usize {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping at an address the kernel chooses touches no memory in use.
        let address = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                bytes,
                protection,
                libc::MAP_SHARED,
                fd,
                0,
            )
        };
        address.addr()
    }

    fn unmap(&self, address: usize, bytes: usize) {
        // SAFETY: the loader passes what map_arena returned; nothing refers into an arena. A failed mapping is
        // MAP_FAILED, for which munmap answers EINVAL.
        unsafe { libc::munmap(std::ptr::without_provenance_mut(address), bytes) };
    }
}
