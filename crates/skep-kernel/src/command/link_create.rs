//! LINK_CREATE: a program at a hook.

use skep_object::{Errno, Ref, SysError, SysResult, unsupported};
use skep_uapi::attr::{LinkCreateAttr, NetfilterAttach, TracingAttach, UprobeMultiAttach};
use skep_uapi::{AttachFlags, AttachType, ProgType};

use super::attach::{
    PlaceName, attach_iter, attach_raw_tracepoint, attach_trampoline, target, types,
};
use super::{Call, Reply};
use crate::Fd;
use crate::object::Prog;

pub(super) fn run(call: &Call<'_>) -> SysResult<Reply> {
    let attr: LinkCreateAttr = call.parse()?;
    let attach = AttachType::from_raw(attr.attach_type);
    if attach == Some(AttachType::StructOps) {
        call.fds().map(Fd::from_attr(attr.fd))?;
        return Err(unsupported!(EINVAL, "struct_ops maps: no map is one"));
    }
    let prog = call.fds().prog(Fd::from_attr(attr.fd))?;
    types::check(call.task, &prog, attach)?;
    // EXT programs take any number; all others were just found to fit.
    let Some(attach) = attach.or_else(|| AttachType::from_raw(0)) else {
        return SysError::err(Errno::EINVAL, "no such attach type");
    };
    match prog.prog_type() {
        ProgType::Tracing | ProgType::Lsm => traced(call, &prog, attach, &attr),
        ProgType::Ext => Err(unsupported!(EINVAL, "replacing functions of programs")),
        ProgType::FlowDissector | ProgType::SkLookup => {
            no_flags(&attr)?;
            Err(target::network_namespace(call, attr.target))
        }
        ProgType::SkMsg | ProgType::SkSkb => {
            no_flags(&attr)?;
            Err(target::sockmap(call, attr.target, Errno::EINVAL)?)
        }
        ProgType::Xdp => Err(target::device(Errno::EINVAL)),
        ProgType::SchedCls => match attach {
            AttachType::TcxIngress | AttachType::TcxEgress => Err(target::device(Errno::ENODEV)),
            _ => Err(unsupported!(EINVAL, "netkit devices")),
        },
        ProgType::Netfilter => netfilter(&attr),
        ProgType::PerfEvent | ProgType::Tracepoint => event(&attr),
        ProgType::Kprobe => match attach {
            AttachType::PerfEvent => event(&attr),
            AttachType::TraceUprobeMulti | AttachType::TraceUprobeSession => uprobes(&prog, &attr),
            _ => Err(unsupported!(EOPNOTSUPP, "links of several kprobes")),
        },
        _ if types::is_cgroup(attach) => cgroup(&attr),
        _ => SysError::err(Errno::EINVAL, "program type has no links"),
    }
}

fn no_flags(attr: &LinkCreateAttr) -> SysResult<()> {
    if attr.flags == 0 {
        Ok(())
    } else {
        SysError::err(Errno::EINVAL, "links of this type have no flags")
    }
}

fn traced(
    call: &Call<'_>,
    prog: &Ref<Prog>,
    attach: AttachType,
    attr: &LinkCreateAttr,
) -> SysResult<Reply> {
    if attach.raw() != prog.request().expected_attach_type {
        return SysError::err(
            Errno::EINVAL,
            "the program was verified for another attach type",
        );
    }
    let detail: TracingAttach = attr.detail();
    match attach {
        AttachType::TraceRawTp => attach_raw_tracepoint(call, prog, PlaceName::None, detail.cookie),
        AttachType::TraceIter => attach_iter(call, prog, attr),
        AttachType::LsmCgroup => cgroup(attr),
        _ => {
            if (attr.target == 0) != (detail.target_btf_id == 0) {
                return SysError::err(
                    Errno::EINVAL,
                    "target_fd and target_btf_id do not go together",
                );
            }
            if attr.target != 0 {
                call.fds().prog(Fd::from_attr(attr.target))?;
                return Err(unsupported!(EINVAL, "attaching to programs"));
            }
            attach_trampoline(call, prog, detail.cookie)
        }
    }
}

fn cgroup(attr: &LinkCreateAttr) -> SysResult<Reply> {
    let known = AttachFlags::BEFORE
        .union(AttachFlags::AFTER)
        .union(AttachFlags::ID)
        .union(AttachFlags::LINK)
        .union(AttachFlags::PREORDER);
    if !known.contains(AttachFlags::from_bits_retain(attr.flags)) {
        return SysError::err(Errno::EINVAL, "flag that links to cgroups do not have");
    }
    Err(target::cgroup())
}

fn event(attr: &LinkCreateAttr) -> SysResult<Reply> {
    no_flags(attr)?;
    Err(target::event())
}

fn netfilter(attr: &LinkCreateAttr) -> SysResult<Reply> {
    no_flags(attr)?;
    /// NFPROTO_IPV4, NFPROTO_IPV6.
    const FAMILIES: [u32; 2] = [2, 10];
    /// NF_INET_NUMHOOKS.
    const HOOKS: u32 = 5;
    /// BPF_F_NETFILTER_IP_DEFRAG.
    const DEFRAG: u32 = 1;
    /// NF_IP_PRI_CONNTRACK_DEFRAG.
    const AFTER_DEFRAG: i32 = -400;
    let detail: NetfilterAttach = attr.detail();
    if !FAMILIES.contains(&detail.pf) {
        return SysError::err(Errno::EAFNOSUPPORT, "pf is neither IPv4 nor IPv6");
    }
    if detail.hooknum >= HOOKS {
        return SysError::err(Errno::EPROTO, "no such hook");
    }
    if detail.flags & !DEFRAG != 0 {
        return SysError::err(Errno::EOPNOTSUPP, "unknown netfilter flag");
    }
    if matches!(detail.priority, i32::MIN | i32::MAX) {
        return SysError::err(Errno::ERANGE, "priority is the first or the last there is");
    }
    if detail.flags & DEFRAG != 0 && detail.priority <= AFTER_DEFRAG {
        return SysError::err(Errno::ERANGE, "priority is before defragmentation");
    }
    Err(unsupported!(EOPNOTSUPP, "netfilter links"))
}

fn uprobes(prog: &Prog, attr: &LinkCreateAttr) -> SysResult<Reply> {
    no_flags(attr)?;
    let several = [
        AttachType::TraceUprobeMulti.raw(),
        AttachType::TraceUprobeSession.raw(),
    ];
    if !several.contains(&prog.request().expected_attach_type) {
        return SysError::err(Errno::EINVAL, "program is not for several uprobes");
    }
    let detail: UprobeMultiAttach = attr.detail();
    if detail.path.is_null() || detail.offsets.is_null() || detail.count == 0 {
        return SysError::err(Errno::EINVAL, "path, offsets and count have to be given");
    }
    Err(unsupported!(EOPNOTSUPP, "links of several uprobes"))
}
