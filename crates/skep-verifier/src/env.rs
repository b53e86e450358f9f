//! The verifier's only window to the outside.
//!
//! # Safety
//! Declares an unsafe trait: a [`crate::VerifiedProgram`] is run without further checks, and it is only as true as the answers given
//! here. Nothing in this file does anything unsafe itself.
#![allow(unsafe_code)]

use alloc::sync::Arc;
use skep_btf::Btf;
use skep_catalog::MapMeta;
use skep_uapi::{Errno, HelperId};

pub use skep_catalog::Caps as Capabilities;

/// One map of a load request, as the environment names it. Equal tokens are the same map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MapToken(pub u64);

/// A map as the verifier sees it.
#[derive(Clone, Debug)]
pub struct MapView {
    /// The environment's name of the map.
    pub token: MapToken,
    /// Attributes, field record and, for outer maps, the template of the inner ones.
    pub meta: Arc<MapMeta>,
    /// Whether loads from it may be read as constants: created read-only for programs, frozen, no write in flight.
    pub constant: bool,
}

/// What an fd in `fd_array` may be.
#[derive(Clone, Debug)]
pub enum FdTarget {
    /// A map.
    Map(MapView),
    /// A BTF object.
    Btf(Arc<Btf>),
}

/// Where the JIT and the machine make a difference to verdicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Possible CPUs (`nr_cpu_ids`): the range of bpf_get_smp_processor_id.
    pub possible_cpus: u32,
    /// Whether unaligned access is efficient; if not, alignment is always strict.
    pub efficient_unaligned: bool,
    /// Whether programs are compiled (kfuncs, exceptions, private stacks and tail calls in subprograms need that).
    pub jit: bool,
}

/// What the verifier asks of the kernel around it.
///
/// # Safety
/// The answers must stay true for as long as the verified program may run: a map behind a token keeps the shape its [`MapMeta`] says,
/// a map reported constant never changes, and addresses handed out stay valid.
pub unsafe trait Environment {
    /// The capabilities of the loader.
    fn capabilities(&self) -> Capabilities;
    /// Architecture and JIT features.
    fn machine(&self) -> Machine;
    /// The kernel's own BTF.
    fn kernel_btf(&self) -> Option<&Arc<Btf>>;
    /// The map behind an fd number of the loader: EBADF for a closed fd, EINVAL for one that is no map.
    fn map(&self, fd: i32) -> Result<MapView, Errno>;
    /// The BTF object behind an fd number: EBADF or EINVAL.
    fn btf(&self, fd: i32) -> Result<Arc<Btf>, Errno>;
    /// Entry `index` of the request's `fd_array`: EFAULT where it cannot be read.
    fn fd_array(&self, index: u32) -> Result<i32, Errno>;
    /// `size` (1, 2, 4 or 8) bytes at `offset` of element 0 of a constant map, zero-extended.
    fn read_constant(&self, map: MapToken, offset: u32, size: u32) -> Option<u64>;
    /// The address of a kernel variable or function by name, for `ld_imm64` of a BTF id.
    fn kernel_symbol(&self, name: &str) -> Option<u64>;
    /// Whether the load should stop: EAGAIN for a signal, EINTR or ENOMEM for a spent budget.
    fn interrupted(&self) -> Option<Errno>;
    /// Whether this kernel has a helper that Linux 6.18 has.
    fn has_helper(&self, helper: HelperId) -> bool;
    /// A steady clock in nanoseconds, for the time a load takes.
    fn now_ns(&self) -> u64;
    /// Whether there is a registered destructor for a referenced kptr or struct_ops of this kernel type name; used by later rules.
    fn has_kfunc(&self, name: &str) -> bool;
}
