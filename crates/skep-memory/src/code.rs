//! Pages for generated code: writable first, executable after, never both.
//!
//! # Safety
//!
//! A `CodeBuffer` owns its pages and they are writable until it is sealed, which consumes it.
#![allow(unsafe_code)]

use crate::map_memory::Mapping;
use crate::region::whole_pages;
use crate::{Addr, MemoryError, racy};

/// Writable pages that will hold code.
#[derive(Debug)]
pub struct CodeBuffer {
    mapping: Mapping,
    capacity: usize,
}

/// Executable pages; they can no longer be written.
#[derive(Debug)]
pub struct CodePages {
    mapping: Mapping,
    len: usize,
}

impl CodeBuffer {
    /// Room for `capacity` bytes of code.
    pub fn new(capacity: usize) -> Result<Self, MemoryError> {
        let len = whole_pages(capacity)?;
        let mapping = Mapping::anonymous(len).map_err(|_| MemoryError::NoMemory)?;
        Ok(Self {
            mapping,
            capacity: len,
        })
    }

    /// The address the code will run at, for relocations.
    pub fn base(&self) -> Addr {
        self.mapping.base()
    }

    /// Writes `code` at `offset`.
    pub fn write(&mut self, offset: usize, code: &[u8]) -> Result<(), MemoryError> {
        match offset.checked_add(code.len()) {
            Some(end) if end <= self.capacity => {
                // SAFETY: inside our own pages, which are still writable.
                unsafe { racy::copy_in(self.base().wrapping_add(offset as u64), code) };
                Ok(())
            }
            _ => Err(MemoryError::OutOfRange),
        }
    }

    /// Ends writing: from here on the pages can only be read and executed.
    pub fn seal(mut self) -> Result<CodePages, MemoryError> {
        self.mapping
            .make_executable()
            .map_err(|_| MemoryError::NoMemory)?;
        Ok(CodePages {
            mapping: self.mapping,
            len: self.capacity,
        })
    }
}

impl CodePages {
    /// The first byte of code. Calling it is the executor's business.
    pub fn base(&self) -> Addr {
        self.mapping.base()
    }

    /// Length in bytes, whole pages.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Are there no pages? Never true; here for the sake of `len`.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}
