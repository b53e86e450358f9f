//! PROG_QUERY: which programs are attached to a live object of the host. There are none of these.

use skep_catalog::Caps;
use skep_object::{Errno, SysError, SysResult, unsupported};
use skep_uapi::AttachType;
use skep_uapi::attr::ProgQueryAttr;

use super::attach::{target, types};
use super::{Call, Reply};

/// BPF_F_QUERY_EFFECTIVE.
const EFFECTIVE: u32 = 1;

pub(super) fn run(call: &Call<'_>) -> SysResult<Reply> {
    // Before the attr is looked at, as in Linux.
    call.task
        .require(Caps::NET_ADMIN, "queries need CAP_NET_ADMIN")?;
    let attr: ProgQueryAttr = call.parse()?;
    let invalid = |why| SysError::err(Errno::EINVAL, why);
    if attr.query_flags & !EFFECTIVE != 0 {
        return invalid("unknown query flag");
    }
    let Some(attach) = AttachType::from_raw(attr.attach_type) else {
        return invalid("no such attach type");
    };
    match attach {
        AttachType::FlowDissector | AttachType::SkLookup => {
            if attr.query_flags != 0 {
                return invalid("network namespaces have no effective programs");
            }
            Err(target::network_namespace(call, attr.target))
        }
        AttachType::SkSkbStreamParser
        | AttachType::SkSkbStreamVerdict
        | AttachType::SkSkbVerdict
        | AttachType::SkMsgVerdict => {
            if attr.query_flags != 0 {
                return invalid("sockmaps have no effective programs");
            }
            Err(target::sockmap(call, attr.target, Errno::EOPNOTSUPP)?)
        }
        AttachType::TcxIngress | AttachType::TcxEgress => Err(target::device(Errno::ENODEV)),
        AttachType::NetkitPrimary | AttachType::NetkitPeer => {
            Err(unsupported!(EINVAL, "netkit devices"))
        }
        AttachType::LircMode2 => Err(unsupported!(EINVAL, "infrared receivers")),
        _ if types::is_cgroup(attach) => Err(target::cgroup()),
        _ => invalid("attach type cannot be queried"),
    }
}
