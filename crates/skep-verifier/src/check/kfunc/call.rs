//! A kernel function call, step by step in Linux's order.

use super::special::Special;
use super::stack_object::Place;
use super::table::KfuncInfo;
use crate::check::call::{CallbackArgs, DynptrArg, LockFlavour, MapArg};
use crate::env::Capabilities;
use crate::register::{PtrFlags, Register, TypeRef, ValueId};
use crate::reject::words::{KfuncName, LeakSite};
use crate::reject::{Check, KfuncReject};
use crate::scalar::ScalarRange;
use crate::state::SubprogIdx;
use crate::verifier::{Flow, Verifier};
use alloc::rc::Rc;
use skep_btf::GraphRoot;
use skep_catalog::KfuncFlags;
use skep_isa::RawInsn;
use skep_uapi::Errno;

/// Memory a kfunc returns, as its size parameter says.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReturnedBuffer {
    pub(super) size: u32,
    pub(super) flags: PtrFlags,
}

/// What the arguments of one kfunc call said.
#[derive(Debug)]
pub(super) struct KfuncCall {
    pub(super) info: Rc<KfuncInfo>,
    /// The last argument with a reference.
    pub(super) ref_obj_id: ValueId,
    /// The register whose reference is given away.
    pub(super) release_reg: Option<u8>,
    /// The one constant argument.
    pub(super) constant: Option<u64>,
    /// Size of the memory it returns.
    pub(super) returned: Option<ReturnedBuffer>,
    /// The object it drops, or counts one more owner of.
    pub(super) object: Option<TypeRef>,
    /// Whether that object is owned by the program.
    pub(super) owning: bool,
    /// The collection.
    pub(super) root: Option<GraphRoot>,
    pub(super) iterator: Option<Place>,
    pub(super) dynptr: Option<DynptrArg>,
    pub(super) map: Option<MapArg>,
    pub(super) callback: Option<SubprogIdx>,
}

impl KfuncCall {
    fn new(info: Rc<KfuncInfo>) -> Self {
        KfuncCall {
            info,
            ref_obj_id: 0,
            release_reg: None,
            constant: None,
            returned: None,
            object: None,
            owning: false,
            root: None,
            iterator: None,
            dynptr: None,
            map: None,
            callback: None,
        }
    }

    fn name(&self) -> KfuncName {
        KfuncName {
            name: self.info.name.clone(),
            id: self.info.id.0,
        }
    }
}

impl Verifier<'_> {
    pub(crate) fn check_kfunc_call(&mut self, insn: RawInsn) -> Check<Flow> {
        // Dead code may hold such a call; where it is walked, Linux does nothing with it yet.
        if insn.imm == 0 {
            return Ok(Flow::Next);
        }
        let Some(info) = self.kfunc_info(insn) else {
            return Err(self.reject(KfuncReject::Bug {
                what: "a kernel function that was not resolved",
            }));
        };
        self.check_may_call_kfunc(&info)?;
        let mut call = KfuncCall::new(info);
        self.check_kfunc_args(&mut call)?;
        self.push_kfunc_callback(&call)?;
        self.check_sections(&call.info)?;
        self.release_kfunc_argument(&call)?;
        if call
            .info
            .special
            .is_some_and(|s| matches!(s, Special::ListPush | Special::RbtreeAdd))
        {
            let node = self.state.reg(2).ref_obj_id();
            if self.give_to_collection(node).is_err() {
                return Err(self.reject(KfuncReject::ReferenceNotHeld { kfunc: call.name() }));
            }
        }
        if call.info.is(Special::Throw) {
            return self.throw();
        }
        self.clear_caller_saved();
        self.set_kfunc_result(&call)?;
        if call.info.is(Special::XdpPullData) {
            self.clear_packet_pointers();
        }
        if let Some(iterator) = call
            .iterator
            .filter(|_| call.info.has(KfuncFlags::ITER_NEXT))
        {
            self.step_iterator(iterator)?;
        }
        Ok(Flow::Next)
    }

    fn check_may_call_kfunc(&mut self, info: &KfuncInfo) -> Check {
        let name = || info.name.clone();
        if !info.callable {
            return Err(self.reject(KfuncReject::NotAllowed { name: name() }));
        }
        if matches!(
            info.special,
            Some(Special::ResSpinLock | Special::ResSpinLockIrqsave)
        ) {
            self.push_failed_lock()?;
        }
        if info.is(Special::Trap) {
            return Err(self.reject(KfuncReject::Trap));
        }
        if info.has(KfuncFlags::DESTRUCTIVE) && !self.caps.grant(Capabilities::SYS_BOOT) {
            return Err(self.reject(KfuncReject::Destructive));
        }
        if info.has(KfuncFlags::SLEEPABLE) && !self.state.in_sleepable {
            return Err(self.reject(KfuncReject::MustSleep { name: name() }));
        }
        Ok(())
    }

    /// Taking a resilient lock may fail: then nothing changed but R0, an error number.
    fn push_failed_lock(&mut self) -> Check {
        const MAX_ERRNO: i32 = 4095;
        let mut state = self.state.clone();
        for reg in 1..=5 {
            state.set_reg(reg, Register::Uninit);
        }
        let mut error = ScalarRange::UNKNOWN;
        (error.s32_min, error.s32_max) = (-MAX_ERRNO, -1);
        (error.smin, error.smax) = (i64::from(-MAX_ERRNO), -1);
        error.sync();
        state.set_reg(0, self.new_scalar(error));
        let next = self.at.next();
        self.push_state(state, next)
            .map_err(|r| r.with_errno(Errno::ENOMEM))
    }

    fn push_kfunc_callback(&mut self, call: &KfuncCall) -> Check {
        let args = match (call.info.special, call.root) {
            (Some(Special::RbtreeAdd), Some(root)) => CallbackArgs::RbTreeLess(root),
            (Some(Special::WqSetCallback), _) => CallbackArgs::Workqueue,
            (Some(Special::TaskWorkSchedule), _) => CallbackArgs::TaskWork,
            (_, _) => return Ok(()),
        };
        let Some(callback) = call.callback else {
            return Err(self.reject(KfuncReject::Bug {
                what: "a callback argument without function",
            }));
        };
        match self.push_callback(callback, args) {
            Ok(()) => Ok(()),
            Err(reject) => {
                Err(self.reject_more(reject, KfuncReject::CallbackFailed { kfunc: call.name() }))
            }
        }
    }

    fn release_kfunc_argument(&mut self, call: &KfuncCall) -> Check {
        let Some(reg) = call.release_reg else {
            return Ok(());
        };
        let id = self.state.reg(reg).ref_obj_id();
        match self.release_reference(id) {
            Ok(()) => Ok(()),
            Err(_) => Err(self.reject(KfuncReject::ReferenceNotHeld { kfunc: call.name() })),
        }
    }

    /// Leaves the program from whatever depth.
    fn throw(&mut self) -> Check<Flow> {
        const COOKIE: u8 = 1;
        if !self.subprogs.iter().any(|s| s.is_exception_callback) {
            self.check_return_value(COOKIE)?;
        }
        self.check_leaks(LeakSite::Throw)?;
        Ok(Flow::PathEnd)
    }

    /// The lock functions among the kfuncs.
    pub(super) fn apply_res_lock(&mut self, call: &KfuncCall, reg: u8) -> Check {
        match call.info.special {
            Some(Special::ResSpinLock) => self.take_lock(reg, LockFlavour::Res),
            Some(Special::ResSpinLockIrqsave) => self.take_lock(reg, LockFlavour::ResIrq),
            Some(Special::ResSpinUnlock) => self.give_lock_back(reg, LockFlavour::Res),
            Some(Special::ResSpinUnlockIrqrestore) => self.give_lock_back(reg, LockFlavour::ResIrq),
            Some(_) | None => Err(self.reject(KfuncReject::Bug {
                what: "a lock argument of no lock function",
            })),
        }
    }
}
