//! The memory of a ring buffer, laid out as Linux maps it for clients.
//!
//! ```text
//! offset 0        one page   consumer position (u64), written by the consumer
//! offset PAGE     one page   producer position (u64) and the oldest pending position
//! offset 2*PAGE   size       data
//! then            size       room for the end of a record that begins in the data
//! ```
//!
//! Linux maps the data twice in a row, so that a record never wraps. A file cannot hold the same page at two offsets,
//! and a client's mmap takes the pages as the file has them; so here the second copy is memory of its own. Nobody can
//! tell: headers and the beginnings of records are found by masked positions, in the first copy, and what follows runs
//! on into the second. Only a reader that masks in the middle of a record, as after a header at the very end, looks for
//! the rest at the start of the data: [`RingMemory::repeat_end`] puts it there too. What would differ is one copy of
//! several records across the end; no reader we know of does that.
//!
//! # Safety
//!
//! A `RingMemory` owns its mapping until it is dropped; positions are masked to below `size` and the data
//! has as much room again behind it, so `size` bytes from any position are mapped.
#![allow(unsafe_code)]

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU32, AtomicU64};

use crate::map_memory::{Mapping, PAGE};
use crate::region::memfd;
use crate::{Addr, MemoryError, RacyBytes, racy};

/// Two control pages, a data area and as much room behind it, on one memfd.
#[derive(Debug)]
pub struct RingMemory {
    mapping: Mapping,
    fd: OwnedFd,
    size: usize,
}

impl RingMemory {
    /// Memory for `size` bytes of records; `size` is a power of two and a multiple of the page size.
    pub fn new(size: usize) -> Result<Self, MemoryError> {
        if !size.is_power_of_two() || !size.is_multiple_of(PAGE) {
            return Err(MemoryError::OutOfRange);
        }
        let len = size
            .checked_mul(2)
            .and_then(|data| data.checked_add(2 * PAGE))
            .ok_or(MemoryError::NoMemory)?;
        let fd = memfd(len)?;
        let mapping = Mapping::shared(fd.as_fd(), len).map_err(|_| MemoryError::NoMemory)?;
        Ok(Self { mapping, fd, size })
    }

    /// Bytes of records.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The memfd, as clients map it.
    pub fn memfd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// The first data byte; `2 * size` bytes follow.
    #[inline]
    pub fn data(&self) -> Addr {
        self.mapping.base().wrapping_add(2 * PAGE as u64)
    }

    /// The consumer's position.
    #[inline]
    pub fn consumer(&self) -> &AtomicU64 {
        self.control_word(0)
    }

    /// The producer's position.
    #[inline]
    pub fn producer(&self) -> &AtomicU64 {
        self.control_word(PAGE)
    }

    /// The first header word of the record at ring position `position`: length and state bits.
    #[inline]
    pub fn header(&self, position: u64) -> &AtomicU32 {
        self.word(position & !7)
    }

    /// The second header word of the record at ring position `position`.
    #[inline]
    pub fn header_page(&self, position: u64) -> &AtomicU32 {
        self.word((position & !7) | 4)
    }

    /// The address of the data bytes at ring position `position`.
    #[inline]
    pub fn at(&self, position: u64) -> Addr {
        self.data().wrapping_add(position & (self.size as u64 - 1))
    }

    /// The offset of `addr` behind the first data byte, if it points into the data or the room behind.
    pub fn offset_of(&self, addr: Addr) -> Option<u64> {
        let offset = addr.offset_from(self.data())?;
        (offset < 2 * self.size as u64).then_some(offset)
    }

    /// Copies `to.len()` bytes of committed records from ring position `position`; at most `size` bytes.
    pub fn copy_out(&self, position: u64, to: &mut [u8]) -> Result<(), MemoryError> {
        if to.len() > self.size {
            return Err(MemoryError::OutOfRange);
        }
        let offset = position & (self.size as u64 - 1);
        let before_end = (self.size - offset as usize).min(to.len());
        let (first, rest) = to
            .split_at_mut_checked(before_end)
            .ok_or(MemoryError::OutOfRange)?;
        self.part(offset, first.len())?.copy_out(0, first)?;
        self.part(0, rest.len())?.copy_out(0, rest)
    }

    /// Repeats at the start of the data what `len` bytes from ring position `position` have beyond its end. The bytes
    /// are those of one record, which nobody else touches.
    pub fn repeat_end(&self, position: u64, len: usize) -> Result<(), MemoryError> {
        let offset = (position & (self.size as u64 - 1)) as usize;
        let beyond = offset.saturating_add(len).saturating_sub(self.size);
        if beyond != 0 {
            let end = self.part(self.size as u64, beyond)?;
            self.part(0, beyond)?.copy_from(end);
        }
        Ok(())
    }

    /// `len` bytes at `offset` into the data and the room behind it.
    pub fn part(&self, offset: u64, len: usize) -> Result<RacyBytes<'_>, MemoryError> {
        let offset = usize::try_from(offset).map_err(|_| MemoryError::OutOfRange)?;
        // SAFETY: the data area and the room behind it, mapped for as long as `self`.
        unsafe { RacyBytes::new(self.data(), 2 * self.size) }.part(offset, len)
    }

    fn control_word(&self, offset: usize) -> &AtomicU64 {
        // SAFETY: the start of a control page, mapped for as long as `self`, and aligned.
        unsafe { racy::atomic_u64(self.mapping.base().wrapping_add(offset as u64)) }
    }

    fn word(&self, position: u64) -> &AtomicU32 {
        // SAFETY: a masked position that is a multiple of 4 leaves room for a word in the data,
        // which is mapped for as long as `self`.
        unsafe { racy::atomic_u32(self.at(position)) }
    }
}
