//! What one run may touch: the checking interpreter asks this for every access.
//!
//! A run has a few spans of its own (stack, context, packet) and the values of its program's maps, which
//! come and go; maps therefore answer for themselves as [`SpanSource`]s. The tables are small, so a look-up
//! is a scan that starts with the span that answered last.
//!
//! # Safety
//!
//! The safe accesses below trust that every span was live when its owner vouched for it: adding one is
//! unsafe for that reason, and [`SpanSource`] is an unsafe trait.
#![allow(unsafe_code)]

use core::cell::Cell;

use crate::racy::{self, AtomicOp};
use crate::{Addr, Region};

/// What an instruction wants to do with bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Read them.
    Read,
    /// Write them.
    Write,
}

/// What may be done with the bytes of a span.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Permissions {
    /// Reads only.
    ReadOnly,
    /// Writes only.
    WriteOnly,
    /// Both.
    ReadWrite,
}

impl Permissions {
    /// Is this access permitted?
    pub const fn allow(self, access: Access) -> bool {
        match (self, access) {
            (Self::ReadWrite, Access::Read | Access::Write)
            | (Self::ReadOnly, Access::Read)
            | (Self::WriteOnly, Access::Write) => true,
            (Self::ReadOnly, Access::Write) | (Self::WriteOnly, Access::Read) => false,
        }
    }
}

/// A range of live bytes and what may be done with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// First byte.
    pub start: Addr,
    /// Length in bytes.
    pub len: usize,
    /// What may be done with them.
    pub permissions: Permissions,
}

impl Span {
    /// Do `len` bytes at `addr` lie inside?
    #[inline]
    pub fn contains(&self, addr: Addr, len: usize) -> bool {
        match addr.offset_from(self.start) {
            Some(offset) => offset
                .checked_add(len as u64)
                .is_some_and(|end| end <= self.len as u64),
            None => false,
        }
    }
}

/// Something that knows its own live bytes, such as a map.
///
/// # Safety
/// A span given by `span_at` stays mapped for as long as the source is borrowed, and writable where its
/// permissions say so.
pub unsafe trait SpanSource: Sync {
    /// The span that holds the byte at `addr`: for a map, one value.
    fn span_at(&self, addr: Addr) -> Option<Span>;
}

/// Why an access was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// No live span holds the first byte.
    Unmapped {
        /// Where.
        addr: Addr,
        /// How many bytes.
        len: usize,
        /// To do what.
        access: Access,
    },
    /// The access starts inside a span and runs past its end.
    PastEnd {
        /// Where.
        addr: Addr,
        /// How many bytes.
        len: usize,
        /// The span it started in.
        span: Span,
    },
    /// The span does not permit it.
    Forbidden {
        /// Where.
        addr: Addr,
        /// To do what.
        access: Access,
        /// The span.
        span: Span,
    },
    /// An atomic operation on a misaligned address.
    Misaligned {
        /// Where.
        addr: Addr,
        /// Its size in bytes.
        len: usize,
    },
}

/// Names one span added to a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SpanId(usize);

/// The live bytes of one run.
#[derive(Default)]
pub struct RegionTable<'r> {
    spans: Vec<Option<Span>>,
    sources: Vec<&'r dyn SpanSource>,
    last: Cell<Option<Span>>,
}

impl<'r> RegionTable<'r> {
    /// A table that permits nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Permits a whole region for as long as the table borrows it.
    pub fn add_region(&mut self, region: &'r Region, permissions: Permissions) -> SpanId {
        let span = Span {
            start: region.base(),
            len: region.len(),
            permissions,
        };
        // SAFETY: the borrow keeps the region alive for 'r, and regions are readable and writable.
        unsafe { self.add_span(span) }
    }

    /// Permits a part of a region (nothing, if it lies outside).
    pub fn add_part(
        &mut self,
        region: &'r Region,
        offset: usize,
        len: usize,
        permissions: Permissions,
    ) -> SpanId {
        let (start, len) = match region.range(offset, len) {
            Ok(start) => (start, len),
            Err(_) => (region.base(), 0),
        };
        // SAFETY: as in `add_region`, for a checked part.
        unsafe {
            self.add_span(Span {
                start,
                len,
                permissions,
            })
        }
    }

    /// Permits any span.
    ///
    /// # Safety
    /// The bytes stay mapped (and writable, if permitted) until the span is removed or the table dropped.
    pub unsafe fn add_span(&mut self, span: Span) -> SpanId {
        self.spans.push(Some(span));
        SpanId(self.spans.len() - 1)
    }

    /// Permits what a map says is live, for as long as the table borrows it.
    pub fn add_source(&mut self, source: &'r dyn SpanSource) {
        self.sources.push(source);
    }

    /// Takes a span back: an invalidated packet, a released record.
    pub fn remove(&mut self, id: SpanId) {
        if let Some(span) = self.spans.get_mut(id.0) {
            *span = None;
        }
        self.last.set(None);
    }

    /// The live span that holds `len` bytes at `addr` and permits `access`.
    #[inline]
    pub fn check(&self, addr: Addr, len: usize, access: Access) -> Result<Span, Fault> {
        if let Some(span) = self.last.get()
            && span.contains(addr, len)
            && span.permissions.allow(access)
        {
            return Ok(span);
        }
        self.search(addr, len, access)
    }

    fn search(&self, addr: Addr, len: usize, access: Access) -> Result<Span, Fault> {
        // An own span may end where another begins: prefer one that holds the whole range.
        let mut partial = None;
        for span in self.spans.iter().flatten() {
            if span.contains(addr, len) {
                if !span.permissions.allow(access) {
                    return Err(Fault::Forbidden {
                        addr,
                        access,
                        span: *span,
                    });
                }
                self.last.set(Some(*span));
                return Ok(*span);
            }
            if span.contains(addr, 1) {
                partial = Some(*span);
            }
        }
        // Spans of maps are not remembered: their values may be freed during the run.
        let found = self.sources.iter().find_map(|source| source.span_at(addr));
        match found.or(partial) {
            None => Err(Fault::Unmapped { addr, len, access }),
            Some(span) if !span.contains(addr, len) => Err(Fault::PastEnd { addr, len, span }),
            Some(span) if !span.permissions.allow(access) => {
                Err(Fault::Forbidden { addr, access, span })
            }
            Some(span) => Ok(span),
        }
    }

    /// Reads 1, 2, 4 or 8 bytes, zero-extended.
    #[inline]
    pub fn read(&self, addr: Addr, size: AccessSize) -> Result<u64, Fault> {
        self.check(addr, size.bytes(), Access::Read)?;
        Ok(match size {
            // SAFETY: checked just above.
            AccessSize::One => u64::from(unsafe { racy::read_u8(addr) }),
            // SAFETY: checked just above.
            AccessSize::Two => u64::from(unsafe { racy::read_u16(addr) }),
            // SAFETY: checked just above.
            AccessSize::Four => u64::from(unsafe { racy::read_u32(addr) }),
            // SAFETY: checked just above.
            AccessSize::Eight => unsafe { racy::read_u64(addr) },
        })
    }

    /// Writes the low 1, 2, 4 or 8 bytes of `value`.
    #[inline]
    pub fn write(&self, addr: Addr, size: AccessSize, value: u64) -> Result<(), Fault> {
        self.check(addr, size.bytes(), Access::Write)?;
        match size {
            // SAFETY: checked just above.
            AccessSize::One => unsafe { racy::write_u8(addr, value as u8) },
            // SAFETY: checked just above.
            AccessSize::Two => unsafe { racy::write_u16(addr, value as u16) },
            // SAFETY: checked just above.
            AccessSize::Four => unsafe { racy::write_u32(addr, value as u32) },
            // SAFETY: checked just above.
            AccessSize::Eight => unsafe { racy::write_u64(addr, value) },
        }
        Ok(())
    }

    /// Copies bytes out of what the run may read.
    pub fn copy_out(&self, from: Addr, to: &mut [u8]) -> Result<(), Fault> {
        if to.is_empty() {
            return Ok(());
        }
        self.check(from, to.len(), Access::Read)?;
        // SAFETY: checked just above.
        unsafe { racy::copy_out(from, to) };
        Ok(())
    }

    /// Copies bytes into what the run may write.
    pub fn copy_in(&self, to: Addr, from: &[u8]) -> Result<(), Fault> {
        if from.is_empty() {
            return Ok(());
        }
        self.check(to, from.len(), Access::Write)?;
        // SAFETY: checked just above.
        unsafe { racy::copy_in(to, from) };
        Ok(())
    }

    /// An atomic read-modify-write of 4 or 8 bytes; gives the old value.
    pub fn fetch(
        &self,
        op: AtomicOp,
        addr: Addr,
        width: AtomicWidth,
        operand: u64,
    ) -> Result<u64, Fault> {
        self.check_atomic(addr, width)?;
        Ok(match width {
            // SAFETY: checked just above, alignment included.
            AtomicWidth::Four => u64::from(unsafe { racy::fetch_u32(op, addr, operand as u32) }),
            // SAFETY: checked just above, alignment included.
            AtomicWidth::Eight => unsafe { racy::fetch_u64(op, addr, operand) },
        })
    }

    /// An atomic compare-and-exchange of 4 or 8 bytes; gives the old value.
    pub fn compare_exchange(
        &self,
        addr: Addr,
        width: AtomicWidth,
        expected: u64,
        new: u64,
    ) -> Result<u64, Fault> {
        self.check_atomic(addr, width)?;
        Ok(match width {
            AtomicWidth::Four => {
                // SAFETY: checked just above, alignment included.
                u64::from(unsafe { racy::compare_exchange_u32(addr, expected as u32, new as u32) })
            }
            // SAFETY: checked just above, alignment included.
            AtomicWidth::Eight => unsafe { racy::compare_exchange_u64(addr, expected, new) },
        })
    }

    fn check_atomic(&self, addr: Addr, width: AtomicWidth) -> Result<(), Fault> {
        let len = width.bytes();
        if !addr.raw().is_multiple_of(len as u64) {
            return Err(Fault::Misaligned { addr, len });
        }
        self.check(addr, len, Access::Read)?;
        self.check(addr, len, Access::Write)?;
        Ok(())
    }
}

/// The size of a plain load or store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AccessSize {
    /// A byte.
    One,
    /// A half word.
    Two,
    /// A word.
    Four,
    /// A double word.
    Eight,
}

impl AccessSize {
    /// In bytes.
    pub const fn bytes(self) -> usize {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Four => 4,
            Self::Eight => 8,
        }
    }
}

/// The size of an atomic operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AtomicWidth {
    /// 32 bits.
    Four,
    /// 64 bits.
    Eight,
}

impl AtomicWidth {
    /// In bytes.
    pub const fn bytes(self) -> usize {
        match self {
            Self::Four => 4,
            Self::Eight => 8,
        }
    }
}
