//! Kfuncs: kernel functions programs may call by name.

use bitflags::bitflags;
use skep_uapi::{AttachType, ProgType};

use crate::{ProtoContext, generated};

/// A kernel function.
#[derive(Debug)]
pub struct Kfunc {
    /// Name of the BTF function.
    pub name: &'static str,
    /// KF_* flags.
    pub flags: KfuncFlags,
    /// Sets it is registered in.
    pub hooks: KfuncHooks,
    /// A condition of one of those sets.
    pub filter: Option<KfuncFilter>,
    /// Whether the verifier has checks of its own for it.
    pub special: bool,
    /// C type of the return value.
    pub ret: &'static str,
    /// Arguments in order.
    pub args: &'static [KfuncArg],
}

/// One argument of a kfunc.
#[derive(Debug)]
pub struct KfuncArg {
    /// Name, suffix included.
    pub name: &'static str,
    /// C type.
    pub c_type: &'static str,
    /// What the name's suffix tells the verifier.
    pub suffix: Option<KfuncSuffix>,
}

bitflags! {
    /// KF_* flags, with Linux's numbers.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct KfuncFlags: u32 {
        /// Gives a reference.
        const ACQUIRE = 1 << 0;
        /// Releases the reference of an argument.
        const RELEASE = 1 << 1;
        /// May return NULL.
        const RET_NULL = 1 << 2;
        /// Pointer arguments must be trusted.
        const TRUSTED_ARGS = 1 << 4;
        /// May sleep.
        const SLEEPABLE = 1 << 5;
        /// Needs CAP_SYS_BOOT.
        const DESTRUCTIVE = 1 << 6;
        /// Pointer arguments may be RCU protected.
        const RCU = 1 << 7;
        /// Makes an iterator.
        const ITER_NEW = 1 << 8;
        /// Takes an iterator's next element.
        const ITER_NEXT = 1 << 9;
        /// Ends an iterator.
        const ITER_DESTROY = 1 << 10;
        /// Only under RCU.
        const RCU_PROTECTED = 1 << 11;
        /// Follows the fastcall contract.
        const FASTCALL = 1 << 12;
        /// Returns an arena pointer.
        const ARENA_RET = 1 << 13;
        /// The first argument is an arena pointer.
        const ARENA_ARG1 = 1 << 14;
        /// The second argument is an arena pointer.
        const ARENA_ARG2 = 1 << 15;
    }
}

bitflags! {
    /// The sets kfuncs are registered in.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct KfuncHooks: u16 {
        /// Every program type.
        const COMMON = 1 << 0;
        /// XDP.
        const XDP = 1 << 1;
        /// Traffic control classifiers.
        const TC = 1 << 2;
        /// Traffic control actions.
        const SCHED_ACT = 1 << 3;
        /// struct_ops.
        const STRUCT_OPS = 1 << 4;
        /// Tracing, tracepoints, perf events, LSM.
        const TRACING = 1 << 5;
        /// Syscall programs.
        const SYSCALL = 1 << 6;
        /// The cgroup types.
        const CGROUP = 1 << 7;
        /// sk_skb.
        const SK_SKB = 1 << 8;
        /// Socket filters.
        const SOCKET_FILTER = 1 << 9;
        /// Lightweight tunnels.
        const LWT = 1 << 10;
        /// Netfilter.
        const NETFILTER = 1 << 11;
        /// Kprobes.
        const KPROBE = 1 << 12;
        /// Not callable: targets of fmod_ret.
        const FMODRET = 1 << 13;
    }
}

/// A condition a set puts on its kfuncs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KfuncFilter {
    /// Only kprobe and uprobe sessions.
    KprobeSession,
    /// Only LSM programs.
    LsmOnly,
    /// Only iterators.
    IterOnly,
    /// In struct_ops only `Qdisc_ops`, by member.
    QdiscMember,
}

/// What the suffix of an argument's name tells the verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KfuncSuffix {
    /// `__sz`: bytes of the memory argument before.
    Size,
    /// `__szk`: the same, a constant.
    ConstSize,
    /// `__k`: a constant.
    Const,
    /// `__ign`: not checked.
    Ignored,
    /// `__uninit`: need not be initialised.
    Uninit,
    /// `__alloc`: from `bpf_obj_new`.
    Alloc,
    /// `__refcounted_kptr`: with a `bpf_refcount`.
    RefcountedKptr,
    /// `__nullable`: NULL is good.
    Nullable,
    /// `__opt`: NULL is good when the size is 0.
    Optional,
    /// `__str`: a constant string.
    ConstStr,
    /// `__map`: a map.
    Map,
    /// `__prog`: filled in by the verifier.
    Prog,
    /// `__irq_flag`: the slot of a saved interrupt state.
    IrqFlag,
    /// `__iter`: an iterator.
    Iter,
}

impl KfuncHooks {
    /// The set a program type looks into besides [`KfuncHooks::COMMON`]; empty where it has none.
    pub const fn of(prog_type: ProgType) -> Self {
        match prog_type {
            ProgType::Xdp => Self::XDP,
            ProgType::SchedCls => Self::TC,
            ProgType::SchedAct => Self::SCHED_ACT,
            ProgType::StructOps => Self::STRUCT_OPS,
            ProgType::Tracing | ProgType::Tracepoint | ProgType::PerfEvent | ProgType::Lsm => {
                Self::TRACING
            }
            ProgType::Syscall => Self::SYSCALL,
            ProgType::CgroupSkb
            | ProgType::CgroupSock
            | ProgType::CgroupDevice
            | ProgType::CgroupSockAddr
            | ProgType::CgroupSockopt
            | ProgType::CgroupSysctl
            | ProgType::SockOps => Self::CGROUP,
            ProgType::SkSkb => Self::SK_SKB,
            ProgType::SocketFilter => Self::SOCKET_FILTER,
            ProgType::LwtIn | ProgType::LwtOut | ProgType::LwtXmit | ProgType::LwtSeg6local => {
                Self::LWT
            }
            ProgType::Netfilter => Self::NETFILTER,
            ProgType::Kprobe => Self::KPROBE,
            ProgType::Unspec
            | ProgType::SkMsg
            | ProgType::RawTracepoint
            | ProgType::RawTracepointWritable
            | ProgType::LircMode2
            | ProgType::SkReuseport
            | ProgType::FlowDissector
            | ProgType::Ext
            | ProgType::SkLookup => Self::empty(),
        }
    }
}

impl Kfunc {
    /// Whether a flag is set.
    pub const fn has(&self, flag: KfuncFlags) -> bool {
        self.flags.contains(flag)
    }

    /// Whether a program may call it ("calling kernel function %s is not allowed" otherwise); sleeping, capabilities
    /// and arguments are further checks.
    pub fn callable(&self, context: &ProtoContext<'_>) -> bool {
        if self.hooks.contains(KfuncHooks::COMMON) {
            return true;
        }
        self.hooks.intersects(KfuncHooks::of(context.prog_type))
            && self
                .filter
                .is_none_or(|filter| filter.permits(self.name, context))
    }
}

impl KfuncFilter {
    fn permits(self, name: &str, context: &ProtoContext<'_>) -> bool {
        let attach = AttachType::from_raw(context.attach_type);
        match self {
            Self::KprobeSession => {
                matches!(
                    attach,
                    Some(AttachType::TraceKprobeSession | AttachType::TraceUprobeSession)
                )
            }
            Self::LsmOnly => context.prog_type == ProgType::Lsm,
            Self::IterOnly => attach == Some(AttachType::TraceIter),
            Self::QdiscMember => {
                context.prog_type != ProgType::StructOps || qdisc_permits(name, context.target)
            }
        }
    }
}

/// Which kfuncs each member of `Qdisc_ops` may call.
fn qdisc_permits(name: &str, target: Option<&str>) -> bool {
    let Some(member) = target.and_then(|target| target.strip_prefix("Qdisc_ops.")) else {
        return false;
    };
    match name {
        "bpf_skb_get_hash" | "bpf_kfree_skb" | "bpf_dynptr_from_skb" => true,
        "bpf_qdisc_skb_drop" => member == "enqueue",
        "bpf_qdisc_watchdog_schedule" => matches!(member, "enqueue" | "dequeue"),
        "bpf_qdisc_bstats_update" => member == "dequeue",
        _ => false,
    }
}

/// The kfunc of a name.
pub fn kfunc(name: &str) -> Option<&'static Kfunc> {
    let index = generated::kfuncs::KFUNCS
        .binary_search_by(|known| known.name.cmp(name))
        .ok()?;
    generated::kfuncs::KFUNCS.get(index)
}

/// Every kfunc of Linux 6.18, by name.
pub fn kfuncs() -> &'static [Kfunc] {
    &generated::kfuncs::KFUNCS
}
