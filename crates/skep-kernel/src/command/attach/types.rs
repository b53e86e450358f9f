//! Which programs an attach type takes.

use skep_catalog::Caps;
use skep_object::{Errno, SysError, SysResult};
use skep_uapi::{AttachType, ProgType};

use super::expected;
use crate::Task;
use crate::object::Prog;

/// The program type that an attach type is one of; `None` where PROG_ATTACH and LINK_CREATE know none.
pub(in crate::command) fn prog_type_of(attach: AttachType) -> Option<ProgType> {
    use AttachType as At;
    Some(match attach {
        At::CgroupInetIngress | At::CgroupInetEgress => ProgType::CgroupSkb,
        At::CgroupInetSockCreate
        | At::CgroupInetSockRelease
        | At::CgroupInet4PostBind
        | At::CgroupInet6PostBind => ProgType::CgroupSock,
        At::CgroupSockOps => ProgType::SockOps,
        At::CgroupDevice => ProgType::CgroupDevice,
        At::CgroupInet4Bind
        | At::CgroupInet6Bind
        | At::CgroupInet4Connect
        | At::CgroupInet6Connect
        | At::CgroupInet4Getpeername
        | At::CgroupInet6Getpeername
        | At::CgroupInet4Getsockname
        | At::CgroupInet6Getsockname
        | At::CgroupUdp4Sendmsg
        | At::CgroupUdp6Sendmsg
        | At::CgroupUdp4Recvmsg
        | At::CgroupUdp6Recvmsg
        | At::CgroupUnixConnect
        | At::CgroupUnixSendmsg
        | At::CgroupUnixRecvmsg
        | At::CgroupUnixGetpeername
        | At::CgroupUnixGetsockname => ProgType::CgroupSockAddr,
        At::CgroupSysctl => ProgType::CgroupSysctl,
        At::CgroupGetsockopt | At::CgroupSetsockopt => ProgType::CgroupSockopt,
        At::LsmMac | At::LsmCgroup => ProgType::Lsm,
        At::SkMsgVerdict => ProgType::SkMsg,
        At::SkSkbStreamParser | At::SkSkbStreamVerdict | At::SkSkbVerdict => ProgType::SkSkb,
        At::LircMode2 => ProgType::LircMode2,
        At::FlowDissector => ProgType::FlowDissector,
        At::TraceRawTp | At::TraceFentry | At::TraceFexit | At::ModifyReturn | At::TraceIter => {
            ProgType::Tracing
        }
        At::SkLookup => ProgType::SkLookup,
        At::Xdp => ProgType::Xdp,
        At::TcxIngress | At::TcxEgress | At::NetkitPrimary | At::NetkitPeer => ProgType::SchedCls,
        At::XdpDevmap
        | At::XdpCpumap
        | At::SkReuseportSelect
        | At::SkReuseportSelectOrMigrate
        | At::PerfEvent
        | At::TraceKprobeMulti
        | At::TraceKprobeSession
        | At::TraceUprobeMulti
        | At::TraceUprobeSession
        | At::StructOps
        | At::Netfilter => return None,
    })
}

/// Whether the type's programs attach to cgroups.
pub(in crate::command) fn is_cgroup(attach: AttachType) -> bool {
    match prog_type_of(attach) {
        Some(
            ProgType::CgroupSkb
            | ProgType::CgroupSock
            | ProgType::SockOps
            | ProgType::CgroupDevice
            | ProgType::CgroupSockAddr
            | ProgType::CgroupSysctl
            | ProgType::CgroupSockopt,
        ) => true,
        Some(ProgType::Lsm) => attach == AttachType::LsmCgroup,
        Some(_) | None => false,
    }
}

/// Whether a program may be attached as `attach`; `None` is a number that no attach type has. EINVAL, EPERM.
pub(in crate::command) fn check(
    task: &Task<'_>,
    prog: &Prog,
    attach: Option<AttachType>,
) -> SysResult<()> {
    use AttachType as At;
    let fits = match prog.prog_type() {
        ProgType::CgroupSock
        | ProgType::CgroupSockAddr
        | ProgType::CgroupSockopt
        | ProgType::SkLookup => attach == expected(prog),
        ProgType::CgroupSkb => {
            task.require(Caps::NET_ADMIN, "attaching to a cgroup needs CAP_NET_ADMIN")?;
            let enforced = prog.verified().traits().enforce_expected_attach_type;
            attach.and_then(prog_type_of) == Some(ProgType::CgroupSkb)
                && (!enforced || attach == expected(prog))
        }
        ProgType::Ext => true,
        ProgType::Netfilter => attach == Some(At::Netfilter),
        ProgType::PerfEvent | ProgType::Tracepoint => attach == Some(At::PerfEvent),
        ProgType::Kprobe => {
            let several = |kind: &At| {
                matches!(
                    kind,
                    At::TraceKprobeMulti
                        | At::TraceKprobeSession
                        | At::TraceUprobeMulti
                        | At::TraceUprobeSession
                )
            };
            match expected(prog).filter(several) {
                Some(only) => attach == Some(only),
                None => attach.is_some_and(|kind| kind == At::PerfEvent || several(&kind)),
            }
        }
        ProgType::SchedCls => matches!(
            attach,
            Some(At::TcxIngress | At::TcxEgress | At::NetkitPrimary | At::NetkitPeer)
        ),
        other => attach.and_then(prog_type_of) == Some(other),
    };
    if fits {
        Ok(())
    } else {
        SysError::err(Errno::EINVAL, "attach type is not one of the program's")
    }
}
