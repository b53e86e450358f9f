//! The subsystem: the bpf() dispatcher, credentials, helper bodies, test_run.
//!
//! ```text
//! carrier (in process, seccomp, ...)          Rust caller
//!   Task { credentials, fds, memory }           Client
//!          |  raw attr bytes                      |  typed arguments
//!          +--------------> Kernel::bpf <---------+
//!                             |  one file per command
//!                             v
//!              MapObject, Prog, BtfObject   ->   verifier, maps, executors
//! ```
//!
//! | module | what it gives |
//! |---|---|
//! | [`kernel`] | [`Kernel`]: one session; [`KernelBuilder`] |
//! | [`identity`] | [`Identity`]: which kernel this pretends to be |
//! | `availability` | [`Availability`]: what that kernel has |
//! | [`task`] | [`Task`]: who calls: credentials, fds, memory |
//! | [`fd`] | [`FdTable`], [`FdObject`], [`InProcessFds`] |
//! | [`bpffs`] | [`Bpffs`], [`PinPath`], [`Pinned`]: objects with a path |
//! | [`memory`] | [`UserMemory`], [`Buffers`], [`OwnMemory`] |
//! | [`object`] | [`MapObject`], [`Prog`], [`BtfObject`], [`Link`] |
//! | [`hooks`] | where programs wait to be run; firing them |
//! | [`listing`] | every object and who holds it |
//! | [`statistics`] | whether runs are counted |
//! | [`client`] | [`Client`]: typed methods over the same dispatcher |
//! | [`helpers`], [`mod@test_run`] | bodies of helpers; running a program on given data |
//! | `attr`, `command` | the attr rules; one file per command |
//! | `owned` | values that own things: timers and work items |
//! | `load`, `environment` | from a PROG_LOAD to a [`Prog`]; what the verifier may ask |
//!
//! What is not here: any carrier but the in-process one, ELF objects, printing.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

mod attr;
mod availability;
pub mod bpffs;
pub mod client;
mod command;
mod environment;
pub mod fd;
pub mod helpers;
pub mod hooks;
pub mod identity;
pub mod kernel;
pub mod listing;
mod load;
pub mod memory;
pub mod object;
mod owned;
pub mod statistics;
mod symbols;
pub mod task;
pub mod test_run;

pub use availability::Availability;
pub use bpffs::{Bpffs, PinPath, Pinned};
pub use client::{
    BtfReply, Client, ClientError, LoadReply, MapSpec, ProgSpec, RecordBytes, TestRunOutput,
    TestRunSpec, Verdict,
};
pub use command::Reply;
pub use fd::{Fd, FdEntry, FdObject, FdTable, InProcessFds, LinkOrigin, MapAccess};
pub use hooks::Fired;
pub use identity::{Alignment, BtfOrigin, Identity, Jit};
pub use kernel::{Kernel, KernelBuilder, Limits, UnprivilegedBpf};
pub use listing::{Listed, ObjectKind, ObjectName};
pub use memory::{Buffers, MemoryFault, OwnMemory, UserMemory};
pub use object::{BtfObject, BtfOwner, Link, MapObject, Prog};
pub use symbols::Symbols;
pub use task::{Credentials, LoadObserver, Task, TaskIds};

/// What callers of this crate need of the layers below, by name.
pub use skep_catalog::Caps;
pub use skep_exec::{Engine, HelperCall, HelperFn, HelperResult, Trap};
pub use skep_object::{
    CancelToken, Deterministic, Host, ObjectId, Platform, StopReason, SysError, SysResult,
};
pub use skep_verifier::Reject;
pub use skep_verifier::verified::{Outcome, Statistics};
