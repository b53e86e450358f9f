//! A program: the request it came from, what the verifier proved, and how to run it.

use core::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use skep_exec::{Engine, Executable, Executor};
use skep_memory::Addr;
use skep_object::{
    Dead, Errno, HeldProg, HeldRef, Object, ObjectId, ProgCompat, RcuDomains, Ref, SysError,
    SysResult,
};
use skep_uapi::limits::BPF_TAG_SIZE;
use skep_uapi::{ProgFlags, ProgType};
use skep_verifier::{LoadRequest, Statistics, VerifiedProgram};

use super::code::Code;
use crate::object::{BtfObject, MapObject, ObjectName};
use crate::symbols::Symbols;
use crate::{Jit, load};

/// Everything a load knows about its program.
pub(crate) struct ProgParts {
    pub(crate) request: LoadRequest,
    pub(crate) verified: VerifiedProgram,
    pub(crate) statistics: Statistics,
    pub(crate) name: ObjectName,
    pub(crate) license: Vec<u8>,
    /// In the order of first use.
    pub(crate) maps: Vec<Ref<MapObject>>,
    pub(crate) btf: Option<Ref<BtfObject>>,
    /// BTF objects that `fd_array` named.
    pub(crate) other_btfs: Vec<Ref<BtfObject>>,
    pub(crate) attach_btf: Option<Ref<BtfObject>>,
    pub(crate) symbols: Arc<Symbols>,
    pub(crate) load_time_ns: u64,
    pub(crate) uid: u32,
    pub(crate) jit: Jit,
    pub(crate) domains: RcuDomains,
}

/// A loaded program.
pub struct Prog {
    parts: ProgParts,
    tag: [u8; BPF_TAG_SIZE],
    code: Code,
    stats: ProgStats,
    /// Maps that PROG_BIND_MAP added.
    bound: Mutex<Vec<Ref<MapObject>>>,
}

/// Counters of runs.
#[derive(Debug, Default)]
pub struct ProgStats {
    run_time_ns: AtomicU64,
    runs: AtomicU64,
    recursion_misses: AtomicU64,
}

impl ProgStats {
    /// Nanoseconds spent running, while statistics were on.
    pub fn run_time_ns(&self) -> u64 {
        self.run_time_ns.load(Ordering::Relaxed)
    }

    /// Runs, while statistics were on.
    pub fn runs(&self) -> u64 {
        self.runs.load(Ordering::Relaxed)
    }

    /// Runs left out because the program was running already.
    pub fn recursion_misses(&self) -> u64 {
        self.recursion_misses.load(Ordering::Relaxed)
    }

    /// Counts runs; for whoever runs programs while statistics are on.
    pub fn add_runs(&self, runs: u64, time_ns: u64) {
        self.runs.fetch_add(runs, Ordering::Relaxed);
        self.run_time_ns.fetch_add(time_ns, Ordering::Relaxed);
    }
}

impl Prog {
    pub(crate) fn new(parts: ProgParts) -> Self {
        Self {
            tag: load::tag::of(parts.verified.insns()),
            parts,
            code: Code::default(),
            stats: ProgStats::default(),
            bound: Mutex::default(),
        }
    }

    /// The type.
    pub fn prog_type(&self) -> ProgType {
        self.parts.verified.prog_type()
    }

    /// The name.
    pub fn name(&self) -> &ObjectName {
        &self.parts.name
    }

    /// The tag.
    pub fn tag(&self) -> [u8; BPF_TAG_SIZE] {
        self.tag
    }

    /// The licence, without its NUL.
    pub fn license(&self) -> &[u8] {
        &self.parts.license
    }

    /// The whole load request.
    pub fn request(&self) -> &LoadRequest {
        &self.parts.request
    }

    /// What the verifier proved.
    pub fn verified(&self) -> &VerifiedProgram {
        &self.parts.verified
    }

    /// What the verifier counted.
    pub fn statistics(&self) -> &Statistics {
        &self.parts.statistics
    }

    /// The maps it was verified with, in the order of first use.
    pub fn maps(&self) -> &[Ref<MapObject>] {
        &self.parts.maps
    }

    /// All maps it holds: those it was verified with, then those bound to it.
    pub fn held_maps(&self) -> Vec<Ref<MapObject>> {
        let bound = self.bound.lock();
        self.parts.maps.iter().chain(&*bound).cloned().collect()
    }

    /// Makes it hold a map; nothing happens if it does already.
    pub(crate) fn bind_map(&self, map: Ref<MapObject>) {
        let mut bound = self.bound.lock();
        if !self
            .parts
            .maps
            .iter()
            .chain(&*bound)
            .any(|held| held.same(&map))
        {
            bound.push(map);
        }
    }

    /// Its BTF.
    pub fn btf(&self) -> Option<&Ref<BtfObject>> {
        self.parts.btf.as_ref()
    }

    /// The BTF of what it attaches to.
    pub fn attach_btf(&self) -> Option<&Ref<BtfObject>> {
        self.parts.attach_btf.as_ref()
    }

    /// BTF objects held because `fd_array` named them.
    pub fn other_btfs(&self) -> &[Ref<BtfObject>] {
        &self.parts.other_btfs
    }

    /// The kernel variables it may read.
    pub fn symbols(&self) -> &Arc<Symbols> {
        &self.parts.symbols
    }

    /// When it was loaded, in nanoseconds since boot.
    pub fn load_time_ns(&self) -> u64 {
        self.parts.load_time_ns
    }

    /// Who loaded it.
    pub fn uid(&self) -> u32 {
        self.parts.uid
    }

    /// Counters of runs.
    pub fn stats(&self) -> &ProgStats {
        &self.stats
    }

    /// Both executors, lowered at the first call. ENOTSUPP: it needs a body that is missing; the reason names it.
    pub fn executable(&self) -> SysResult<&Arc<Executable>> {
        self.code.executable(
            &self.parts.verified,
            &self.parts.maps,
            self.parts.btf.as_ref(),
            self.parts.symbols.btf(),
        )
    }

    /// The executor of an engine, compiled at the first call. ENOTSUPP, as for [`Self::executable`].
    pub fn executor(&self, engine: Engine) -> SysResult<&dyn Executor> {
        let executable = self.executable()?;
        executable
            .executor(engine)
            .map_err(|error| SysError::new(Errno::ENOTSUPP, format!("cannot compile: {error}")))
    }

    /// Whether a function pointer that a run gave is one of its functions.
    pub(crate) fn has_function(&self, engine: Engine, function: u64) -> bool {
        let executable = self.executable();
        executable.is_ok_and(|executable| executable.has_function(engine, function))
    }

    /// Whether it counts as compiled.
    pub fn jit(&self) -> Jit {
        self.parts.jit
    }

    /// Bytes of machine code, waiting for the compiler; 0 if it cannot be compiled.
    pub fn native_size(&self) -> u32 {
        let Ok(executable) = self.executable() else {
            return 0;
        };
        let size = executable.compiled().map_or(0, |native| native.code_len());
        u32::try_from(size).unwrap_or(u32::MAX)
    }

    /// What has to agree between this and the other programs of a prog array.
    pub fn compat(&self) -> ProgCompat {
        let flags = ProgFlags::from_bits_retain(self.parts.request.flags.0);
        ProgCompat {
            prog_type: self.prog_type(),
            jited: self.parts.jit == Jit::On,
            xdp_has_frags: flags.contains(ProgFlags::XDP_HAS_FRAGS),
            expected_attach_type: self.parts.request.expected_attach_type,
            attach_func_proto: u64::from(self.parts.request.attach_btf_id),
            cgroup_storage: [0; 2],
        }
    }
}

impl Object for Prog {
    fn release(dead: Dead<Self>) {
        // A prog array may have shown it to a run that is still inside RCU.
        let domains = dead.parts.domains.clone();
        if dead.parts.verified.traits().sleepable {
            domains.call_after_both(move || drop(dead));
        } else {
            domains.ordinary.call(move || drop(dead));
        }
    }
}

/// A program in a prog array.
pub struct TailCallee {
    prog: Ref<Prog>,
    id: ObjectId,
    handle: Addr,
}

impl TailCallee {
    /// A reference for a prog array. EINVAL: the program has no id. ENOTSUPP: it cannot be run here, and so not be
    /// called.
    pub(crate) fn new(prog: Ref<Prog>) -> SysResult<Self> {
        let Some(id) = prog.id() else {
            return SysError::err(Errno::EINVAL, "program has no id");
        };
        let handle = prog.executable()?.handle();
        Ok(Self { prog, id, handle })
    }

    /// The program.
    pub fn prog(&self) -> &Ref<Prog> {
        &self.prog
    }
}

impl HeldRef for TailCallee {
    fn id(&self) -> ObjectId {
        self.id
    }

    fn handle(&self) -> Addr {
        self.handle
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl HeldProg for TailCallee {
    fn compat(&self) -> Option<ProgCompat> {
        match self.prog.prog_type() {
            ProgType::Ext => None,
            _ => Some(self.prog.compat()),
        }
    }
}
