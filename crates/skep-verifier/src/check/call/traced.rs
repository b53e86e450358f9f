//! The function whose arguments are the context, with what is known of them beyond BTF.

use super::attach::AttachTarget;
use crate::check::btf_context::TracedFunction;
use crate::verifier::Verifier;
use skep_catalog::ReturnRange;
use skep_catalog::attach_btf::{self, LsmFlags};
use skep_uapi::{AttachType, ProgType};

impl Verifier<'_> {
    /// Set once the attach target is checked, for programs whose context BTF describes.
    pub(crate) fn traced_function(&self) -> Option<TracedFunction> {
        let target = self.calls.target.as_ref()?;
        let plain = TracedFunction {
            name: target.name.clone(),
            proto: target.proto,
            hidden: 0,
            trusted: true,
            nullable: 0,
            err_ptr: 0,
            args: &[],
            return_range: None,
        };
        Some(match (self.request.prog_type, self.attach_type()) {
            (ProgType::StructOps, _) => TracedFunction {
                args: struct_ops_args(target),
                ..plain
            },
            (ProgType::Lsm, _) => lsm_function(plain),
            (_, Some(AttachType::TraceRawTp)) => {
                let known = attach_btf::tracepoint_args(&target.name);
                let (nullable, err_ptr) = known.map_or((0, 0), |row| (row.nullable, row.err_ptr));
                TracedFunction {
                    hidden: 1,
                    nullable,
                    err_ptr,
                    ..plain
                }
            }
            (_, Some(AttachType::TraceIter)) => {
                let short = target
                    .name
                    .strip_prefix("bpf_iter_")
                    .unwrap_or(&target.name);
                TracedFunction {
                    args: attach_btf::iterator(short).map_or(&[], |row| row.args),
                    ..plain
                }
            }
            (_, Some(_) | None) => TracedFunction {
                trusted: false,
                ..plain
            },
        })
    }
}

fn struct_ops_args(target: &AttachTarget) -> &'static [attach_btf::CtxArg] {
    let row = target
        .struct_name
        .as_ref()
        .and_then(|name| attach_btf::struct_ops_member(name, &target.name));
    row.map_or(&[], |row| row.args)
}

fn lsm_function(plain: TracedFunction) -> TracedFunction {
    let hook = attach_btf::lsm_hook(&plain.name);
    let trusted = hook.is_none_or(|hook| !hook.has(LsmFlags::UNTRUSTED));
    let return_range = match hook.map(|hook| hook.returns) {
        Some(ReturnRange::Range(min, max)) => Some((min, max)),
        Some(ReturnRange::Any | ReturnRange::FollowsTarget) | None => None,
    };
    TracedFunction {
        trusted,
        return_range,
        ..plain
    }
}
