//! What one instruction may do, and what is known after it: one file per concern.

mod alu;
pub(crate) mod call;
mod jump;
pub(crate) mod kfunc;
pub(crate) mod linked;
mod mov;
mod null_check;
mod operand;
mod packet_range;
mod pointer_alu;
mod speculation;

mod access;
mod alignment;
mod atomic;
pub(crate) mod btf_context;
mod btf_struct;
mod buffer;
mod context;
pub(crate) mod helper_memory;
mod kernel_write;
mod kptr;
mod ld_abs;
mod ld_imm64;
mod map_value;
mod packet;
mod region;
mod socket;
mod stack_read;
mod stack_write;

pub(crate) use call::{CallSeen, CallState};
pub(crate) use pointer_alu::MAX_VAR_OFFSET;
pub use speculation::{AluMask, PointerOperand};

use crate::reject::{Check, ValueReject};
use crate::verifier::{Flow, Verifier};
use skep_isa::opcode;

impl Verifier<'_> {
    /// Checks the current instruction and applies it to the current state.
    pub(crate) fn execute(&mut self) -> Check<Flow> {
        let insn = self.insn();
        match insn.class() {
            opcode::ALU | opcode::ALU64 => self.check_alu(insn)?,
            opcode::LDX => self.check_ldx(insn)?,
            opcode::STX if insn.mode() == opcode::ATOMIC => self.check_atomic(insn)?,
            opcode::STX => self.check_stx(insn)?,
            opcode::ST => self.check_st(insn)?,
            opcode::LD => return self.check_ld(insn),
            opcode::JMP | opcode::JMP32 => return self.execute_jump(insn),
            class => return Err(self.reject(ValueReject::InsnClass { class })),
        }
        Ok(Flow::Next)
    }

    fn execute_jump(&mut self, insn: skep_isa::RawInsn) -> Check<Flow> {
        match insn.op() {
            opcode::CALL => self.check_call(insn),
            opcode::EXIT => self.check_exit(insn),
            opcode::JA => {
                let unused = if insn.class() == opcode::JMP {
                    insn.imm != 0
                } else {
                    insn.off != 0
                };
                if insn.source() != opcode::K || insn.src() != 0 || insn.dst() != 0 || unused {
                    return Err(self.reject(ValueReject::JaReserved));
                }
                Ok(Flow::Goto(self.jump_target(insn)))
            }
            opcode::JCOND => {
                let is_may_goto = insn.class() == opcode::JMP
                    && insn.source() == opcode::K
                    && insn.src() == opcode::MAY_GOTO;
                if !is_may_goto || insn.dst() != 0 || insn.imm != 0 {
                    return Err(self.reject(ValueReject::MayGotoImm { imm: insn.imm }));
                }
                self.check_may_goto(self.jump_target(insn))
            }
            _ => self.check_jump(insn),
        }
    }
}
