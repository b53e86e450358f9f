//! `ProgType`: a kind of program.
//!
//! Generated from `data/uapi.json` by `cargo xtask codegen`; do not edit.

/// A kind of program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum ProgType {
    /// `BPF_PROG_TYPE_UNSPEC`.
    Unspec = 0,
    /// `BPF_PROG_TYPE_SOCKET_FILTER`, since Linux 3.19.
    SocketFilter = 1,
    /// `BPF_PROG_TYPE_KPROBE`, since Linux 4.1.
    Kprobe = 2,
    /// `BPF_PROG_TYPE_SCHED_CLS`, since Linux 4.1.
    SchedCls = 3,
    /// `BPF_PROG_TYPE_SCHED_ACT`, since Linux 4.1.
    SchedAct = 4,
    /// `BPF_PROG_TYPE_TRACEPOINT`, since Linux 4.7.
    Tracepoint = 5,
    /// `BPF_PROG_TYPE_XDP`, since Linux 4.8.
    Xdp = 6,
    /// `BPF_PROG_TYPE_PERF_EVENT`, since Linux 4.9.
    PerfEvent = 7,
    /// `BPF_PROG_TYPE_CGROUP_SKB`, since Linux 4.10.
    CgroupSkb = 8,
    /// `BPF_PROG_TYPE_CGROUP_SOCK`, since Linux 4.10.
    CgroupSock = 9,
    /// `BPF_PROG_TYPE_LWT_IN`, since Linux 4.10.
    LwtIn = 10,
    /// `BPF_PROG_TYPE_LWT_OUT`, since Linux 4.10.
    LwtOut = 11,
    /// `BPF_PROG_TYPE_LWT_XMIT`, since Linux 4.10.
    LwtXmit = 12,
    /// `BPF_PROG_TYPE_SOCK_OPS`, since Linux 4.13.
    SockOps = 13,
    /// `BPF_PROG_TYPE_SK_SKB`, since Linux 4.14.
    SkSkb = 14,
    /// `BPF_PROG_TYPE_CGROUP_DEVICE`, since Linux 4.15.
    CgroupDevice = 15,
    /// `BPF_PROG_TYPE_SK_MSG`, since Linux 4.17.
    SkMsg = 16,
    /// `BPF_PROG_TYPE_RAW_TRACEPOINT`, since Linux 4.17.
    RawTracepoint = 17,
    /// `BPF_PROG_TYPE_CGROUP_SOCK_ADDR`, since Linux 4.17.
    CgroupSockAddr = 18,
    /// `BPF_PROG_TYPE_LWT_SEG6LOCAL`, since Linux 4.18.
    LwtSeg6local = 19,
    /// `BPF_PROG_TYPE_LIRC_MODE2`, since Linux 4.18.
    LircMode2 = 20,
    /// `BPF_PROG_TYPE_SK_REUSEPORT`, since Linux 4.19.
    SkReuseport = 21,
    /// `BPF_PROG_TYPE_FLOW_DISSECTOR`, since Linux 4.20.
    FlowDissector = 22,
    /// `BPF_PROG_TYPE_CGROUP_SYSCTL`, since Linux 5.2.
    CgroupSysctl = 23,
    /// `BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE`, since Linux 5.2.
    RawTracepointWritable = 24,
    /// `BPF_PROG_TYPE_CGROUP_SOCKOPT`, since Linux 5.3.
    CgroupSockopt = 25,
    /// `BPF_PROG_TYPE_TRACING`, since Linux 5.5.
    Tracing = 26,
    /// `BPF_PROG_TYPE_STRUCT_OPS`, since Linux 5.6.
    StructOps = 27,
    /// `BPF_PROG_TYPE_EXT`, since Linux 5.6.
    Ext = 28,
    /// `BPF_PROG_TYPE_LSM`, since Linux 5.7.
    Lsm = 29,
    /// `BPF_PROG_TYPE_SK_LOOKUP`, since Linux 5.9.
    SkLookup = 30,
    /// `BPF_PROG_TYPE_SYSCALL`, since Linux 5.14.
    Syscall = 31,
    /// `BPF_PROG_TYPE_NETFILTER`, since Linux 6.4.
    Netfilter = 32,
}

impl ProgType {
    /// What precedes [`Self::name`] in C.
    pub const PREFIX: &'static str = "BPF_PROG_TYPE_";

    /// Every value, at the index of its number.
    pub const ALL: [Self; 33] = [
        Self::Unspec,
        Self::SocketFilter,
        Self::Kprobe,
        Self::SchedCls,
        Self::SchedAct,
        Self::Tracepoint,
        Self::Xdp,
        Self::PerfEvent,
        Self::CgroupSkb,
        Self::CgroupSock,
        Self::LwtIn,
        Self::LwtOut,
        Self::LwtXmit,
        Self::SockOps,
        Self::SkSkb,
        Self::CgroupDevice,
        Self::SkMsg,
        Self::RawTracepoint,
        Self::CgroupSockAddr,
        Self::LwtSeg6local,
        Self::LircMode2,
        Self::SkReuseport,
        Self::FlowDissector,
        Self::CgroupSysctl,
        Self::RawTracepointWritable,
        Self::CgroupSockopt,
        Self::Tracing,
        Self::StructOps,
        Self::Ext,
        Self::Lsm,
        Self::SkLookup,
        Self::Syscall,
        Self::Netfilter,
    ];

    /// The value of this number, if Linux 6.18 has one.
    pub const fn from_raw(raw: u32) -> Option<Self> {
        if raw < 33 { Some(Self::ALL[raw as usize]) } else { None }
    }

    /// The number in the C header.
    pub const fn raw(self) -> u32 {
        self as u32
    }

    /// The C name without [`Self::PREFIX`].
    pub const fn name(self) -> &'static str {
        NAMES[self as usize]
    }

    /// The value of this C name, with or without the prefix.
    pub fn from_name(name: &str) -> Option<Self> {
        let short = name.strip_prefix(Self::PREFIX).unwrap_or(name);
        Self::ALL.into_iter().find(|value| value.name() == short)
    }
}

impl core::fmt::Display for ProgType {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}

static NAMES: [&str; 33] = [
    "UNSPEC",
    "SOCKET_FILTER",
    "KPROBE",
    "SCHED_CLS",
    "SCHED_ACT",
    "TRACEPOINT",
    "XDP",
    "PERF_EVENT",
    "CGROUP_SKB",
    "CGROUP_SOCK",
    "LWT_IN",
    "LWT_OUT",
    "LWT_XMIT",
    "SOCK_OPS",
    "SK_SKB",
    "CGROUP_DEVICE",
    "SK_MSG",
    "RAW_TRACEPOINT",
    "CGROUP_SOCK_ADDR",
    "LWT_SEG6LOCAL",
    "LIRC_MODE2",
    "SK_REUSEPORT",
    "FLOW_DISSECTOR",
    "CGROUP_SYSCTL",
    "RAW_TRACEPOINT_WRITABLE",
    "CGROUP_SOCKOPT",
    "TRACING",
    "STRUCT_OPS",
    "EXT",
    "LSM",
    "SK_LOOKUP",
    "SYSCALL",
    "NETFILTER",
];
