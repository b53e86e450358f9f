//! Divisions by registers, which must not trap, and pointer arithmetic that is masked for loaders without CAP_PERFMON.

use skep_isa::{RawInsn, opcode};
use skep_verifier::verified::{AluMask, PointerOperand};

use super::insn::{self, AUX};

/// What a division or remainder becomes; `None` where it stays.
pub(super) fn division(insn: RawInsn) -> Option<Vec<RawInsn>> {
    let (class, op) = (insn.class(), insn.op());
    let arithmetic = matches!(class, opcode::ALU | opcode::ALU64);
    if !arithmetic || !matches!(op, opcode::DIV | opcode::MOD) {
        return None;
    }
    let signed = insn.off == opcode::SIGNED_DIV;
    let by = Division {
        insn,
        class,
        jump: if class == opcode::ALU64 {
            opcode::JMP
        } else {
            opcode::JMP32
        },
    };
    match (insn.source(), signed, op) {
        (opcode::K, true, _) if insn.imm == -1 => Some(vec![by.by_minus_one()]),
        (opcode::K, _, _) => None,
        (_, false, opcode::DIV) => Some(by.unsigned_quotient()),
        (_, false, _) => Some(by.unsigned_remainder()),
        (_, true, opcode::DIV) => Some(by.signed_quotient()),
        (_, true, _) => Some(by.signed_remainder()),
    }
}

struct Division {
    insn: RawInsn,
    class: u8,
    /// The class of comparisons of the same width.
    jump: u8,
}

impl Division {
    fn by_minus_one(&self) -> RawInsn {
        let dst = self.insn.dst();
        if self.insn.op() == opcode::DIV {
            self.negate()
        } else {
            insn::mov32_imm(dst, 0)
        }
    }

    fn negate(&self) -> RawInsn {
        RawInsn::new(self.class | opcode::NEG, self.insn.dst(), 0, 0, 0)
    }

    fn compare(&self, op: u8, reg: u8, imm: i32, off: i16) -> RawInsn {
        RawInsn::new(self.jump | op | opcode::K, reg, 0, off, imm)
    }

    /// x / 0 = 0
    fn unsigned_quotient(&self) -> Vec<RawInsn> {
        let (dst, src) = (self.insn.dst(), self.insn.src());
        vec![
            self.compare(opcode::JNE, src, 0, 2),
            insn::alu32(opcode::XOR, dst, dst),
            insn::goto(1),
            self.insn,
        ]
    }

    /// x % 0 = x
    fn unsigned_remainder(&self) -> Vec<RawInsn> {
        let (dst, src) = (self.insn.dst(), self.insn.src());
        if self.class == opcode::ALU64 {
            return vec![self.compare(opcode::JEQ, src, 0, 1), self.insn];
        }
        vec![
            self.compare(opcode::JEQ, src, 0, 2),
            self.insn,
            insn::goto(1),
            insn::mov32(dst, dst),
        ]
    }

    /// r11 = src + 1: 0 and 1 are the divisors that need care. Linux copies all 64 bits whatever the width.
    fn shifted_divisor(&self) -> [RawInsn; 2] {
        let add = opcode::ADD | opcode::K;
        [
            insn::mov(AUX, self.insn.src()),
            RawInsn::new(self.class | add, AUX, 0, 0, 1),
        ]
    }

    /// x / 0 = 0, x / -1 = -x
    fn signed_quotient(&self) -> Vec<RawInsn> {
        let [mov, add] = self.shifted_divisor();
        let zero = RawInsn::new(
            self.class | opcode::MOV | opcode::K,
            self.insn.dst(),
            0,
            0,
            0,
        );
        vec![
            mov,
            add,
            self.compare(opcode::JGT, AUX, 1, 4),
            self.compare(opcode::JEQ, AUX, 0, 1),
            zero,
            self.negate(),
            insn::goto(1),
            self.insn,
        ]
    }

    /// x % 0 = x, x % -1 = 0
    fn signed_remainder(&self) -> Vec<RawInsn> {
        let [mov, add] = self.shifted_divisor();
        let dst = self.insn.dst();
        let narrow = self.class == opcode::ALU;
        let mut code = vec![
            mov,
            add,
            self.compare(opcode::JGT, AUX, 1, 3),
            self.compare(opcode::JEQ, AUX, 1, if narrow { 4 } else { 3 }),
            insn::mov32_imm(dst, 0),
            insn::goto(1),
            self.insn,
        ];
        if narrow {
            code.extend([insn::goto(1), insn::mov32(dst, dst)]);
        }
        code
    }
}

/// What a masked addition or subtraction becomes: the number is 0 where it would leave the object.
pub(super) fn masked(insn: RawInsn, mask: AluMask) -> Vec<RawInsn> {
    let number = match mask.pointer {
        PointerOperand::None => return vec![insn],
        PointerOperand::Dst => insn.src(),
        PointerOperand::Src => insn.dst(),
    };
    let limit = insn::mov32_imm(AUX, mask.limit.cast_signed());
    let negate = insn::alu_imm(opcode::MUL, number, -1);
    let flips = mask.negative && !mask.constant;
    let mut code = Vec::new();
    if mask.constant {
        code.push(limit);
    } else {
        code.extend(flips.then_some(negate));
        code.extend([
            limit,
            insn::alu(opcode::SUB, AUX, number),
            insn::alu(opcode::OR, AUX, number),
            insn::alu_imm(opcode::NEG, AUX, 0),
            insn::alu_imm(opcode::ARSH, AUX, 63),
            insn::alu(opcode::AND, AUX, number),
        ]);
    }
    if mask.pointer == PointerOperand::Src {
        code.push(insn::mov(insn.dst(), insn.src()));
    }
    let op = match (insn.op(), mask.negative) {
        (opcode::ADD, true) => opcode::SUB,
        (_, true) => opcode::ADD,
        (op, false) => op,
    };
    code.push(insn::alu(op, insn.dst(), AUX));
    code.extend((flips && mask.pointer == PointerOperand::Dst).then_some(negate));
    code
}
