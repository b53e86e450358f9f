//! Programs at tracepoints, by name or by the type they were verified for.

use skep_btf::BtfTypeId;
use skep_object::{Errno, Ref, SysError, SysResult};
use skep_uapi::{AttachType, ProgType, UserPtr};

use super::{attach_trampoline, expected, publish};
use crate::command::{Call, Reply};
use crate::hooks::Tracepoint;
use crate::object::{LinkKind, Prog};

/// How a call names the tracepoint.
#[derive(Clone, Copy)]
pub(in crate::command) enum PlaceName {
    /// By a string; NULL for programs that know their place.
    At(UserPtr),
    /// Not at all.
    None,
}

/// Bytes that are read of a name (Linux's buffer has 128, the last for the NUL).
const NAME_MAX: usize = 127;

/// Attaches a program. EINVAL: not of a type for that, or it looks at arguments that the tracepoint has not. EFAULT.
/// ENOENT: no such tracepoint. EBUSY, E2BIG: as for trampolines.
pub(in crate::command) fn attach_raw_tracepoint(
    call: &Call<'_>,
    prog: &Ref<Prog>,
    name: PlaceName,
    cookie: u64,
) -> SysResult<Reply> {
    let tracepoint = match prog.prog_type() {
        ProgType::Tracing | ProgType::Ext | ProgType::Lsm => {
            if matches!(name, PlaceName::At(at) if !at.is_null()) {
                return SysError::err(Errno::EINVAL, "the program's place was named at its load");
            }
            if prog.prog_type() != ProgType::Tracing
                || expected(prog) != Some(AttachType::TraceRawTp)
            {
                return attach_trampoline(call, prog, cookie);
            }
            verified_for(prog)
        }
        ProgType::RawTracepoint | ProgType::RawTracepointWritable => {
            let at = match name {
                PlaceName::At(at) => at,
                PlaceName::None => UserPtr::NULL,
            };
            let name = call.task.memory().read_string(at, NAME_MAX)?;
            find(call, &name)
        }
        _ => return SysError::err(Errno::EINVAL, "program type does not attach to tracepoints"),
    };
    let Some(tracepoint) = tracepoint else {
        return SysError::err(Errno::ENOENT, "the kernel's BTF has no such tracepoint");
    };
    let traits = prog.verified().traits();
    if traits.max_ctx_offset as usize > tracepoint.args.saturating_mul(size_of::<u64>()) {
        return SysError::err(
            Errno::EINVAL,
            format!(
                "the program looks at more than the {} arguments",
                tracepoint.args
            ),
        );
    }
    if traits.max_tp_access != 0 {
        return SysError::err(Errno::EINVAL, "the tracepoint has no writable argument");
    }
    let attachment = call
        .kernel
        .hooks()
        .attach_tracepoint(&tracepoint.name, prog, cookie);
    let kind = LinkKind::RawTracepoint {
        name: tracepoint.name,
        cookie,
    };
    let attach_type = expected(prog).unwrap_or(AttachType::CgroupInetIngress);
    publish(call, prog, attach_type, kind, Some(attachment))
}

/// A tracepoint of the session's kernel.
fn find(call: &Call<'_>, name: &[u8]) -> Option<Tracepoint> {
    let btf = call.kernel.kernel_btf()?;
    Tracepoint::by_name(btf.btf(), std::str::from_utf8(name).ok()?)
}

/// The tracepoint a program was verified for.
fn verified_for(prog: &Prog) -> Option<Tracepoint> {
    let btf = prog.attach_btf()?;
    Tracepoint::of_typedef(btf.btf(), BtfTypeId(prog.request().attach_btf_id))
}
