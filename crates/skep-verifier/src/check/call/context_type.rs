//! Which type of a parameter is the program's context: by name, or tagged and of a type that may stand for it.

use crate::reject::{Check, PrototypeReject};
use crate::verifier::Verifier;
use alloc::string::ToString;
use skep_btf::{Btf, BtfKind, BtfTypeId, Type};
use skep_uapi::{AttachType, ProgType};

/// Contexts under the names the kernel gives what stands behind them.
const PROJECTIONS: [(&str, &str); 2] = [("__sk_buff", "sk_buff"), ("xdp_md", "xdp_buff")];

/// The register file of a kprobe, as a typedef of its own.
const USER_REGS: &str = "bpf_user_pt_regs_t";

impl Verifier<'_> {
    /// Whether a pointee is the program type's context, by name alone.
    pub(crate) fn is_context_type(&self, btf: &Btf, pointee: BtfTypeId) -> bool {
        let prog_type = self.request.prog_type;
        if prog_type == ProgType::Kprobe && is_user_regs(btf, pointee) {
            return true;
        }
        let Some(Type::Struct(target)) = btf.resolve(pointee) else {
            return false;
        };
        let name = target.name();
        let Some(context) = self.context_name() else {
            return false;
        };
        context == name
            || PROJECTIONS.contains(&(context, name))
            || (context == USER_REGS && Some(name) == self.context_struct())
    }

    /// The C name of the context; `None` for types whose context has none.
    fn context_name(&self) -> Option<&'static str> {
        match self.request.prog_type {
            // Plain numbers stand for these contexts.
            ProgType::Tracepoint | ProgType::LircMode2 => None,
            other => skep_catalog::context_type_name(other),
        }
    }

    /// The struct behind [`Self::context_name`].
    fn context_struct(&self) -> Option<&str> {
        let name = self.context_name()?;
        let kernel = self.kernel_btf.as_ref()?;
        match kernel.find_by_name_kind(name, BtfKind::Typedef) {
            Some(typedef) => Some(kernel.resolve(typedef)?.name()),
            None => Some(name),
        }
    }

    /// Whether a pointee may be tagged as the context.
    pub(super) fn check_context_type(
        &mut self,
        btf: &Btf,
        pointee: BtfTypeId,
        arg: usize,
    ) -> Check {
        let prog_type = self.request.prog_type;
        if matches!(prog_type, ProgType::Kprobe | ProgType::PerfEvent) && is_user_regs(btf, pointee)
        {
            return Ok(());
        }
        let target = btf.resolve(pointee);
        let Some(target) = target.filter(|t| !matches!(t, Type::Void)) else {
            return Ok(());
        };
        if target.name_bytes().is_empty() {
            return Err(self.reject(PrototypeReject::CtxWithoutName { arg }));
        }
        if self.stands_for_context(&target) {
            return Ok(());
        }
        match self.context_name() {
            None => Err(self.reject(PrototypeReject::CtxNotVoid { arg })),
            Some(_) => {
                let wanted = self.context_struct().unwrap_or_default().to_string();
                let fits = matches!(target, Type::Struct(_)) && wanted == target.name();
                if fits {
                    Ok(())
                } else {
                    Err(self.reject(PrototypeReject::CtxWrongStruct { arg, wanted }))
                }
            }
        }
    }

    /// Types that mean the context in some program types without being it.
    fn stands_for_context(&self, target: &Type<'_>) -> bool {
        let is_struct = |name: &str| matches!(target, Type::Struct(_)) && target.name() == name;
        let is_u64 = matches!(target, Type::Int(int) if int.size() == 8);
        match self.request.prog_type {
            ProgType::Kprobe | ProgType::PerfEvent => is_struct("pt_regs"),
            ProgType::RawTracepoint
            | ProgType::RawTracepointWritable
            | ProgType::Lsm
            | ProgType::StructOps => is_u64,
            ProgType::Tracing => match self.attach_type() {
                Some(AttachType::TraceRawTp) => is_u64 || is_struct("bpf_raw_tracepoint_args"),
                Some(AttachType::TraceIter) => {
                    matches!(target, Type::Struct(_)) && target.name().starts_with("bpf_iter__")
                }
                Some(
                    AttachType::TraceFentry | AttachType::TraceFexit | AttachType::ModifyReturn,
                ) => is_u64,
                Some(_) | None => false,
            },
            ProgType::Tracepoint | ProgType::Syscall | ProgType::Ext => true,
            _ => false,
        }
    }
}

/// Whether qualifiers lead to the typedef of a kprobe's registers.
fn is_user_regs(btf: &Btf, pointee: BtfTypeId) -> bool {
    matches!(btf.skip_qualifiers(pointee), Some(Type::Typedef(typedef)) if typedef.name() == USER_REGS)
}
