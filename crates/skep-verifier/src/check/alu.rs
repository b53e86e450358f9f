//! Arithmetic: encoding rules, operands, and two numbers. Pointers are in `pointer_alu`, moves in `mov`.

use crate::register::{Link, Register, Scalar};
use crate::reject::{Check, ValueReject};
use crate::scalar::{self, ByteOrder, ScalarRange};
use crate::verifier::Verifier;
use skep_isa::{AluOp, EndianOp, EndianWidth, RawInsn, Width, opcode};

/// Byte order of the machine; Linux's verifier knows it at compile time, and so do we.
const BYTE_ORDER: ByteOrder = if cfg!(target_endian = "big") {
    ByteOrder::Big
} else {
    ByteOrder::Little
};

/// The width of an ALU class.
pub(super) const fn alu_width(insn: RawInsn) -> Width {
    if insn.class() == opcode::ALU64 {
        Width::W64
    } else {
        Width::W32
    }
}

/// How an operator prints in messages.
pub(super) const fn operator_text(op: u8) -> &'static str {
    match op {
        opcode::ADD => "+=",
        opcode::SUB => "-=",
        opcode::MUL => "*=",
        opcode::DIV => "/=",
        opcode::OR => "|=",
        opcode::AND => "&=",
        opcode::LSH => "<<=",
        opcode::RSH => ">>=",
        opcode::NEG => "neg",
        opcode::MOD => "%=",
        opcode::XOR => "^=",
        opcode::MOV => "=",
        opcode::ARSH => "s>>=",
        _ => "endian",
    }
}

/// The transfer function of an operator; signed division and remainder know no more than unsigned.
const fn transfer_op(op: u8) -> Option<AluOp> {
    Some(match op {
        opcode::ADD => AluOp::Add,
        opcode::SUB => AluOp::Sub,
        opcode::MUL => AluOp::Mul,
        opcode::DIV => AluOp::Div,
        opcode::OR => AluOp::Or,
        opcode::AND => AluOp::And,
        opcode::LSH => AluOp::Lsh,
        opcode::RSH => AluOp::Rsh,
        opcode::MOD => AluOp::Mod,
        opcode::XOR => AluOp::Xor,
        opcode::ARSH => AluOp::Arsh,
        _ => return None,
    })
}

impl Verifier<'_> {
    /// An instruction of class ALU or ALU64.
    pub(super) fn check_alu(&mut self, insn: RawInsn) -> Check {
        match insn.op() {
            opcode::END => self.check_end(insn)?,
            opcode::NEG => self.check_neg(insn)?,
            opcode::MOV => self.check_mov(insn)?,
            op => match transfer_op(op) {
                Some(alu) => self.check_binary(insn, alu)?,
                None => return Err(self.reject(ValueReject::AluOpcode { op })),
            },
        }
        self.check_invariants(insn.dst(), "alu")
    }

    fn check_unary_operand(&mut self, reg: u8) -> Check {
        self.check_reg_readable(reg)?;
        if self.leaks_pointer(reg) {
            return Err(self.reject(ValueReject::PointerUnary { reg }));
        }
        self.check_reg_writable(reg)
    }

    fn check_neg(&mut self, insn: RawInsn) -> Check {
        if insn.source() == opcode::X || insn.src() != 0 || insn.off != 0 || insn.imm != 0 {
            return Err(self.reject(ValueReject::NegReserved));
        }
        self.check_unary_operand(insn.dst())?;
        self.transform_scalar(insn.dst(), |s| {
            s.unlink();
            s.range = scalar::negate(alu_width(insn), &s.range);
        });
        Ok(())
    }

    fn check_end(&mut self, insn: RawInsn) -> Check {
        let width = match insn.imm {
            16 => Some(EndianWidth::B16),
            32 => Some(EndianWidth::B32),
            64 => Some(EndianWidth::B64),
            _ => None,
        };
        let is_64 = insn.class() == opcode::ALU64;
        let to_be = insn.source() == opcode::TO_BE;
        let (Some(width), 0, 0, false) = (width, insn.src(), insn.off, is_64 && to_be) else {
            return Err(self.reject(ValueReject::EndReserved));
        };
        self.check_unary_operand(insn.dst())?;
        let op = match (is_64, to_be) {
            (true, _) => EndianOp::Swap,
            (false, true) => EndianOp::Be,
            (false, false) => EndianOp::Le,
        };
        self.transform_scalar(insn.dst(), |s| {
            if scalar::endian_may_change(op, width, BYTE_ORDER) {
                s.unlink();
            }
            s.range = scalar::convert_endian(op, width, BYTE_ORDER, &s.range);
        });
        Ok(())
    }

    /// Changes the number in a register; a pointer (of a loader that may see them) becomes an unknown number.
    fn transform_scalar(&mut self, reg: u8, f: impl FnOnce(&mut Scalar)) {
        let unknown = self.unknown_register();
        match self.state.reg_mut(reg) {
            Some(Register::Scalar(s)) => f(s),
            Some(other) => *other = unknown,
            None => {}
        }
    }

    fn check_binary(&mut self, insn: RawInsn, op: AluOp) -> Check {
        let is_reg = insn.source() == opcode::X;
        let divides = matches!(op, AluOp::Div | AluOp::Mod);
        let operand_reserved = if is_reg {
            insn.imm != 0
        } else {
            insn.src() != 0
        };
        let off_reserved = !matches!(insn.off, 0 | 1) || (insn.off == 1 && !divides);
        if operand_reserved || off_reserved {
            return Err(self.reject(ValueReject::AluReserved));
        }
        if is_reg {
            self.check_reg_readable(insn.src())?;
        }
        self.check_reg_readable(insn.dst())?;
        if divides && !is_reg && insn.imm == 0 {
            return Err(self.reject(ValueReject::DivisionByZero));
        }
        let width = alu_width(insn);
        if matches!(op, AluOp::Lsh | AluOp::Rsh | AluOp::Arsh) && !is_reg {
            let bits = if width == Width::W64 { 64 } else { 32 };
            if !(0..bits).contains(&insn.imm) {
                return Err(self.reject(ValueReject::InvalidShift { amount: insn.imm }));
            }
        }
        self.check_reg_writable(insn.dst())?;

        let dst = self.state.reg(insn.dst()).clone();
        let src = if is_reg {
            self.state.reg(insn.src()).clone()
        } else {
            Register::Scalar(Scalar::new(ScalarRange::immediate(insn.imm)))
        };
        let is_arena = |r: &Register| {
            r.pointer()
                .is_some_and(|p| p.kind() == crate::register::TargetKind::Arena)
        };
        match (&dst, &src) {
            // Address arithmetic in an arena never leaves it: the processor truncates to its 4 GiB.
            _ if is_arena(&dst) => Ok(()),
            _ if is_arena(&src) => {
                self.set_reg(insn.dst(), src);
                Ok(())
            }
            (Register::Pointer(_), Register::Pointer(_)) => {
                if op == AluOp::Sub && self.privileges.allow_ptr_leaks {
                    let unknown = self.unknown_register();
                    self.set_reg(insn.dst(), unknown);
                    return Ok(());
                }
                let text = operator_text(insn.op());
                Err(self.reject(ValueReject::PointerToPointer {
                    reg: insn.dst(),
                    op: text,
                }))
            }
            (Register::Pointer(p), Register::Scalar(s)) => {
                if is_reg {
                    self.mark_precise(insn.src())?;
                }
                self.check_pointer_alu(insn, p, s)
            }
            (Register::Scalar(s), Register::Pointer(p)) => {
                self.mark_precise(insn.dst())?;
                self.check_pointer_alu(insn, p, s)
            }
            (Register::Scalar(d), Register::Scalar(s)) => {
                // A precise number that is changed must be known as precisely as what changes it.
                if is_reg && d.precise {
                    self.mark_precise(insn.src())?;
                }
                self.scalar_alu(insn, op, *d, *s)
            }
            (Register::Uninit, _) | (_, Register::Uninit) => {
                Err(self.reject(ValueReject::NotReadable { reg: insn.dst() }))
            }
        }
    }

    fn scalar_alu(&mut self, insn: RawInsn, op: AluOp, dst: Scalar, src: Scalar) -> Check {
        let width = alu_width(insn);
        if matches!(op, AluOp::Add | AluOp::Sub) {
            self.note_scalar_for_masking(insn)?;
        }
        let mut dst = dst;
        if matches!(op, AluOp::And | AluOp::Or) && src.range.is_const().is_some() {
            dst = self.fork_on_sign_mask(insn, dst)?;
        }
        let range = scalar::alu(op, width, &dst.range, &src.range);
        let link = self.link_after(insn, op, width, &dst, &src);
        let precise = if computable(op, width, &src.range) {
            dst.precise
        } else {
            !self.privileges.bpf
        };
        let result = match link {
            Some(link) => Scalar {
                range,
                id: dst.id,
                link,
                precise,
            },
            None => Scalar {
                precise,
                ..Scalar::new(range)
            },
        };
        self.set_reg(insn.dst(), Register::Scalar(result));
        Ok(())
    }

    /// `r s>>= 63; r &= K` chooses between two constants, and programs rely on the verifier seeing that: where the destination is 0 or -1
    /// the walk forks. The pushed path has 0 and meets this instruction again; the current one goes on with -1.
    fn fork_on_sign_mask(&mut self, insn: RawInsn, dst: Scalar) -> Check<Scalar> {
        let Some((minus_one, zero)) = dst.range.split_sign_mask() else {
            return Ok(dst);
        };
        // A constant has no link: knowing all 64 bits clears it, knowing the low half does not.
        let with = |range: ScalarRange| match range.is_const() {
            Some(_) => Scalar {
                precise: dst.precise,
                ..Scalar::new(range)
            },
            None => Scalar { range, ..dst },
        };
        let mut pushed = self.state.clone();
        pushed.set_reg(insn.dst(), Register::Scalar(with(zero)));
        self.push_state(pushed, self.at)?;
        Ok(with(minus_one))
    }

    /// The link of the result to what the destination was linked to; `None`: none.
    fn link_after(
        &self,
        insn: RawInsn,
        op: AluOp,
        width: Width,
        dst: &Scalar,
        src: &Scalar,
    ) -> Option<Link> {
        let same_register = insn.source() == opcode::X && insn.src() == insn.dst();
        if !self.privileges.bpf || dst.id == 0 || dst.link != Link::Equal || same_register {
            return None;
        }
        let constant = src.range.const_in(width)?;
        let signed = match width {
            Width::W64 => i32::try_from(constant.cast_signed()).ok()?,
            Width::W32 => {
                if dst.range.umax > u64::from(u32::MAX) {
                    return None;
                }
                (constant as u32).cast_signed()
            }
        };
        let distance = match op {
            AluOp::Add => signed,
            AluOp::Sub => signed.checked_neg()?,
            _ => return None,
        };
        Some(match width {
            Width::W64 => Link::Add64(distance),
            Width::W32 => Link::Add32(distance),
        })
    }
}

/// Whether the domain computes this operation at all; other results are made anew and so forget whether they were precise.
fn computable(op: AluOp, width: Width, src: &ScalarRange) -> bool {
    match op {
        AluOp::Div | AluOp::SDiv | AluOp::Mod | AluOp::SMod => false,
        AluOp::Lsh | AluOp::Rsh | AluOp::Arsh => {
            let bits = if width == Width::W64 { 64 } else { 32 };
            src.const_in(width).is_some() && src.umax < bits
        }
        AluOp::Add | AluOp::Sub | AluOp::Mul | AluOp::And | AluOp::Or | AluOp::Xor => true,
    }
}
