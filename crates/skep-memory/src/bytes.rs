//! Borrowed racy bytes: a proof that a range is live, with safe accesses.
//!
//! # Safety
//!
//! Only [`RacyBytes::new`] makes the claim that the bytes are live for `'a`; every method stays inside the
//! range, so the calls into [`crate::racy`] below are sound.
#![allow(unsafe_code)]

use core::marker::PhantomData;
use core::sync::atomic::{AtomicU32, AtomicU64};

use crate::{Addr, MemoryError, racy};

/// `len` live bytes that others may read and write at the same time. Readable, and writable where the code
/// that made it allowed writing: permissions are a matter of [`crate::RegionTable`], not of this type.
#[derive(Clone, Copy, Debug)]
pub struct RacyBytes<'a> {
    start: Addr,
    len: usize,
    live: PhantomData<&'a ()>,
}

impl<'a> RacyBytes<'a> {
    /// Claims that the bytes are live.
    ///
    /// # Safety
    /// `len` bytes at `start` stay mapped for `'a`, and stay writable if any user of the value writes.
    #[inline]
    pub const unsafe fn new(start: Addr, len: usize) -> Self {
        Self {
            start,
            len,
            live: PhantomData,
        }
    }

    /// No bytes.
    pub const fn empty() -> Self {
        Self {
            start: Addr::NULL,
            len: 0,
            live: PhantomData,
        }
    }

    /// The first byte's address.
    #[inline]
    pub const fn start(self) -> Addr {
        self.start
    }

    /// Length in bytes.
    #[inline]
    pub const fn len(self) -> usize {
        self.len
    }

    /// Are there no bytes?
    pub const fn is_empty(self) -> bool {
        self.len == 0
    }

    /// The part of `len` bytes at `offset`.
    #[inline]
    pub fn part(self, offset: usize, len: usize) -> Result<Self, MemoryError> {
        match offset.checked_add(len) {
            Some(end) if end <= self.len => Ok(Self {
                start: self.start.wrapping_add(offset as u64),
                len,
                live: PhantomData,
            }),
            _ => Err(MemoryError::OutOfRange),
        }
    }

    /// Reads a byte.
    #[inline]
    pub fn read_u8(self, offset: usize) -> Result<u8, MemoryError> {
        let part = self.part(offset, 1)?;
        // SAFETY: inside the range.
        Ok(unsafe { racy::read_u8(part.start) })
    }

    /// Reads a 32-bit word.
    #[inline]
    pub fn read_u32(self, offset: usize) -> Result<u32, MemoryError> {
        let part = self.part(offset, 4)?;
        // SAFETY: inside the range.
        Ok(unsafe { racy::read_u32(part.start) })
    }

    /// Reads a 64-bit word.
    #[inline]
    pub fn read_u64(self, offset: usize) -> Result<u64, MemoryError> {
        let part = self.part(offset, 8)?;
        // SAFETY: inside the range.
        Ok(unsafe { racy::read_u64(part.start) })
    }

    /// Writes a 32-bit word.
    #[inline]
    pub fn write_u32(self, offset: usize, value: u32) -> Result<(), MemoryError> {
        let part = self.part(offset, 4)?;
        // SAFETY: inside the range.
        unsafe { racy::write_u32(part.start, value) };
        Ok(())
    }

    /// Writes a 64-bit word.
    #[inline]
    pub fn write_u64(self, offset: usize, value: u64) -> Result<(), MemoryError> {
        let part = self.part(offset, 8)?;
        // SAFETY: inside the range.
        unsafe { racy::write_u64(part.start, value) };
        Ok(())
    }

    /// Copies bytes out, starting at `offset`.
    #[inline]
    pub fn copy_out(self, offset: usize, to: &mut [u8]) -> Result<(), MemoryError> {
        let part = self.part(offset, to.len())?;
        // SAFETY: inside the range.
        unsafe { racy::copy_out(part.start, to) };
        Ok(())
    }

    /// Copies bytes in, starting at `offset`.
    #[inline]
    pub fn copy_in(self, offset: usize, from: &[u8]) -> Result<(), MemoryError> {
        let part = self.part(offset, from.len())?;
        // SAFETY: inside the range.
        unsafe { racy::copy_in(part.start, from) };
        Ok(())
    }

    /// Copies as many bytes from `from` as both have.
    #[inline]
    pub fn copy_from(self, from: RacyBytes<'_>) {
        let len = self.len.min(from.len);
        // SAFETY: `len` bytes lie inside both ranges.
        unsafe { racy::copy(self.start, from.start, len) };
    }

    /// Zeroes all bytes.
    #[inline]
    pub fn zero(self) {
        // SAFETY: the whole range.
        unsafe { racy::zero(self.start, self.len) };
    }

    /// The bytes as a vector.
    pub fn to_vec(self) -> Vec<u8> {
        let mut bytes = vec![0; self.len];
        // SAFETY: as many bytes as the range has.
        unsafe { racy::copy_out(self.start, &mut bytes) };
        bytes
    }

    /// The 32-bit atomic at `offset`; its address must be a multiple of 4.
    #[inline]
    pub fn atomic_u32(self, offset: usize) -> Result<&'a AtomicU32, MemoryError> {
        let part = self.part(offset, 4)?;
        if !part.start.raw().is_multiple_of(4) {
            return Err(MemoryError::OutOfRange);
        }
        // SAFETY: inside the range and aligned.
        Ok(unsafe { racy::atomic_u32(part.start) })
    }

    /// The 64-bit atomic at `offset`; its address must be a multiple of 8.
    #[inline]
    pub fn atomic_u64(self, offset: usize) -> Result<&'a AtomicU64, MemoryError> {
        let part = self.part(offset, 8)?;
        if !part.start.raw().is_multiple_of(8) {
            return Err(MemoryError::OutOfRange);
        }
        // SAFETY: inside the range and aligned.
        Ok(unsafe { racy::atomic_u64(part.start) })
    }
}
