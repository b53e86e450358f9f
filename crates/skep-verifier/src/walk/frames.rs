//! Frames: growing their stacks, leaving them, and may_goto.

use super::Verifier;
use crate::register::{Register, Target};
use crate::reject::{Check, ControlReject};
use crate::stack::{SLOT_SIZE, SlotIdx};
use crate::state::{FrameKind, InsnIdx, ReturnRange};
use crate::verifier::Flow;
use alloc::string::String;
use core::fmt::Write;
use skep_uapi::Errno;

/// Services for the checks.
impl Verifier<'_> {
    /// The stack of a frame is known down to `fp + min_off`; its function uses at least so much.
    pub(crate) fn grow_stack(&mut self, frame: u8, min_off: i32) {
        let Some((slot, _)) = SlotIdx::of(min_off) else {
            return;
        };
        let Some(known) = self
            .state
            .frame(frame)
            .map(|f| (f.stack.slots.len(), f.subprog))
        else {
            return;
        };
        if known.0 > slot.index() {
            return;
        }
        if let Some(f) = self.state.frame_mut(frame) {
            f.stack.grow_to(slot);
        }
        let depth = (slot.index() as u32 + 1) * SLOT_SIZE.unsigned_abs();
        if let Some(subprog) = self.subprog_mut(known.1) {
            subprog.stack_depth = subprog.stack_depth.max(depth);
        }
    }

    /// The instruction a frame of the current state is at: the current one, or the call that made the next frame.
    pub(crate) fn frame_insn(&self, frame: u8) -> InsnIdx {
        self.state
            .frame(frame + 1)
            .and_then(|inner| inner.callsite)
            .unwrap_or(self.at)
    }

    /// A frame was entered: everything is worth printing.
    pub(crate) fn entered_frame(&mut self) {
        self.log.touch_everything();
    }

    /// Leaves the innermost of several frames. A callback returns to the call that ran it, which decides whether it runs again.
    pub(crate) fn return_from_frame(&mut self) -> Check<Flow> {
        self.update_live_stack();
        let number = self.state.current();
        let result = self.state.reg(0).clone();
        if matches!(result, Register::Pointer(p) if matches!(p.target, Target::Stack { .. })) {
            return Err(self.reject(ControlReject::ReturnsStackPointer));
        }
        let Some((kind, Some(call))) = self.state.top().map(|f| (f.kind, f.callsite)) else {
            return Err(self.reject(ControlReject::Bug {
                what: "a return from the outermost frame",
            }));
        };
        let to = match kind {
            FrameKind::Callback(range) => {
                self.check_callback_result(&result, range)?;
                call
            }
            FrameKind::Plain | FrameKind::AsyncCallback(_) | FrameKind::ExceptionCallback => {
                if let Some(caller) = self.state.frame_mut(number.saturating_sub(1)) {
                    caller.regs.set(0, result);
                }
                call.next()
            }
        };
        if self.log.wants_verbose() {
            self.log.message(&"returning from callee:\n");
            self.print_frame(number);
            self.log.message(&format_args!("to caller at {}:\n", to.0));
            self.print_frame(number.saturating_sub(1));
        }
        self.state.pop_frame();
        if matches!(kind, FrameKind::Callback(_)) {
            self.widen_after_callback(to);
        }
        Ok(Flow::Goto(to))
    }

    fn check_callback_result(&mut self, result: &Register, range: ReturnRange) -> Check {
        if result.scalar().is_none() {
            return Err(self.reject(ControlReject::CallbackReturnType));
        }
        self.mark_precise(0)?;
        let Some(known) = result.scalar().map(|s| s.range) else {
            return Ok(());
        };
        if known.smin >= i64::from(range.min) && known.smax <= i64::from(range.max) {
            return Ok(());
        }
        let mut text = String::new();
        if known.smin > i64::MIN {
            let _ = write!(text, " smin={}", known.smin);
        }
        if known.smax < i64::MAX {
            let _ = write!(text, " smax={}", known.smax);
        }
        if text.is_empty() {
            text.push_str(" unknown scalar value");
        }
        Err(self.reject(ControlReject::CallbackReturnRange {
            known: text,
            min: range.min,
            max: range.max,
        }))
    }

    /// The call that ran the callback is visited again: what changed since its last visit, and decided nothing, becomes unknown.
    fn widen_after_callback(&mut self, call: InsnIdx) {
        if let Some(earlier) = self.earlier_entry(&self.state, call, self.walk.path.dfs_depth) {
            let mut state = core::mem::take(&mut self.state);
            self.widen(earlier, &mut state);
            self.state = state;
        }
    }

    /// may_goto: leaves the loop now; that it stays in is another path.
    pub(crate) fn check_may_goto(&mut self, target: InsnIdx) -> Check<Flow> {
        let next = self.at.next();
        let state = self
            .push_widened_branch(next)
            .map_err(|r| r.with_errno(Errno::ENOMEM))?;
        state.may_goto_depth += 1;
        Ok(Flow::Goto(target))
    }
}
