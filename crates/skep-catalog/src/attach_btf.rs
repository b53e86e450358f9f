//! Lists keyed by the names of kernel BTF: LSM hooks, tracepoint arguments, iterators, struct_ops members, types whose
//! fields keep their trust.

use bitflags::bitflags;

use crate::{RegType, ReturnRange, generated::attach_btf as table};

bitflags! {
    /// Facts about an LSM hook.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct LsmFlags: u8 {
        /// Sleepable programs may attach.
        const SLEEPABLE = 1 << 0;
        /// Nothing may attach.
        const DISABLED = 1 << 1;
        /// Arguments are not trusted.
        const UNTRUSTED = 1 << 2;
        /// LSM_CGROUP uses the cgroup of the current task.
        const CURRENT_CGROUP = 1 << 3;
        /// LSM_CGROUP programs hold the socket lock: set/getsockopt.
        const SOCKOPT_LOCKED = 1 << 4;
        /// LSM_CGROUP programs take the socket lock in set/getsockopt.
        const SOCKOPT_UNLOCKED = 1 << 5;
        /// The hook returns nothing.
        const VOID = 1 << 6;
    }
}

/// An LSM hook; its BTF function is `bpf_lsm_` and the name.
#[derive(Debug)]
pub struct LsmHook {
    /// Name of the hook.
    pub name: &'static str,
    /// Facts.
    pub flags: LsmFlags,
    /// What an LSM_MAC program may return; checked on the low 32 bits.
    pub returns: ReturnRange,
}

impl LsmHook {
    /// Whether a flag is set.
    pub const fn has(&self, flag: LsmFlags) -> bool {
        self.flags.contains(flag)
    }

    /// What an LSM_CGROUP program may return.
    pub const fn cgroup_returns(&self) -> ReturnRange {
        if self.has(LsmFlags::VOID) {
            ReturnRange::Range(1, 1)
        } else {
            ReturnRange::Range(0, 1)
        }
    }

    /// Which set/getsockopt helpers LSM_CGROUP programs get.
    pub(crate) const fn sockopt_class(&self) -> &'static str {
        if self.has(LsmFlags::SOCKOPT_LOCKED) {
            "locked"
        } else if self.has(LsmFlags::SOCKOPT_UNLOCKED) {
            "unlocked"
        } else {
            "other"
        }
    }
}

/// The hook of a name, with or without `bpf_lsm_`.
pub fn lsm_hook(name: &str) -> Option<&'static LsmHook> {
    let short = name.strip_prefix("bpf_lsm_").unwrap_or(name);
    let index = table::LSM_HOOKS
        .binary_search_by(|hook| hook.name.cmp(short))
        .ok()?;
    table::LSM_HOOKS.get(index)
}

/// Whether tracing programs attached to this function may call `bpf_d_path`.
pub fn d_path_allowed_in(function: &str) -> bool {
    table::D_PATH_ALLOWED.contains(&function)
}

/// Whether tracing programs may never attach to this function ("Attaching tracing programs to function '%s' is rejected.").
pub fn trace_denied(function: &str) -> bool {
    table::TRACE_DENIED.contains(&function)
}

/// Whether a function never returns, so that fexit and fmod_ret may not attach.
pub fn is_noreturn(function: &str) -> bool {
    table::NORETURN.contains(&function)
}

/// Whether loads of kptrs to this struct give RCU protected pointers.
pub fn is_rcu_protected(struct_name: &str) -> bool {
    table::RCU_PROTECTED.contains(&struct_name)
}

/// How a field keeps the trust of the pointer it is loaded through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SafeList {
    /// Trusted within an RCU section.
    Rcu,
    /// The same, but may be NULL.
    RcuOrNull,
    /// Trusted always.
    Trusted,
    /// The same, but may be NULL.
    TrustedOrNull,
}

/// A field that keeps trust.
#[derive(Debug)]
pub struct SafeField {
    /// The struct.
    pub struct_name: &'static str,
    /// The field.
    pub field: &'static str,
    /// How.
    pub list: SafeList,
}

/// How a field of a kernel struct keeps trust; `None`: it does not.
pub fn safe_field(struct_name: &str, field: &str) -> Option<SafeList> {
    table::SAFE_FIELDS
        .iter()
        .find(|row| row.struct_name == struct_name && row.field == field)
        .map(|row| row.list)
}

/// A tracepoint with arguments that are not plain trusted pointers; bit n is argument n.
#[derive(Debug)]
pub struct TracepointArgs {
    /// Name of the tracepoint.
    pub tracepoint: &'static str,
    /// Arguments that may be NULL.
    pub nullable: u16,
    /// Arguments that may be error pointers, so that they count as numbers.
    pub err_ptr: u16,
}

/// What is special about a tracepoint's arguments; `None`: nothing.
pub fn tracepoint_args(tracepoint: &str) -> Option<&'static TracepointArgs> {
    let index = table::TRACEPOINT_ARGS
        .binary_search_by(|row| row.tracepoint.cmp(tracepoint))
        .ok()?;
    table::TRACEPOINT_ARGS.get(index)
}

/// One argument slot of a context.
#[derive(Debug)]
pub struct CtxArg {
    /// What a load gives.
    pub reg: RegType,
    /// Kernel struct, where that is a BTF pointer.
    pub btf: Option<&'static str>,
}

/// A kind of iterator.
#[derive(Debug)]
pub struct Iterator {
    /// Name of the target (`bpf_map_elem`); the function is `bpf_iter_` and this.
    pub target: &'static str,
    /// Slots of the context struct.
    pub args: &'static [CtxArg],
}

/// The iterator of a target name, with or without `bpf_iter_`.
pub fn iterator(target: &str) -> Option<&'static Iterator> {
    // `bpf_iter_bpf_map` is the function of `bpf_map`, so the prefix goes first.
    let short = target.strip_prefix("bpf_iter_").unwrap_or(target);
    table::ITERATORS.iter().find(|row| row.target == short)
}

/// A member of a struct_ops type that programs implement, with what was measured of its arguments.
#[derive(Debug)]
pub struct StructOpsMember {
    /// `tcp_congestion_ops`.
    pub struct_name: &'static str,
    /// `ssthresh`.
    pub member: &'static str,
    /// Argument slots.
    pub args: &'static [CtxArg],
    /// Whether programs may implement it.
    pub loadable: bool,
    /// Whether sleepable programs may.
    pub sleepable: bool,
}

/// A member of a struct_ops type.
pub fn struct_ops_member(struct_name: &str, member: &str) -> Option<&'static StructOpsMember> {
    table::STRUCT_OPS
        .iter()
        .find(|row| row.struct_name == struct_name && row.member == member)
}
