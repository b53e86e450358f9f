//! `UserPtr`: an address in the client's memory, as attrs carry it.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// An address in the client's memory; 0 is NULL. Only a carrier may read or write through it.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    FromBytes,
    IntoBytes,
    KnownLayout,
    Immutable,
)]
#[repr(transparent)]
pub struct UserPtr(pub u64);

impl UserPtr {
    /// The null pointer.
    pub const NULL: Self = Self(0);

    /// Whether this is NULL.
    pub const fn is_null(self) -> bool {
        self.0 == 0
    }

    /// The address `offset` bytes further, wrapping as C pointer arithmetic does here.
    pub const fn wrapping_add(self, offset: u64) -> Self {
        Self(self.0.wrapping_add(offset))
    }
}
