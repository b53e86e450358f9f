//! What calls mean before they are executed: callbacks, effects, parameters.

use crate::verifier::Verifier;
use skep_btf::BtfTypeId;
use skep_catalog::{Callback, HelperProto, Kfunc, KfuncFlags, ProtoFlags};
use skep_isa::RawInsn;
use skep_uapi::HelperId;

/// Helpers that run their callback during the call.
const SYNC_CALLBACK_HELPERS: [HelperId; 4] = [
    HelperId::FOR_EACH_MAP_ELEM,
    HelperId::FIND_VMA,
    HelperId::LOOP,
    HelperId::USER_RINGBUF_DRAIN,
];
const SYNC_CALLBACK_KFUNC: &str = "bpf_rbtree_add_impl";
const ASYNC_CALLBACK_KFUNCS: [&str; 3] = [
    "bpf_wq_set_callback_impl",
    "bpf_task_work_schedule_signal_impl",
    "bpf_task_work_schedule_resume_impl",
];
/// Moves packet data like the helpers marked so.
const PACKET_CHANGING_KFUNC: &str = "bpf_xdp_pull_data";

/// What a call does to the function it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) struct CallEffects {
    pub(super) might_sleep: bool,
    pub(super) changes_pkt_data: bool,
}

impl Verifier<'_> {
    /// The prototype of a helper call, if this program may make it.
    fn called_helper(&self, insn: RawInsn) -> Option<&'static HelperProto> {
        if !insn.is_helper_call() {
            return None;
        }
        self.helper_proto(HelperId(insn.imm.cast_unsigned()))
    }

    /// The name of a kernel function of the kernel BTF.
    pub(crate) fn kfunc_name(&self, btf_id: i32, fd_idx: i16) -> Option<&str> {
        let id = BtfTypeId(u32::try_from(btf_id).ok()?);
        let name = self.kernel_btf.as_ref().filter(|_| fd_idx == 0)?.name(id);
        Some(name).filter(|n| !n.is_empty())
    }

    /// The catalog's row of a kfunc call.
    pub(super) fn called_kfunc(&self, insn: RawInsn) -> Option<&'static Kfunc> {
        if !insn.is_kfunc_call() {
            return None;
        }
        skep_catalog::kfunc(self.kfunc_name(insn.imm, insn.off)?)
    }

    /// The same, if programs of this type may call it: of others Linux knows neither effects nor parameters.
    fn allowed_kfunc(&self, insn: RawInsn) -> Option<&'static Kfunc> {
        let context = self.calls.context();
        self.called_kfunc(insn).filter(|k| k.callable(&context))
    }

    pub(super) fn is_sync_callback_call(&self, insn: RawInsn) -> bool {
        let helper = insn.is_helper_call()
            && SYNC_CALLBACK_HELPERS.contains(&HelperId(insn.imm.cast_unsigned()));
        helper
            || self
                .called_kfunc(insn)
                .is_some_and(|k| k.name == SYNC_CALLBACK_KFUNC)
    }

    pub(super) fn is_async_callback_call(&self, insn: RawInsn) -> bool {
        let helper = self
            .called_helper(insn)
            .is_some_and(|p| p.callback == Some(Callback::Async));
        helper
            || self
                .called_kfunc(insn)
                .is_some_and(|k| ASYNC_CALLBACK_KFUNCS.contains(&k.name))
    }

    pub(super) fn is_iter_next_call(&self, insn: RawInsn) -> bool {
        self.allowed_kfunc(insn)
            .is_some_and(|k| k.has(KfuncFlags::ITER_NEXT))
    }

    pub(super) fn call_effects(&self, insn: RawInsn) -> CallEffects {
        if let Some(proto) = self.called_helper(insn) {
            return CallEffects {
                might_sleep: proto.has(ProtoFlags::MIGHT_SLEEP),
                changes_pkt_data: proto.has(ProtoFlags::CHANGES_PKT_DATA),
            };
        }
        let kfunc = self.allowed_kfunc(insn);
        CallEffects {
            might_sleep: kfunc.is_some_and(|k| k.has(KfuncFlags::SLEEPABLE)),
            changes_pkt_data: kfunc.is_some_and(|k| k.name == PACKET_CHANGING_KFUNC),
        }
    }

    /// How many of r1 to r5 a call reads; all where that is not known.
    pub(crate) fn call_parameters(&self, insn: RawInsn) -> u8 {
        if let Some(proto) = self.called_helper(insn) {
            return proto.used_args().count() as u8;
        }
        self.kfunc_parameters(insn).unwrap_or(5)
    }

    fn kfunc_parameters(&self, insn: RawInsn) -> Option<u8> {
        self.allowed_kfunc(insn)?;
        let id = BtfTypeId(u32::try_from(insn.imm).ok()?);
        let proto = self
            .kernel_btf
            .as_ref()?
            .type_by_id(id)?
            .as_func()?
            .proto()?;
        Some(u8::try_from(proto.param_count()).unwrap_or(5))
    }

    /// Whether a call follows the fastcall contract: registers it clobbers, and whether that may be relied on.
    pub(super) fn fastcall_contract(&self, insn: RawInsn) -> Option<Fastcall> {
        let parameters: u16 = (1..=self.call_parameters(insn).min(5))
            .map(|r| 1u16 << r)
            .sum();
        if let Some(proto) = self.called_helper(insn) {
            let returns = u16::from(proto.ret.kind != skep_catalog::RetType::Void);
            let inlined = proto.has(ProtoFlags::ALLOW_FASTCALL) && proto.has(ProtoFlags::INLINED);
            return Some(Fastcall {
                clobbered: parameters | returns,
                relied_on: inlined,
            });
        }
        let kfunc = self.allowed_kfunc(insn)?;
        let returns = u16::from(kfunc.ret != "void");
        Some(Fastcall {
            clobbered: parameters | returns,
            relied_on: kfunc.has(KfuncFlags::FASTCALL),
        })
    }
}

/// The fastcall contract of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fastcall {
    /// Registers (bits) the call overwrites.
    pub(super) clobbered: u16,
    /// Linux relies on the contract for this callee.
    pub(super) relied_on: bool,
}
