//! The way into compiled code, and from helpers back into it.
//!
//! # Safety
//!
//! An address that is called here must be that of a function of a [`super::CompiledProgram`] that is alive, compiled
//! with the full signature `(run, r1..r5) -> r0`: the main program's, or a function pointer that code made with
//! `Op::FunctionPointer`. Compiled code does what the verified program does; that this touches only live memory is
//! the verifier's word.
#![allow(unsafe_code)]

use crate::run::Run;

/// The native signature of the main program and of callbacks.
type Entry = extern "C" fn(*const Run<'static>, u64, u64, u64, u64, u64) -> u64;

/// Calls compiled code.
#[derive(Clone, Copy)]
pub(crate) struct NativeCaller(());

impl NativeCaller {
    /// For this module and its siblings, which know the address is code.
    pub(super) fn new() -> Self {
        Self(())
    }

    /// Calls the function at `address`; see the header.
    #[inline]
    pub(crate) fn call_back(self, run: &Run<'_>, address: u64, args: [u64; 5]) -> u64 {
        let pointer = core::ptr::with_exposed_provenance::<()>(address as usize);
        // SAFETY: the address of code with this signature, see the header.
        let entry = unsafe { core::mem::transmute::<*const (), Entry>(pointer) };
        let [r1, r2, r3, r4, r5] = args;
        entry(core::ptr::from_ref(run).cast(), r1, r2, r3, r4, r5)
    }
}
