//! Calls of the program's own functions: static ones are entered, global ones are assumed to keep their prototype.

use crate::register::Register;
use crate::reject::{CallReject, Check};
use crate::state::{Frame, InsnIdx, MAX_FRAMES, SubprogIdx};
use crate::verifier::{Flow, Verifier};
use skep_isa::RawInsn;
use skep_uapi::Errno;

/// Registers that carry arguments.
pub(super) const ARGUMENTS: core::ops::RangeInclusive<u8> = 1..=5;

impl Verifier<'_> {
    /// The function a call at `at` enters.
    pub(crate) fn called_subprog(&self, at: InsnIdx, imm: i32) -> Option<SubprogIdx> {
        self.subprog_at(InsnIdx(at.next().0.wrapping_add_signed(imm)))
    }

    pub(super) fn check_subprog_call(&mut self, insn: RawInsn) -> Check<Flow> {
        let Some(callee) = self.called_subprog(self.at, insn.imm) else {
            return Err(self.reject(CallReject::Bug {
                what: "a call of no function",
            }));
        };
        // For static functions a mismatch with BTF only means that their BTF says nothing.
        let arguments = self.check_subprog_arguments(callee);
        match arguments {
            Err(reject) if reject.errno == Errno::EFAULT => Err(reject),
            arguments if self.is_global(callee) => self.check_global_call(callee, arguments),
            Ok(()) | Err(_) => self.enter_static(callee),
        }
    }

    pub(super) fn is_global(&self, subprog: SubprogIdx) -> bool {
        self.subprog(subprog).is_some_and(|s| s.is_global())
    }

    /// A global function is looked at once, for any arguments; here only its arguments and the surroundings matter.
    fn check_global_call(&mut self, callee: SubprogIdx, arguments: Check) -> Check<Flow> {
        let Some((name, might_sleep, moves_packet)) = self
            .subprog(callee)
            .map(|s| (s.name.clone(), s.might_sleep, s.changes_pkt_data))
        else {
            return Err(self.reject(CallReject::Bug {
                what: "a call of no function",
            }));
        };
        if self.state.refs.lock_count() > 0 {
            return Err(self.reject(CallReject::GlobalUnderLock));
        }
        if might_sleep && (self.atomic_section().is_some() || !self.state.in_sleepable) {
            return Err(self.reject(CallReject::GlobalMaySleep));
        }
        if let Err(reject) = arguments {
            return Err(self.reject_more(
                reject,
                CallReject::GlobalArguments {
                    subprog: callee.0,
                    name,
                },
            ));
        }
        self.log.verbose(&format_args!(
            "Func#{} ('{name}') is global and assumed valid.\n",
            callee.0
        ));
        if moves_packet {
            self.clear_packet_pointers();
        }
        if let Some(subprog) = self.subprog_mut(callee) {
            subprog.called = true;
        }
        self.clear_caller_saved();
        let unknown = self.unknown_register();
        self.set_reg(0, unknown);
        Ok(Flow::Next)
    }

    fn enter_static(&mut self, callee: SubprogIdx) -> Check<Flow> {
        let mut frame = self.callee_frame(callee)?;
        for reg in ARGUMENTS {
            frame.regs.set(reg, self.state.reg(reg).clone());
        }
        self.clear_caller_saved();
        self.state.push_frame(frame);
        self.entered_frame();
        if self.log.wants_verbose() {
            let number = self.state.current();
            self.log.message(&"caller:\n");
            self.print_frame(number.saturating_sub(1));
            self.log.message(&"callee:\n");
            self.print_frame(number);
        }
        Ok(Flow::Goto(
            self.subprog(callee).map_or(self.at, |s| s.start),
        ))
    }

    /// A frame above the current one, entered from the current instruction; its arguments are still to be set.
    pub(super) fn callee_frame(&mut self, callee: SubprogIdx) -> Check<Frame> {
        let frames = self.state.frames().len();
        if frames >= MAX_FRAMES {
            return Err(self.reject(CallReject::CallStackTooDeep { frames: frames + 1 }));
        }
        Ok(Frame::new(frames as u8, Some(self.at), callee))
    }

    /// Whether the innermost frame is the comparison callback of bpf_rbtree_add.
    pub(crate) fn in_rbtree_callback(&self) -> bool {
        let Some(frame) = self.state.top() else {
            return false;
        };
        let runs_callback = matches!(frame.kind, crate::state::FrameKind::Callback(_));
        let callsite = frame.callsite.and_then(|at| self.insns.get(at.index()));
        runs_callback
            && callsite.is_some_and(|insn| insn.is_kfunc_call() && self.is_rbtree_add(*insn))
    }

    /// An argument register of the current frame.
    pub(super) fn argument(&self, reg: u8) -> Register {
        self.state.reg(reg).clone()
    }
}
