//! Facts about program types and the rules per attach type.
//!
//! Generated from `data/prog_types.json` by `cargo xtask codegen`; do not edit.

use skep_uapi::{AttachType as A, ProgType as T};

use crate::prog_type::{
    ExpectedAttach, PacketAccess, PacketToHelper, ProgRules, ProgTypeInfo, ReturnRange as R, SleepRule, TestRun,
};
use crate::{Caps, Sleepable};

pub(crate) static PROG_TYPES: [ProgTypeInfo; 32] = [
    ProgTypeInfo { prog_type: T::SocketFilter, load_caps: Caps::empty(), test_run: Some(TestRun::Skb), may_attach_btf_id: false, may_attach_prog_fd: false, expected_attach: ExpectedAttach::Any, packet_access: PacketAccess::None, packet_to_helper: PacketToHelper::Never, ld_abs: true, sleepable: SleepRule::Never, gpl_required: false, tracing_map_limits: false },
    ProgTypeInfo { prog_type: T::Kprobe, load_caps: Caps::BPF.union(Caps::PERFMON), test_run: None, may_attach_btf_id: false, may_attach_prog_fd: false, expected_attach: ExpectedAttach::Any, packet_access: PacketAccess::None, packet_to_helper: PacketToHelper::Never, ld_abs: false, sleepable: SleepRule::May, gpl_required: false, tracing_map_limits: true },
    ProgTypeInfo { prog_type: T::SchedCls, load_caps: Caps::BPF.union(Caps::NET_ADMIN), test_run: Some(TestRun::Skb), may_attach_btf_id: false, may_attach_prog_fd: false, expected_attach: ExpectedAttach::Any, packet_access: PacketAccess::ReadWrite, packet_to_helper: PacketToHelper::PktAccessProtos, ld_abs: true, sleepable: SleepRule::Never, gpl_required: false, tracing_map_limits: false },
    ProgTypeInfo { prog_type: T::SchedAct, load_caps: Caps::BPF.union(Caps::NET_ADMIN), test_run: Some(TestRun::Skb), may_attach_btf_id: false, may_attach_prog_fd: false, expected_attach: ExpectedAttach::Any, packet_access: PacketAccess::ReadWrite, packet_to_helper: PacketToHelper::PktAccessProtos, ld_abs: true, sleepable: SleepRule::Never, gpl_required: false, tracing_map_limits: false },
    ProgTypeInfo { prog_type: T::Tracepoint, load_caps: Caps::BPF.union(Caps::PERFMON), test_run: None, may_attach_btf_id: false, may_attach_prog_fd: false, expected_attach: ExpectedAttach::Any, packet_access: PacketAccess::None, packet_to_helper: PacketToHelper::Never, ld_abs: false, sleepable: SleepRule::Never, gpl_required: false, tracing_map_limits: true },
    ProgTypeInfo { prog_type: T::Xdp, load_caps: Caps::BPF.union(Caps::NET_ADMIN), test_run: Some(TestRun::Xdp), may_attach_btf_id: false, may_attach_prog_fd: false, expected_attach: ExpectedAttach::Any, packet_access: PacketAccess::ReadWrite, packet_to_helper: PacketToHelper::PktAccessProtos, ld_abs: false, sleepable: SleepRule::Never, gpl_required: false, tracing_map_limits: false },
    ProgTypeInfo { prog_type: T::PerfEvent, load_caps: Caps::BPF.union(Caps::PERFMON), test_run: None, may_attach_btf_id: false, may_attach_prog_fd: false, expected_attach: ExpectedAttach::Any, packet_access: PacketAccess::None, packet_to_helper: PacketToHelper::Never, ld_abs: false, sleepable: SleepRule::Never, gpl_required: false, tracing_map_limits: true },
    ProgTypeInfo { prog_type: T::CgroupSkb, load_caps: Caps::empty(), test_run: Some(TestRun::Skb), may_attach_btf_id: false, may_attach_prog_fd: false, expected_attach: ExpectedAttach::OneOf(&[0, 1]), packet_access: PacketAccess::Read, packet_to_helper: PacketToHelper::PktAccessProtos, ld_abs: false, sleepable: SleepRule::Never, gpl_required: false, tracing_map_limits: false },
    ProgTypeInfo { prog_type: T::CgroupSock, load_caps: Caps::BPF.union(Caps::NET_ADMIN), test_run: None, may_attach_btf_id: false, may_attach_prog_fd: false, expected_attach: ExpectedAttach::OneOf(&[0, 2, 12, 13, 34]), packet_access: PacketAccess::None, packet_to_helper: PacketToHelper::Never, ld_abs: false, sleepable: SleepRule::Never, gpl_required: false, tracing_map_limits: false },
    ProgTypeInfo { prog_type: T::LwtIn, load_caps: Caps::BPF.union(Caps::NET_ADMIN), test_run: Some(TestRun::Skb), may_attach_btf_id: false, may_attach_prog_fd: false, expected_attach: ExpectedAttach::Any, packet_access: PacketAccess::Read, packet_to_helper: PacketToHelper::PktAccessProtos, ld_abs: false, sleepable: SleepRule::Never, gpl_required: false, tracing_map_limits: false },
    ProgTypeInfo { prog_type: T::LwtOut, load_caps: Caps::BPF.union(Caps::NET_ADMIN), test_run: Some(TestRun::Skb), may_attach_btf_id: false, may_attach_prog_fd: false, expected_attach: ExpectedAttach::Any, packet_access: PacketAccess::Read, packet_to_helper: PacketToHelper::PktAccessProtos, ld_abs: false, sleepable: SleepRule::Never, gpl_required: false, tracing_map_limits: false },
    ProgTypeInfo { prog_type: T::LwtXmit, load_caps: Caps::BPF.union(Caps::NET_ADMIN), test_run: Some(TestRun::Skb), may_attach_btf_id: false, may_attach_prog_fd: false, expected_attach: ExpectedAttach::Any, packet_access: PacketAccess::ReadWrite, packet_to_helper: PacketToHelper::PktAccessProtos, ld_abs: false, sleepable: SleepRule::Never, gpl_required: false, tracing_map_limits: false },
    ProgTypeInfo { prog_type: T::SockOps, load_caps: Caps::BPF.union(Caps::NET_ADMIN), test_run: None, may_attach_btf_id: false, may_attach_prog_fd: false, expected_attach: ExpectedAttach::Any, packet_access: PacketAccess::Read, packet_to_helper: PacketToHelper::Never, ld_abs: false, sleepable: SleepRule::Never, gpl_required: false, tracing_map_limits: false },
    ProgTypeInfo { prog_type: T::SkSkb, load_caps: Caps::BPF.union(Caps::NET_ADMIN), test_run: None, may_attach_btf_id: false, may_attach_prog_fd: false, expected_attach: ExpectedAttach::Any, packet_access: PacketAccess::ReadWrite, packet_to_helper: PacketToHelper::PktAccessProtos, ld_abs: false, sleepable: SleepRule::Never, gpl_required: false, tracing_map_limits: false },
    ProgTypeInfo { prog_type: T::CgroupDevice, load_caps: Caps::BPF.union(Caps::NET_ADMIN), test_run: None, may_attach_btf_id: false, may_attach_prog_fd: false, expected_attach: ExpectedAttach::Any, packet_access: PacketAccess::None, packet_to_helper: PacketToHelper::Never, ld_abs: false, sleepable: SleepRule::Never, gpl_required: false, tracing_map_limits: false },
    ProgTypeInfo { prog_type: T::SkMsg, load_caps: Caps::BPF.union(Caps::NET_ADMIN), test_run: None, may_attach_btf_id: false, may_attach_prog_fd: false, expected_attach: ExpectedAttach::Any, packet_access: PacketAccess::ReadWrite, packet_to_helper: PacketToHelper::PktAccessProtos, ld_abs: false, sleepable: SleepRule::Never, gpl_required: false, tracing_map_limits: false },
    ProgTypeInfo { prog_type: T::RawTracepoint, load_caps: Caps::BPF.union(Caps::PERFMON), test_run: Some(TestRun::RawTp), may_attach_btf_id: false, may_attach_prog_fd: false, expected_attach: ExpectedAttach::Any, packet_access: PacketAccess::None, packet_to_helper: PacketToHelper::Never, ld_abs: false, sleepable: SleepRule::Never, gpl_required: false, tracing_map_limits: true },
    ProgTypeInfo { prog_type: T::CgroupSockAddr, load_caps: Caps::BPF.union(Caps::NET_ADMIN), test_run: None, may_attach_btf_id: false, may_attach_prog_fd: false, expected_attach: ExpectedAttach::OneOf(&[8, 9, 10, 11, 14, 15, 19, 20, 29, 30, 31, 32, 49, 50, 51, 52, 53]), packet_access: PacketAccess::None, packet_to_helper: PacketToHelper::Never, ld_abs: false, sleepable: SleepRule::Never, gpl_required: false, tracing_map_limits: false },
    ProgTypeInfo { prog_type: T::LwtSeg6local, load_caps: Caps::BPF.union(Caps::NET_ADMIN), test_run: None, may_attach_btf_id: false, may_attach_prog_fd: false, expected_attach: ExpectedAttach::Any, packet_access: PacketAccess::Read, packet_to_helper: PacketToHelper::PktAccessProtos, ld_abs: false, sleepable: SleepRule::Never, gpl_required: false, tracing_map_limits: false },
    ProgTypeInfo { prog_type: T::LircMode2, load_caps: Caps::BPF, test_run: None, may_attach_btf_id: false, may_attach_prog_fd: false, expected_attach: ExpectedAttach::Any, packet_access: PacketAccess::None, packet_to_helper: PacketToHelper::Never, ld_abs: false, sleepable: SleepRule::Never, gpl_required: false, tracing_map_limits: false },
    ProgTypeInfo { prog_type: T::SkReuseport, load_caps: Caps::BPF, test_run: None, may_attach_btf_id: false, may_attach_prog_fd: false, expected_attach: ExpectedAttach::OneOf(&[0, 39, 40]), packet_access: PacketAccess::Read, packet_to_helper: PacketToHelper::PktAccessProtos, ld_abs: false, sleepable: SleepRule::Never, gpl_required: false, tracing_map_limits: false },
    ProgTypeInfo { prog_type: T::FlowDissector, load_caps: Caps::BPF.union(Caps::NET_ADMIN), test_run: Some(TestRun::FlowDissector), may_attach_btf_id: false, may_attach_prog_fd: false, expected_attach: ExpectedAttach::Any, packet_access: PacketAccess::Read, packet_to_helper: PacketToHelper::PktAccessProtos, ld_abs: false, sleepable: SleepRule::Never, gpl_required: false, tracing_map_limits: false },
    ProgTypeInfo { prog_type: T::CgroupSysctl, load_caps: Caps::BPF.union(Caps::NET_ADMIN), test_run: None, may_attach_btf_id: false, may_attach_prog_fd: false, expected_attach: ExpectedAttach::Any, packet_access: PacketAccess::None, packet_to_helper: PacketToHelper::Never, ld_abs: false, sleepable: SleepRule::Never, gpl_required: false, tracing_map_limits: false },
    ProgTypeInfo { prog_type: T::RawTracepointWritable, load_caps: Caps::BPF.union(Caps::PERFMON), test_run: None, may_attach_btf_id: false, may_attach_prog_fd: false, expected_attach: ExpectedAttach::Any, packet_access: PacketAccess::None, packet_to_helper: PacketToHelper::Never, ld_abs: false, sleepable: SleepRule::Never, gpl_required: false, tracing_map_limits: true },
    ProgTypeInfo { prog_type: T::CgroupSockopt, load_caps: Caps::BPF.union(Caps::NET_ADMIN), test_run: None, may_attach_btf_id: false, may_attach_prog_fd: false, expected_attach: ExpectedAttach::OneOf(&[21, 22]), packet_access: PacketAccess::ReadWrite, packet_to_helper: PacketToHelper::Any, ld_abs: false, sleepable: SleepRule::Never, gpl_required: false, tracing_map_limits: false },
    ProgTypeInfo { prog_type: T::Tracing, load_caps: Caps::BPF.union(Caps::PERFMON), test_run: Some(TestRun::Tracing), may_attach_btf_id: true, may_attach_prog_fd: true, expected_attach: ExpectedAttach::OneOf(&[23, 24, 25, 26, 28]), packet_access: PacketAccess::None, packet_to_helper: PacketToHelper::Never, ld_abs: false, sleepable: SleepRule::TracingSome, gpl_required: false, tracing_map_limits: false },
    ProgTypeInfo { prog_type: T::StructOps, load_caps: Caps::BPF.union(Caps::PERFMON), test_run: Some(TestRun::StructOps), may_attach_btf_id: true, may_attach_prog_fd: false, expected_attach: ExpectedAttach::StructOpsMember, packet_access: PacketAccess::None, packet_to_helper: PacketToHelper::Never, ld_abs: false, sleepable: SleepRule::May, gpl_required: true, tracing_map_limits: false },
    ProgTypeInfo { prog_type: T::Ext, load_caps: Caps::BPF.union(Caps::NET_ADMIN).union(Caps::PERFMON), test_run: None, may_attach_btf_id: true, may_attach_prog_fd: true, expected_attach: ExpectedAttach::OneOf(&[0]), packet_access: PacketAccess::None, packet_to_helper: PacketToHelper::Never, ld_abs: false, sleepable: SleepRule::Never, gpl_required: false, tracing_map_limits: false },
    ProgTypeInfo { prog_type: T::Lsm, load_caps: Caps::BPF.union(Caps::PERFMON), test_run: None, may_attach_btf_id: true, may_attach_prog_fd: false, expected_attach: ExpectedAttach::OneOf(&[27, 43]), packet_access: PacketAccess::None, packet_to_helper: PacketToHelper::Never, ld_abs: false, sleepable: SleepRule::LsmSome, gpl_required: true, tracing_map_limits: false },
    ProgTypeInfo { prog_type: T::SkLookup, load_caps: Caps::BPF, test_run: Some(TestRun::SkLookup), may_attach_btf_id: false, may_attach_prog_fd: false, expected_attach: ExpectedAttach::OneOf(&[36]), packet_access: PacketAccess::None, packet_to_helper: PacketToHelper::Never, ld_abs: false, sleepable: SleepRule::Never, gpl_required: false, tracing_map_limits: false },
    ProgTypeInfo { prog_type: T::Syscall, load_caps: Caps::BPF, test_run: Some(TestRun::Syscall), may_attach_btf_id: false, may_attach_prog_fd: false, expected_attach: ExpectedAttach::OneOf(&[0]), packet_access: PacketAccess::None, packet_to_helper: PacketToHelper::Never, ld_abs: false, sleepable: SleepRule::Must, gpl_required: false, tracing_map_limits: false },
    ProgTypeInfo { prog_type: T::Netfilter, load_caps: Caps::BPF.union(Caps::NET_ADMIN), test_run: Some(TestRun::Netfilter), may_attach_btf_id: false, may_attach_prog_fd: false, expected_attach: ExpectedAttach::OneOf(&[45]), packet_access: PacketAccess::None, packet_to_helper: PacketToHelper::Never, ld_abs: false, sleepable: SleepRule::Never, gpl_required: false, tracing_map_limits: false },
];

pub(crate) static PROG_RULES: [&[ProgRules]; 33] = [
    &[],
    &[
        ProgRules { prog_type: T::SocketFilter, attach_type: None, sleepable: Sleepable::No, returns: R::Any, tail_call: true, return_pointer: true },
    ],
    &[
        ProgRules { prog_type: T::Kprobe, attach_type: None, sleepable: Sleepable::No, returns: R::Any, tail_call: true, return_pointer: true },
        ProgRules { prog_type: T::Kprobe, attach_type: None, sleepable: Sleepable::Yes, returns: R::Any, tail_call: false, return_pointer: true },
        ProgRules { prog_type: T::Kprobe, attach_type: Some(A::TraceKprobeMulti), sleepable: Sleepable::No, returns: R::Any, tail_call: true, return_pointer: true },
        ProgRules { prog_type: T::Kprobe, attach_type: Some(A::TraceKprobeMulti), sleepable: Sleepable::Yes, returns: R::Any, tail_call: false, return_pointer: true },
        ProgRules { prog_type: T::Kprobe, attach_type: Some(A::TraceKprobeSession), sleepable: Sleepable::No, returns: R::Range(0, 1), tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::Kprobe, attach_type: Some(A::TraceKprobeSession), sleepable: Sleepable::Yes, returns: R::Range(0, 1), tail_call: false, return_pointer: false },
        ProgRules { prog_type: T::Kprobe, attach_type: Some(A::TraceUprobeMulti), sleepable: Sleepable::No, returns: R::Any, tail_call: true, return_pointer: true },
        ProgRules { prog_type: T::Kprobe, attach_type: Some(A::TraceUprobeMulti), sleepable: Sleepable::Yes, returns: R::Any, tail_call: false, return_pointer: true },
        ProgRules { prog_type: T::Kprobe, attach_type: Some(A::TraceUprobeSession), sleepable: Sleepable::No, returns: R::Range(0, 1), tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::Kprobe, attach_type: Some(A::TraceUprobeSession), sleepable: Sleepable::Yes, returns: R::Range(0, 1), tail_call: false, return_pointer: false },
    ],
    &[
        ProgRules { prog_type: T::SchedCls, attach_type: None, sleepable: Sleepable::No, returns: R::Any, tail_call: true, return_pointer: true },
        ProgRules { prog_type: T::SchedCls, attach_type: Some(A::TcxIngress), sleepable: Sleepable::No, returns: R::Any, tail_call: true, return_pointer: true },
        ProgRules { prog_type: T::SchedCls, attach_type: Some(A::TcxEgress), sleepable: Sleepable::No, returns: R::Any, tail_call: true, return_pointer: true },
        ProgRules { prog_type: T::SchedCls, attach_type: Some(A::NetkitPrimary), sleepable: Sleepable::No, returns: R::Any, tail_call: true, return_pointer: true },
        ProgRules { prog_type: T::SchedCls, attach_type: Some(A::NetkitPeer), sleepable: Sleepable::No, returns: R::Any, tail_call: true, return_pointer: true },
    ],
    &[
        ProgRules { prog_type: T::SchedAct, attach_type: None, sleepable: Sleepable::No, returns: R::Any, tail_call: true, return_pointer: true },
    ],
    &[
        ProgRules { prog_type: T::Tracepoint, attach_type: None, sleepable: Sleepable::No, returns: R::Any, tail_call: true, return_pointer: true },
    ],
    &[
        ProgRules { prog_type: T::Xdp, attach_type: None, sleepable: Sleepable::No, returns: R::Any, tail_call: true, return_pointer: true },
        ProgRules { prog_type: T::Xdp, attach_type: Some(A::Xdp), sleepable: Sleepable::No, returns: R::Any, tail_call: true, return_pointer: true },
        ProgRules { prog_type: T::Xdp, attach_type: Some(A::XdpDevmap), sleepable: Sleepable::No, returns: R::Any, tail_call: true, return_pointer: true },
        ProgRules { prog_type: T::Xdp, attach_type: Some(A::XdpCpumap), sleepable: Sleepable::No, returns: R::Any, tail_call: true, return_pointer: true },
    ],
    &[
        ProgRules { prog_type: T::PerfEvent, attach_type: None, sleepable: Sleepable::No, returns: R::Any, tail_call: true, return_pointer: true },
    ],
    &[
        ProgRules { prog_type: T::CgroupSkb, attach_type: Some(A::CgroupInetIngress), sleepable: Sleepable::No, returns: R::Range(0, 1), tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::CgroupSkb, attach_type: Some(A::CgroupInetEgress), sleepable: Sleepable::No, returns: R::Range(0, 3), tail_call: true, return_pointer: false },
    ],
    &[
        ProgRules { prog_type: T::CgroupSock, attach_type: Some(A::CgroupInetSockCreate), sleepable: Sleepable::No, returns: R::Range(0, 1), tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::CgroupSock, attach_type: Some(A::CgroupInetSockRelease), sleepable: Sleepable::No, returns: R::Range(0, 1), tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::CgroupSock, attach_type: Some(A::CgroupInet4PostBind), sleepable: Sleepable::No, returns: R::Range(0, 1), tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::CgroupSock, attach_type: Some(A::CgroupInet6PostBind), sleepable: Sleepable::No, returns: R::Range(0, 1), tail_call: true, return_pointer: false },
    ],
    &[
        ProgRules { prog_type: T::LwtIn, attach_type: None, sleepable: Sleepable::No, returns: R::Any, tail_call: true, return_pointer: true },
    ],
    &[
        ProgRules { prog_type: T::LwtOut, attach_type: None, sleepable: Sleepable::No, returns: R::Any, tail_call: true, return_pointer: true },
    ],
    &[
        ProgRules { prog_type: T::LwtXmit, attach_type: None, sleepable: Sleepable::No, returns: R::Any, tail_call: true, return_pointer: true },
    ],
    &[
        ProgRules { prog_type: T::SockOps, attach_type: Some(A::CgroupSockOps), sleepable: Sleepable::No, returns: R::Range(0, 1), tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::SockOps, attach_type: None, sleepable: Sleepable::No, returns: R::Range(0, 1), tail_call: true, return_pointer: false },
    ],
    &[
        ProgRules { prog_type: T::SkSkb, attach_type: Some(A::SkSkbStreamParser), sleepable: Sleepable::No, returns: R::Any, tail_call: true, return_pointer: true },
        ProgRules { prog_type: T::SkSkb, attach_type: Some(A::SkSkbStreamVerdict), sleepable: Sleepable::No, returns: R::Any, tail_call: true, return_pointer: true },
        ProgRules { prog_type: T::SkSkb, attach_type: Some(A::SkSkbVerdict), sleepable: Sleepable::No, returns: R::Any, tail_call: true, return_pointer: true },
    ],
    &[
        ProgRules { prog_type: T::CgroupDevice, attach_type: Some(A::CgroupDevice), sleepable: Sleepable::No, returns: R::Range(0, 1), tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::CgroupDevice, attach_type: None, sleepable: Sleepable::No, returns: R::Range(0, 1), tail_call: true, return_pointer: false },
    ],
    &[
        ProgRules { prog_type: T::SkMsg, attach_type: Some(A::SkMsgVerdict), sleepable: Sleepable::No, returns: R::Any, tail_call: true, return_pointer: true },
    ],
    &[
        ProgRules { prog_type: T::RawTracepoint, attach_type: None, sleepable: Sleepable::No, returns: R::Any, tail_call: true, return_pointer: true },
    ],
    &[
        ProgRules { prog_type: T::CgroupSockAddr, attach_type: Some(A::CgroupInet4Bind), sleepable: Sleepable::No, returns: R::Range(0, 3), tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::CgroupSockAddr, attach_type: Some(A::CgroupInet6Bind), sleepable: Sleepable::No, returns: R::Range(0, 3), tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::CgroupSockAddr, attach_type: Some(A::CgroupInet4Connect), sleepable: Sleepable::No, returns: R::Range(0, 1), tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::CgroupSockAddr, attach_type: Some(A::CgroupInet6Connect), sleepable: Sleepable::No, returns: R::Range(0, 1), tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::CgroupSockAddr, attach_type: Some(A::CgroupUnixConnect), sleepable: Sleepable::No, returns: R::Range(0, 1), tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::CgroupSockAddr, attach_type: Some(A::CgroupUdp4Recvmsg), sleepable: Sleepable::No, returns: R::Range(1, 1), tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::CgroupSockAddr, attach_type: Some(A::CgroupUdp6Recvmsg), sleepable: Sleepable::No, returns: R::Range(1, 1), tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::CgroupSockAddr, attach_type: Some(A::CgroupUnixRecvmsg), sleepable: Sleepable::No, returns: R::Range(1, 1), tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::CgroupSockAddr, attach_type: Some(A::CgroupUdp4Sendmsg), sleepable: Sleepable::No, returns: R::Range(0, 1), tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::CgroupSockAddr, attach_type: Some(A::CgroupUdp6Sendmsg), sleepable: Sleepable::No, returns: R::Range(0, 1), tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::CgroupSockAddr, attach_type: Some(A::CgroupUnixSendmsg), sleepable: Sleepable::No, returns: R::Range(0, 1), tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::CgroupSockAddr, attach_type: Some(A::CgroupInet4Getpeername), sleepable: Sleepable::No, returns: R::Range(1, 1), tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::CgroupSockAddr, attach_type: Some(A::CgroupInet6Getpeername), sleepable: Sleepable::No, returns: R::Range(1, 1), tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::CgroupSockAddr, attach_type: Some(A::CgroupUnixGetpeername), sleepable: Sleepable::No, returns: R::Range(1, 1), tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::CgroupSockAddr, attach_type: Some(A::CgroupInet4Getsockname), sleepable: Sleepable::No, returns: R::Range(1, 1), tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::CgroupSockAddr, attach_type: Some(A::CgroupInet6Getsockname), sleepable: Sleepable::No, returns: R::Range(1, 1), tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::CgroupSockAddr, attach_type: Some(A::CgroupUnixGetsockname), sleepable: Sleepable::No, returns: R::Range(1, 1), tail_call: true, return_pointer: false },
    ],
    &[
        ProgRules { prog_type: T::LwtSeg6local, attach_type: None, sleepable: Sleepable::No, returns: R::Any, tail_call: true, return_pointer: true },
    ],
    &[
        ProgRules { prog_type: T::LircMode2, attach_type: Some(A::LircMode2), sleepable: Sleepable::No, returns: R::Any, tail_call: true, return_pointer: false },
    ],
    &[
        ProgRules { prog_type: T::SkReuseport, attach_type: Some(A::SkReuseportSelect), sleepable: Sleepable::No, returns: R::Any, tail_call: true, return_pointer: true },
        ProgRules { prog_type: T::SkReuseport, attach_type: Some(A::SkReuseportSelectOrMigrate), sleepable: Sleepable::No, returns: R::Any, tail_call: true, return_pointer: true },
    ],
    &[
        ProgRules { prog_type: T::FlowDissector, attach_type: Some(A::FlowDissector), sleepable: Sleepable::No, returns: R::Any, tail_call: true, return_pointer: true },
    ],
    &[
        ProgRules { prog_type: T::CgroupSysctl, attach_type: None, sleepable: Sleepable::No, returns: R::Range(0, 1), tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::CgroupSysctl, attach_type: Some(A::CgroupSysctl), sleepable: Sleepable::No, returns: R::Range(0, 1), tail_call: true, return_pointer: false },
    ],
    &[
        ProgRules { prog_type: T::RawTracepointWritable, attach_type: None, sleepable: Sleepable::No, returns: R::Any, tail_call: true, return_pointer: true },
    ],
    &[
        ProgRules { prog_type: T::CgroupSockopt, attach_type: Some(A::CgroupGetsockopt), sleepable: Sleepable::No, returns: R::Range(0, 1), tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::CgroupSockopt, attach_type: Some(A::CgroupSetsockopt), sleepable: Sleepable::No, returns: R::Range(0, 1), tail_call: true, return_pointer: false },
    ],
    &[
        ProgRules { prog_type: T::Tracing, attach_type: Some(A::TraceRawTp), sleepable: Sleepable::No, returns: R::Any, tail_call: true, return_pointer: true },
        ProgRules { prog_type: T::Tracing, attach_type: Some(A::TraceIter), sleepable: Sleepable::No, returns: R::Range(0, 1), tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::Tracing, attach_type: Some(A::TraceIter), sleepable: Sleepable::No, returns: R::Range(0, 1), tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::Tracing, attach_type: Some(A::TraceIter), sleepable: Sleepable::No, returns: R::Range(0, 1), tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::Tracing, attach_type: Some(A::TraceIter), sleepable: Sleepable::No, returns: R::Range(0, 1), tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::Tracing, attach_type: Some(A::TraceIter), sleepable: Sleepable::No, returns: R::Range(0, 1), tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::Tracing, attach_type: Some(A::TraceIter), sleepable: Sleepable::Yes, returns: R::Range(0, 1), tail_call: false, return_pointer: false },
        ProgRules { prog_type: T::Tracing, attach_type: Some(A::TraceFentry), sleepable: Sleepable::No, returns: R::Range(0, 0), tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::Tracing, attach_type: Some(A::TraceFentry), sleepable: Sleepable::Yes, returns: R::Range(0, 0), tail_call: false, return_pointer: false },
        ProgRules { prog_type: T::Tracing, attach_type: Some(A::TraceFexit), sleepable: Sleepable::No, returns: R::Range(0, 0), tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::Tracing, attach_type: Some(A::TraceFexit), sleepable: Sleepable::Yes, returns: R::Range(0, 0), tail_call: false, return_pointer: false },
        ProgRules { prog_type: T::Tracing, attach_type: Some(A::ModifyReturn), sleepable: Sleepable::No, returns: R::Any, tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::Tracing, attach_type: Some(A::ModifyReturn), sleepable: Sleepable::Yes, returns: R::Any, tail_call: false, return_pointer: false },
    ],
    &[
        ProgRules { prog_type: T::StructOps, attach_type: None, sleepable: Sleepable::No, returns: R::FollowsTarget, tail_call: true, return_pointer: true },
        ProgRules { prog_type: T::StructOps, attach_type: None, sleepable: Sleepable::No, returns: R::FollowsTarget, tail_call: true, return_pointer: true },
        ProgRules { prog_type: T::StructOps, attach_type: None, sleepable: Sleepable::No, returns: R::FollowsTarget, tail_call: false, return_pointer: true },
        ProgRules { prog_type: T::StructOps, attach_type: None, sleepable: Sleepable::No, returns: R::FollowsTarget, tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::StructOps, attach_type: None, sleepable: Sleepable::No, returns: R::FollowsTarget, tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::StructOps, attach_type: None, sleepable: Sleepable::No, returns: R::FollowsTarget, tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::StructOps, attach_type: None, sleepable: Sleepable::No, returns: R::FollowsTarget, tail_call: true, return_pointer: false },
    ],
    &[],
    &[
        ProgRules { prog_type: T::Lsm, attach_type: Some(A::LsmMac), sleepable: Sleepable::No, returns: R::FollowsTarget, tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::Lsm, attach_type: Some(A::LsmMac), sleepable: Sleepable::Yes, returns: R::FollowsTarget, tail_call: false, return_pointer: false },
        ProgRules { prog_type: T::Lsm, attach_type: Some(A::LsmCgroup), sleepable: Sleepable::No, returns: R::FollowsTarget, tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::Lsm, attach_type: Some(A::LsmCgroup), sleepable: Sleepable::No, returns: R::FollowsTarget, tail_call: true, return_pointer: false },
        ProgRules { prog_type: T::Lsm, attach_type: Some(A::LsmCgroup), sleepable: Sleepable::No, returns: R::FollowsTarget, tail_call: true, return_pointer: false },
    ],
    &[
        ProgRules { prog_type: T::SkLookup, attach_type: Some(A::SkLookup), sleepable: Sleepable::No, returns: R::Range(0, 1), tail_call: true, return_pointer: false },
    ],
    &[
        ProgRules { prog_type: T::Syscall, attach_type: None, sleepable: Sleepable::Yes, returns: R::Any, tail_call: false, return_pointer: true },
    ],
    &[
        ProgRules { prog_type: T::Netfilter, attach_type: Some(A::Netfilter), sleepable: Sleepable::No, returns: R::Range(0, 1), tail_call: true, return_pointer: false },
    ],
];
