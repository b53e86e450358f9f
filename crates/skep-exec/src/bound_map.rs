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

use skep_maps::Map;
use skep_memory::Addr;

use crate::memory::CheckedMemory;

/// A map where programs find it: the value of a map pointer is the address of this object.
///
/// [`skep_object::HeldRef::handle`] of an inner map must be [`BoundMap::handle`].
pub struct BoundMap {
    map: Box<dyn Map>,
}

impl BoundMap {
    /// Gives the map an address.
    pub fn new(map: Box<dyn Map>) -> Arc<Self> {
        Arc::new(Self { map })
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
