//! What the outermost frame, a global function or a callback may return.

use super::attach::TargetReturn;
use super::pointer_offset::FixedOffset;
use crate::register::{Register, Target};
use crate::reject::words::SignedBounds;
use crate::reject::{CallReject, Check};
use crate::scalar::ScalarRange;
use crate::state::{FrameKind, ReturnRange, SubprogIdx};
use crate::verifier::Verifier;
use skep_uapi::{AttachType, ProgType};

/// What a return value must be.
enum Expected {
    /// Readable, no more.
    Anything,
    /// A number.
    Number,
    /// A number in a range.
    Within(ReturnRange, Width),
}

/// Which part of the register the range is compared with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Width {
    Low32,
    All64,
}

const AT_PROGRAM_EXIT: &str = "At program exit";

impl Verifier<'_> {
    /// R0 at the exit of an outermost frame (`reg` 0), or R1 of bpf_throw where it becomes the program's result.
    pub(crate) fn check_return_value(&mut self, reg: u8) -> Check {
        let (kind, subprog) = self
            .state
            .frame(0)
            .map_or((FrameKind::Plain, SubprogIdx(0)), |f| (f.kind, f.subprog));
        let as_program = subprog == SubprogIdx(0) || kind == FrameKind::ExceptionCallback;
        if as_program && self.returns_nothing() {
            return Ok(());
        }
        if as_program && kind == FrameKind::Plain && self.returns_held_object(reg) {
            return self.check_pointer_offset(reg, FixedOffset::Refused);
        }
        self.check_reg_readable(reg)?;
        if self.leaks_pointer(reg) {
            return Err(self.reject(CallReject::LeaksAsReturn { reg }));
        }
        let (exit, expected) = match kind {
            FrameKind::AsyncCallback(range) => (
                "At async callback return",
                Expected::Within(range, Width::All64),
            ),
            FrameKind::Plain | FrameKind::Callback(_) if !as_program => {
                (AT_PROGRAM_EXIT, Expected::Number)
            }
            FrameKind::Plain | FrameKind::Callback(_) | FrameKind::ExceptionCallback => {
                (AT_PROGRAM_EXIT, self.program_returns())
            }
        };
        match expected {
            Expected::Anything => Ok(()),
            Expected::Number => self.check_number_returned(reg),
            Expected::Within(range, width) => self.check_returned_range(reg, exit, range, width),
        }
    }

    fn check_number_returned(&mut self, reg: u8) -> Check {
        if self.state.reg(reg).scalar().is_some() {
            return Ok(());
        }
        let found = self.state.reg(reg).type_name();
        Err(self.reject(CallReject::ReturnNotScalar { reg, found }))
    }

    fn check_returned_range(
        &mut self,
        reg: u8,
        exit: &'static str,
        range: ReturnRange,
        width: Width,
    ) -> Check {
        if self.state.reg(reg).scalar().is_none() {
            let found = self.state.reg(reg).type_name();
            return Err(self.reject(CallReject::ReturnNotKnown { exit, reg, found }));
        }
        self.mark_precise(reg)?;
        if let Err(reject) = self.check_within(reg, exit, range, width) {
            let main = self
                .state
                .frame(0)
                .is_some_and(|f| f.subprog == SubprogIdx(0));
            let void_hook =
                self.is_lsm_cgroup() && self.target_return() == Some(TargetReturn::Void);
            return Err(if main && void_hook {
                self.reject_more(reject, CallReject::LsmVoidNote)
            } else {
                reject
            });
        }
        self.note_egress_verdict(reg);
        Ok(())
    }

    fn check_within(
        &mut self,
        reg: u8,
        exit: &'static str,
        range: ReturnRange,
        width: Width,
    ) -> Check {
        let value = self
            .state
            .reg(reg)
            .scalar()
            .map_or(ScalarRange::UNKNOWN, |s| s.range);
        let (least, most) = match width {
            Width::Low32 => (i64::from(value.s32_min), i64::from(value.s32_max)),
            Width::All64 => (value.smin, value.smax),
        };
        let (min, max) = (range.min, range.max);
        if i64::from(min) <= least && most <= i64::from(max) {
            return Ok(());
        }
        let has = SignedBounds {
            min: value.smin,
            max: value.smax,
        };
        Err(self.reject(CallReject::ReturnOutside {
            exit,
            reg,
            has,
            min,
            max,
        }))
    }

    /// A cgroup egress program that returns 2 or 3 must be attached to egress.
    fn note_egress_verdict(&mut self, reg: u8) {
        let egress = self.request.prog_type == ProgType::CgroupSkb
            && self.attach_type() == Some(AttachType::CgroupInetEgress);
        let value = self.state.reg(reg).scalar().map(|s| s.range.tnum);
        if egress && value.is_some_and(|v| crate::scalar::Tnum::range(2, 3).is_superset(v)) {
            self.traits.enforce_expected_attach_type = true;
        }
    }

    /// LSM hooks and struct_ops members that return nothing leave R0 alone.
    fn returns_nothing(&self) -> bool {
        let by_prototype = match self.request.prog_type {
            ProgType::Lsm => !self.is_lsm_cgroup(),
            ProgType::StructOps => true,
            _ => false,
        };
        by_prototype && self.target_return() == Some(TargetReturn::Void)
    }

    fn is_lsm_cgroup(&self) -> bool {
        self.request.prog_type == ProgType::Lsm && self.attach_type() == Some(AttachType::LsmCgroup)
    }

    fn target_return(&self) -> Option<TargetReturn> {
        self.calls.target.as_ref().map(|t| t.returns)
    }

    /// A struct_ops member may return an object it holds, of the type it declares.
    fn returns_held_object(&self, reg: u8) -> bool {
        let Register::Pointer(p) = self.state.reg(reg) else {
            return false;
        };
        let (Target::Btf { ty }, Some(TargetReturn::Struct(wanted))) =
            (p.target, self.target_return())
        else {
            return false;
        };
        self.request.prog_type == ProgType::StructOps && p.ref_obj_id != 0 && ty == wanted
    }

    fn program_returns(&self) -> Expected {
        let range = |min, max| Expected::Within(ReturnRange { min, max }, Width::All64);
        if self.request.prog_type == ProgType::StructOps {
            return match self.target_return() {
                Some(TargetReturn::Struct(_)) => range(0, 0),
                Some(TargetReturn::Void | TargetReturn::Other) | None => Expected::Anything,
            };
        }
        match self.calls.rules().map(|r| r.returns) {
            Some(skep_catalog::ReturnRange::Range(min, max)) => {
                let low = self.request.prog_type == ProgType::Lsm && !self.is_lsm_cgroup();
                Expected::Within(
                    ReturnRange { min, max },
                    if low { Width::Low32 } else { Width::All64 },
                )
            }
            Some(skep_catalog::ReturnRange::Any | skep_catalog::ReturnRange::FollowsTarget)
            | None => Expected::Anything,
        }
    }
}
