//! What every kind of object needs at run time: counts, ids, RCU, vCPU slots, run contexts.
//!
//! | module | what it gives |
//! |---|---|
//! | [`object`] | [`Ref`] and [`UserRef`]: the two counts of a map, program, link, BTF |
//! | [`id`] | [`IdTable`]: cyclic ids, next id, id to reference |
//! | [`rcu`] | the two RCU domains and their readers |
//! | [`vcpu`] | [`VcpuSlots`]: the possible CPUs that programs run on |
//! | [`platform`] | clock, randomness, current CPU; the host's or a repeatable one |
//! | [`run`] | [`RunContext`]: what one run carries; [`CancelToken`]: how it is stopped |
//! | [`timer_thread`] | [`TimerThread`]: timers on the platform's clocks |
//! | [`upward`] | traits by which lower layers call upper ones |
//! | [`error`] | [`SysError`] for the bpf(2) border, [`unsupported!`] |
//!
//! What is not here: any kind of object. Maps, programs and fds are other crates' words.
//!
//! Lock order: a vCPU slot is taken before an RCU reader is entered; nobody waits for a grace period
//! while inside a reader of the same domain.

pub mod error;
pub mod id;
pub mod object;
pub mod platform;
pub mod rcu;
pub mod run;
mod sync;
pub mod timer_thread;
pub mod upward;
pub mod vcpu;

pub use error::{SysError, SysResult};
pub use id::{IdTable, ObjectId};
pub use object::{Dead, Object, Ref, UserRef};
pub use platform::{Clock, Deterministic, Host, Platform};
pub use rcu::{Rcu, RcuDomains, RcuGuard, RcuReader, TasksTrace};
pub use run::{CancelToken, RunContext, StopReason};
pub use timer_thread::TimerThread;
pub use upward::{
    Cancelled, FieldOps, HeldProg, HeldRef, NoFields, ProgCompat, TimerId, TimerService,
};
pub use vcpu::{VcpuSlot, VcpuSlots};

/// The error numbers, for those who build a [`SysError`].
pub use skep_uapi::Errno;
