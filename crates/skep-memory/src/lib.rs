//! Bytes that programs and clients share, and the only accesses to racy bytes.
//!
//! Programs use native addresses, so map values, stacks, packets and contexts live in [`Region`]s whose
//! address never changes. Several threads may read and write them at once at mixed sizes, which neither
//! `&[u8]` nor Rust's atomics allow; [`racy`] holds the few functions that do it soundly.
//!
//! | type | what it is |
//! |---|---|
//! | [`Addr`] | a native address as a number; using it is what needs proof |
//! | [`Region`] | owned bytes at a stable address, with bounds-checked safe accesses |
//! | [`RacyBytes`] | borrowed live bytes: what an unsafe claim becomes so that the rest can be safe |
//! | [`RingMemory`] | two control pages and a data area in which records do not wrap |
//! | [`CodeBuffer`], [`CodePages`] | pages that are first writable, then executable, never both |
//! | [`RegionTable`] | what one run may touch: the checking interpreter asks it for every access |
//!
//! What is not here: who owns which bytes (maps, executors) and any meaning of their contents.

mod addr;
mod bytes;
mod code;
mod map_memory;
pub mod racy;
mod region;
mod ring;
mod table;

pub use addr::Addr;
pub use bytes::RacyBytes;
pub use code::{CodeBuffer, CodePages};
pub use region::{MemoryError, Region};
pub use ring::RingMemory;
pub use table::{
    Access, AccessSize, AtomicWidth, Fault, Permissions, RegionTable, Span, SpanId, SpanSource,
};
