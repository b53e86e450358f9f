//! PROG_ATTACH and PROG_DETACH: every place they know needs a live object of the host.

use skep_object::{Errno, Ref, SysError, SysResult, unsupported};
use skep_uapi::attr::ProgAttachAttr;
use skep_uapi::{AttachFlags, AttachType, ProgType};

use super::attach::{target, types};
use super::{Call, Reply};
use crate::Fd;
use crate::object::Prog;

/// Which of the two.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Attach,
    Detach,
}

pub(super) fn run(call: &Call<'_>, way: Way) -> SysResult<Reply> {
    let attr: ProgAttachAttr = call.parse()?;
    let attach = AttachType::from_raw(attr.attach_type);
    let Some((attach, prog_type)) = attach.and_then(|at| Some((at, types::prog_type_of(at)?)))
    else {
        return SysError::err(Errno::EINVAL, "nothing is attached by this type");
    };
    check_flags(&attr, attach, prog_type, way)?;
    check_prog(call, &attr, attach, prog_type, way)?;
    if matches!(
        prog_type,
        ProgType::SkMsg | ProgType::SkSkb | ProgType::FlowDissector
    ) && (attr.attach_flags != 0 || attr.replace_bpf_fd != 0)
    {
        return SysError::err(Errno::EINVAL, "flag or program to replace");
    }
    Err(match prog_type {
        _ if types::is_cgroup(attach) => target::cgroup(),
        ProgType::Lsm if way == Way::Detach => target::cgroup(),
        ProgType::SkMsg | ProgType::SkSkb => {
            let missing = target::sockmap(call, attr.target, Errno::EOPNOTSUPP)?;
            of_type(call, &attr, prog_type)?;
            missing
        }
        ProgType::SchedCls => match attach {
            AttachType::TcxIngress | AttachType::TcxEgress => target::device(Errno::ENODEV),
            _ => unsupported!(EINVAL, "netkit devices"),
        },
        ProgType::FlowDissector => unsupported!(EINVAL, "flow dissectors of network namespaces"),
        ProgType::LircMode2 => unsupported!(EINVAL, "infrared receivers"),
        _ => SysError::new(Errno::EINVAL, "programs of this type are attached by links"),
    })
}

/// Each family has its flags. EINVAL.
fn check_flags(
    attr: &ProgAttachAttr,
    attach: AttachType,
    prog_type: ProgType,
    way: Way,
) -> SysResult<()> {
    use AttachFlags as F;
    let multi = F::BEFORE.union(F::AFTER).union(F::ID).union(F::LINK);
    let base = F::ALLOW_OVERRIDE
        .union(F::ALLOW_MULTI)
        .union(F::REPLACE)
        .union(F::PREORDER);
    let is_mprog = prog_type == ProgType::SchedCls;
    // All of LSM counts, though only LSM_CGROUP gets past the flags.
    let is_cgroup = types::is_cgroup(attach) || prog_type == ProgType::Lsm;
    let allowed = match way {
        _ if is_mprog => multi.union(F::REPLACE),
        Way::Attach if is_cgroup => base.union(multi),
        Way::Attach => base,
        Way::Detach => F::empty(),
    };
    let lists = is_mprog || (is_cgroup && way == Way::Attach);
    // Linux forgets to look at the revision here.
    let revised = attr.expected_revision != 0 && !is_cgroup;
    let placed = attr.relative != 0 || revised;
    if !allowed.contains(F::from_bits_retain(attr.attach_flags)) || (placed && !lists) {
        return SysError::err(
            Errno::EINVAL,
            "flag or place that this attach type does not have",
        );
    }
    Ok(())
}

/// The program, where one has to be given. EBADF, EINVAL.
fn check_prog(
    call: &Call<'_>,
    attr: &ProgAttachAttr,
    attach: AttachType,
    prog_type: ProgType,
    way: Way,
) -> SysResult<()> {
    match way {
        Way::Attach => {
            let prog = of_type(call, attr, prog_type)?;
            types::check(call.task, &prog, Some(attach))
                .map_err(|error| SysError::new(Errno::EINVAL, error.why))
        }
        // The list of a device may be detached as a whole.
        Way::Detach if prog_type == ProgType::SchedCls && attr.attach_bpf_fd != 0 => {
            of_type(call, attr, prog_type).map(drop)
        }
        Way::Detach if prog_type == ProgType::FlowDissector => {
            of_type(call, attr, prog_type).map(drop)
        }
        Way::Detach => Ok(()),
    }
}

/// The program, of this type. EBADF, EINVAL.
fn of_type(call: &Call<'_>, attr: &ProgAttachAttr, prog_type: ProgType) -> SysResult<Ref<Prog>> {
    let prog = call.fds().prog(Fd::from_attr(attr.attach_bpf_fd))?;
    if prog.prog_type() == prog_type {
        Ok(prog)
    } else {
        SysError::err(Errno::EINVAL, "program is of another type")
    }
}
