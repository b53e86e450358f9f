//! A map at the address that programs see.
//!
//! # Safety
//!
//! A map pointer register holds the address of a [`BoundMap`]. Turning it back trusts that the address came
//! from [`BoundMap::handle`] of one that is in an `Arc` and still held: by the program that names the map, or,
//! for inner maps, by whoever put it into the outer map, until the run that found it has left RCU. The JIT
//! has the verifier's word for that; the interpreter compares the address with those it knows first.
#![allow(unsafe_code)]

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use skep_maps::Map;
use skep_memory::Addr;

use crate::memory::CheckedMemory;

/// A map where programs find it: the value of a map pointer is the address of this object.
///
/// [`skep_object::HeldRef::handle`] of an inner map must be [`BoundMap::handle`].
///
/// It begins with what programs may read there: the start of the kernel's `struct bpf_map`.
#[repr(C)]
pub struct BoundMap {
    kernel_struct: [AtomicU32; KERNEL_STRUCT_WORDS],
    map: Box<dyn Map>,
}

/// 4-byte words kept for `struct bpf_map`.
const KERNEL_STRUCT_WORDS: usize = 128;

impl BoundMap {
    /// Gives the map an address.
    pub fn new(map: Box<dyn Map>) -> Arc<Self> {
        let kernel_struct = [const { AtomicU32::new(0) }; KERNEL_STRUCT_WORDS];
        Arc::new(Self { kernel_struct, map })
    }

    /// Bytes kept for `struct bpf_map`.
    pub const KERNEL_STRUCT_SIZE: u32 = (KERNEL_STRUCT_WORDS * 4) as u32;

    /// Fills 4 bytes of `struct bpf_map` at `offset` (a multiple of 4); whether there is room for them. What is not filled reads as 0:
    /// it points to things of the kernel that are not here.
    pub fn describe(&self, offset: u32, word: u32) -> bool {
        let slot = self.kernel_struct.get(offset as usize / 4);
        slot.filter(|_| offset.is_multiple_of(4))
            .map(|slot| slot.store(word, Ordering::Relaxed))
            .is_some()
    }

    /// The map.
    #[inline]
    pub fn map(&self) -> &dyn Map {
        &*self.map
    }

    /// The value of a map pointer register.
    #[inline]
    pub fn handle(&self) -> Addr {
        Addr::of(self)
    }

    /// The map behind a map pointer.
    ///
    /// # Safety
    /// `handle` is the handle of a map that stays held for `'r`; see the header.
    #[inline]
    pub(crate) unsafe fn from_handle<'r>(handle: Addr) -> &'r Self {
        // SAFETY: the caller vouches for it.
        unsafe { &*handle.as_ptr::<Self>() }
    }

    /// The map behind a map pointer, if a checked run knows it.
    pub(crate) fn known<'r>(memory: &CheckedMemory<'r>, handle: Addr) -> Option<&'r Self> {
        // SAFETY: the run keeps the maps it knows.
        memory
            .knows_map(handle)
            .then(|| unsafe { Self::from_handle(handle) })
    }

    /// A reference of our own to the map behind a map pointer.
    ///
    /// # Safety
    /// As for [`Self::from_handle`].
    pub(crate) unsafe fn hold(handle: Addr) -> Arc<Self> {
        let pointer = handle.as_ptr::<Self>().cast_const();
        // SAFETY: the only constructor puts it into an `Arc`, and the caller vouches that one is held.
        unsafe { Arc::increment_strong_count(pointer) };
        // SAFETY: the count was just raised for this reference.
        unsafe { Arc::from_raw(pointer) }
    }
}

impl fmt::Debug for BoundMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "map at {}", self.handle())
    }
}
