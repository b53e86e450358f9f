//! Program types: what loading asks, what a program may return and do.

use skep_uapi::{AttachType, ProgType};

use crate::{Caps, ProtoContext, Sleepable, attach_btf, generated};

/// Facts about a program type.
#[derive(Debug)]
pub struct ProgTypeInfo {
    /// The type.
    pub prog_type: ProgType,
    /// Capabilities for loading, beyond those `unprivileged_bpf_disabled` asks.
    pub load_caps: Caps,
    /// How PROG_TEST_RUN runs it; `None` answers ENOTSUPP.
    pub test_run: Option<TestRun>,
    /// Whether `attach_btf_id` may be given.
    pub may_attach_btf_id: bool,
    /// Whether `attach_prog_fd` may be given.
    pub may_attach_prog_fd: bool,
    /// Which `expected_attach_type` is good (EINVAL otherwise).
    pub expected_attach: ExpectedAttach,
    /// Direct access through packet pointers.
    pub packet_access: PacketAccess,
    /// Packet pointers as helper arguments.
    pub packet_to_helper: PacketToHelper,
    /// Whether `LD_ABS` and `LD_IND` are allowed.
    pub ld_abs: bool,
    /// Whether it may be loaded sleepable.
    pub sleepable: SleepRule,
    /// Whether the licence must be GPL compatible.
    pub gpl_required: bool,
    /// Whether maps with spin locks, timers, work queues, lists or trees are refused.
    pub tracing_map_limits: bool,
}

/// How PROG_TEST_RUN runs a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestRun {
    /// Over an skb made from the data.
    Skb,
    /// Over an XDP frame made from the data.
    Xdp,
    /// Over raw arguments.
    RawTp,
    /// As a flow dissector.
    FlowDissector,
    /// By calling the traced test functions.
    Tracing,
    /// By the struct's own handler.
    StructOps,
    /// As a socket look-up.
    SkLookup,
    /// Once, in process context.
    Syscall,
    /// As a netfilter hook.
    Netfilter,
}

/// Which `expected_attach_type` a type takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectedAttach {
    /// Not looked at.
    Any,
    /// One of these numbers.
    OneOf(&'static [u32]),
    /// The index of a struct_ops member.
    StructOpsMember,
}

impl ExpectedAttach {
    /// Whether a number is good; struct_ops members are checked against their struct.
    pub fn allows(self, attach_type: u32) -> bool {
        match self {
            Self::Any | Self::StructOpsMember => true,
            Self::OneOf(list) => list.contains(&attach_type),
        }
    }
}

/// Direct access through packet pointers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PacketAccess {
    /// None.
    None,
    /// Loads.
    Read,
    /// Loads and stores.
    ReadWrite,
}

/// Packet pointers as helper arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PacketToHelper {
    /// Never.
    Never,
    /// For prototypes with packet access.
    PktAccessProtos,
    /// For every memory argument.
    Any,
}

/// Whether a type may be loaded with `BPF_F_SLEEPABLE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SleepRule {
    /// No.
    Never,
    /// Yes.
    May,
    /// It must.
    Must,
    /// fentry, fexit, fmod_ret and iterators.
    TracingSome,
    /// Only hooks that allow it.
    LsmSome,
}

/// Rules of one program type with one attach type.
#[derive(Clone, Copy, Debug)]
pub struct ProgRules {
    /// The type.
    pub prog_type: ProgType,
    /// `None`: any attach type that has no row of its own.
    pub attach_type: Option<AttachType>,
    /// Whether the row is for sleepable programs.
    pub sleepable: Sleepable,
    /// What the program may return.
    pub returns: ReturnRange,
    /// Whether it may tail call.
    pub tail_call: bool,
    /// Whether it may return a pointer, given CAP_PERFMON.
    pub return_pointer: bool,
}

/// What a program may return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReturnRange {
    /// Anything, even an unknown number.
    Any,
    /// Numbers from the first to the second.
    Range(i32, i32),
    /// Depends on the attach target's BTF (LSM hooks, struct_ops members, extended programs).
    FollowsTarget,
}

/// Facts about a program type; `None` for UNSPEC.
pub fn prog_type(prog_type: ProgType) -> Option<&'static ProgTypeInfo> {
    let index = usize::try_from(prog_type.raw()).ok()?.checked_sub(1)?;
    generated::prog_types::PROG_TYPES.get(index)
}

/// Rules of a program; an attach type without a row has the general row of its type, or else its first one.
///
/// For LSM hooks and iterators the target refines the row.
pub fn prog_rules(context: &ProtoContext<'_>) -> Option<ProgRules> {
    let attach = AttachType::from_raw(context.attach_type);
    let rows = generated::by_prog_type(&generated::prog_types::PROG_RULES, context.prog_type);
    let best = rows.iter().rev().max_by_key(|row| {
        let attach_fit = match row.attach_type {
            Some(known) if Some(known) == attach => 2,
            None => 1,
            Some(_) => 0,
        };
        (attach_fit, row.sleepable == context.sleepable)
    })?;
    let mut rules = *best;
    if rules.returns == ReturnRange::FollowsTarget
        && let Some(hook) = context.target.and_then(attach_btf::lsm_hook)
        && context.prog_type == ProgType::Lsm
    {
        rules.returns = match attach {
            Some(AttachType::LsmCgroup) => hook.cgroup_returns(),
            Some(_) | None => hook.returns,
        };
    }
    Some(rules)
}
