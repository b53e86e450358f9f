//! Conditions on the attach target that a helper call must meet besides being in the program's set.

use skep_uapi::{AttachType, ProgType};

use super::ProtoContext;
use crate::attach_btf;

/// A condition on the attach target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AllowedRule {
    /// `bpf_d_path`: iterators, sleepable LSM hooks, and a list of functions.
    DPath,
    /// `bpf_ima_*_hash`: sleepable LSM hooks.
    ImaHash,
    /// Socket storage from tracing: not inside the socket storage code itself.
    SkStorageTracing,
}

impl AllowedRule {
    /// Whether a program may make the call; else Linux says "helper call is not allowed in probe".
    pub fn permits(self, context: &ProtoContext<'_>) -> bool {
        let attach = AttachType::from_raw(context.attach_type);
        let target = context.target.unwrap_or("");
        let sleepable_hook = || {
            let hook = attach_btf::lsm_hook(target);
            context.prog_type == ProgType::Lsm
                && hook.is_some_and(|hook| hook.has(attach_btf::LsmFlags::SLEEPABLE))
        };
        match self {
            Self::DPath => match (context.prog_type, attach) {
                (ProgType::Tracing, Some(AttachType::TraceIter)) => true,
                (ProgType::Lsm, _) => sleepable_hook(),
                (_, _) => attach_btf::d_path_allowed_in(target),
            },
            Self::ImaHash => sleepable_hook(),
            Self::SkStorageTracing => match attach {
                Some(AttachType::TraceIter | AttachType::TraceRawTp) => {
                    context.prog_type == ProgType::Tracing
                }
                Some(AttachType::TraceFentry | AttachType::TraceFexit) => {
                    context.prog_type == ProgType::Tracing && !target.starts_with("bpf_sk_storage")
                }
                Some(_) | None => false,
            },
        }
    }
}
