//! How helper bodies see the program that called them.
//!
//! A body is an ordinary function. It takes its arguments from a [`HelperCall`] and touches the program's memory
//! only through it: under the JIT that is free, under the checker every byte is looked up.
//!
//! ```text
//! fn map_lookup_elem(call: &HelperCall<'_, '_>) -> HelperResult {
//!     let map = call.map(0)?.map();
//!     let key = call.read(1, map.base().attr().key_size as usize)?;
//!     let value = map.prog_lookup(call.context().cpu(), key);
//!     if map.inner_template().is_some() {
//!         call.returns_map(value);
//!     }
//!     Ok(value.raw())
//! }
//! ```
//!
//! `?` passes on [`Trapped`], which only the checker ever makes.
//!
//! # Safety
//!
//! Under the JIT the addresses and map pointers that a body names are those the verifier has checked against the
//! helper's prototype, so claiming that they are live is its word; the body names no others.
#![allow(unsafe_code)]

use skep_memory::{Access, Addr, Permissions, RacyBytes};
use skep_object::RunContext;

use crate::bound_map::BoundMap;
use crate::check::CheckedCaller;
use crate::jit::NativeCaller;
use crate::lower::HelperOp;
use crate::run::{LiveSpan, Raised, Run};
use crate::trap::TrapKind;

/// The body of a helper or kernel function.
pub type HelperFn = fn(&HelperCall<'_, '_>) -> HelperResult;

/// The value for R0, or the news that the checker stopped the run.
pub type HelperResult = Result<u64, Trapped>;

/// The checker stopped the run; the reason is noted in it. Never made under the JIT.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Trapped(pub(crate) ());

/// One call of a helper.
pub struct HelperCall<'c, 'r> {
    run: &'c Run<'r>,
    op: &'c HelperOp,
    args: [u64; 5],
    caller: Caller<'c>,
}

/// Who called.
#[derive(Clone, Copy)]
pub(crate) enum Caller<'c> {
    /// Compiled code.
    Native(NativeCaller),
    /// The interpreter.
    Checked(&'c dyn CheckedCaller),
}

impl<'c, 'r> HelperCall<'c, 'r> {
    /// A call with these arguments.
    #[inline]
    pub(crate) fn new(
        run: &'c Run<'r>,
        op: &'c HelperOp,
        args: [u64; 5],
        caller: Caller<'c>,
    ) -> Self {
        Self {
            run,
            op,
            args,
            caller,
        }
    }

    /// R1 to R5.
    #[inline]
    pub fn args(&self) -> [u64; 5] {
        self.args
    }

    /// Argument `index`, 0 for R1; 0 past the last.
    #[inline]
    pub fn arg(&self, index: usize) -> u64 {
        self.args.get(index).copied().unwrap_or(0)
    }

    /// The run.
    #[inline]
    pub fn run(&self) -> &'c Run<'r> {
        self.run
    }

    /// Clock, CPU, cancel flag and what the upper layers attached.
    #[inline]
    pub fn context(&self) -> &'r RunContext<'r> {
        self.run.context()
    }

    /// The number of the program's BTF, as its bindings gave it; 0 for none.
    #[inline]
    pub fn program_btf(&self) -> u32 {
        self.op.program_btf
    }

    /// The map behind the map pointer in argument `index`.
    #[inline]
    pub fn map(&self, index: usize) -> Result<&'r BoundMap, Trapped> {
        self.map_at(Addr::new(self.arg(index)))
    }

    /// The map behind a map pointer that an earlier call of this run had as an argument.
    #[inline]
    pub fn map_at(&self, handle: Addr) -> Result<&'r BoundMap, Trapped> {
        match self.run.checked() {
            // SAFETY: the verifier says it is the pointer of a map that is held during the run.
            None => Ok(unsafe { BoundMap::from_handle(handle) }),
            Some(memory) => BoundMap::known(memory, handle)
                .ok_or_else(|| self.trap(TrapKind::NoMap(handle.raw()))),
        }
    }

    /// `len` bytes at the address in argument `index`, to read.
    #[inline]
    pub fn read(&self, index: usize, len: usize) -> Result<RacyBytes<'r>, Trapped> {
        self.bytes(Addr::new(self.arg(index)), len, Access::Read)
    }

    /// `len` bytes at the address in argument `index`, to write.
    #[inline]
    pub fn write(&self, index: usize, len: usize) -> Result<RacyBytes<'r>, Trapped> {
        self.bytes(Addr::new(self.arg(index)), len, Access::Write)
    }

    /// `len` bytes of the program's memory. Only for addresses that the helper's prototype makes the verifier
    /// check for at least `len` bytes and this access.
    #[inline]
    pub fn bytes(&self, addr: Addr, len: usize, access: Access) -> Result<RacyBytes<'r>, Trapped> {
        match self.run.checked() {
            // SAFETY: the verifier has checked what the prototype says about this argument.
            None => Ok(unsafe { RacyBytes::new(addr, len) }),
            Some(memory) => memory
                .bytes(addr, len, access)
                .map_err(|kind| self.trap(kind)),
        }
    }

    /// Says that R0 will be the pointer of an inner map (null is fine), so that the checker knows it.
    #[inline]
    pub fn returns_map(&self, handle: Addr) {
        if let Some(memory) = self.run.checked()
            && !handle.is_null()
            && !memory.knows_map(handle)
        {
            // SAFETY: a handle that an outer map gave to this run; who put it there holds it until the run ends.
            memory.know_map(&unsafe { BoundMap::hold(handle) });
        }
    }

    /// Lets the program touch memory that the helper made or found: not needed for map values and ring buffer
    /// records, which their maps answer for.
    pub fn lend(&self, bytes: RacyBytes<'r>, permissions: Permissions) -> LiveSpan {
        self.run.allow(bytes, permissions)
    }

    /// Calls a function of the program: the function pointer in `function`, R1 to R5 in `args`; its R0.
    ///
    /// Loops ask [`RunContext::poll`] between two calls.
    #[inline]
    pub fn call_back(&self, function: u64, args: [u64; 5]) -> HelperResult {
        match self.caller {
            Caller::Native(caller) => Ok(caller.call_back(self.run, function, args)),
            Caller::Checked(caller) => caller.call_back(function, args).map_err(|trap| {
                self.run.raise(Raised::Elsewhere(trap));
                Trapped(())
            }),
        }
    }

    /// Stops a checked run: an argument is not what the verifier promised. Under the JIT nothing was checked, so
    /// bodies must not rely on it for the host's safety; there the helper returns 0.
    pub fn refuse(&self, why: &'static str) -> Trapped {
        self.trap(TrapKind::Helper {
            id: self.op.id,
            why,
        })
    }

    fn trap(&self, kind: TrapKind) -> Trapped {
        self.run.raise(Raised::Here(kind));
        Trapped(())
    }
}
