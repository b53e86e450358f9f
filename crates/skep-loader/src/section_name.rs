//! [`section_rule`]: what a section name says about the programs in it; libbpf 1.7's names.

use skep_uapi::AttachType as A;
use skep_uapi::ProgType as P;
use skep_uapi::{AttachType, ProgType};

/// What follows from a section name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SectionRule {
    /// Name; with [`Name::Prefix`] it may be followed by `/` and anything.
    name: &'static str,
    shape: Name,
    /// Program type.
    pub prog_type: ProgType,
    /// Expected attach type as a number; 0 also where the type has none.
    pub attach_type: u32,
    /// Further demands.
    pub demand: Demand,
}

/// How a section name is matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    Exact,
    Prefix,
}

/// What else a section name asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    /// Nothing.
    Nothing,
    /// `BPF_F_SLEEPABLE`.
    Sleepable,
    /// `BPF_F_XDP_HAS_FRAGS`.
    XdpFrags,
    /// A BTF id of what follows the first `/`.
    AttachBtf,
    /// A BTF id, and `BPF_F_SLEEPABLE`.
    AttachBtfSleepable,
}

impl SectionRule {
    fn matches(&self, section: &str) -> bool {
        match (self.shape, section.strip_prefix(self.name)) {
            (Name::Exact, Some(rest)) => rest.is_empty(),
            (Name::Prefix, Some(rest)) => rest.is_empty() || rest.starts_with('/'),
            (_, None) => false,
        }
    }
}

/// The rule for a section name (without the `?` of an optional program); `None` for a name nobody knows.
pub fn section_rule(section: &str) -> Option<&'static SectionRule> {
    RULES.iter().find(|rule| rule.matches(section))
}

const fn exact(name: &'static str, prog_type: ProgType, attach: Option<AttachType>) -> SectionRule {
    rule(name, Name::Exact, prog_type, attach, Demand::Nothing)
}

const fn prefix(
    name: &'static str,
    prog_type: ProgType,
    attach: Option<AttachType>,
) -> SectionRule {
    rule(name, Name::Prefix, prog_type, attach, Demand::Nothing)
}

const fn rule(
    name: &'static str,
    shape: Name,
    prog_type: ProgType,
    attach: Option<AttachType>,
    demand: Demand,
) -> SectionRule {
    SectionRule {
        name,
        shape,
        prog_type,
        attach_type: match attach {
            Some(attach) => attach.raw(),
            None => 0,
        },
        demand,
    }
}

/// A prefix that also takes sleepable programs under `name.s`.
const fn sleepable(
    name: &'static str,
    prog_type: ProgType,
    attach: Option<AttachType>,
) -> SectionRule {
    rule(name, Name::Prefix, prog_type, attach, Demand::Sleepable)
}

const fn btf(name: &'static str, prog_type: ProgType, attach: Option<AttachType>) -> SectionRule {
    rule(name, Name::Prefix, prog_type, attach, Demand::AttachBtf)
}

const fn btf_s(name: &'static str, prog_type: ProgType, attach: Option<AttachType>) -> SectionRule {
    rule(
        name,
        Name::Prefix,
        prog_type,
        attach,
        Demand::AttachBtfSleepable,
    )
}

const fn frags(name: &'static str, attach: AttachType) -> SectionRule {
    rule(name, Name::Exact, P::Xdp, Some(attach), Demand::XdpFrags)
}

static RULES: &[SectionRule] = &[
    exact("socket", P::SocketFilter, None),
    exact(
        "sk_reuseport/migrate",
        P::SkReuseport,
        Some(A::SkReuseportSelectOrMigrate),
    ),
    exact("sk_reuseport", P::SkReuseport, Some(A::SkReuseportSelect)),
    prefix("kprobe", P::Kprobe, None),
    prefix("uprobe", P::Kprobe, None),
    sleepable("uprobe.s", P::Kprobe, None),
    prefix("kretprobe", P::Kprobe, None),
    prefix("uretprobe", P::Kprobe, None),
    sleepable("uretprobe.s", P::Kprobe, None),
    prefix("kprobe.multi", P::Kprobe, Some(A::TraceKprobeMulti)),
    prefix("kretprobe.multi", P::Kprobe, Some(A::TraceKprobeMulti)),
    prefix("kprobe.session", P::Kprobe, Some(A::TraceKprobeSession)),
    prefix("uprobe.multi", P::Kprobe, Some(A::TraceUprobeMulti)),
    prefix("uretprobe.multi", P::Kprobe, Some(A::TraceUprobeMulti)),
    prefix("uprobe.session", P::Kprobe, Some(A::TraceUprobeSession)),
    sleepable("uprobe.multi.s", P::Kprobe, Some(A::TraceUprobeMulti)),
    sleepable("uretprobe.multi.s", P::Kprobe, Some(A::TraceUprobeMulti)),
    sleepable("uprobe.session.s", P::Kprobe, Some(A::TraceUprobeSession)),
    prefix("ksyscall", P::Kprobe, None),
    prefix("kretsyscall", P::Kprobe, None),
    // As with a kernel that attaches to many places at once.
    prefix("usdt", P::Kprobe, Some(A::TraceUprobeMulti)),
    sleepable("usdt.s", P::Kprobe, Some(A::TraceUprobeMulti)),
    exact("tc/ingress", P::SchedCls, Some(A::TcxIngress)),
    exact("tc/egress", P::SchedCls, Some(A::TcxEgress)),
    exact("tcx/ingress", P::SchedCls, Some(A::TcxIngress)),
    exact("tcx/egress", P::SchedCls, Some(A::TcxEgress)),
    exact("tc", P::SchedCls, None),
    exact("classifier", P::SchedCls, None),
    exact("action", P::SchedAct, None),
    exact("netkit/primary", P::SchedCls, Some(A::NetkitPrimary)),
    exact("netkit/peer", P::SchedCls, Some(A::NetkitPeer)),
    prefix("tracepoint", P::Tracepoint, None),
    prefix("tp", P::Tracepoint, None),
    prefix("raw_tracepoint", P::RawTracepoint, None),
    prefix("raw_tp", P::RawTracepoint, None),
    prefix("raw_tracepoint.w", P::RawTracepointWritable, None),
    prefix("raw_tp.w", P::RawTracepointWritable, None),
    btf("tp_btf", P::Tracing, Some(A::TraceRawTp)),
    btf("fentry", P::Tracing, Some(A::TraceFentry)),
    btf("fmod_ret", P::Tracing, Some(A::ModifyReturn)),
    btf("fexit", P::Tracing, Some(A::TraceFexit)),
    btf_s("fentry.s", P::Tracing, Some(A::TraceFentry)),
    btf_s("fmod_ret.s", P::Tracing, Some(A::ModifyReturn)),
    btf_s("fexit.s", P::Tracing, Some(A::TraceFexit)),
    btf("freplace", P::Ext, None),
    btf("lsm", P::Lsm, Some(A::LsmMac)),
    btf_s("lsm.s", P::Lsm, Some(A::LsmMac)),
    btf("lsm_cgroup", P::Lsm, Some(A::LsmCgroup)),
    btf("iter", P::Tracing, Some(A::TraceIter)),
    btf_s("iter.s", P::Tracing, Some(A::TraceIter)),
    rule("syscall", Name::Exact, P::Syscall, None, Demand::Sleepable),
    frags("xdp.frags/devmap", A::XdpDevmap),
    exact("xdp/devmap", P::Xdp, Some(A::XdpDevmap)),
    frags("xdp.frags/cpumap", A::XdpCpumap),
    exact("xdp/cpumap", P::Xdp, Some(A::XdpCpumap)),
    frags("xdp.frags", A::Xdp),
    exact("xdp", P::Xdp, Some(A::Xdp)),
    exact("perf_event", P::PerfEvent, None),
    exact("lwt_in", P::LwtIn, None),
    exact("lwt_out", P::LwtOut, None),
    exact("lwt_xmit", P::LwtXmit, None),
    exact("lwt_seg6local", P::LwtSeg6local, None),
    exact("sockops", P::SockOps, Some(A::CgroupSockOps)),
    exact("sk_skb/stream_parser", P::SkSkb, Some(A::SkSkbStreamParser)),
    exact(
        "sk_skb/stream_verdict",
        P::SkSkb,
        Some(A::SkSkbStreamVerdict),
    ),
    exact("sk_skb/verdict", P::SkSkb, Some(A::SkSkbVerdict)),
    exact("sk_skb", P::SkSkb, None),
    exact("sk_msg", P::SkMsg, Some(A::SkMsgVerdict)),
    exact("lirc_mode2", P::LircMode2, Some(A::LircMode2)),
    exact("flow_dissector", P::FlowDissector, Some(A::FlowDissector)),
    exact(
        "cgroup_skb/ingress",
        P::CgroupSkb,
        Some(A::CgroupInetIngress),
    ),
    exact("cgroup_skb/egress", P::CgroupSkb, Some(A::CgroupInetEgress)),
    exact("cgroup/skb", P::CgroupSkb, None),
    exact(
        "cgroup/sock_create",
        P::CgroupSock,
        Some(A::CgroupInetSockCreate),
    ),
    exact(
        "cgroup/sock_release",
        P::CgroupSock,
        Some(A::CgroupInetSockRelease),
    ),
    exact("cgroup/sock", P::CgroupSock, Some(A::CgroupInetSockCreate)),
    exact(
        "cgroup/post_bind4",
        P::CgroupSock,
        Some(A::CgroupInet4PostBind),
    ),
    exact(
        "cgroup/post_bind6",
        P::CgroupSock,
        Some(A::CgroupInet6PostBind),
    ),
    exact("cgroup/bind4", P::CgroupSockAddr, Some(A::CgroupInet4Bind)),
    exact("cgroup/bind6", P::CgroupSockAddr, Some(A::CgroupInet6Bind)),
    exact(
        "cgroup/connect4",
        P::CgroupSockAddr,
        Some(A::CgroupInet4Connect),
    ),
    exact(
        "cgroup/connect6",
        P::CgroupSockAddr,
        Some(A::CgroupInet6Connect),
    ),
    exact(
        "cgroup/connect_unix",
        P::CgroupSockAddr,
        Some(A::CgroupUnixConnect),
    ),
    exact(
        "cgroup/sendmsg4",
        P::CgroupSockAddr,
        Some(A::CgroupUdp4Sendmsg),
    ),
    exact(
        "cgroup/sendmsg6",
        P::CgroupSockAddr,
        Some(A::CgroupUdp6Sendmsg),
    ),
    exact(
        "cgroup/sendmsg_unix",
        P::CgroupSockAddr,
        Some(A::CgroupUnixSendmsg),
    ),
    exact(
        "cgroup/recvmsg4",
        P::CgroupSockAddr,
        Some(A::CgroupUdp4Recvmsg),
    ),
    exact(
        "cgroup/recvmsg6",
        P::CgroupSockAddr,
        Some(A::CgroupUdp6Recvmsg),
    ),
    exact(
        "cgroup/recvmsg_unix",
        P::CgroupSockAddr,
        Some(A::CgroupUnixRecvmsg),
    ),
    exact(
        "cgroup/getpeername4",
        P::CgroupSockAddr,
        Some(A::CgroupInet4Getpeername),
    ),
    exact(
        "cgroup/getpeername6",
        P::CgroupSockAddr,
        Some(A::CgroupInet6Getpeername),
    ),
    exact(
        "cgroup/getpeername_unix",
        P::CgroupSockAddr,
        Some(A::CgroupUnixGetpeername),
    ),
    exact(
        "cgroup/getsockname4",
        P::CgroupSockAddr,
        Some(A::CgroupInet4Getsockname),
    ),
    exact(
        "cgroup/getsockname6",
        P::CgroupSockAddr,
        Some(A::CgroupInet6Getsockname),
    ),
    exact(
        "cgroup/getsockname_unix",
        P::CgroupSockAddr,
        Some(A::CgroupUnixGetsockname),
    ),
    exact("cgroup/sysctl", P::CgroupSysctl, Some(A::CgroupSysctl)),
    exact(
        "cgroup/getsockopt",
        P::CgroupSockopt,
        Some(A::CgroupGetsockopt),
    ),
    exact(
        "cgroup/setsockopt",
        P::CgroupSockopt,
        Some(A::CgroupSetsockopt),
    ),
    exact("cgroup/dev", P::CgroupDevice, Some(A::CgroupDevice)),
    prefix("struct_ops", P::StructOps, None),
    sleepable("struct_ops.s", P::StructOps, None),
    exact("sk_lookup", P::SkLookup, Some(A::SkLookup)),
    exact("netfilter", P::Netfilter, Some(A::Netfilter)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_whole_or_up_to_a_slash() {
        let of =
            |name| section_rule(name).map(|rule| (rule.prog_type, rule.attach_type, rule.demand));
        assert_eq!(of("xdp"), Some((P::Xdp, A::Xdp.raw(), Demand::Nothing)));
        assert_eq!(of("xdp/mine"), None);
        assert_eq!(
            of("tp/sched/sched_switch"),
            Some((P::Tracepoint, 0, Demand::Nothing))
        );
        assert_eq!(
            of("tp_btf/x"),
            Some((P::Tracing, A::TraceRawTp.raw(), Demand::AttachBtf))
        );
        assert_eq!(of("lsm.s/file_open").unwrap().2, Demand::AttachBtfSleepable);
        assert_eq!(of("kprobeX"), None);
        assert_eq!(of("syscall").unwrap().2, Demand::Sleepable);
    }
}
