//! The traits by which lower layers call upper ones: maps hold programs and maps they know nothing about.

use core::any::Any;

use skep_memory::{Addr, RacyBytes};
use skep_uapi::ProgType;

use crate::{Clock, ObjectId};

/// A reference that a map holds: to a program or an inner map.
///
/// Maps drop it as soon as it is replaced. Whoever implements it lets go at once of what clients see (the
/// id, the counts) and of the memory behind [`HeldRef::handle`] only after the grace periods of the runs
/// that may still use it; see [`crate::Object::release`].
pub trait HeldRef: Send + Sync + 'static {
    /// The id that system calls see in place of the reference.
    fn id(&self) -> ObjectId;

    /// The native address programs and executors see in place of the reference; never null, valid while it
    /// is held and until the readers that found it have left.
    fn handle(&self) -> Addr;

    /// The concrete reference, for the layer that made it.
    fn as_any(&self) -> &dyn Any;
}

/// What has to agree between the programs of one prog array.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProgCompat {
    /// Program type.
    pub prog_type: ProgType,
    /// Compiled to native code, as info reports it.
    pub jited: bool,
    /// Understands fragments.
    pub xdp_has_frags: bool,
    /// Expected attach type, a number of `AttachType`.
    pub expected_attach_type: u32,
    /// The attach target's function type (tracing, LSM, EXT, struct_ops); 0 for others.
    pub attach_func_proto: u64,
    /// Ids of the cgroup storages (shared, per-CPU); 0 for none.
    pub cgroup_storage: [u64; 2],
}

impl ProgCompat {
    /// May a program like this join a map whose first program was like `owner`?
    pub fn joins(&self, owner: &Self) -> bool {
        // A program without storage of a kind fits beside one with.
        let mut storage = self.cgroup_storage.iter().zip(&owner.cgroup_storage);
        let storage_fits = storage.all(|(own, theirs)| *own == 0 || own == theirs);
        let without_storage = Self {
            cgroup_storage: owner.cgroup_storage,
            ..*self
        };
        storage_fits && without_storage == *owner
    }
}

/// A program that a map may hold.
pub trait HeldProg: HeldRef {
    /// What has to agree with the map's other programs; `None` if the program may not be tail-called at
    /// all (EXT, device-bound, kprobe override).
    fn compat(&self) -> Option<ProgCompat>;
}

/// What the upper layer does for the special fields of one map's values. Made per map by the layer that
/// knows the field record, so the value is all it needs.
pub trait FieldOps: Send + Sync {
    /// Destroys everything the value owns (kptrs, timers, lists, trees) and zeroes those fields.
    fn release(&self, value: RacyBytes<'_>);

    /// Cancels the timers, workqueue items and task work of the value; the map's last user reference went.
    fn cancel(&self, value: RacyBytes<'_>);
}

/// A map whose values own nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFields;

impl FieldOps for NoFields {
    fn release(&self, _value: RacyBytes<'_>) {}

    fn cancel(&self, _value: RacyBytes<'_>) {}
}

/// Names an armed timer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TimerId(pub u64);

/// Did a cancel come in time?
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cancelled {
    /// It was armed and will not fire.
    InTime,
    /// It was not armed: fired already, or never started.
    NotArmed,
}

/// Timers of the session, on real or virtual time.
pub trait TimerService: Send + Sync {
    /// Runs `fire` once when `clock` reads at least `at_ns`, on a thread of the service.
    fn arm(&self, clock: Clock, at_ns: u64, fire: Box<dyn FnOnce() + Send>) -> TimerId;

    /// Stops a timer; does not wait for one that is firing.
    fn cancel(&self, timer: TimerId) -> Cancelled;
}
