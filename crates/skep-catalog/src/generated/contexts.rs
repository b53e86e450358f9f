//! Fields of contexts and of objects reached from them.
//!
//! Generated from `data/contexts.json` by `cargo xtask codegen`; do not edit.

use skep_uapi::AttachType as A;

use crate::context::{ContextConfig, ContextRule, ContextTable, CtxField, Starts as S};
use crate::{CapTier as C, RegBase as B, RegType, TypeFlags as F};

const NONE: [S; 4] = [S::NONE; 4];

pub(crate) static CONFIGS: [&[ContextConfig]; 33] = [
    &[],
    &[
        ContextConfig { attach_type: None, table: &TABLE_SOCKET_FILTER },
    ],
    &[
        ContextConfig { attach_type: None, table: &TABLE_KPROBE },
        ContextConfig { attach_type: Some(A::TraceKprobeMulti), table: &TABLE_KPROBE },
        ContextConfig { attach_type: Some(A::TraceKprobeSession), table: &TABLE_KPROBE },
        ContextConfig { attach_type: Some(A::TraceUprobeMulti), table: &TABLE_KPROBE },
        ContextConfig { attach_type: Some(A::TraceUprobeSession), table: &TABLE_KPROBE },
    ],
    &[
        ContextConfig { attach_type: None, table: &TABLE_SCHED_CLS },
        ContextConfig { attach_type: Some(A::TcxIngress), table: &TABLE_SCHED_CLS },
        ContextConfig { attach_type: Some(A::TcxEgress), table: &TABLE_SCHED_CLS },
        ContextConfig { attach_type: Some(A::NetkitPrimary), table: &TABLE_SCHED_CLS },
        ContextConfig { attach_type: Some(A::NetkitPeer), table: &TABLE_SCHED_CLS },
    ],
    &[
        ContextConfig { attach_type: None, table: &TABLE_SCHED_CLS },
    ],
    &[],
    &[
        ContextConfig { attach_type: None, table: &TABLE_XDP },
        ContextConfig { attach_type: Some(A::Xdp), table: &TABLE_XDP },
        ContextConfig { attach_type: Some(A::XdpCpumap), table: &TABLE_XDP },
        ContextConfig { attach_type: Some(A::XdpDevmap), table: &TABLE_XDP_2 },
    ],
    &[
        ContextConfig { attach_type: None, table: &TABLE_PERF_EVENT },
    ],
    &[
        ContextConfig { attach_type: Some(A::CgroupInetIngress), table: &TABLE_CGROUP_SKB },
        ContextConfig { attach_type: Some(A::CgroupInetEgress), table: &TABLE_CGROUP_SKB },
    ],
    &[
        ContextConfig { attach_type: Some(A::CgroupInetSockCreate), table: &TABLE_CGROUP_SOCK },
        ContextConfig { attach_type: Some(A::CgroupInetSockRelease), table: &TABLE_CGROUP_SOCK },
        ContextConfig { attach_type: Some(A::CgroupInet4PostBind), table: &TABLE_CGROUP_SOCK_2 },
        ContextConfig { attach_type: Some(A::CgroupInet6PostBind), table: &TABLE_CGROUP_SOCK_3 },
    ],
    &[
        ContextConfig { attach_type: None, table: &TABLE_LWT_IN },
    ],
    &[
        ContextConfig { attach_type: None, table: &TABLE_LWT_IN },
    ],
    &[
        ContextConfig { attach_type: None, table: &TABLE_LWT_IN },
    ],
    &[
        ContextConfig { attach_type: Some(A::CgroupSockOps), table: &TABLE_SOCK_OPS },
        ContextConfig { attach_type: None, table: &TABLE_SOCK_OPS },
    ],
    &[
        ContextConfig { attach_type: Some(A::SkSkbStreamParser), table: &TABLE_SK_SKB },
        ContextConfig { attach_type: Some(A::SkSkbStreamVerdict), table: &TABLE_SK_SKB },
        ContextConfig { attach_type: Some(A::SkSkbVerdict), table: &TABLE_SK_SKB },
    ],
    &[
        ContextConfig { attach_type: Some(A::CgroupDevice), table: &TABLE_CGROUP_DEVICE },
        ContextConfig { attach_type: None, table: &TABLE_CGROUP_DEVICE },
    ],
    &[
        ContextConfig { attach_type: Some(A::SkMsgVerdict), table: &TABLE_SK_MSG },
    ],
    &[],
    &[
        ContextConfig { attach_type: Some(A::CgroupInet4Bind), table: &TABLE_CGROUP_SOCK_ADDR },
        ContextConfig { attach_type: Some(A::CgroupInet4Connect), table: &TABLE_CGROUP_SOCK_ADDR },
        ContextConfig { attach_type: Some(A::CgroupUdp4Recvmsg), table: &TABLE_CGROUP_SOCK_ADDR },
        ContextConfig { attach_type: Some(A::CgroupInet4Getpeername), table: &TABLE_CGROUP_SOCK_ADDR },
        ContextConfig { attach_type: Some(A::CgroupInet4Getsockname), table: &TABLE_CGROUP_SOCK_ADDR },
        ContextConfig { attach_type: Some(A::CgroupInet6Bind), table: &TABLE_CGROUP_SOCK_ADDR_2 },
        ContextConfig { attach_type: Some(A::CgroupInet6Connect), table: &TABLE_CGROUP_SOCK_ADDR_2 },
        ContextConfig { attach_type: Some(A::CgroupUdp6Recvmsg), table: &TABLE_CGROUP_SOCK_ADDR_2 },
        ContextConfig { attach_type: Some(A::CgroupInet6Getpeername), table: &TABLE_CGROUP_SOCK_ADDR_2 },
        ContextConfig { attach_type: Some(A::CgroupInet6Getsockname), table: &TABLE_CGROUP_SOCK_ADDR_2 },
        ContextConfig { attach_type: Some(A::CgroupUnixConnect), table: &TABLE_CGROUP_SOCK_ADDR_3 },
        ContextConfig { attach_type: Some(A::CgroupUnixRecvmsg), table: &TABLE_CGROUP_SOCK_ADDR_3 },
        ContextConfig { attach_type: Some(A::CgroupUnixSendmsg), table: &TABLE_CGROUP_SOCK_ADDR_3 },
        ContextConfig { attach_type: Some(A::CgroupUnixGetpeername), table: &TABLE_CGROUP_SOCK_ADDR_3 },
        ContextConfig { attach_type: Some(A::CgroupUnixGetsockname), table: &TABLE_CGROUP_SOCK_ADDR_3 },
        ContextConfig { attach_type: Some(A::CgroupUdp4Sendmsg), table: &TABLE_CGROUP_SOCK_ADDR_4 },
        ContextConfig { attach_type: Some(A::CgroupUdp6Sendmsg), table: &TABLE_CGROUP_SOCK_ADDR_5 },
    ],
    &[
        ContextConfig { attach_type: None, table: &TABLE_LWT_IN },
    ],
    &[],
    &[
        ContextConfig { attach_type: Some(A::SkReuseportSelect), table: &TABLE_SK_REUSEPORT },
        ContextConfig { attach_type: Some(A::SkReuseportSelectOrMigrate), table: &TABLE_SK_REUSEPORT },
    ],
    &[
        ContextConfig { attach_type: Some(A::FlowDissector), table: &TABLE_FLOW_DISSECTOR },
    ],
    &[
        ContextConfig { attach_type: None, table: &TABLE_CGROUP_SYSCTL },
        ContextConfig { attach_type: Some(A::CgroupSysctl), table: &TABLE_CGROUP_SYSCTL },
    ],
    &[],
    &[
        ContextConfig { attach_type: Some(A::CgroupGetsockopt), table: &TABLE_CGROUP_SOCKOPT },
        ContextConfig { attach_type: Some(A::CgroupSetsockopt), table: &TABLE_CGROUP_SOCKOPT_2 },
    ],
    &[],
    &[],
    &[],
    &[],
    &[
        ContextConfig { attach_type: Some(A::SkLookup), table: &TABLE_SK_LOOKUP },
    ],
    &[],
    &[
        ContextConfig { attach_type: Some(A::Netfilter), table: &TABLE_NETFILTER },
    ],
];

static TABLE_CGROUP_DEVICE: ContextTable =
    ContextTable { struct_name: "bpf_cgroup_dev_ctx", size: 12, rule: ContextRule::Fields(&TABLE_CGROUP_DEVICE_FIELDS), aligned: true };

static TABLE_CGROUP_DEVICE_FIELDS: [CtxField; 3] = [
    CtxField { name: "access_type", offset: 0, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "major", offset: 4, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "minor", offset: 8, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
];

static TABLE_CGROUP_SKB: ContextTable =
    ContextTable { struct_name: "__sk_buff", size: 192, rule: ContextRule::Fields(&TABLE_CGROUP_SKB_FIELDS), aligned: true };

static TABLE_CGROUP_SKB_FIELDS: [CtxField; 34] = [
    CtxField { name: "len", offset: 0, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "pkt_type", offset: 4, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "mark", offset: 8, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: [S::NONE, S::NONE, S::ALIGNED, S::NONE], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "queue_mapping", offset: 12, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "protocol", offset: 16, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "vlan_present", offset: 20, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "vlan_tci", offset: 24, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "vlan_proto", offset: 28, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "priority", offset: 32, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: [S::NONE, S::NONE, S::ALIGNED, S::NONE], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "ingress_ifindex", offset: 36, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "ifindex", offset: 40, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "tc_index", offset: 44, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "cb", offset: 48, size: 20, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::ALIGNED], write: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::ALIGNED], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "hash", offset: 68, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "tc_classid", offset: 72, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "data", offset: 76, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::new(B::PtrToPacket, F::empty()), btf: None, read_cap: C::Bpf, write_cap: C::None },
    CtxField { name: "data_end", offset: 80, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::new(B::PtrToPacketEnd, F::empty()), btf: None, read_cap: C::Bpf, write_cap: C::None },
    CtxField { name: "napi_id", offset: 84, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "family", offset: 88, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "remote_ip4", offset: 92, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "local_ip4", offset: 96, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "remote_ip6", offset: 100, size: 16, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "local_ip6", offset: 116, size: 16, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "remote_port", offset: 132, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "local_port", offset: 136, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "data_meta", offset: 140, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "flow_keys", offset: 144, size: 8, elem_size: 8, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "tstamp", offset: 152, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: [S::NONE, S::NONE, S::NONE, S::ALIGNED], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::Bpf },
    CtxField { name: "wire_len", offset: 160, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "gso_segs", offset: 164, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "sk", offset: 168, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::new(B::PtrToSockCommon, F::MAYBE_NULL), btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "gso_size", offset: 176, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "tstamp_type", offset: 180, size: 1, elem_size: 1, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "hwtstamp", offset: 184, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
];

static TABLE_CGROUP_SOCK: ContextTable =
    ContextTable { struct_name: "bpf_sock", size: 80, rule: ContextRule::Fields(&TABLE_CGROUP_SOCK_FIELDS), aligned: true };

static TABLE_CGROUP_SOCK_FIELDS: [CtxField; 14] = [
    CtxField { name: "bound_dev_if", offset: 0, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: [S::NONE, S::NONE, S::ALIGNED, S::NONE], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "family", offset: 4, size: 4, elem_size: 4, read: [S(0x1), S(0x1), S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "type", offset: 8, size: 4, elem_size: 4, read: [S(0x1), S(0x1), S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "protocol", offset: 12, size: 4, elem_size: 4, read: [S(0x1), S(0x1), S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "mark", offset: 16, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: [S::NONE, S::NONE, S::ALIGNED, S::NONE], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "priority", offset: 20, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: [S::NONE, S::NONE, S::ALIGNED, S::NONE], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "src_ip4", offset: 24, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "src_ip6", offset: 28, size: 16, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "src_port", offset: 44, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "dst_port", offset: 48, size: 2, elem_size: 2, read: [S::ALIGNED, S::ALIGNED, S(0x1), S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "dst_ip4", offset: 52, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "dst_ip6", offset: 56, size: 16, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "state", offset: 72, size: 4, elem_size: 4, read: [S(0x1), S(0x1), S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "rx_queue_mapping", offset: 76, size: 4, elem_size: 4, read: [S(0x1), S(0x1), S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
];

static TABLE_CGROUP_SOCK_2: ContextTable =
    ContextTable { struct_name: "bpf_sock", size: 80, rule: ContextRule::Fields(&TABLE_CGROUP_SOCK_2_FIELDS), aligned: true };

static TABLE_CGROUP_SOCK_2_FIELDS: [CtxField; 14] = [
    CtxField { name: "bound_dev_if", offset: 0, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "family", offset: 4, size: 4, elem_size: 4, read: [S(0x1), S(0x1), S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "type", offset: 8, size: 4, elem_size: 4, read: [S(0x1), S(0x1), S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "protocol", offset: 12, size: 4, elem_size: 4, read: [S(0x1), S(0x1), S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "mark", offset: 16, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "priority", offset: 20, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "src_ip4", offset: 24, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "src_ip6", offset: 28, size: 16, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "src_port", offset: 44, size: 4, elem_size: 4, read: [S(0x1), S(0x1), S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "dst_port", offset: 48, size: 2, elem_size: 2, read: [S::ALIGNED, S::ALIGNED, S(0x1), S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "dst_ip4", offset: 52, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "dst_ip6", offset: 56, size: 16, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "state", offset: 72, size: 4, elem_size: 4, read: [S(0x1), S(0x1), S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "rx_queue_mapping", offset: 76, size: 4, elem_size: 4, read: [S(0x1), S(0x1), S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
];

static TABLE_CGROUP_SOCK_3: ContextTable =
    ContextTable { struct_name: "bpf_sock", size: 80, rule: ContextRule::Fields(&TABLE_CGROUP_SOCK_3_FIELDS), aligned: true };

static TABLE_CGROUP_SOCK_3_FIELDS: [CtxField; 14] = [
    CtxField { name: "bound_dev_if", offset: 0, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "family", offset: 4, size: 4, elem_size: 4, read: [S(0x1), S(0x1), S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "type", offset: 8, size: 4, elem_size: 4, read: [S(0x1), S(0x1), S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "protocol", offset: 12, size: 4, elem_size: 4, read: [S(0x1), S(0x1), S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "mark", offset: 16, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "priority", offset: 20, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "src_ip4", offset: 24, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "src_ip6", offset: 28, size: 16, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "src_port", offset: 44, size: 4, elem_size: 4, read: [S(0x1), S(0x1), S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "dst_port", offset: 48, size: 2, elem_size: 2, read: [S::ALIGNED, S::ALIGNED, S(0x1), S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "dst_ip4", offset: 52, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "dst_ip6", offset: 56, size: 16, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "state", offset: 72, size: 4, elem_size: 4, read: [S(0x1), S(0x1), S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "rx_queue_mapping", offset: 76, size: 4, elem_size: 4, read: [S(0x1), S(0x1), S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
];

static TABLE_CGROUP_SOCK_ADDR: ContextTable =
    ContextTable { struct_name: "bpf_sock_addr", size: 72, rule: ContextRule::Fields(&TABLE_CGROUP_SOCK_ADDR_FIELDS), aligned: true };

static TABLE_CGROUP_SOCK_ADDR_FIELDS: [CtxField; 10] = [
    CtxField { name: "user_family", offset: 0, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "user_ip4", offset: 4, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: [S::NONE, S::NONE, S::ALIGNED, S::NONE], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "user_ip6", offset: 8, size: 16, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "user_port", offset: 24, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: [S::NONE, S::NONE, S::ALIGNED, S::NONE], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "family", offset: 28, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "type", offset: 32, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "protocol", offset: 36, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "msg_src_ip4", offset: 40, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "msg_src_ip6", offset: 44, size: 16, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "sk", offset: 64, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::new(B::PtrToSocket, F::empty()), btf: None, read_cap: C::None, write_cap: C::None },
];

static TABLE_CGROUP_SOCK_ADDR_2: ContextTable =
    ContextTable { struct_name: "bpf_sock_addr", size: 72, rule: ContextRule::Fields(&TABLE_CGROUP_SOCK_ADDR_2_FIELDS), aligned: true };

static TABLE_CGROUP_SOCK_ADDR_2_FIELDS: [CtxField; 10] = [
    CtxField { name: "user_family", offset: 0, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "user_ip4", offset: 4, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "user_ip6", offset: 8, size: 16, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::ALIGNED], write: [S::NONE, S::NONE, S::ALIGNED, S::ALIGNED], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "user_port", offset: 24, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: [S::NONE, S::NONE, S::ALIGNED, S::NONE], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "family", offset: 28, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "type", offset: 32, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "protocol", offset: 36, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "msg_src_ip4", offset: 40, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "msg_src_ip6", offset: 44, size: 16, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "sk", offset: 64, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::new(B::PtrToSocket, F::empty()), btf: None, read_cap: C::None, write_cap: C::None },
];

static TABLE_CGROUP_SOCK_ADDR_3: ContextTable =
    ContextTable { struct_name: "bpf_sock_addr", size: 72, rule: ContextRule::Fields(&TABLE_CGROUP_SOCK_ADDR_3_FIELDS), aligned: true };

static TABLE_CGROUP_SOCK_ADDR_3_FIELDS: [CtxField; 10] = [
    CtxField { name: "user_family", offset: 0, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "user_ip4", offset: 4, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "user_ip6", offset: 8, size: 16, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "user_port", offset: 24, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: [S::NONE, S::NONE, S::ALIGNED, S::NONE], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "family", offset: 28, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "type", offset: 32, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "protocol", offset: 36, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "msg_src_ip4", offset: 40, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "msg_src_ip6", offset: 44, size: 16, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "sk", offset: 64, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::new(B::PtrToSocket, F::empty()), btf: None, read_cap: C::None, write_cap: C::None },
];

static TABLE_CGROUP_SOCK_ADDR_4: ContextTable =
    ContextTable { struct_name: "bpf_sock_addr", size: 72, rule: ContextRule::Fields(&TABLE_CGROUP_SOCK_ADDR_4_FIELDS), aligned: true };

static TABLE_CGROUP_SOCK_ADDR_4_FIELDS: [CtxField; 10] = [
    CtxField { name: "user_family", offset: 0, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "user_ip4", offset: 4, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: [S::NONE, S::NONE, S::ALIGNED, S::NONE], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "user_ip6", offset: 8, size: 16, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "user_port", offset: 24, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: [S::NONE, S::NONE, S::ALIGNED, S::NONE], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "family", offset: 28, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "type", offset: 32, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "protocol", offset: 36, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "msg_src_ip4", offset: 40, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: [S::NONE, S::NONE, S::ALIGNED, S::NONE], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "msg_src_ip6", offset: 44, size: 16, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "sk", offset: 64, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::new(B::PtrToSocket, F::empty()), btf: None, read_cap: C::None, write_cap: C::None },
];

static TABLE_CGROUP_SOCK_ADDR_5: ContextTable =
    ContextTable { struct_name: "bpf_sock_addr", size: 72, rule: ContextRule::Fields(&TABLE_CGROUP_SOCK_ADDR_5_FIELDS), aligned: true };

static TABLE_CGROUP_SOCK_ADDR_5_FIELDS: [CtxField; 10] = [
    CtxField { name: "user_family", offset: 0, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "user_ip4", offset: 4, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "user_ip6", offset: 8, size: 16, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::ALIGNED], write: [S::NONE, S::NONE, S::ALIGNED, S::ALIGNED], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "user_port", offset: 24, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: [S::NONE, S::NONE, S::ALIGNED, S::NONE], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "family", offset: 28, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "type", offset: 32, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "protocol", offset: 36, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "msg_src_ip4", offset: 40, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "msg_src_ip6", offset: 44, size: 16, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::ALIGNED], write: [S::NONE, S::NONE, S::ALIGNED, S::ALIGNED], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "sk", offset: 64, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::new(B::PtrToSocket, F::empty()), btf: None, read_cap: C::None, write_cap: C::None },
];

static TABLE_CGROUP_SOCKOPT: ContextTable =
    ContextTable { struct_name: "bpf_sockopt", size: 40, rule: ContextRule::Fields(&TABLE_CGROUP_SOCKOPT_FIELDS), aligned: true };

static TABLE_CGROUP_SOCKOPT_FIELDS: [CtxField; 7] = [
    CtxField { name: "sk", offset: 0, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::new(B::PtrToSocket, F::empty()), btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "optval", offset: 8, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::new(B::PtrToPacket, F::empty()), btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "optval_end", offset: 16, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::new(B::PtrToPacketEnd, F::empty()), btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "level", offset: 24, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "optname", offset: 28, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "optlen", offset: 32, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: [S::NONE, S::NONE, S::ALIGNED, S::NONE], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "retval", offset: 36, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: [S::NONE, S::NONE, S::ALIGNED, S::NONE], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
];

static TABLE_CGROUP_SOCKOPT_2: ContextTable =
    ContextTable { struct_name: "bpf_sockopt", size: 40, rule: ContextRule::Fields(&TABLE_CGROUP_SOCKOPT_2_FIELDS), aligned: true };

static TABLE_CGROUP_SOCKOPT_2_FIELDS: [CtxField; 7] = [
    CtxField { name: "sk", offset: 0, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::new(B::PtrToSocket, F::empty()), btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "optval", offset: 8, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::new(B::PtrToPacket, F::empty()), btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "optval_end", offset: 16, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::new(B::PtrToPacketEnd, F::empty()), btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "level", offset: 24, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: [S::NONE, S::NONE, S::ALIGNED, S::NONE], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "optname", offset: 28, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: [S::NONE, S::NONE, S::ALIGNED, S::NONE], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "optlen", offset: 32, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: [S::NONE, S::NONE, S::ALIGNED, S::NONE], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "retval", offset: 36, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
];

static TABLE_CGROUP_SYSCTL: ContextTable =
    ContextTable { struct_name: "bpf_sysctl", size: 8, rule: ContextRule::Fields(&TABLE_CGROUP_SYSCTL_FIELDS), aligned: true };

static TABLE_CGROUP_SYSCTL_FIELDS: [CtxField; 2] = [
    CtxField { name: "write", offset: 0, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "file_pos", offset: 4, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: [S::NONE, S::NONE, S::ALIGNED, S::NONE], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
];

static TABLE_FLOW_DISSECTOR: ContextTable =
    ContextTable { struct_name: "__sk_buff", size: 192, rule: ContextRule::Fields(&TABLE_FLOW_DISSECTOR_FIELDS), aligned: true };

static TABLE_FLOW_DISSECTOR_FIELDS: [CtxField; 34] = [
    CtxField { name: "len", offset: 0, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "pkt_type", offset: 4, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "mark", offset: 8, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "queue_mapping", offset: 12, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "protocol", offset: 16, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "vlan_present", offset: 20, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "vlan_tci", offset: 24, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "vlan_proto", offset: 28, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "priority", offset: 32, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "ingress_ifindex", offset: 36, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "ifindex", offset: 40, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "tc_index", offset: 44, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "cb", offset: 48, size: 20, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "hash", offset: 68, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "tc_classid", offset: 72, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "data", offset: 76, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::new(B::PtrToPacket, F::empty()), btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "data_end", offset: 80, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::new(B::PtrToPacketEnd, F::empty()), btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "napi_id", offset: 84, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "family", offset: 88, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "remote_ip4", offset: 92, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "local_ip4", offset: 96, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "remote_ip6", offset: 100, size: 16, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "local_ip6", offset: 116, size: 16, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "remote_port", offset: 132, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "local_port", offset: 136, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "data_meta", offset: 140, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "flow_keys", offset: 144, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::new(B::PtrToFlowKeys, F::empty()), btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "tstamp", offset: 152, size: 8, elem_size: 8, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "wire_len", offset: 160, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "gso_segs", offset: 164, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "sk", offset: 168, size: 8, elem_size: 8, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "gso_size", offset: 176, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "tstamp_type", offset: 180, size: 1, elem_size: 1, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "hwtstamp", offset: 184, size: 8, elem_size: 8, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
];

static TABLE_KPROBE: ContextTable =
    ContextTable { struct_name: "pt_regs", size: 168, rule: ContextRule::Fields(&TABLE_KPROBE_FIELDS), aligned: true };

static TABLE_KPROBE_FIELDS: [CtxField; 21] = [
    CtxField { name: "r15", offset: 0, size: 8, elem_size: 8, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::ALIGNED], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "r14", offset: 8, size: 8, elem_size: 8, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::ALIGNED], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "r13", offset: 16, size: 8, elem_size: 8, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::ALIGNED], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "r12", offset: 24, size: 8, elem_size: 8, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::ALIGNED], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "bp", offset: 32, size: 8, elem_size: 8, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::ALIGNED], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "bx", offset: 40, size: 8, elem_size: 8, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::ALIGNED], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "r11", offset: 48, size: 8, elem_size: 8, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::ALIGNED], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "r10", offset: 56, size: 8, elem_size: 8, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::ALIGNED], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "r9", offset: 64, size: 8, elem_size: 8, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::ALIGNED], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "r8", offset: 72, size: 8, elem_size: 8, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::ALIGNED], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "ax", offset: 80, size: 8, elem_size: 8, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::ALIGNED], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "cx", offset: 88, size: 8, elem_size: 8, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::ALIGNED], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "dx", offset: 96, size: 8, elem_size: 8, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::ALIGNED], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "si", offset: 104, size: 8, elem_size: 8, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::ALIGNED], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "di", offset: 112, size: 8, elem_size: 8, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::ALIGNED], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "orig_ax", offset: 120, size: 8, elem_size: 8, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::ALIGNED], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "ip", offset: 128, size: 8, elem_size: 8, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::ALIGNED], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "cs", offset: 136, size: 8, elem_size: 8, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::ALIGNED], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "flags", offset: 144, size: 8, elem_size: 8, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::ALIGNED], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "sp", offset: 152, size: 8, elem_size: 8, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::ALIGNED], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "ss", offset: 160, size: 8, elem_size: 8, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::ALIGNED], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
];

static TABLE_LWT_IN: ContextTable =
    ContextTable { struct_name: "__sk_buff", size: 192, rule: ContextRule::Fields(&TABLE_LWT_IN_FIELDS), aligned: true };

static TABLE_LWT_IN_FIELDS: [CtxField; 34] = [
    CtxField { name: "len", offset: 0, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "pkt_type", offset: 4, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "mark", offset: 8, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: [S::NONE, S::NONE, S::ALIGNED, S::NONE], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "queue_mapping", offset: 12, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "protocol", offset: 16, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "vlan_present", offset: 20, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "vlan_tci", offset: 24, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "vlan_proto", offset: 28, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "priority", offset: 32, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: [S::NONE, S::NONE, S::ALIGNED, S::NONE], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "ingress_ifindex", offset: 36, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "ifindex", offset: 40, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "tc_index", offset: 44, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "cb", offset: 48, size: 20, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::ALIGNED], write: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::ALIGNED], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "hash", offset: 68, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "tc_classid", offset: 72, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "data", offset: 76, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::new(B::PtrToPacket, F::empty()), btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "data_end", offset: 80, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::new(B::PtrToPacketEnd, F::empty()), btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "napi_id", offset: 84, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "family", offset: 88, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "remote_ip4", offset: 92, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "local_ip4", offset: 96, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "remote_ip6", offset: 100, size: 16, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "local_ip6", offset: 116, size: 16, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "remote_port", offset: 132, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "local_port", offset: 136, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "data_meta", offset: 140, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "flow_keys", offset: 144, size: 8, elem_size: 8, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "tstamp", offset: 152, size: 8, elem_size: 8, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "wire_len", offset: 160, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "gso_segs", offset: 164, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "sk", offset: 168, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::new(B::PtrToSockCommon, F::MAYBE_NULL), btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "gso_size", offset: 176, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "tstamp_type", offset: 180, size: 1, elem_size: 1, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "hwtstamp", offset: 184, size: 8, elem_size: 8, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
];

static TABLE_NETFILTER: ContextTable =
    ContextTable { struct_name: "bpf_nf_ctx", size: 16, rule: ContextRule::Fields(&TABLE_NETFILTER_FIELDS), aligned: true };

static TABLE_NETFILTER_FIELDS: [CtxField; 2] = [
    CtxField { name: "state", offset: 0, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::new(B::PtrToBtfId, F::PTR_TRUSTED), btf: Some("nf_hook_state"), read_cap: C::None, write_cap: C::None },
    CtxField { name: "skb", offset: 8, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::new(B::PtrToBtfId, F::PTR_TRUSTED), btf: Some("sk_buff"), read_cap: C::None, write_cap: C::None },
];

static TABLE_PERF_EVENT: ContextTable =
    ContextTable { struct_name: "bpf_perf_event_data", size: 184, rule: ContextRule::Fields(&TABLE_PERF_EVENT_FIELDS), aligned: true };

static TABLE_PERF_EVENT_FIELDS: [CtxField; 3] = [
    CtxField { name: "regs", offset: 0, size: 168, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "sample_period", offset: 168, size: 8, elem_size: 8, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::ALIGNED], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "addr", offset: 176, size: 8, elem_size: 8, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::ALIGNED], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
];

static TABLE_SCHED_CLS: ContextTable =
    ContextTable { struct_name: "__sk_buff", size: 192, rule: ContextRule::Fields(&TABLE_SCHED_CLS_FIELDS), aligned: true };

static TABLE_SCHED_CLS_FIELDS: [CtxField; 34] = [
    CtxField { name: "len", offset: 0, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "pkt_type", offset: 4, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "mark", offset: 8, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: [S::NONE, S::NONE, S::ALIGNED, S::NONE], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "queue_mapping", offset: 12, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: [S::NONE, S::NONE, S::ALIGNED, S::NONE], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "protocol", offset: 16, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "vlan_present", offset: 20, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "vlan_tci", offset: 24, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "vlan_proto", offset: 28, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "priority", offset: 32, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: [S::NONE, S::NONE, S::ALIGNED, S::NONE], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "ingress_ifindex", offset: 36, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "ifindex", offset: 40, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "tc_index", offset: 44, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: [S::NONE, S::NONE, S::ALIGNED, S::NONE], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "cb", offset: 48, size: 20, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::ALIGNED], write: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::ALIGNED], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "hash", offset: 68, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "tc_classid", offset: 72, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: [S::NONE, S::NONE, S::ALIGNED, S::NONE], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "data", offset: 76, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::new(B::PtrToPacket, F::empty()), btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "data_end", offset: 80, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::new(B::PtrToPacketEnd, F::empty()), btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "napi_id", offset: 84, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "family", offset: 88, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "remote_ip4", offset: 92, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "local_ip4", offset: 96, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "remote_ip6", offset: 100, size: 16, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "local_ip6", offset: 116, size: 16, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "remote_port", offset: 132, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "local_port", offset: 136, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "data_meta", offset: 140, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::new(B::PtrToPacketMeta, F::empty()), btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "flow_keys", offset: 144, size: 8, elem_size: 8, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "tstamp", offset: 152, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: [S::NONE, S::NONE, S::NONE, S::ALIGNED], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "wire_len", offset: 160, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "gso_segs", offset: 164, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "sk", offset: 168, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::new(B::PtrToSockCommon, F::MAYBE_NULL), btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "gso_size", offset: 176, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "tstamp_type", offset: 180, size: 1, elem_size: 1, read: [S::ALIGNED, S::NONE, S::NONE, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "hwtstamp", offset: 184, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
];

static TABLE_SK_LOOKUP: ContextTable =
    ContextTable { struct_name: "bpf_sk_lookup", size: 72, rule: ContextRule::Fields(&TABLE_SK_LOOKUP_FIELDS), aligned: true };

static TABLE_SK_LOOKUP_FIELDS: [CtxField; 11] = [
    CtxField { name: "sk", offset: 0, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::new(B::PtrToSocket, F::MAYBE_NULL), btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "family", offset: 8, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "protocol", offset: 12, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "remote_ip4", offset: 16, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "remote_ip6", offset: 20, size: 16, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "remote_port", offset: 36, size: 2, elem_size: 2, read: [S::ALIGNED, S::ALIGNED, S(0x1), S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "(padding)", offset: 38, size: 2, elem_size: 1, read: [S::ALIGNED, S::ALIGNED, S::NONE, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "local_ip4", offset: 40, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "local_ip6", offset: 44, size: 16, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "local_port", offset: 60, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "ingress_ifindex", offset: 64, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
];

static TABLE_SK_MSG: ContextTable =
    ContextTable { struct_name: "sk_msg_md", size: 80, rule: ContextRule::Fields(&TABLE_SK_MSG_FIELDS), aligned: true };

static TABLE_SK_MSG_FIELDS: [CtxField; 11] = [
    CtxField { name: "data", offset: 0, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::new(B::PtrToPacket, F::empty()), btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "data_end", offset: 8, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::new(B::PtrToPacketEnd, F::empty()), btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "family", offset: 16, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "remote_ip4", offset: 20, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "local_ip4", offset: 24, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "remote_ip6", offset: 28, size: 16, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "local_ip6", offset: 44, size: 16, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "remote_port", offset: 60, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "local_port", offset: 64, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "size", offset: 68, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "sk", offset: 72, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::new(B::PtrToSocket, F::empty()), btf: None, read_cap: C::None, write_cap: C::None },
];

static TABLE_SK_REUSEPORT: ContextTable =
    ContextTable { struct_name: "sk_reuseport_md", size: 56, rule: ContextRule::Fields(&TABLE_SK_REUSEPORT_FIELDS), aligned: true };

static TABLE_SK_REUSEPORT_FIELDS: [CtxField; 9] = [
    CtxField { name: "data", offset: 0, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::new(B::PtrToPacket, F::empty()), btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "data_end", offset: 8, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::new(B::PtrToPacketEnd, F::empty()), btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "len", offset: 16, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "eth_protocol", offset: 20, size: 4, elem_size: 4, read: [S::NONE, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "ip_protocol", offset: 24, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "bind_inany", offset: 28, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "hash", offset: 32, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "sk", offset: 40, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::new(B::PtrToSocket, F::empty()), btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "migrating_sk", offset: 48, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::new(B::PtrToSockCommon, F::MAYBE_NULL), btf: None, read_cap: C::None, write_cap: C::None },
];

static TABLE_SK_SKB: ContextTable =
    ContextTable { struct_name: "__sk_buff", size: 192, rule: ContextRule::Fields(&TABLE_SK_SKB_FIELDS), aligned: true };

static TABLE_SK_SKB_FIELDS: [CtxField; 34] = [
    CtxField { name: "len", offset: 0, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "pkt_type", offset: 4, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "mark", offset: 8, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "queue_mapping", offset: 12, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "protocol", offset: 16, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "vlan_present", offset: 20, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "vlan_tci", offset: 24, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "vlan_proto", offset: 28, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "priority", offset: 32, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: [S::NONE, S::NONE, S::ALIGNED, S::NONE], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "ingress_ifindex", offset: 36, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "ifindex", offset: 40, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "tc_index", offset: 44, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: [S::NONE, S::NONE, S::ALIGNED, S::NONE], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "cb", offset: 48, size: 20, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::ALIGNED], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "hash", offset: 68, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "tc_classid", offset: 72, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "data", offset: 76, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::new(B::PtrToPacket, F::empty()), btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "data_end", offset: 80, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::new(B::PtrToPacketEnd, F::empty()), btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "napi_id", offset: 84, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "family", offset: 88, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "remote_ip4", offset: 92, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "local_ip4", offset: 96, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "remote_ip6", offset: 100, size: 16, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "local_ip6", offset: 116, size: 16, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "remote_port", offset: 132, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "local_port", offset: 136, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "data_meta", offset: 140, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "flow_keys", offset: 144, size: 8, elem_size: 8, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "tstamp", offset: 152, size: 8, elem_size: 8, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "wire_len", offset: 160, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "gso_segs", offset: 164, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "sk", offset: 168, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::new(B::PtrToSockCommon, F::MAYBE_NULL), btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "gso_size", offset: 176, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "tstamp_type", offset: 180, size: 1, elem_size: 1, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "hwtstamp", offset: 184, size: 8, elem_size: 8, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
];

static TABLE_SOCK_OPS: ContextTable =
    ContextTable { struct_name: "bpf_sock_ops", size: 224, rule: ContextRule::Fields(&TABLE_SOCK_OPS_FIELDS), aligned: true };

static TABLE_SOCK_OPS_FIELDS: [CtxField; 41] = [
    CtxField { name: "op", offset: 0, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "args", offset: 4, size: 16, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: [S::NONE, S::NONE, S(0x1), S::NONE], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "family", offset: 20, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "remote_ip4", offset: 24, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "local_ip4", offset: 28, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "remote_ip6", offset: 32, size: 16, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "local_ip6", offset: 48, size: 16, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "remote_port", offset: 64, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "local_port", offset: 68, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "is_fullsock", offset: 72, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "snd_cwnd", offset: 76, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "srtt_us", offset: 80, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "bpf_sock_ops_cb_flags", offset: 84, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "state", offset: 88, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "rtt_min", offset: 92, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "snd_ssthresh", offset: 96, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "rcv_nxt", offset: 100, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "snd_nxt", offset: 104, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "snd_una", offset: 108, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "mss_cache", offset: 112, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "ecn_flags", offset: 116, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "rate_delivered", offset: 120, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "rate_interval_us", offset: 124, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "packets_out", offset: 128, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "retrans_out", offset: 132, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "total_retrans", offset: 136, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "segs_in", offset: 140, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "data_segs_in", offset: 144, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "segs_out", offset: 148, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "data_segs_out", offset: 152, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "lost_out", offset: 156, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "sacked_out", offset: 160, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "sk_txhash", offset: 164, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: [S::NONE, S::NONE, S::ALIGNED, S::NONE], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "bytes_received", offset: 168, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "bytes_acked", offset: 176, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "sk", offset: 184, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::new(B::PtrToSocket, F::MAYBE_NULL), btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "skb_data", offset: 192, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::new(B::PtrToPacket, F::empty()), btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "skb_data_end", offset: 200, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::new(B::PtrToPacketEnd, F::empty()), btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "skb_len", offset: 208, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "skb_tcp_flags", offset: 212, size: 4, elem_size: 4, read: [S(0x1), S(0x1), S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "skb_hwtstamp", offset: 216, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
];

static TABLE_SOCKET_FILTER: ContextTable =
    ContextTable { struct_name: "__sk_buff", size: 192, rule: ContextRule::Fields(&TABLE_SOCKET_FILTER_FIELDS), aligned: true };

static TABLE_SOCKET_FILTER_FIELDS: [CtxField; 34] = [
    CtxField { name: "len", offset: 0, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "pkt_type", offset: 4, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "mark", offset: 8, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "queue_mapping", offset: 12, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "protocol", offset: 16, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "vlan_present", offset: 20, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "vlan_tci", offset: 24, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "vlan_proto", offset: 28, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "priority", offset: 32, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "ingress_ifindex", offset: 36, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "ifindex", offset: 40, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "tc_index", offset: 44, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "cb", offset: 48, size: 20, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::ALIGNED], write: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::ALIGNED], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "hash", offset: 68, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "tc_classid", offset: 72, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "data", offset: 76, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "data_end", offset: 80, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "napi_id", offset: 84, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "family", offset: 88, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "remote_ip4", offset: 92, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "local_ip4", offset: 96, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "remote_ip6", offset: 100, size: 16, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "local_ip6", offset: 116, size: 16, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "remote_port", offset: 132, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "local_port", offset: 136, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "data_meta", offset: 140, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "flow_keys", offset: 144, size: 8, elem_size: 8, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "tstamp", offset: 152, size: 8, elem_size: 8, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "wire_len", offset: 160, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "gso_segs", offset: 164, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "sk", offset: 168, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::new(B::PtrToSockCommon, F::MAYBE_NULL), btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "gso_size", offset: 176, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "tstamp_type", offset: 180, size: 1, elem_size: 1, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "hwtstamp", offset: 184, size: 8, elem_size: 8, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
];

static TABLE_XDP: ContextTable =
    ContextTable { struct_name: "xdp_md", size: 24, rule: ContextRule::Fields(&TABLE_XDP_FIELDS), aligned: true };

static TABLE_XDP_FIELDS: [CtxField; 6] = [
    CtxField { name: "data", offset: 0, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::new(B::PtrToPacket, F::empty()), btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "data_end", offset: 4, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::new(B::PtrToPacketEnd, F::empty()), btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "data_meta", offset: 8, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::new(B::PtrToPacketMeta, F::empty()), btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "ingress_ifindex", offset: 12, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "rx_queue_index", offset: 16, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "egress_ifindex", offset: 20, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
];

static TABLE_XDP_2: ContextTable =
    ContextTable { struct_name: "xdp_md", size: 24, rule: ContextRule::Fields(&TABLE_XDP_2_FIELDS), aligned: true };

static TABLE_XDP_2_FIELDS: [CtxField; 6] = [
    CtxField { name: "data", offset: 0, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::new(B::PtrToPacket, F::empty()), btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "data_end", offset: 4, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::new(B::PtrToPacketEnd, F::empty()), btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "data_meta", offset: 8, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::new(B::PtrToPacketMeta, F::empty()), btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "ingress_ifindex", offset: 12, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "rx_queue_index", offset: 16, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "egress_ifindex", offset: 20, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
];

pub(crate) static OBJECT_SOCK_COMMON: ContextTable =
    ContextTable { struct_name: "bpf_sock", size: 80, rule: ContextRule::Fields(&OBJECT_SOCK_COMMON_FIELDS), aligned: false };

static OBJECT_SOCK_COMMON_FIELDS: [CtxField; 14] = [
    CtxField { name: "bound_dev_if", offset: 0, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "family", offset: 4, size: 4, elem_size: 4, read: [S(0x1), S(0x1), S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "type", offset: 8, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "protocol", offset: 12, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "mark", offset: 16, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "priority", offset: 20, size: 4, elem_size: 4, read: NONE, write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "src_ip4", offset: 24, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "src_ip6", offset: 28, size: 16, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "src_port", offset: 44, size: 4, elem_size: 4, read: [S(0x1), S(0x1), S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "dst_port", offset: 48, size: 2, elem_size: 2, read: [S::ALIGNED, S::ALIGNED, S(0x1), S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "dst_ip4", offset: 52, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "dst_ip6", offset: 56, size: 16, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "state", offset: 72, size: 4, elem_size: 4, read: [S(0x1), S(0x1), S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "rx_queue_mapping", offset: 76, size: 4, elem_size: 4, read: [S(0x1), S(0x1), S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
];

pub(crate) static OBJECT_SOCKET: ContextTable =
    ContextTable { struct_name: "bpf_sock", size: 80, rule: ContextRule::Fields(&OBJECT_SOCKET_FIELDS), aligned: false };

static OBJECT_SOCKET_FIELDS: [CtxField; 14] = [
    CtxField { name: "bound_dev_if", offset: 0, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "family", offset: 4, size: 4, elem_size: 4, read: [S(0x1), S(0x1), S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "type", offset: 8, size: 4, elem_size: 4, read: [S(0x1), S(0x1), S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "protocol", offset: 12, size: 4, elem_size: 4, read: [S(0x1), S(0x1), S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "mark", offset: 16, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "priority", offset: 20, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "src_ip4", offset: 24, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "src_ip6", offset: 28, size: 16, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "src_port", offset: 44, size: 4, elem_size: 4, read: [S(0x1), S(0x1), S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "dst_port", offset: 48, size: 2, elem_size: 2, read: [S::ALIGNED, S::ALIGNED, S(0x1), S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "dst_ip4", offset: 52, size: 4, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "dst_ip6", offset: 56, size: 16, elem_size: 4, read: [S::ALIGNED, S::ALIGNED, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "state", offset: 72, size: 4, elem_size: 4, read: [S(0x1), S(0x1), S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "rx_queue_mapping", offset: 76, size: 4, elem_size: 4, read: [S(0x1), S(0x1), S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
];

pub(crate) static OBJECT_TCP_SOCK: ContextTable =
    ContextTable { struct_name: "bpf_tcp_sock", size: 112, rule: ContextRule::Fields(&OBJECT_TCP_SOCK_FIELDS), aligned: false };

static OBJECT_TCP_SOCK_FIELDS: [CtxField; 26] = [
    CtxField { name: "snd_cwnd", offset: 0, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "srtt_us", offset: 4, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "rtt_min", offset: 8, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "snd_ssthresh", offset: 12, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "rcv_nxt", offset: 16, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "snd_nxt", offset: 20, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "snd_una", offset: 24, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "mss_cache", offset: 28, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "ecn_flags", offset: 32, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "rate_delivered", offset: 36, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "rate_interval_us", offset: 40, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "packets_out", offset: 44, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "retrans_out", offset: 48, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "total_retrans", offset: 52, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "segs_in", offset: 56, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "data_segs_in", offset: 60, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "segs_out", offset: 64, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "data_segs_out", offset: 68, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "lost_out", offset: 72, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "sacked_out", offset: 76, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "bytes_received", offset: 80, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "bytes_acked", offset: 88, size: 8, elem_size: 8, read: [S::NONE, S::NONE, S::NONE, S::ALIGNED], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "dsack_dups", offset: 96, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "delivered", offset: 100, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "delivered_ce", offset: 104, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "icsk_retransmits", offset: 108, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
];

pub(crate) static OBJECT_XDP_SOCK: ContextTable =
    ContextTable { struct_name: "bpf_xdp_sock", size: 4, rule: ContextRule::Fields(&OBJECT_XDP_SOCK_FIELDS), aligned: false };

static OBJECT_XDP_SOCK_FIELDS: [CtxField; 1] = [
    CtxField { name: "queue_id", offset: 0, size: 4, elem_size: 4, read: [S::NONE, S::NONE, S::ALIGNED, S::NONE], write: NONE, reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
];

pub(crate) static OBJECT_FLOW_KEYS: ContextTable =
    ContextTable { struct_name: "bpf_flow_keys", size: 56, rule: ContextRule::Fields(&OBJECT_FLOW_KEYS_FIELDS), aligned: false };

static OBJECT_FLOW_KEYS_FIELDS: [CtxField; 15] = [
    CtxField { name: "nhoff", offset: 0, size: 2, elem_size: 2, read: [S::ALIGNED, S(0x3), S(0x3), S(0x3)], write: [S::ALIGNED, S(0x3), S(0x3), S(0x3)], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "thoff", offset: 2, size: 2, elem_size: 2, read: [S::ALIGNED, S(0x3), S(0x3), S(0x3)], write: [S::ALIGNED, S(0x3), S(0x3), S(0x3)], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "addr_proto", offset: 4, size: 2, elem_size: 2, read: [S::ALIGNED, S(0x3), S(0x3), S(0x3)], write: [S::ALIGNED, S(0x3), S(0x3), S(0x3)], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "is_frag", offset: 6, size: 1, elem_size: 1, read: [S::ALIGNED, S(0x1), S(0x1), S(0x1)], write: [S::ALIGNED, S(0x1), S(0x1), S(0x1)], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "is_first_frag", offset: 7, size: 1, elem_size: 1, read: [S::ALIGNED, S(0x1), S(0x1), S(0x1)], write: [S::ALIGNED, S(0x1), S(0x1), S(0x1)], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "is_encap", offset: 8, size: 1, elem_size: 1, read: [S::ALIGNED, S(0x1), S(0x1), S(0x1)], write: [S::ALIGNED, S(0x1), S(0x1), S(0x1)], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "ip_proto", offset: 9, size: 1, elem_size: 1, read: [S::ALIGNED, S(0x1), S(0x1), S(0x1)], write: [S::ALIGNED, S(0x1), S(0x1), S(0x1)], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "n_proto", offset: 10, size: 2, elem_size: 2, read: [S::ALIGNED, S(0x3), S(0x3), S(0x3)], write: [S::ALIGNED, S(0x3), S(0x3), S(0x3)], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "sport", offset: 12, size: 2, elem_size: 2, read: [S::ALIGNED, S(0x3), S(0x3), S(0x3)], write: [S::ALIGNED, S(0x3), S(0x3), S(0x3)], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "dport", offset: 14, size: 2, elem_size: 2, read: [S::ALIGNED, S(0x3), S(0x3), S(0x3)], write: [S::ALIGNED, S(0x3), S(0x3), S(0x3)], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "ipv4_src", offset: 16, size: 4, elem_size: 4, read: [S::ALIGNED, S(0xf), S(0xf), S(0xf)], write: [S::ALIGNED, S(0xf), S(0xf), S(0xf)], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "ipv4_dst", offset: 20, size: 4, elem_size: 4, read: [S::ALIGNED, S(0xf), S(0xf), S(0xf)], write: [S::ALIGNED, S(0xf), S(0xf), S(0xf)], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "(padding)", offset: 24, size: 24, elem_size: 1, read: [S::ALIGNED, S(0xffffff), S(0xffffff), S(0xffffff)], write: [S::ALIGNED, S(0xffffff), S(0xffffff), S(0xffffff)], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "flags", offset: 48, size: 4, elem_size: 4, read: [S::ALIGNED, S(0xf), S(0xf), S(0x1)], write: [S::ALIGNED, S(0xf), S(0xf), S(0x1)], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
    CtxField { name: "flow_label", offset: 52, size: 4, elem_size: 4, read: [S::ALIGNED, S(0x7), S::ALIGNED, S::NONE], write: [S::ALIGNED, S(0x7), S::ALIGNED, S::NONE], reg: RegType::SCALAR, btf: None, read_cap: C::None, write_cap: C::None },
];
