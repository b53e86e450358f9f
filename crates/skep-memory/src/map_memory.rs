//! mmap(2) as an owned range of pages.
//!
//! # Safety
//!
//! Maps only fresh addresses and unmaps exactly what it mapped, so no other memory of the process is affected.
#![allow(unsafe_code)]

use core::ffi::c_void;
use std::os::fd::BorrowedFd;

use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap, mmap_anonymous, mprotect, munmap};

use crate::Addr;

/// A page, as large as the reference architecture's.
pub(crate) const PAGE: usize = 4096;

/// Pages mapped for us and unmapped on drop.
#[derive(Debug)]
pub(crate) struct Mapping {
    base: *mut c_void,
    len: usize,
}

// SAFETY: the mapping is plain memory; every access goes through `racy`.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Zeroed pages that cost memory only where touched.
    pub(crate) fn anonymous(len: usize) -> rustix::io::Result<Self> {
        let prot = ProtFlags::READ | ProtFlags::WRITE;
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: the kernel chooses fresh addresses; nothing existing is replaced.
        let base = unsafe { mmap_anonymous(core::ptr::null_mut(), len, prot, flags)? };
        let _ = base.expose_provenance();
        Ok(Self { base, len })
    }

    /// The pages of a file, shared with whoever else maps it.
    pub(crate) fn shared(fd: BorrowedFd<'_>, len: usize) -> rustix::io::Result<Self> {
        let prot = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: the kernel chooses fresh addresses; nothing existing is replaced.
        let base = unsafe { mmap(core::ptr::null_mut(), len, prot, MapFlags::SHARED, fd, 0)? };
        let _ = base.expose_provenance();
        Ok(Self { base, len })
    }

    /// Asks for huge pages where the range is worth it; a refusal changes nothing.
    pub(crate) fn prefer_huge_pages(&self) {
        if self.len >= 2 << 20 {
            // SAFETY: advice about our own mapping; it changes no contents.
            let _ = unsafe {
                rustix::mm::madvise(self.base, self.len, rustix::mm::Advice::LinuxHugepage)
            };
        }
    }

    /// Makes the pages readable and executable and no longer writable.
    pub(crate) fn make_executable(&mut self) -> rustix::io::Result<()> {
        // SAFETY: our own mapping; `&mut self` says nobody writes it meanwhile.
        unsafe {
            mprotect(
                self.base,
                self.len,
                MprotectFlags::READ | MprotectFlags::EXEC,
            )
        }
    }

    /// The first byte.
    pub(crate) fn base(&self) -> Addr {
        Addr::of(self.base)
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: exactly the range mapped in the constructor; the owner is going away.
        let _ = unsafe { munmap(self.base, self.len) };
    }
}
