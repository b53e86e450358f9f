//! What comes out: a verdict, statistics, the log, and for accepted programs the facts that lowering is made from.

pub use crate::check::{AluMask, PointerOperand};
use crate::env::MapToken;
use crate::register::{BtfRef, TypeRef};
use crate::reject::Reject;
use crate::state::{InsnIdx, SubprogIdx};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use skep_catalog::MapMeta;
use skep_isa::RawInsn;
use skep_uapi::{Errno, HelperId, ProgType};

/// What a load or store (and atomics) turned out to touch, the same on every path (else the program is rejected) or generalised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccessKind {
    /// Only ever seen on speculative paths, or never.
    None,
    /// The context: `off` of the instruction selects the field.
    Ctx,
    /// Stack, packet, map value, ring buffer record, buffer, object of the program: plain memory at a native address.
    Memory,
    /// struct bpf_sock through any socket pointer.
    Sock,
    /// struct bpf_tcp_sock.
    TcpSock,
    /// struct bpf_xdp_sock.
    XdpSock,
    /// A kernel object that is known to be valid.
    Btf,
    /// The kernel's own struct of a map (`struct bpf_map`), through a map pointer.
    MapStruct,
    /// A kernel object or address that may be invalid: a failed load gives 0.
    Probe,
    /// Arena memory.
    Arena,
}

/// A constant map key seen on every path to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConstantKey {
    /// The call was not seen yet.
    Unseen,
    /// Always this one.
    Known(u64),
    /// Different ones, or unknown.
    Varies,
}

/// The map of a helper call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallMap {
    /// The call was not seen, or takes no map.
    None,
    /// Always this one (a map of the load, not the template of an inner one).
    Always(MapToken),
    /// Different ones on different paths, or an inner map.
    Varies,
}

/// What the walk found out about one instruction.
#[allow(missing_docs)] // the fields are explained by their variants
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// Nothing beyond its text.
    Plain,
    /// A load, store or atomic.
    Access(AccessKind),
    /// A helper call.
    Helper {
        id: HelperId,
        map: CallMap,
        key: ConstantKey,
    },
    /// A kernel function call; the type is a FUNC.
    Kfunc { ty: TypeRef },
    /// A call of a function of this program.
    Subprog(SubprogIdx),
    /// ld_imm64 of a map.
    MapPtr(MapToken),
    /// ld_imm64 of an address in a map's value.
    MapValue { map: MapToken, off: u32 },
    /// ld_imm64 of a function of this program.
    Func(SubprogIdx),
    /// ld_imm64 of a kernel symbol.
    Symbol { btf: BtfRef, address: u64 },
}

/// Which ways a conditional jump can go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Edges {
    /// The fall-through was walked (or is reachable for another reason).
    pub fallthrough: bool,
    /// The target was.
    pub taken: bool,
}

/// Facts about one instruction slot.
#[derive(Clone, Debug, PartialEq)]
pub struct InsnFacts {
    /// Whether a real path reaches it; if not it is dead code.
    pub seen: bool,
    /// What it does.
    pub fact: Fact,
}

/// What the walk found out about an instruction that shows in Linux's listing only: nothing that is run here depends on it.
#[derive(Clone, Debug, Default)]
pub struct ListingFacts {
    /// A speculation barrier stands before it.
    pub barrier_before: bool,
    /// A speculation barrier stands after it.
    pub barrier_after: bool,
    /// How its pointer arithmetic is masked.
    pub mask: Option<AluMask>,
    /// Spills before and fills after this call that are dropped, in pairs.
    pub fastcall_pairs: u8,
    /// The callback of a bpf_loop that is always this one, without flags.
    pub plain_loop: Option<SubprogIdx>,
    /// The template of the inner map that a call takes, if it is always an inner map of the same outer one.
    pub inner_map: Option<Arc<MapMeta>>,
}

/// One function of the program.
#[derive(Clone, Debug, PartialEq)]
pub struct SubprogFacts {
    /// Its first instruction.
    pub start: InsnIdx,
    /// One past its last.
    pub end: InsnIdx,
    /// Bytes of stack it uses.
    pub stack_depth: u32,
    /// Its name, where BTF gives one.
    pub name: String,
    /// Contains a tail call.
    pub has_tail_call: bool,
    /// Is called back by a helper or kfunc.
    pub is_callback: bool,
}

/// Properties of the whole program that attaching and running ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ProgramTraits {
    /// Calls a helper that may move packet data.
    pub changes_pkt_data: bool,
    /// May sleep (called helpers).
    pub might_sleep: bool,
    /// Loaded as sleepable.
    pub sleepable: bool,
    /// Writes packet data directly.
    pub writes_packet: bool,
    /// One past the last context byte accessed.
    pub max_ctx_offset: u32,
    /// One past the last byte of a writable tracepoint buffer accessed.
    pub max_tp_access: u32,
    /// Whether a JIT is required (callbacks, kfuncs).
    pub jit_required: bool,
    /// Returns only values that need this attach type (cgroup_skb egress).
    pub enforce_expected_attach_type: bool,
}

/// What a load cost and found; the numbers of Linux's last log line.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Statistics {
    /// Instructions processed.
    pub processed_insns: u32,
    /// Most states met at one prune point.
    pub max_states_per_insn: u32,
    /// States stored.
    pub total_states: u32,
    /// Most states alive at once.
    pub peak_states: u32,
    /// Stack bytes per subprogram.
    pub stack_depths: Vec<u32>,
    /// Time it took by the environment's clock, in microseconds.
    pub verification_us: u64,
}

/// A program Linux would accept in the environment it was checked against, with the facts found. Only the verifier makes one.
#[derive(Clone, Debug)]
pub struct VerifiedProgram {
    pub(crate) prog_type: ProgType,
    pub(crate) expected_attach_type: u32,
    pub(crate) insns: Vec<RawInsn>,
    pub(crate) facts: Vec<InsnFacts>,
    pub(crate) listing: Vec<ListingFacts>,
    pub(crate) capable: bool,
    pub(crate) subprogs: Vec<SubprogFacts>,
    pub(crate) maps: Vec<MapToken>,
    pub(crate) traits: ProgramTraits,
}

impl VerifiedProgram {
    /// The program type.
    pub fn prog_type(&self) -> ProgType {
        self.prog_type
    }
    /// `expected_attach_type`, raw.
    pub fn expected_attach_type(&self) -> u32 {
        self.expected_attach_type
    }
    /// The instructions as loaded.
    pub fn insns(&self) -> &[RawInsn] {
        &self.insns
    }
    /// Facts, one per instruction slot.
    pub fn facts(&self) -> &[InsnFacts] {
        &self.facts
    }
    /// What shows in Linux's listing only, one per instruction slot.
    pub fn listing_facts(&self) -> &[ListingFacts] {
        &self.listing
    }
    /// Whether the loader had CAP_BPF: dead code is then removed from Linux's listing, not overwritten.
    pub fn loaded_with_cap_bpf(&self) -> bool {
        self.capable
    }
    /// Functions, in order of their start; 0 is the main program.
    pub fn subprogs(&self) -> &[SubprogFacts] {
        &self.subprogs
    }
    /// The maps it uses, in order of first use.
    pub fn maps(&self) -> &[MapToken] {
        &self.maps
    }
    /// Properties of the whole program.
    pub fn traits(&self) -> &ProgramTraits {
        &self.traits
    }
}

/// Why a load failed: the errno, and the rule that was broken where one was.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What bpf(2) returns.
    pub errno: Errno,
    /// The rejection, if a rule was broken (not for e.g. ENOSPC of the log).
    pub reject: Option<Reject>,
}

/// The log as it goes to the loader's buffer.
#[derive(Clone, Debug, Default)]
pub struct LogOutput {
    /// The bytes for the buffer, NUL included; empty where there is no buffer.
    pub bytes: Vec<u8>,
    /// `log_true_size`; `None` where the load failed before there was a log.
    pub true_size: Option<u32>,
}

/// Verdict, log and cost of one load.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The verdict.
    pub result: Result<VerifiedProgram, Failure>,
    /// The log.
    pub log: LogOutput,
    /// The cost.
    pub statistics: Statistics,
}
