//! Memory made of buffers at addresses of our own invention: for Rust callers and for tests.
//!
//! An address means nothing outside the `Buffers` that gave it, and bytes outside every buffer fault, so bad pointers
//! are harmless.

use std::cell::RefCell;
use std::collections::BTreeMap;

use skep_uapi::UserPtr;

use crate::{MemoryFault, UserMemory};

/// A set of buffers; all readable and writable.
#[derive(Debug)]
pub struct Buffers {
    inner: RefCell<Inner>,
}

#[derive(Debug)]
struct Inner {
    spans: BTreeMap<u64, Vec<u8>>,
    next: u64,
}

/// Where addresses begin: page-aligned and far from NULL.
const FIRST: u64 = 0x10_0000_0000;
const PAGE: u64 = 4096;

impl Buffers {
    /// No buffers.
    pub fn new() -> Self {
        Self {
            inner: RefCell::new(Inner {
                spans: BTreeMap::new(),
                next: FIRST,
            }),
        }
    }

    /// A buffer with these bytes; the bytes around it fault.
    pub fn place(&self, bytes: impl Into<Vec<u8>>) -> UserPtr {
        let bytes = bytes.into();
        let mut inner = self.inner.borrow_mut();
        let at = inner.next;
        let pages = (bytes.len() as u64).div_ceil(PAGE).saturating_add(2);
        inner.next = at.saturating_add(pages.saturating_mul(PAGE));
        inner.spans.insert(at, bytes);
        UserPtr(at)
    }

    /// A buffer of zeros.
    pub fn room(&self, len: usize) -> UserPtr {
        self.place(vec![0; len])
    }

    /// A buffer, or NULL for no bytes.
    pub fn place_or_null(&self, bytes: &[u8]) -> UserPtr {
        if bytes.is_empty() {
            UserPtr::NULL
        } else {
            self.place(bytes)
        }
    }

    /// The bytes of the buffer at `at`, empty if none begins there.
    pub fn bytes(&self, at: UserPtr) -> Vec<u8> {
        let inner = self.inner.borrow();
        inner.spans.get(&at.0).cloned().unwrap_or_default()
    }

    /// Forgets every buffer.
    pub fn clear(&self) {
        *self.inner.borrow_mut() = Inner {
            spans: BTreeMap::new(),
            next: FIRST,
        };
    }
}

impl Default for Buffers {
    fn default() -> Self {
        Self::new()
    }
}

impl UserMemory for Buffers {
    fn read(&self, from: UserPtr, to: &mut [u8]) -> Result<(), MemoryFault> {
        if to.is_empty() {
            return Ok(());
        }
        let inner = self.inner.borrow();
        let (start, bytes) = inner
            .spans
            .range(..=from.0)
            .next_back()
            .ok_or(MemoryFault)?;
        let offset = usize::try_from(from.0 - start).map_err(|_| MemoryFault)?;
        let end = offset.checked_add(to.len()).ok_or(MemoryFault)?;
        to.copy_from_slice(bytes.get(offset..end).ok_or(MemoryFault)?);
        Ok(())
    }

    fn write(&self, to: UserPtr, from: &[u8]) -> Result<(), MemoryFault> {
        if from.is_empty() {
            return Ok(());
        }
        let mut inner = self.inner.borrow_mut();
        let (start, bytes) = inner
            .spans
            .range_mut(..=to.0)
            .next_back()
            .ok_or(MemoryFault)?;
        let offset = usize::try_from(to.0 - start).map_err(|_| MemoryFault)?;
        let end = offset.checked_add(from.len()).ok_or(MemoryFault)?;
        bytes
            .get_mut(offset..end)
            .ok_or(MemoryFault)?
            .copy_from_slice(from);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_bytes_of_a_buffer_are_there() {
        let memory = Buffers::new();
        let at = memory.place(*b"abc");
        let other = memory.place(*b"\0");
        let mut three = [0; 3];
        memory.read(at, &mut three).unwrap();
        assert_eq!(&three, b"abc");
        assert_eq!(
            memory.read(at.wrapping_add(1), &mut three),
            Err(MemoryFault)
        );
        assert_eq!(memory.read(UserPtr::NULL, &mut three), Err(MemoryFault));
        assert_eq!(memory.read(UserPtr(u64::MAX), &mut three), Err(MemoryFault));
        assert_eq!(memory.write(other, b"xy"), Err(MemoryFault));
        memory.write(at.wrapping_add(2), b"d").unwrap();
        assert_eq!(memory.bytes(at), b"abd");
    }

    #[test]
    fn strings_end_at_nul_or_maximum() {
        let memory = Buffers::new();
        let at = memory.place(*b"GPL\0rest");
        let memory: &dyn UserMemory = &memory;
        assert_eq!(memory.read_string(at, 127).unwrap(), b"GPL");
        assert_eq!(memory.read_string(at, 2).unwrap(), b"GP");
        assert!(memory.read_string(at.wrapping_add(4), 127).is_err());
    }
}
