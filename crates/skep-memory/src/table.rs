//! What one run may touch: the checking interpreter asks this for every access.
//!
//! A run has a few spans of its own (stack, context, packet) and the values of its program's maps, which
//! come and go; maps therefore answer for themselves as [`SpanSource`]s. The tables are small, so a look-up
//! is a scan that starts with the span that answered last.
//!
//! # Safety
//!
//! Every span was given as [`RacyBytes`], a proof that it is live for `'r`; removing a span only forgets it.
//! So the accesses below, checked against the spans, touch live bytes.
#![allow(unsafe_code)]

use core::cell::Cell;

use crate::racy::{self, AtomicOp};
use crate::{Addr, RacyBytes};

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
pub trait SpanSource {
    /// The live bytes that hold the byte at `addr` (for a map, one value), and what a program may do with them.
    fn bytes_at(&self, addr: Addr) -> Option<(RacyBytes<'_>, Permissions)>;
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

    /// Permits a range of bytes: a stack, a context, a packet, a record.
    pub fn add(&mut self, bytes: RacyBytes<'r>, permissions: Permissions) -> SpanId {
        self.spans.push(Some(Span {
            start: bytes.start(),
            len: bytes.len(),
            permissions,
        }));
        SpanId(self.spans.len() - 1)
    }

    /// Replaces a range: a packet after its head moved.
    pub fn replace(&mut self, id: SpanId, bytes: RacyBytes<'r>, permissions: Permissions) {
        if let Some(span) = self.spans.get_mut(id.0) {
            *span = Some(Span {
                start: bytes.start(),
                len: bytes.len(),
                permissions,
            });
        }
        self.last.set(None);
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
        let found = self
            .sources
            .iter()
            .find_map(|source| source.bytes_at(addr))
            .map(|(bytes, permissions)| Span {
                start: bytes.start(),
                len: bytes.len(),
                permissions,
            });
        match found.or(partial) {
            None => Err(Fault::Unmapped { addr, len, access }),
            Some(span) if !span.contains(addr, len) => Err(Fault::PastEnd { addr, len, span }),
            Some(span) if !span.permissions.allow(access) => {
                Err(Fault::Forbidden { addr, access, span })
            }
            Some(span) => Ok(span),
        }
    }

    /// A checked range as bytes, for helpers that take a pointer and a size.
    pub fn bytes(&self, addr: Addr, len: usize, access: Access) -> Result<RacyBytes<'_>, Fault> {
        if len == 0 {
            return Ok(RacyBytes::empty());
        }
        self.check(addr, len, access)?;
        // SAFETY: checked just above; live for 'r, which outlives this borrow.
        Ok(unsafe { RacyBytes::new(addr, len) })
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
