//! `AttachType`: where a program attaches, within its type.
//!
//! Generated from `data/uapi.json` by `cargo xtask codegen`; do not edit.

/// Where a program attaches, within its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum AttachType {
    /// `BPF_CGROUP_INET_INGRESS`, since Linux 4.10.
    CgroupInetIngress = 0,
    /// `BPF_CGROUP_INET_EGRESS`, since Linux 4.10.
    CgroupInetEgress = 1,
    /// `BPF_CGROUP_INET_SOCK_CREATE`, since Linux 4.10.
    CgroupInetSockCreate = 2,
    /// `BPF_CGROUP_SOCK_OPS`, since Linux 4.13.
    CgroupSockOps = 3,
    /// `BPF_SK_SKB_STREAM_PARSER`, since Linux 4.14.
    SkSkbStreamParser = 4,
    /// `BPF_SK_SKB_STREAM_VERDICT`, since Linux 4.14.
    SkSkbStreamVerdict = 5,
    /// `BPF_CGROUP_DEVICE`, since Linux 4.15.
    CgroupDevice = 6,
    /// `BPF_SK_MSG_VERDICT`, since Linux 4.17.
    SkMsgVerdict = 7,
    /// `BPF_CGROUP_INET4_BIND`, since Linux 4.17.
    CgroupInet4Bind = 8,
    /// `BPF_CGROUP_INET6_BIND`, since Linux 4.17.
    CgroupInet6Bind = 9,
    /// `BPF_CGROUP_INET4_CONNECT`, since Linux 4.17.
    CgroupInet4Connect = 10,
    /// `BPF_CGROUP_INET6_CONNECT`, since Linux 4.17.
    CgroupInet6Connect = 11,
    /// `BPF_CGROUP_INET4_POST_BIND`, since Linux 4.17.
    CgroupInet4PostBind = 12,
    /// `BPF_CGROUP_INET6_POST_BIND`, since Linux 4.17.
    CgroupInet6PostBind = 13,
    /// `BPF_CGROUP_UDP4_SENDMSG`, since Linux 4.18.
    CgroupUdp4Sendmsg = 14,
    /// `BPF_CGROUP_UDP6_SENDMSG`, since Linux 4.18.
    CgroupUdp6Sendmsg = 15,
    /// `BPF_LIRC_MODE2`, since Linux 4.18.
    LircMode2 = 16,
    /// `BPF_FLOW_DISSECTOR`, since Linux 4.20.
    FlowDissector = 17,
    /// `BPF_CGROUP_SYSCTL`, since Linux 5.2.
    CgroupSysctl = 18,
    /// `BPF_CGROUP_UDP4_RECVMSG`, since Linux 5.2.
    CgroupUdp4Recvmsg = 19,
    /// `BPF_CGROUP_UDP6_RECVMSG`, since Linux 5.2.
    CgroupUdp6Recvmsg = 20,
    /// `BPF_CGROUP_GETSOCKOPT`, since Linux 5.3.
    CgroupGetsockopt = 21,
    /// `BPF_CGROUP_SETSOCKOPT`, since Linux 5.3.
    CgroupSetsockopt = 22,
    /// `BPF_TRACE_RAW_TP`, since Linux 5.5.
    TraceRawTp = 23,
    /// `BPF_TRACE_FENTRY`, since Linux 5.5.
    TraceFentry = 24,
    /// `BPF_TRACE_FEXIT`, since Linux 5.5.
    TraceFexit = 25,
    /// `BPF_MODIFY_RETURN`, since Linux 5.7.
    ModifyReturn = 26,
    /// `BPF_LSM_MAC`, since Linux 5.7.
    LsmMac = 27,
    /// `BPF_TRACE_ITER`, since Linux 5.8.
    TraceIter = 28,
    /// `BPF_CGROUP_INET4_GETPEERNAME`, since Linux 5.8.
    CgroupInet4Getpeername = 29,
    /// `BPF_CGROUP_INET6_GETPEERNAME`, since Linux 5.8.
    CgroupInet6Getpeername = 30,
    /// `BPF_CGROUP_INET4_GETSOCKNAME`, since Linux 5.8.
    CgroupInet4Getsockname = 31,
    /// `BPF_CGROUP_INET6_GETSOCKNAME`, since Linux 5.8.
    CgroupInet6Getsockname = 32,
    /// `BPF_XDP_DEVMAP`, since Linux 5.8.
    XdpDevmap = 33,
    /// `BPF_CGROUP_INET_SOCK_RELEASE`, since Linux 5.9.
    CgroupInetSockRelease = 34,
    /// `BPF_XDP_CPUMAP`, since Linux 5.9.
    XdpCpumap = 35,
    /// `BPF_SK_LOOKUP`, since Linux 5.9.
    SkLookup = 36,
    /// `BPF_XDP`, since Linux 5.9.
    Xdp = 37,
    /// `BPF_SK_SKB_VERDICT`, since Linux 5.13.
    SkSkbVerdict = 38,
    /// `BPF_SK_REUSEPORT_SELECT`, since Linux 5.14.
    SkReuseportSelect = 39,
    /// `BPF_SK_REUSEPORT_SELECT_OR_MIGRATE`, since Linux 5.14.
    SkReuseportSelectOrMigrate = 40,
    /// `BPF_PERF_EVENT`, since Linux 5.15.
    PerfEvent = 41,
    /// `BPF_TRACE_KPROBE_MULTI`, since Linux 5.18.
    TraceKprobeMulti = 42,
    /// `BPF_LSM_CGROUP`, since Linux 6.0.
    LsmCgroup = 43,
    /// `BPF_STRUCT_OPS`.
    StructOps = 44,
    /// `BPF_NETFILTER`.
    Netfilter = 45,
    /// `BPF_TCX_INGRESS`, since Linux 6.6.
    TcxIngress = 46,
    /// `BPF_TCX_EGRESS`, since Linux 6.6.
    TcxEgress = 47,
    /// `BPF_TRACE_UPROBE_MULTI`.
    TraceUprobeMulti = 48,
    /// `BPF_CGROUP_UNIX_CONNECT`.
    CgroupUnixConnect = 49,
    /// `BPF_CGROUP_UNIX_SENDMSG`.
    CgroupUnixSendmsg = 50,
    /// `BPF_CGROUP_UNIX_RECVMSG`.
    CgroupUnixRecvmsg = 51,
    /// `BPF_CGROUP_UNIX_GETPEERNAME`.
    CgroupUnixGetpeername = 52,
    /// `BPF_CGROUP_UNIX_GETSOCKNAME`.
    CgroupUnixGetsockname = 53,
    /// `BPF_NETKIT_PRIMARY`, since Linux 6.7.
    NetkitPrimary = 54,
    /// `BPF_NETKIT_PEER`, since Linux 6.7.
    NetkitPeer = 55,
    /// `BPF_TRACE_KPROBE_SESSION`, since Linux 6.10.
    TraceKprobeSession = 56,
    /// `BPF_TRACE_UPROBE_SESSION`.
    TraceUprobeSession = 57,
}

impl AttachType {
    /// What precedes [`Self::name`] in C.
    pub const PREFIX: &'static str = "BPF_";

    /// Every value, at the index of its number.
    pub const ALL: [Self; 58] = [
        Self::CgroupInetIngress,
        Self::CgroupInetEgress,
        Self::CgroupInetSockCreate,
        Self::CgroupSockOps,
        Self::SkSkbStreamParser,
        Self::SkSkbStreamVerdict,
        Self::CgroupDevice,
        Self::SkMsgVerdict,
        Self::CgroupInet4Bind,
        Self::CgroupInet6Bind,
        Self::CgroupInet4Connect,
        Self::CgroupInet6Connect,
        Self::CgroupInet4PostBind,
        Self::CgroupInet6PostBind,
        Self::CgroupUdp4Sendmsg,
        Self::CgroupUdp6Sendmsg,
        Self::LircMode2,
        Self::FlowDissector,
        Self::CgroupSysctl,
        Self::CgroupUdp4Recvmsg,
        Self::CgroupUdp6Recvmsg,
        Self::CgroupGetsockopt,
        Self::CgroupSetsockopt,
        Self::TraceRawTp,
        Self::TraceFentry,
        Self::TraceFexit,
        Self::ModifyReturn,
        Self::LsmMac,
        Self::TraceIter,
        Self::CgroupInet4Getpeername,
        Self::CgroupInet6Getpeername,
        Self::CgroupInet4Getsockname,
        Self::CgroupInet6Getsockname,
        Self::XdpDevmap,
        Self::CgroupInetSockRelease,
        Self::XdpCpumap,
        Self::SkLookup,
        Self::Xdp,
        Self::SkSkbVerdict,
        Self::SkReuseportSelect,
        Self::SkReuseportSelectOrMigrate,
        Self::PerfEvent,
        Self::TraceKprobeMulti,
        Self::LsmCgroup,
        Self::StructOps,
        Self::Netfilter,
        Self::TcxIngress,
        Self::TcxEgress,
        Self::TraceUprobeMulti,
        Self::CgroupUnixConnect,
        Self::CgroupUnixSendmsg,
        Self::CgroupUnixRecvmsg,
        Self::CgroupUnixGetpeername,
        Self::CgroupUnixGetsockname,
        Self::NetkitPrimary,
        Self::NetkitPeer,
        Self::TraceKprobeSession,
        Self::TraceUprobeSession,
    ];

    /// The value of this number, if Linux 6.18 has one.
    pub const fn from_raw(raw: u32) -> Option<Self> {
        if raw < 58 { Some(Self::ALL[raw as usize]) } else { None }
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

impl core::fmt::Display for AttachType {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}

static NAMES: [&str; 58] = [
    "CGROUP_INET_INGRESS",
    "CGROUP_INET_EGRESS",
    "CGROUP_INET_SOCK_CREATE",
    "CGROUP_SOCK_OPS",
    "SK_SKB_STREAM_PARSER",
    "SK_SKB_STREAM_VERDICT",
    "CGROUP_DEVICE",
    "SK_MSG_VERDICT",
    "CGROUP_INET4_BIND",
    "CGROUP_INET6_BIND",
    "CGROUP_INET4_CONNECT",
    "CGROUP_INET6_CONNECT",
    "CGROUP_INET4_POST_BIND",
    "CGROUP_INET6_POST_BIND",
    "CGROUP_UDP4_SENDMSG",
    "CGROUP_UDP6_SENDMSG",
    "LIRC_MODE2",
    "FLOW_DISSECTOR",
    "CGROUP_SYSCTL",
    "CGROUP_UDP4_RECVMSG",
    "CGROUP_UDP6_RECVMSG",
    "CGROUP_GETSOCKOPT",
    "CGROUP_SETSOCKOPT",
    "TRACE_RAW_TP",
    "TRACE_FENTRY",
    "TRACE_FEXIT",
    "MODIFY_RETURN",
    "LSM_MAC",
    "TRACE_ITER",
    "CGROUP_INET4_GETPEERNAME",
    "CGROUP_INET6_GETPEERNAME",
    "CGROUP_INET4_GETSOCKNAME",
    "CGROUP_INET6_GETSOCKNAME",
    "XDP_DEVMAP",
    "CGROUP_INET_SOCK_RELEASE",
    "XDP_CPUMAP",
    "SK_LOOKUP",
    "XDP",
    "SK_SKB_VERDICT",
    "SK_REUSEPORT_SELECT",
    "SK_REUSEPORT_SELECT_OR_MIGRATE",
    "PERF_EVENT",
    "TRACE_KPROBE_MULTI",
    "LSM_CGROUP",
    "STRUCT_OPS",
    "NETFILTER",
    "TCX_INGRESS",
    "TCX_EGRESS",
    "TRACE_UPROBE_MULTI",
    "CGROUP_UNIX_CONNECT",
    "CGROUP_UNIX_SENDMSG",
    "CGROUP_UNIX_RECVMSG",
    "CGROUP_UNIX_GETPEERNAME",
    "CGROUP_UNIX_GETSOCKNAME",
    "NETKIT_PRIMARY",
    "NETKIT_PEER",
    "TRACE_KPROBE_SESSION",
    "TRACE_UPROBE_SESSION",
];
