//! What a load says about attaching, as far as PROG_LOAD judges it before the verifier.

use std::borrow::Cow;

use skep_catalog::prog_type;
use skep_object::{Errno, Ref, SysError, SysResult, unsupported};
use skep_uapi::attr::ProgLoadAttr;
use skep_uapi::limits::BTF_MAX_TYPE;
use skep_uapi::{AttachType, ProgType};

use crate::fd::TaskFds;
use crate::object::{BtfObject, BtfOwner};
use crate::{Fd, Kernel};

/// Two types take 0 for the attach type they had before they had several.
pub(crate) fn with_default_attach_type(mut attr: ProgLoadAttr) -> ProgLoadAttr {
    if attr.expected_attach_type != 0 {
        return attr;
    }
    if attr.prog_type == ProgType::CgroupSock.raw() {
        attr.expected_attach_type = AttachType::CgroupInetSockCreate.raw();
    } else if attr.prog_type == ProgType::SkReuseport.raw() {
        attr.expected_attach_type = AttachType::SkReuseportSelect.raw();
    }
    attr
}

/// What the attach target is in.
enum Target {
    None,
    Btf(Ref<BtfObject>),
    Prog,
}

/// Checks attach target and attach type; the BTF that `attach_btf_id` is in. EINVAL, ENOTSUPP.
pub(crate) fn check_attach(
    kernel: &Kernel,
    fds: TaskFds<'_>,
    attr: &ProgLoadAttr,
) -> SysResult<Option<Ref<BtfObject>>> {
    fn refuse<T>(why: impl Into<Cow<'static, str>>) -> SysResult<T> {
        SysError::err(Errno::EINVAL, why)
    }
    let target = find_target(kernel, fds, attr)?;
    let id = attr.attach_btf_id;
    if id > BTF_MAX_TYPE {
        return refuse("attach_btf_id is beyond every type");
    }
    let info = ProgType::from_raw(attr.prog_type).and_then(prog_type);
    match &target {
        Target::None if id != 0 => return refuse("attach_btf_id without BTF"),
        Target::Btf(_) if id == 0 => return refuse("attach BTF without attach_btf_id"),
        Target::None | Target::Btf(_) | Target::Prog => {}
    }
    if id != 0 && !info.is_some_and(|info| info.may_attach_btf_id) {
        return refuse("program type takes no attach_btf_id");
    }
    if matches!(target, Target::Prog) && !info.is_some_and(|info| info.may_attach_prog_fd) {
        return refuse("program type takes no target program");
    }
    if info.is_some_and(|info| !info.expected_attach.allows(attr.expected_attach_type)) {
        return refuse("expected_attach_type is not one of the program type's");
    }
    let lacking = AttachType::from_raw(attr.expected_attach_type)
        .filter(|attach_type| !kernel.availability().attach_type(*attach_type));
    if let Some(attach_type) = lacking {
        return refuse(format!("this kernel has no attach type {attach_type}"));
    }
    match target {
        Target::None => Ok(None),
        Target::Btf(btf) => Ok(Some(btf)),
        Target::Prog => Err(unsupported!(EINVAL, "attaching to programs")),
    }
}

fn find_target(kernel: &Kernel, fds: TaskFds<'_>, attr: &ProgLoadAttr) -> SysResult<Target> {
    if attr.attach_fd != 0 {
        let fd = Fd::from_attr(attr.attach_fd);
        if fds.prog(fd).is_ok() {
            return Ok(Target::Prog);
        }
        let Ok(btf) = fds.btf(fd) else {
            return SysError::err(Errno::EINVAL, "attach target is no program and no BTF");
        };
        return match btf.owner() {
            BtfOwner::Kernel => Ok(Target::Btf(btf)),
            BtfOwner::User => SysError::err(Errno::ENOTSUPP, "attach BTF is not the kernel's"),
        };
    }
    if attr.attach_btf_id == 0 {
        return Ok(Target::None);
    }
    match kernel.kernel_btf() {
        Some(btf) => Ok(Target::Btf(btf.clone())),
        None => SysError::err(Errno::EINVAL, "this kernel has no BTF"),
    }
}
