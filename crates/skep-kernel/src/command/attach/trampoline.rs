//! Programs at functions: fentry, fexit, fmod_ret, LSM hooks. They are kept and listed; nothing calls the function.

use skep_object::{Errno, Ref, SysError, SysResult, unsupported};
use skep_uapi::{AttachType, ProgType};

use super::{expected, publish};
use crate::command::{Call, Reply};
use crate::object::{LinkKind, Prog, TracingTarget};

/// Attaches a program where it was verified for. EINVAL: its type does not do that. EBUSY, E2BIG.
pub(in crate::command) fn attach_trampoline(
    call: &Call<'_>,
    prog: &Ref<Prog>,
    cookie: u64,
) -> SysResult<Reply> {
    let attach_type = match (prog.prog_type(), expected(prog)) {
        (
            ProgType::Tracing,
            Some(
                kind
                @ (AttachType::TraceFentry | AttachType::TraceFexit | AttachType::ModifyReturn),
            ),
        )
        | (ProgType::Lsm, Some(kind @ AttachType::LsmMac)) => kind,
        (ProgType::Ext, _) => return Err(unsupported!(EINVAL, "replacing functions of programs")),
        _ => return SysError::err(Errno::EINVAL, "attach type is not one of functions"),
    };
    let Some(btf) = prog.attach_btf() else {
        return SysError::err(Errno::EINVAL, "the program was verified for no function");
    };
    let target = TracingTarget {
        btf_object: btf.id().map_or(0, |id| id.get()),
        btf_id: prog.request().attach_btf_id,
    };
    let attachment = call
        .kernel
        .hooks()
        .attach_trampoline(target, prog, cookie)?;
    let kind = LinkKind::Tracing { target, cookie };
    publish(call, prog, attach_type, kind, Some(attachment))
}
