//! [`BtfTypeId`] names a type inside one BTF, [`BtfIdentity`] names the BTF object itself.

use core::fmt;
use core::sync::atomic::{AtomicUsize, Ordering};

/// Id of a type within one BTF (and its base); 0 is `void`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct BtfTypeId(pub u32);

impl BtfTypeId {
    /// The type `void`.
    pub const VOID: Self = Self(0);

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// Whether this is `void`.
    pub const fn is_void(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Display for BtfTypeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which BTF object a type belongs to: unlike any other `Btf` of this process, equal only to itself.
///
/// Linux compares pointers to its BTF objects; two loads of equal bytes are different objects. It is not the id that
/// `BPF_BTF_GET_NEXT_ID` shows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct BtfIdentity(usize);

impl BtfIdentity {
    pub(crate) fn fresh() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}
