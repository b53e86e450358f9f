//! Contexts: what R1 points at when a program starts, and what may be loaded from and stored to it.

mod access;
mod table;

use skep_uapi::{AttachType, ProgType};

pub use access::{AccessKind, CtxAccess, Denied};
pub(crate) use table::ContextConfig;
pub use table::{BtfArgs, ContextRule, ContextTable, CtxField, FlatRange, ObjectKind, Starts};

use crate::generated;

/// The context of a program type; an attach type without a table of its own has the table of its program type.
///
/// An EXT program has the context of the program it extends: pass that one's type.
pub fn context(prog_type: ProgType, attach_type: u32) -> &'static ContextTable {
    let attach = AttachType::from_raw(attach_type);
    let rows = generated::by_prog_type(&generated::contexts::CONFIGS, prog_type);
    let exact = rows
        .iter()
        .find(|row| attach.is_some() && row.attach_type == attach);
    let general = || rows.iter().find(|row| row.attach_type.is_none());
    match exact.or_else(general).or_else(|| rows.first()) {
        Some(row) => row.table,
        None => table::by_rule(prog_type, attach),
    }
}

/// The table of an object reached from a context.
pub const fn object(kind: ObjectKind) -> &'static ContextTable {
    match kind {
        ObjectKind::SockCommon => &generated::contexts::OBJECT_SOCK_COMMON,
        ObjectKind::Socket => &generated::contexts::OBJECT_SOCKET,
        ObjectKind::TcpSock => &generated::contexts::OBJECT_TCP_SOCK,
        ObjectKind::XdpSock => &generated::contexts::OBJECT_XDP_SOCK,
        ObjectKind::FlowKeys => &generated::contexts::OBJECT_FLOW_KEYS,
    }
}

/// The type a global function's context argument must point at, as BTF names it without `struct`; `None` where
/// Linux has no such type (`void *`).
pub const fn context_type_name(prog_type: ProgType) -> Option<&'static str> {
    Some(match prog_type {
        ProgType::SocketFilter
        | ProgType::SchedCls
        | ProgType::SchedAct
        | ProgType::CgroupSkb
        | ProgType::LwtIn
        | ProgType::LwtOut
        | ProgType::LwtXmit
        | ProgType::LwtSeg6local
        | ProgType::SkSkb
        | ProgType::FlowDissector => "__sk_buff",
        ProgType::Xdp => "xdp_md",
        ProgType::CgroupSock => "bpf_sock",
        ProgType::CgroupSockAddr => "bpf_sock_addr",
        ProgType::SockOps => "bpf_sock_ops",
        ProgType::SkMsg => "sk_msg_md",
        ProgType::Kprobe => "bpf_user_pt_regs_t",
        ProgType::Tracepoint => "__u64",
        ProgType::PerfEvent => "bpf_perf_event_data",
        ProgType::RawTracepoint | ProgType::RawTracepointWritable => "bpf_raw_tracepoint_args",
        ProgType::CgroupDevice => "bpf_cgroup_dev_ctx",
        ProgType::CgroupSysctl => "bpf_sysctl",
        ProgType::CgroupSockopt => "bpf_sockopt",
        ProgType::LircMode2 => "__u32",
        ProgType::SkReuseport => "sk_reuseport_md",
        ProgType::SkLookup => "bpf_sk_lookup",
        ProgType::Netfilter => "bpf_nf_ctx",
        ProgType::Unspec
        | ProgType::Tracing
        | ProgType::StructOps
        | ProgType::Ext
        | ProgType::Lsm
        | ProgType::Syscall => return None,
    })
}
