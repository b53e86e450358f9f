//! Owned bytes at a stable native address.
//!
//! # Safety
//!
//! A `Region` owns its bytes until it is dropped, so what it lends as [`RacyBytes`] is live and writable.
#![allow(unsafe_code)]

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use rustix::fs::{MemfdFlags, memfd_create};

use crate::map_memory::{Mapping, PAGE};
use crate::{Addr, RacyBytes};

/// Why bytes could not be had or touched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MemoryError {
    /// The range does not lie inside the region, or is not aligned for an atomic operation.
    OutOfRange,
    /// The system has no memory (or address space) for it.
    NoMemory,
}

impl core::fmt::Display for MemoryError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::OutOfRange => "range outside the region or misaligned",
            Self::NoMemory => "no memory",
        })
    }
}

impl core::error::Error for MemoryError {}

#[derive(Debug)]
enum Backing {
    /// Small: 8-byte words from the allocator, owned as a raw pointer because they are racy.
    Words { first: *mut u64, count: usize },
    /// Large: lazily zeroed pages.
    Pages { _mapping: Mapping },
    /// Pages of a memfd that clients can map.
    Shared { _mapping: Mapping, fd: OwnedFd },
}

/// Owned bytes at a stable, 8-byte-aligned native address, zeroed at birth.
///
/// All accesses are racy ones: programs, system calls and clients may use the bytes at the same time.
#[derive(Debug)]
pub struct Region {
    base: Addr,
    len: usize,
    backing: Backing,
}

// SAFETY: the bytes are only touched through racy accesses, which are sound from any thread.
unsafe impl Send for Region {}
// SAFETY: as above.
unsafe impl Sync for Region {}

/// Regions from this size on are mapped, so that untouched pages cost nothing.
const MAP_FROM: usize = 16 * PAGE;
/// A cache line.
const LINE: usize = 64;

impl Region {
    /// `len` zeroed bytes; large ones cost memory only where touched.
    pub fn new(len: usize) -> Result<Self, MemoryError> {
        if len >= MAP_FROM {
            return Self::pages(len);
        }
        let words = vec![0u64; len.div_ceil(8).max(1)].into_boxed_slice();
        let count = words.len();
        let first = Box::into_raw(words).cast::<u64>();
        let _ = first.expose_provenance();
        Ok(Self {
            base: Addr::of(first),
            len,
            backing: Backing::Words { first, count },
        })
    }

    /// `len` zeroed bytes from the start of a cache line (64 bytes) on; large ones cost memory only where touched.
    pub fn lines(len: usize) -> Result<Self, MemoryError> {
        let room = len.checked_add(LINE).ok_or(MemoryError::NoMemory)?;
        if room >= MAP_FROM {
            return Self::pages(len);
        }
        let mut region = Self::new(room)?;
        let into_line = region.base.raw() % LINE as u64;
        if into_line != 0 {
            region.base = region.base.wrapping_add(LINE as u64 - into_line);
        }
        region.len = len;
        Ok(region)
    }

    /// `len` zeroed bytes on pages of their own, page-aligned.
    pub fn pages(len: usize) -> Result<Self, MemoryError> {
        let mapping = Mapping::anonymous(whole_pages(len)?).map_err(|_| MemoryError::NoMemory)?;
        mapping.prefer_huge_pages();
        Ok(Self {
            base: mapping.base(),
            len,
            backing: Backing::Pages { _mapping: mapping },
        })
    }

    /// `len` zeroed bytes on the pages of a memfd, so that a client can map them too.
    pub fn shared(len: usize) -> Result<Self, MemoryError> {
        let fd = memfd(whole_pages(len)?)?;
        let mapping =
            Mapping::shared(fd.as_fd(), whole_pages(len)?).map_err(|_| MemoryError::NoMemory)?;
        Ok(Self {
            base: mapping.base(),
            len,
            backing: Backing::Shared {
                _mapping: mapping,
                fd,
            },
        })
    }

    /// The address of the first byte.
    #[inline]
    pub fn base(&self) -> Addr {
        self.base
    }

    /// Length in bytes.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Has the region no bytes?
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The memfd behind a [`Region::shared`] region.
    pub fn memfd(&self) -> Option<BorrowedFd<'_>> {
        match &self.backing {
            Backing::Shared { fd, .. } => Some(fd.as_fd()),
            Backing::Words { .. } | Backing::Pages { .. } => None,
        }
    }

    /// The address of `len` bytes at `offset`.
    #[inline]
    pub fn range(&self, offset: usize, len: usize) -> Result<Addr, MemoryError> {
        match offset.checked_add(len) {
            Some(end) if end <= self.len => Ok(self.base.wrapping_add(offset as u64)),
            _ => Err(MemoryError::OutOfRange),
        }
    }

    /// The offset of `len` bytes at `addr`, if they lie inside.
    #[inline]
    pub fn offset_of(&self, addr: Addr, len: usize) -> Option<usize> {
        let offset = usize::try_from(addr.offset_from(self.base)?).ok()?;
        (offset.checked_add(len)? <= self.len).then_some(offset)
    }

    /// All bytes.
    #[inline]
    pub fn bytes(&self) -> RacyBytes<'_> {
        // SAFETY: the region owns them for as long as it is borrowed.
        unsafe { RacyBytes::new(self.base, self.len) }
    }

    /// `len` bytes at `offset`.
    #[inline]
    pub fn part(&self, offset: usize, len: usize) -> Result<RacyBytes<'_>, MemoryError> {
        self.bytes().part(offset, len)
    }

    /// Reads a 32-bit word.
    #[inline]
    pub fn read_u32(&self, offset: usize) -> Result<u32, MemoryError> {
        self.bytes().read_u32(offset)
    }

    /// Reads a 64-bit word.
    #[inline]
    pub fn read_u64(&self, offset: usize) -> Result<u64, MemoryError> {
        self.bytes().read_u64(offset)
    }

    /// Writes a 32-bit word.
    #[inline]
    pub fn write_u32(&self, offset: usize, value: u32) -> Result<(), MemoryError> {
        self.bytes().write_u32(offset, value)
    }

    /// Writes a 64-bit word.
    #[inline]
    pub fn write_u64(&self, offset: usize, value: u64) -> Result<(), MemoryError> {
        self.bytes().write_u64(offset, value)
    }

    /// Copies bytes out, starting at `offset`.
    #[inline]
    pub fn copy_out(&self, offset: usize, to: &mut [u8]) -> Result<(), MemoryError> {
        self.bytes().copy_out(offset, to)
    }

    /// Copies bytes in, starting at `offset`.
    #[inline]
    pub fn copy_in(&self, offset: usize, from: &[u8]) -> Result<(), MemoryError> {
        self.bytes().copy_in(offset, from)
    }

    /// `len` bytes at `offset` as a vector.
    pub fn to_vec(&self, offset: usize, len: usize) -> Result<Vec<u8>, MemoryError> {
        Ok(self.part(offset, len)?.to_vec())
    }

    /// Zeroes `len` bytes at `offset`.
    #[inline]
    pub fn zero(&self, offset: usize, len: usize) -> Result<(), MemoryError> {
        self.part(offset, len)?.zero();
        Ok(())
    }

    /// The 32-bit atomic at `offset` (a multiple of 4).
    #[inline]
    pub fn atomic_u32(&self, offset: usize) -> Result<&AtomicU32, MemoryError> {
        self.bytes().atomic_u32(offset)
    }

    /// The 64-bit atomic at `offset` (a multiple of 8).
    #[inline]
    pub fn atomic_u64(&self, offset: usize) -> Result<&AtomicU64, MemoryError> {
        self.bytes().atomic_u64(offset)
    }

    /// Reads a 64-bit word (at a multiple of 8) so that what its writer wrote before is seen after.
    #[inline]
    pub fn load_acquire_u64(&self, offset: usize) -> Result<u64, MemoryError> {
        Ok(self.atomic_u64(offset)?.load(Ordering::Acquire))
    }

    /// Writes a 64-bit word (at a multiple of 8) so that its readers see what was written before.
    #[inline]
    pub fn store_release_u64(&self, offset: usize, value: u64) -> Result<(), MemoryError> {
        self.atomic_u64(offset)?.store(value, Ordering::Release);
        Ok(())
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        match self.backing {
            Backing::Words { first, count } => {
                let words = core::ptr::slice_from_raw_parts_mut(first, count);
                // SAFETY: made by `Box::into_raw` of a boxed slice of this length; freed once, here.
                drop(unsafe { Box::from_raw(words) });
            }
            Backing::Pages { .. } | Backing::Shared { .. } => {}
        }
    }
}

/// `len` rounded up to whole pages, at least one.
pub(crate) fn whole_pages(len: usize) -> Result<usize, MemoryError> {
    len.max(1)
        .checked_next_multiple_of(PAGE)
        .ok_or(MemoryError::NoMemory)
}

/// A sized memfd that cannot change its size: a client's ftruncate would otherwise kill us with SIGBUS.
pub(crate) fn memfd(len: usize) -> Result<OwnedFd, MemoryError> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let fd = memfd_create(c"skep", flags).map_err(|_| MemoryError::NoMemory)?;
    let file = File::from(fd);
    file.set_len(len as u64)
        .map_err(|_| MemoryError::NoMemory)?;
    let fd = OwnedFd::from(file);
    let seals = rustix::fs::SealFlags::SHRINK | rustix::fs::SealFlags::GROW;
    rustix::fs::fcntl_add_seals(&fd, seals).map_err(|_| MemoryError::NoMemory)?;
    Ok(fd)
}
