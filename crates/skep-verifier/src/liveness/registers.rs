//! Register liveness: the classic backward analysis, over each function by itself. r10 is always there and not counted.

use crate::state::InsnIdx;
use crate::verifier::Verifier;
use alloc::string::String;
use core::fmt::Write;
use skep_isa::{AtomicOp, RawInsn, opcode};

/// r0 to r9.
const ALL: u16 = 0x3ff;
/// r0 to r5, which a call overwrites.
const CALLER_SAVED: u16 = 0x3f;

/// Registers an instruction reads and overwrites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Effect {
    used: u16,
    defined: u16,
}

fn bit(reg: u8) -> u16 {
    1u16.checked_shl(reg.into()).unwrap_or(0) & ALL
}

/// r1 to r`count`.
fn arguments(count: u8) -> u16 {
    (1..=count.min(5)).map(bit).sum()
}

/// The effect of anything but calls.
fn effect(insn: RawInsn) -> Effect {
    let (dst, src) = (bit(insn.dst()), bit(insn.src()));
    let source = if insn.source() == opcode::X { src } else { 0 };
    let (used, defined) = match insn.class() {
        opcode::LD => match insn.mode() {
            opcode::IMM if insn.size() == opcode::DW => (0, dst),
            opcode::IMM => (0, 0),
            // Implicit operands and a hidden exit: everything is taken as read.
            _ => (ALL, 0),
        },
        opcode::LDX => (src, dst),
        opcode::ST => (dst, 0),
        opcode::STX if insn.mode() == opcode::ATOMIC => return atomic_effect(insn),
        opcode::STX => (dst | src, 0),
        opcode::ALU | opcode::ALU64 => match insn.op() {
            opcode::END | opcode::NEG => (dst, dst),
            opcode::MOV => (source, dst),
            _ => (dst | source, dst),
        },
        _ => match insn.op() {
            opcode::JA | opcode::JCOND => (0, 0),
            opcode::EXIT => (bit(0), 0),
            _ => (dst | source, 0),
        },
    };
    Effect { used, defined }
}

fn atomic_effect(insn: RawInsn) -> Effect {
    let (dst, src) = (bit(insn.dst()), bit(insn.src()));
    let (used, defined) = match insn.imm {
        opcode::LOAD_ACQ => (src, dst),
        opcode::STORE_REL => (dst | src, 0),
        imm if AtomicOp::from_imm(imm) == Some(AtomicOp::CmpXchg) => (bit(0) | dst | src, bit(0)),
        imm if imm & opcode::FETCH != 0 => (dst | src, src),
        _ => (dst | src, 0),
    };
    Effect { used, defined }
}

impl Verifier<'_> {
    fn register_effect(&self, at: InsnIdx) -> Effect {
        let insn = self.insns.get(at.index()).copied().unwrap_or_default();
        let call = insn.op() == opcode::CALL && matches!(insn.class(), opcode::JMP | opcode::JMP32);
        if call {
            return Effect {
                used: arguments(self.call_parameters(insn)),
                defined: CALLER_SAVED,
            };
        }
        effect(insn)
    }

    /// Computes `live_before` of every instruction to a fixed point, and prints the table.
    pub(crate) fn compute_live_registers(&mut self) {
        let mut changed = true;
        while changed {
            changed = false;
            for position in 0..self.postorder.len() {
                let Some(&at) = self.postorder.get(position) else {
                    continue;
                };
                let after = self
                    .successors(at)
                    .into_iter()
                    .flatten()
                    .map(|s| self.live_before(s))
                    .fold(0, |a, b| a | b);
                let effect = self.register_effect(at);
                let before = (after & !effect.defined) | effect.used;
                if let Some(aux) = self.aux.get_mut(at.index())
                    && aux.live_before != before
                {
                    aux.live_before = before;
                    changed = true;
                }
            }
        }
        if self.log.wants_level2() {
            self.print_live_registers();
        }
    }

    fn print_live_registers(&mut self) {
        self.log.message(&"Live regs before insn:\n");
        let mut index = 0;
        while let Some(insn) = self.insns.get(index).copied() {
            let at = InsnIdx(index as u32);
            let (scc, live) = self
                .aux
                .get(index)
                .map_or((0, 0), |a| (a.scc, a.live_before));
            let mut line = String::new();
            let _ = if scc == 0 {
                write!(line, "    ")
            } else {
                write!(line, "{scc:3} ")
            };
            let _ = write!(line, "{index:3}: ");
            for reg in 0..10u8 {
                let _ = if live & bit(reg) == 0 {
                    write!(line, ".")
                } else {
                    write!(line, "{reg}")
                };
            }
            self.log.message(&format_args!("{line} "));
            let text = self.insn_text(at);
            self.log.message(&text);
            index += if insn.is_ld_imm64() { 2 } else { 1 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn effects_of_atomics() {
        let fetch_add = RawInsn::new(
            opcode::STX | opcode::ATOMIC | opcode::DW,
            10,
            1,
            -8,
            i32::from(opcode::ADD) | opcode::FETCH,
        );
        assert_eq!(
            effect(fetch_add),
            Effect {
                used: bit(1),
                defined: bit(1)
            }
        );
        let cmpxchg = RawInsn {
            imm: opcode::CMPXCHG,
            ..fetch_add
        };
        assert_eq!(
            effect(cmpxchg),
            Effect {
                used: bit(0) | bit(1),
                defined: bit(0)
            }
        );
    }
}
