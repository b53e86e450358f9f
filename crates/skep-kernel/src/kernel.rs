//! One session: identity, object tables, RCU domains, CPUs.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use skep_exec::Engine;
use skep_object::{Host, IdTable, Platform, RcuDomains, Ref, VcpuSlots};

use crate::helpers::TraceLog;
use crate::hooks::Hooks;
use crate::object::{BtfObject, BtfOwner, Link, MapObject, Prog};
use crate::owned::{Deferred, Objects};
use crate::statistics::Statistics;
use crate::symbols::Symbols;
use crate::{Availability, Identity, command};
use skep_object::SysResult;
use skep_uapi::UserPtr;

use crate::{Fd, Reply, Task};

/// `kernel.unprivileged_bpf_disabled`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum UnprivilegedBpf {
    /// 0: anyone may create maps and load socket filters and cgroup_skb programs.
    Allowed = 0,
    /// 1: only with CAP_BPF, for good.
    DisabledForGood = 1,
    /// 2: only with CAP_BPF.
    Disabled = 2,
}

/// How much a client may ask for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Time for one load (EINTR after it).
    pub load_time: Duration,
    /// Bytes of one map, by Linux's accounting (ENOMEM beyond it).
    pub map_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            load_time: Duration::from_secs(120),
            map_bytes: 4 << 30,
        }
    }
}

/// A session of the subsystem.
pub struct Kernel {
    identity: Identity,
    availability: Availability,
    limits: Limits,
    engine: Engine,
    unprivileged: AtomicU8,
    platform: Arc<dyn Platform>,
    rcu: RcuDomains,
    slots: VcpuSlots,
    maps: IdTable<MapObject>,
    progs: IdTable<Prog>,
    btfs: IdTable<BtfObject>,
    links: IdTable<Link>,
    hooks: Arc<Hooks>,
    statistics: Statistics,
    kernel_btf: Option<Ref<BtfObject>>,
    symbols: Arc<Symbols>,
    trace: TraceLog,
    deferred: Arc<Deferred>,
    objects: Arc<Objects>,
    me: Weak<Self>,
}

/// Makes a [`Kernel`].
pub struct KernelBuilder {
    identity: Identity,
    limits: Limits,
    engine: Engine,
    unprivileged: UnprivilegedBpf,
    platform: Arc<dyn Platform>,
}

impl KernelBuilder {
    /// The kernel to pretend to be; the host by default.
    #[must_use]
    pub fn identity(self, identity: Identity) -> Self {
        Self { identity, ..self }
    }

    /// Limits of loads and maps.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// What runs programs; the JIT by default.
    #[must_use]
    pub fn engine(self, engine: Engine) -> Self {
        Self { engine, ..self }
    }

    /// `kernel.unprivileged_bpf_disabled`; 2 by default.
    #[must_use]
    pub fn unprivileged(self, unprivileged: UnprivilegedBpf) -> Self {
        Self {
            unprivileged,
            ..self
        }
    }

    /// Clock, randomness and CPU choice; the host's by default.
    #[must_use]
    pub fn platform(self, platform: Arc<dyn Platform>) -> Self {
        Self { platform, ..self }
    }

    /// The session.
    pub fn build(self) -> Arc<Kernel> {
        let rcu = RcuDomains::new();
        let btfs = IdTable::new();
        let kernel_btf = self.identity.btf.as_ref().map(|btf| {
            let object = Ref::new(BtfObject::new(Arc::clone(btf), BtfOwner::Kernel));
            // The first of an empty table: its id is 1, as Linux's.
            let _ = btfs.publish(&object);
            object
        });
        Arc::new_cyclic(|me| Kernel {
            slots: VcpuSlots::new(self.identity.possible_cpus, &rcu.ordinary),
            symbols: Arc::new(Symbols::new(self.identity.btf.clone())),
            trace: TraceLog::new(),
            objects: Objects::new(rcu.clone()),
            deferred: Deferred::new(Weak::clone(me), rcu.clone(), &self.platform),
            availability: Availability::of(self.identity.btf.as_deref()),
            identity: self.identity,
            limits: self.limits,
            engine: self.engine,
            unprivileged: AtomicU8::new(self.unprivileged as u8),
            platform: self.platform,
            rcu,
            maps: IdTable::new(),
            progs: IdTable::new(),
            btfs,
            links: IdTable::new(),
            hooks: Arc::default(),
            statistics: Statistics::default(),
            kernel_btf,
            me: Weak::clone(me),
        })
    }
}

impl Kernel {
    /// A session with every default.
    pub fn new() -> Arc<Self> {
        Self::builder().build()
    }

    /// A session to be configured. The host's BTF is read here; use [`Self::builder_for`] to avoid that.
    pub fn builder() -> KernelBuilder {
        Self::builder_for(Identity::host())
    }

    /// A session with this identity.
    pub fn builder_for(identity: Identity) -> KernelBuilder {
        KernelBuilder {
            identity,
            limits: Limits::default(),
            engine: Engine::Jit,
            unprivileged: UnprivilegedBpf::Disabled,
            platform: Arc::new(Host::new()),
        }
    }

    /// bpf(2): `size` bytes of attr at `attr` in the task's memory; the value the client gets. New descriptors are
    /// installed in the task's table.
    pub fn bpf(&self, task: &Task<'_>, cmd: u32, attr: UserPtr, size: u32) -> SysResult<u32> {
        match self.call(task, cmd, attr, size)? {
            Reply::Value(value) => Ok(value),
            Reply::NewFd(object) => task.fds().install(object).map(Fd::to_attr),
        }
    }

    /// As [`Self::bpf`], for carriers that give descriptors in their own way.
    pub fn call(&self, task: &Task<'_>, cmd: u32, attr: UserPtr, size: u32) -> SysResult<Reply> {
        command::dispatch(self, task, cmd, attr, size)
    }

    /// Which kernel this pretends to be.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// What that kernel has.
    pub fn availability(&self) -> &Availability {
        &self.availability
    }

    /// Its limits.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What runs programs.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Clock, randomness and CPU choice.
    pub fn platform(&self) -> &dyn Platform {
        &*self.platform
    }

    /// The RCU domains.
    pub fn rcu(&self) -> &RcuDomains {
        &self.rcu
    }

    /// The CPUs programs run on.
    pub fn slots(&self) -> &VcpuSlots {
        &self.slots
    }

    /// All maps.
    pub fn maps(&self) -> &IdTable<MapObject> {
        &self.maps
    }

    /// All programs.
    pub fn progs(&self) -> &IdTable<Prog> {
        &self.progs
    }

    /// All BTF objects.
    pub fn btfs(&self) -> &IdTable<BtfObject> {
        &self.btfs
    }

    /// All links.
    pub fn links(&self) -> &IdTable<Link> {
        &self.links
    }

    /// Where programs wait to be run.
    pub(crate) fn hooks(&self) -> &Arc<Hooks> {
        &self.hooks
    }

    /// Whether runs are counted.
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// The kernel's own BTF.
    pub fn kernel_btf(&self) -> Option<&Ref<BtfObject>> {
        self.kernel_btf.as_ref()
    }

    /// What programs print.
    pub fn trace(&self) -> &TraceLog {
        &self.trace
    }

    /// Timers and work items.
    pub(crate) fn deferred(&self) -> &Arc<Deferred> {
        &self.deferred
    }

    /// What programs allocated.
    pub(crate) fn objects(&self) -> &Arc<Objects> {
        &self.objects
    }

    /// How many objects of programs have an owner.
    pub fn program_objects(&self) -> usize {
        self.objects.count()
    }

    /// How many timers and work items of values are initialised.
    pub fn deferred_items(&self) -> usize {
        self.deferred.count()
    }

    /// Addresses of kernel symbols.
    pub fn symbols(&self) -> &Arc<Symbols> {
        &self.symbols
    }

    /// `kernel.unprivileged_bpf_disabled`.
    pub fn unprivileged(&self) -> UnprivilegedBpf {
        match self.unprivileged.load(Ordering::Relaxed) {
            0 => UnprivilegedBpf::Allowed,
            1 => UnprivilegedBpf::DisabledForGood,
            _ => UnprivilegedBpf::Disabled,
        }
    }

    /// Sets `kernel.unprivileged_bpf_disabled`.
    pub fn set_unprivileged(&self, value: UnprivilegedBpf) {
        self.unprivileged.store(value as u8, Ordering::Relaxed);
    }

    /// A strong reference, for what outlives the call: the upper part of a run. `None` while the session ends.
    pub fn strong(&self) -> Option<Arc<Self>> {
        self.me.upgrade()
    }
}
