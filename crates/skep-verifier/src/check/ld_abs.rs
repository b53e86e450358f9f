//! Class LD: the packet loads of classic BPF, and the dispatch of ld_imm64.

use crate::register::{Register, TargetKind};
use crate::reject::words::LeakSite;
use crate::reject::{Check, MemoryReject};
use crate::scalar::ScalarRange;
use crate::verifier::{Flow, Verifier};
use skep_isa::{RawInsn, opcode};

/// The implicit context operand.
const CTX_REG: u8 = 6;

impl Verifier<'_> {
    pub(super) fn check_ld(&mut self, insn: RawInsn) -> Check<Flow> {
        match insn.mode() {
            opcode::ABS | opcode::IND => self.check_ld_abs(insn),
            opcode::IMM => self.check_ld_imm64(insn),
            _ => Err(self.reject(MemoryReject::LdMode)),
        }
    }

    fn check_ld_abs(&mut self, insn: RawInsn) -> Check<Flow> {
        if !self.calls.type_info().is_some_and(|t| t.ld_abs) {
            return Err(self.reject(MemoryReject::LdAbsProgType));
        }
        let is_abs = insn.mode() == opcode::ABS;
        if insn.dst() != 0
            || insn.off != 0
            || insn.size() == opcode::DW
            || (is_abs && insn.src() != 0)
        {
            return Err(self.reject(MemoryReject::LdAbsReserved));
        }
        self.check_reg_readable(CTX_REG)?;
        self.check_leaks(LeakSite::LdAbs)?;
        if !self.points_to(CTX_REG, TargetKind::Ctx) {
            return Err(self.reject(MemoryReject::LdAbsNoSkb));
        }
        if !is_abs {
            self.check_reg_readable(insn.src())?;
        }
        if let Some(ctx) = self.state.reg(CTX_REG).pointer().copied() {
            self.check_ctx_unmodified(CTX_REG, &ctx)?;
        }
        for reg in 0..=5 {
            self.set_reg(reg, Register::Uninit);
        }
        let unknown = self.unknown_register();
        self.set_reg(0, unknown);
        if self.state.current() == 0 {
            return Ok(Flow::Next);
        }
        // A load beyond the packet ends the current function with 0: the caller must cope with that too.
        let goes_on = self.state.clone();
        self.push_state(goes_on, self.at.next())?;
        let zero = self.new_scalar(ScalarRange::constant(0));
        self.set_reg(0, zero);
        self.return_from_frame()
    }
}
