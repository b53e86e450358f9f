//! Rules of single helpers.

use super::args::CallMeta;
use super::callback::CallbackArgs;
use super::format::is_good_format;
use crate::register::{PtrFlags, Register, Target, TargetKind};
use crate::reject::words::{HelperName, LeakSite};
use crate::reject::{CallReject, Check};
use crate::state::SubprogIdx;
use crate::verifier::Verifier;
use skep_uapi::{AttachType, Errno, HelperId, ProgType};

impl Verifier<'_> {
    /// The rule of this helper, if it has one of its own.
    pub(super) fn check_special_helper(&mut self, meta: &mut CallMeta) -> Check {
        match meta.helper {
            HelperId::TAIL_CALL => self.check_leaks(LeakSite::TailCall),
            HelperId::GET_LOCAL_STORAGE => self.check_local_storage_flags(),
            HelperId::FOR_EACH_MAP_ELEM => self.call_back(meta, CallbackArgs::MapElement),
            HelperId::TIMER_SET_CALLBACK => self.call_back(meta, CallbackArgs::Timer),
            HelperId::FIND_VMA => self.call_back(meta, CallbackArgs::Vma),
            HelperId::USER_RINGBUF_DRAIN => self.call_back(meta, CallbackArgs::UserRingbuf),
            HelperId::LOOP => self.check_loop(meta),
            HelperId::SNPRINTF => self.check_snprintf(),
            HelperId::DYNPTR_FROM_MEM => self.check_dynptr_source(),
            HelperId::SET_RETVAL => self.check_set_retval(),
            HelperId::DYNPTR_DATA => {
                // The slice stands for the same reference as the dynptr.
                meta.ref_obj_id = meta.dynptr.map_or(0, |d| d.ref_obj_id);
                Ok(())
            }
            HelperId::PER_CPU_PTR | HelperId::THIS_CPU_PTR => self.check_percpu_object(),
            HelperId::GET_FUNC_IP => self.check_func_ip(meta.helper),
            _ => Ok(()),
        }
    }

    fn check_local_storage_flags(&mut self) -> Check {
        if self.state.reg(2).is_null() {
            Ok(())
        } else {
            Err(self.reject(CallReject::LocalStorageFlags))
        }
    }

    fn call_back(&mut self, meta: &CallMeta, args: CallbackArgs) -> Check {
        match meta.callback {
            Some(callback) => self.push_callback(callback, args),
            None => Err(self.reject(CallReject::Bug {
                what: "a callback argument without function",
            })),
        }
    }

    /// The number of rounds says whether the callback is looked at once more.
    fn check_loop(&mut self, meta: &CallMeta) -> Check {
        const ROUNDS: u8 = 1;
        let Some(callback) = meta.callback else {
            return Err(self.reject(CallReject::Bug {
                what: "a callback argument without function",
            }));
        };
        self.note_plain_loop(callback)?;
        // Linux 6.18 takes a pointer here for a mistake of its own.
        if self.state.reg(ROUNDS).scalar().is_none() {
            return Err(self.reject(CallReject::Bug {
                what: "backtracking misuse",
            }));
        }
        self.mark_precise(ROUNDS)?;
        let most = self
            .state
            .reg(ROUNDS)
            .scalar()
            .map_or(u64::MAX, |s| s.range.umax);
        let done = self.state.top().map_or(0, |f| f.callback_depth);
        if u64::from(done) < most {
            return self.push_callback(callback, CallbackArgs::Loop);
        }
        if let Some(frame) = self.state.top_mut() {
            frame.callback_depth = 0;
        }
        let frame = self.state.current();
        self.log.level2(&format_args!(
            "frame{frame} bpf_loop iteration limit reached\n"
        ));
        Ok(())
    }

    /// Linux replaces bpf_loop by instructions as long as flags are a known 0 and the callback is always the same.
    fn note_plain_loop(&mut self, callback: SubprogIdx) -> Check {
        use super::seen::Seen;
        const FLAGS: u8 = 4;
        let seen = self
            .aux
            .get(self.at.index())
            .map_or(Seen::Varies, |aux| aux.call.plain_loop);
        if seen == Seen::Varies {
            return Ok(());
        }
        let plain = self.state.reg(FLAGS).is_null();
        if plain {
            self.mark_precise(FLAGS)?;
        }
        if let Some(aux) = self.aux_mut() {
            match plain {
                true => aux.call.plain_loop.note(callback),
                false => aux.call.plain_loop = Seen::Varies,
            }
        }
        Ok(())
    }

    fn check_snprintf(&mut self) -> Check {
        const FORMAT: u8 = 3;
        const DATA_LEN: u8 = 5;
        let len = self
            .state
            .reg(DATA_LEN)
            .scalar()
            .map_or(0, |s| s.range.tnum.value);
        if !len.is_multiple_of(8) {
            return self.refuse_silently(Errno::EINVAL);
        }
        let good = self
            .const_str(FORMAT)
            .is_some_and(|text| is_good_format(&text, len / 8));
        if good {
            Ok(())
        } else {
            Err(self.reject(CallReject::BadFormat))
        }
    }

    fn check_dynptr_source(&mut self) -> Check {
        let source = self.state.reg(1);
        let is_value = source
            .pointer()
            .is_some_and(|p| p.kind() == TargetKind::MapValue && p.flags.is_empty());
        let found = source.type_name();
        if is_value {
            Ok(())
        } else {
            Err(self.reject(CallReject::DynptrFromOther { found }))
        }
    }

    fn check_set_retval(&mut self) -> Check {
        let cgroup_lsm = self.request.prog_type == ProgType::Lsm
            && self.attach_type() == Some(AttachType::LsmCgroup);
        let void_hook = self.calls.target.as_ref().is_some_and(|t| t.returns_void());
        if cgroup_lsm && void_hook {
            Err(self.reject(CallReject::SetRetvalOfVoidHook))
        } else {
            Ok(())
        }
    }

    /// A borrowed per-CPU object must be a struct.
    fn check_percpu_object(&mut self) -> Check {
        let Register::Pointer(p) = self.state.reg(1) else {
            return Ok(());
        };
        let Target::Btf { ty } = p.target else {
            return Ok(());
        };
        if !p.flags.contains(PtrFlags::RCU) {
            return Ok(());
        }
        let is_struct = self
            .btf(ty.btf)
            .and_then(|b| b.type_by_id(ty.id))
            .is_some_and(|t| t.as_composite().is_some());
        if is_struct {
            Ok(())
        } else {
            Err(self.reject(CallReject::PercpuObjectType))
        }
    }

    fn check_func_ip(&mut self, helper: HelperId) -> Check {
        let helper = HelperName(helper);
        match self.request.prog_type {
            ProgType::Kprobe => Ok(()),
            ProgType::Tracing => match self.attach_type() {
                Some(
                    AttachType::TraceFentry | AttachType::TraceFexit | AttachType::ModifyReturn,
                ) => Ok(()),
                Some(_) | None => Err(self.reject(CallReject::FuncIpWithoutTrampoline { helper })),
            },
            other => Err(self.reject(CallReject::FuncIpOfProgramType {
                helper,
                prog_type: other.raw(),
            })),
        }
    }

    /// `expected_attach_type`, where it is one.
    pub(crate) fn attach_type(&self) -> Option<AttachType> {
        AttachType::from_raw(self.request.expected_attach_type)
    }
}
