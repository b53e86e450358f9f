//! A helper call, step by step in Linux's order.

use super::args::CallMeta;
use crate::reject::words::{HelperName, Section};
use crate::reject::{CallReject, Check};
use crate::verifier::{Flow, Verifier};
use skep_catalog::{HelperProto, ProtoFlags};
use skep_isa::RawInsn;
use skep_uapi::{Errno, HelperId};

impl Verifier<'_> {
    pub(super) fn check_helper_call(&mut self, insn: RawInsn) -> Check<Flow> {
        let helper = HelperId(insn.imm.cast_unsigned());
        let proto = self.find_helper(helper)?;
        self.check_may_call(helper, proto)?;
        let mut meta = CallMeta::new(helper, proto);
        for index in 0..5 {
            self.check_helper_arg(index, &mut meta)?;
        }
        self.note_call_map(&meta)?;
        self.fill_raw_buffer(&meta)?;
        self.release_argument(&meta)?;
        self.check_special_helper(&mut meta)?;
        self.clear_caller_saved();
        self.set_helper_result(&meta)?;
        self.check_map_for_helper(&meta)?;
        self.finish_helper_call(&meta)
    }

    fn find_helper(&mut self, helper: HelperId) -> Check<&'static HelperProto> {
        if helper.0 >= HelperId::MAX || !self.env.has_helper(helper) {
            return Err(self.reject(CallReject::NoSuchHelper {
                helper: HelperName(helper),
            }));
        }
        match self.helper_proto(helper) {
            Some(proto) => Ok(proto),
            None => Err(self.reject(CallReject::HelperNotAvailable {
                helper: HelperName(helper),
            })),
        }
    }

    /// Licence, attach target, and whether sleeping is fine here.
    fn check_may_call(&mut self, helper: HelperId, proto: &HelperProto) -> Check {
        if proto.has(ProtoFlags::GPL_ONLY) && !self.request.gpl_compatible {
            return Err(self.reject(CallReject::GplOnly));
        }
        if proto.allowed.is_some_and(|rule| !self.calls.permits(rule)) {
            return Err(self.reject(CallReject::NotInProbe));
        }
        if !proto.has(ProtoFlags::MIGHT_SLEEP) {
            return Ok(());
        }
        if !self.state.in_sleepable {
            return Err(self.reject(CallReject::MightSleep));
        }
        match self.atomic_section() {
            Some(section) => Err(self.reject(CallReject::SleepableInSection {
                helper: HelperName(helper),
                section,
            })),
            None => Ok(()),
        }
    }

    /// The section, explicitly entered, in which nothing may sleep.
    pub(crate) fn atomic_section(&self) -> Option<Section> {
        if self.state.rcu_lock {
            Some(Section::RcuReadLock)
        } else if self.state.preempt_locks > 0 {
            Some(Section::NonPreemptible)
        } else if self.state.refs.newest_irq().is_some() {
            Some(Section::IrqDisabled)
        } else {
            None
        }
    }

    /// The helper fills a buffer on the stack that was not initialised: its bytes are known to be written now.
    fn fill_raw_buffer(&mut self, meta: &CallMeta) -> Check {
        for at in 0..meta.raw.size {
            self.store_unknown(meta.raw.reg, at.cast_signed(), 1)?;
        }
        Ok(())
    }

    fn release_argument(&mut self, meta: &CallMeta) -> Check {
        let Some(reg) = meta.release_reg else {
            return Ok(());
        };
        let held = if meta.releases_dynptr(reg) {
            return self.release_dynptr(reg);
        } else if meta.ref_obj_id == 0 {
            // Only NULL can have come so far without reference.
            Ok(())
        } else if meta.is_kptr_xchg() {
            self.give_into_kptr(meta.ref_obj_id)
        } else {
            self.release_reference(meta.ref_obj_id)
        };
        held.map_err(|_| {
            self.reject(CallReject::ReferenceNotHeld {
                helper: HelperName(meta.helper),
            })
        })
    }

    /// What a call changes beyond its arguments and result.
    fn finish_helper_call(&mut self, meta: &CallMeta) -> Check<Flow> {
        if meta.helper == HelperId::TAIL_CALL {
            return self.finish_tail_call();
        }
        if self.changes_packet(meta) {
            self.clear_packet_pointers();
        }
        Ok(Flow::Next)
    }

    fn changes_packet(&self, meta: &CallMeta) -> bool {
        use crate::register::DynptrKind;
        let to_packet = meta
            .dynptr
            .is_some_and(|d| matches!(d.kind, DynptrKind::Skb | DynptrKind::SkbMeta));
        meta.proto.has(ProtoFlags::CHANGES_PKT_DATA)
            || (meta.helper == HelperId::DYNPTR_WRITE && to_packet)
    }

    /// In the outermost frame a tail call either never returns or changes nothing. In a subprogram, "the other program ran and returned to
    /// our caller" is a way on of its own.
    fn finish_tail_call(&mut self) -> Check<Flow> {
        if self.state.current() == 0 {
            return Ok(Flow::Next);
        }
        let fails = self.state.clone();
        self.push_state(fails, self.at.next())?;
        self.clear_packet_pointers();
        let unknown = self.unknown_register();
        self.set_reg(0, unknown);
        self.return_from_frame()
    }

    /// A rejection that Linux answers with an errno alone.
    pub(super) fn refuse_silently(&self, errno: Errno) -> Check {
        Err(self.reject_silently(errno))
    }
}
