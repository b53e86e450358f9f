//! Calls: of helpers, of functions of the program, of kernel functions; and what a program owes when it leaves.
//!
//! ```text
//! check_call ─┬─ helper ──► args ─► map_rules ─► special ─► returns
//!             ├─ subprog ─► prototype (arguments from BTF) ─► new frame, or "assumed valid"
//!             └─ kfunc (../kfunc)            callback: frames that helpers and kfuncs run
//! exit: leaks and return values      references: what is held      attach: what the program attaches to
//! ```

mod arg_types;
mod args;
mod attach;
mod attach_function;
mod callback;
mod const_str;
mod context_type;
mod declared;
mod exit;
mod fields;
mod format;
mod helper;
mod kptr_xchg;
mod lock;
mod map_key;
mod map_rules;
mod pointer_offset;
mod program;
mod prototype;
mod references;
mod return_value;
mod returns;
mod seen;
mod sizes;
mod special;
mod struct_match;
mod subprog;
mod traced;

pub(crate) use args::{CallMeta, DynptrArg, MapArg};
pub(crate) use callback::CallbackArgs;
pub(crate) use fields::constant_offset;
pub(crate) use lock::LockFlavour;
pub(crate) use pointer_offset::OffsetRule;
pub(crate) use program::CallState;
pub(crate) use references::NotHeld;
pub(crate) use seen::{CallSeen, Seen};
pub(crate) use struct_match::Strictness;

use crate::reject::{CallReject, Check};
use crate::verifier::{Flow, Verifier};
use skep_isa::{RawInsn, opcode};
use skep_uapi::HelperId;

/// The only helper that may be called while a lock is held.
const SPIN_UNLOCK: HelperId = HelperId(94);

impl Verifier<'_> {
    /// Checks a CALL and applies it.
    pub(crate) fn check_call(&mut self, insn: RawInsn) -> Check<Flow> {
        self.check_call_encoding(insn)?;
        self.check_call_under_lock(insn)?;
        self.touch_reg(0);
        match insn.src() {
            opcode::PSEUDO_CALL => self.check_subprog_call(insn),
            opcode::PSEUDO_KFUNC_CALL => self.check_kfunc_call(insn),
            _ => self.check_helper_call(insn),
        }
    }

    fn check_call_encoding(&mut self, insn: RawInsn) -> Check {
        let is_kfunc = insn.src() == opcode::PSEUDO_KFUNC_CALL;
        let known_target = matches!(
            insn.src(),
            0 | opcode::PSEUDO_CALL | opcode::PSEUDO_KFUNC_CALL
        );
        let good = insn.class() == opcode::JMP
            && insn.source() == opcode::K
            && insn.dst() == 0
            && known_target
            && (insn.off == 0 || is_kfunc);
        if good {
            Ok(())
        } else {
            Err(self.reject(CallReject::ReservedFields))
        }
    }

    /// While a lock is held only few calls are allowed; subprograms are (global ones are refused later).
    fn check_call_under_lock(&mut self, insn: RawInsn) -> Check {
        if self.state.refs.lock_count() == 0 {
            return Ok(());
        }
        let allowed = match insn.src() {
            opcode::PSEUDO_CALL => true,
            opcode::PSEUDO_KFUNC_CALL => insn.off == 0 && self.kfunc_allowed_under_lock(insn),
            _ => insn.imm.cast_unsigned() == SPIN_UNLOCK.0,
        };
        if allowed {
            Ok(())
        } else {
            Err(self.reject(CallReject::LockHeld))
        }
    }
}
