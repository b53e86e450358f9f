//! `HelperProto`: the signature of one variant of a helper.

use bitflags::bitflags;
use skep_uapi::HelperId;

use super::{AllowedRule, ArgType};
use crate::{CapTier, TypeFlags};

/// One variant of a helper: what it takes, gives and does to the program's state.
#[derive(Debug)]
pub struct HelperProto {
    /// The helper.
    pub id: HelperId,
    /// The variant's kernel name without `_proto` (`bpf_skb_event_output`).
    pub variant: &'static str,
    /// What R0 holds afterwards.
    pub ret: Ret,
    /// R1 to R5; unused ones are [`ArgType::DontCare`].
    pub args: [Arg; 5],
    /// Facts about the call as a whole.
    pub flags: ProtoFlags,
    /// Capabilities it needs beyond loading the type; already applied by the look-up.
    pub cap: CapTier,
    /// A condition on the attach target, to be checked with [`AllowedRule::permits`].
    pub allowed: Option<AllowedRule>,
    /// Bounds on R0 where `ret` is [`RetType::Integer`].
    pub ret_range: Option<RetRange>,
    /// When a callback passed to it runs, for helpers that take one.
    pub callback: Option<Callback>,
}

impl HelperProto {
    /// Whether a flag is set.
    pub const fn has(&self, flag: ProtoFlags) -> bool {
        self.flags.contains(flag)
    }

    /// The arguments it really takes.
    pub fn used_args(&self) -> impl Iterator<Item = &Arg> {
        self.args
            .iter()
            .take_while(|arg| arg.kind != ArgType::DontCare)
    }
}

bitflags! {
    /// Facts about a helper call as a whole.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct ProtoFlags: u16 {
        /// Only for GPL-compatible programs.
        const GPL_ONLY = 1 << 0;
        /// Packet pointers are good as memory arguments.
        const PKT_ACCESS = 1 << 1;
        /// May sleep: only in sleepable programs, and not under RCU or with preemption off.
        const MIGHT_SLEEP = 1 << 2;
        /// Follows the fastcall contract: R1 to R5 may be kept by patterns.
        const ALLOW_FASTCALL = 1 << 3;
        /// Packet pointers are invalid afterwards.
        const CHANGES_PKT_DATA = 1 << 4;
        /// Gives a reference that must be released.
        const ACQUIRES = 1 << 5;
        /// The result shares the reference of the pointer argument.
        const PTR_CAST = 1 << 6;
        /// Gives a value of local storage (special rules for the creation flag).
        const STORAGE_GET = 1 << 7;
        /// The JIT or verifier of Linux replaces the call by instructions.
        const INLINED = 1 << 8;
    }
}

/// What a helper returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ret {
    /// Kind.
    pub kind: RetType,
    /// Qualifiers.
    pub flags: TypeFlags,
    /// Kernel struct, where the kind is a BTF pointer with a fixed type.
    pub btf: Option<&'static str>,
}

/// Kinds of return values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetType {
    /// A number.
    Integer,
    /// Nothing; R0 is not readable.
    Void,
    /// A value of the map argument.
    PtrToMapValue,
    /// A full socket.
    PtrToSocket,
    /// A TCP socket.
    PtrToTcpSock,
    /// Any socket.
    PtrToSockCommon,
    /// Memory whose size an argument gave.
    PtrToMem,
    /// Memory or a kernel object, after the type of the per-CPU argument.
    PtrToMemOrBtfId,
    /// A kernel object.
    PtrToBtfId,
}

/// Bounds Linux puts on the number in R0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetRange {
    /// From 0 to the number of possible CPUs less one.
    CpuNumber,
    /// From -4095 to the greatest value of the size argument.
    ErrnoToSizeArg,
}

/// When a callback passed to a helper runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callback {
    /// During the call.
    Sync,
    /// Later.
    Async,
}

/// One argument of a helper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arg {
    /// Kind.
    pub kind: ArgType,
    /// Qualifiers.
    pub flags: TypeFlags,
    /// Bytes of the memory, with [`TypeFlags::MEM_FIXED_SIZE`]; else 0.
    pub size: u32,
    /// Kernel struct the pointer must point at, for [`ArgType::PtrToBtfId`] and its relatives.
    pub btf: Option<&'static str>,
}

impl Arg {
    /// No argument.
    pub const NONE: Self = Self {
        kind: ArgType::DontCare,
        flags: TypeFlags::empty(),
        size: 0,
        btf: None,
    };

    /// Whether a flag is set.
    pub const fn has(&self, flag: TypeFlags) -> bool {
        self.flags.contains(flag)
    }

    /// Whether NULL is good.
    pub const fn maybe_null(&self) -> bool {
        self.has(TypeFlags::MAYBE_NULL)
    }
}
