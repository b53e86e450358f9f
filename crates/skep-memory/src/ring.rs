//! The memory of a ring buffer, laid out as Linux maps it for clients.
//!
//! ```text
//! offset 0        one page   consumer position (u64), written by the consumer
//! offset PAGE     one page   producer position (u64) and the oldest pending position
//! offset 2*PAGE   size       data
//! then            size       the same data again, so that a record never wraps
//! ```
//!
//! # Safety
//!
//! A `RingMemory` owns both mappings until it is dropped; positions are masked to below `size` and the data
//! is mapped twice, so `size` bytes from any position are mapped.
#![allow(unsafe_code)]

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU32, AtomicU64};

use crate::map_memory::{Mapping, PAGE, Use};
use crate::region::memfd;
use crate::{Addr, MemoryError, RacyBytes, racy};

/// Two control pages and a data area mapped twice in a row, on one memfd.
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
        let control = 2 * PAGE;
        let once = size.checked_add(control).ok_or(MemoryError::NoMemory)?;
        let twice = once.checked_add(size).ok_or(MemoryError::NoMemory)?;
        let fd = memfd(once)?;
        let mut mapping =
            Mapping::anonymous(twice, Use::Reservation).map_err(|_| MemoryError::NoMemory)?;
        mapping
            .place(0, once, fd.as_fd(), 0)
            .map_err(|_| MemoryError::NoMemory)?;
        mapping
            .place(once, size, fd.as_fd(), control as u64)
            .map_err(|_| MemoryError::NoMemory)?;
        Ok(Self { mapping, fd, size })
    }

    /// Bytes of records.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The memfd: control pages first, then the data once.
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

    /// The ring offset of `addr`, if it points into either copy of the data.
    pub fn offset_of(&self, addr: Addr) -> Option<u64> {
        let offset = addr.offset_from(self.data())?;
        (offset < 2 * self.size as u64).then_some(offset)
    }

    /// Copies `to.len()` bytes from ring position `position`; at most `size` bytes.
    pub fn copy_out(&self, position: u64, to: &mut [u8]) -> Result<(), MemoryError> {
        if to.len() > self.size {
            return Err(MemoryError::OutOfRange);
        }
        self.part(position & (self.size as u64 - 1), to.len())?
            .copy_out(0, to)
    }

    /// Copies `from` to ring position `position`; at most `size` bytes.
    pub fn copy_in(&self, position: u64, from: &[u8]) -> Result<(), MemoryError> {
        if from.len() > self.size {
            return Err(MemoryError::OutOfRange);
        }
        self.part(position & (self.size as u64 - 1), from.len())?
            .copy_in(0, from)
    }

    /// Copies live bytes to ring position `position`; at most `size` bytes.
    pub fn copy_from(&self, position: u64, from: RacyBytes<'_>) -> Result<(), MemoryError> {
        let to = self.part(position & (self.size as u64 - 1), from.len())?;
        to.copy_from(from);
        Ok(())
    }

    /// `len` bytes at `offset` into the data, which counts twice.
    pub fn part(&self, offset: u64, len: usize) -> Result<RacyBytes<'_>, MemoryError> {
        let offset = usize::try_from(offset).map_err(|_| MemoryError::OutOfRange)?;
        // SAFETY: the data area and its second copy, mapped for as long as `self`.
        unsafe { RacyBytes::new(self.data(), 2 * self.size) }.part(offset, len)
    }

    fn control_word(&self, offset: usize) -> &AtomicU64 {
        // SAFETY: the start of a control page, mapped for as long as `self`, and aligned.
        unsafe { racy::atomic_u64(self.mapping.base().wrapping_add(offset as u64)) }
    }

    fn word(&self, position: u64) -> &AtomicU32 {
        // SAFETY: a masked position that is a multiple of 4 leaves room for a word in the doubled data,
        // which is mapped for as long as `self`.
        unsafe { racy::atomic_u32(self.at(position)) }
    }
}
