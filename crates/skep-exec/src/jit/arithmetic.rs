//! Arithmetic and comparisons.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Type, Value as ClifValue, types};
use skep_isa::{AluOp, CondOp, EndianWidth, Reg, SxFrom, Width};

use super::function::Body;
use crate::lower::Value;

impl Body<'_, '_> {
    /// A second operand, 64 bits.
    pub(super) fn value(&mut self, value: Value) -> ClifValue {
        match value {
            Value::Reg(reg) => self.get(reg),
            Value::Const(constant) => self.b.ins().iconst(types::I64, constant.cast_signed()),
        }
    }

    /// An operand at the width of its operation.
    fn operand(&mut self, width: Width, value: Value) -> ClifValue {
        match (width, value) {
            (Width::W64, value) => self.value(value),
            (Width::W32, Value::Const(constant)) => {
                self.b.ins().iconst(types::I32, i64::from(constant as u32))
            }
            (Width::W32, Value::Reg(reg)) => {
                let value = self.get(reg);
                self.b.ins().ireduce(types::I32, value)
            }
        }
    }

    /// Sets a register to a result of this width.
    fn set_result(&mut self, width: Width, dst: Reg, value: ClifValue) {
        let value = match width {
            Width::W64 => value,
            Width::W32 => self.b.ins().uextend(types::I64, value),
        };
        self.set(dst, value);
    }

    pub(super) fn alu(&mut self, op: AluOp, width: Width, dst: Reg, src: Value) {
        let left = self.operand(width, Value::Reg(dst));
        let right = self.operand(width, src);
        let divisor = match src {
            Value::Const(_) => Divisor::Plain,
            Value::Reg(_) => Divisor::Any,
        };
        let result = match op {
            AluOp::Add => self.b.ins().iadd(left, right),
            AluOp::Sub => self.b.ins().isub(left, right),
            AluOp::Mul => self.b.ins().imul(left, right),
            AluOp::Or => self.b.ins().bor(left, right),
            AluOp::And => self.b.ins().band(left, right),
            AluOp::Xor => self.b.ins().bxor(left, right),
            // Cranelift masks counts as BPF does.
            AluOp::Lsh => self.b.ins().ishl(left, right),
            AluOp::Rsh => self.b.ins().ushr(left, right),
            AluOp::Arsh => self.b.ins().sshr(left, right),
            AluOp::Div | AluOp::Mod | AluOp::SDiv | AluOp::SMod => {
                self.divide(op, left, right, divisor)
            }
        };
        self.set_result(width, dst, result);
    }

    /// Divisions are total in BPF: a divisor that would trap is replaced by 1 and the result by the defined one.
    fn divide(
        &mut self,
        op: AluOp,
        left: ClifValue,
        right: ClifValue,
        divisor: Divisor,
    ) -> ClifValue {
        if divisor == Divisor::Plain {
            return self.plain_divide(op, left, right);
        }
        let ty = self.b.func.dfg.value_type(left);
        let one = self.b.ins().iconst(ty, 1);
        let zero = self.b.ins().iconst(ty, 0);
        let by_zero = self.b.ins().icmp_imm_u(IntCC::Equal, right, 0);
        match op {
            AluOp::SDiv | AluOp::SMod => {
                let by_minus_one = self.b.ins().icmp_imm_s(IntCC::Equal, right, -1);
                let special = self.b.ins().bor(by_zero, by_minus_one);
                let safe = self.b.ins().select(special, one, right);
                let result = self.plain_divide(op, left, safe);
                let (minus_one_result, zero_result) = match op {
                    AluOp::SDiv => (self.b.ins().ineg(left), zero),
                    _ => (zero, left),
                };
                let result = self.b.ins().select(by_minus_one, minus_one_result, result);
                self.b.ins().select(by_zero, zero_result, result)
            }
            _ => {
                let safe = self.b.ins().select(by_zero, one, right);
                let result = self.plain_divide(op, left, safe);
                let zero_result = if op == AluOp::Div { zero } else { left };
                self.b.ins().select(by_zero, zero_result, result)
            }
        }
    }

    fn plain_divide(&mut self, op: AluOp, left: ClifValue, right: ClifValue) -> ClifValue {
        match op {
            AluOp::Div => self.b.ins().udiv(left, right),
            AluOp::SDiv => self.b.ins().sdiv(left, right),
            AluOp::SMod => self.b.ins().srem(left, right),
            _ => self.b.ins().urem(left, right),
        }
    }

    pub(super) fn negate(&mut self, width: Width, dst: Reg) {
        let value = self.operand(width, Value::Reg(dst));
        let result = self.b.ins().ineg(value);
        self.set_result(width, dst, result);
    }

    /// Keeps the low bits.
    pub(super) fn truncate(&mut self, dst: Reg, src: Reg, bits: u8) {
        let value = self.get(src);
        let result = match narrow(bits) {
            None => value,
            Some(ty) => {
                let low = self.b.ins().ireduce(ty, value);
                self.b.ins().uextend(types::I64, low)
            }
        };
        self.set(dst, result);
    }

    pub(super) fn sign_extend(&mut self, width: Width, from: SxFrom, dst: Reg, src: Reg) {
        let value = self.get(src);
        let Some(ty) = narrow(from.bits()) else {
            return self.set(dst, value);
        };
        let low = self.b.ins().ireduce(ty, value);
        let result = match (width, ty == types::I32) {
            (Width::W64, _) => self.b.ins().sextend(types::I64, low),
            (Width::W32, true) => low,
            (Width::W32, false) => self.b.ins().sextend(types::I32, low),
        };
        self.set_result(width, dst, result);
    }

    pub(super) fn swap(&mut self, width: EndianWidth, dst: Reg) {
        let value = self.get(dst);
        let result = match narrow(width.bits()) {
            None => self.b.ins().bswap(value),
            Some(ty) => {
                let low = self.b.ins().ireduce(ty, value);
                let swapped = self.b.ins().bswap(low);
                self.b.ins().uextend(types::I64, swapped)
            }
        };
        self.set(dst, result);
    }

    pub(super) fn condition(
        &mut self,
        op: CondOp,
        width: Width,
        left: Reg,
        right: Value,
    ) -> ClifValue {
        let left = self.operand(width, Value::Reg(left));
        let right = self.operand(width, right);
        let code = match op {
            CondOp::Eq => IntCC::Equal,
            CondOp::Ne => IntCC::NotEqual,
            CondOp::Gt => IntCC::UnsignedGreaterThan,
            CondOp::Ge => IntCC::UnsignedGreaterThanOrEqual,
            CondOp::Lt => IntCC::UnsignedLessThan,
            CondOp::Le => IntCC::UnsignedLessThanOrEqual,
            CondOp::SGt => IntCC::SignedGreaterThan,
            CondOp::SGe => IntCC::SignedGreaterThanOrEqual,
            CondOp::SLt => IntCC::SignedLessThan,
            CondOp::SLe => IntCC::SignedLessThanOrEqual,
            CondOp::Set => {
                let both = self.b.ins().band(left, right);
                return self.b.ins().icmp_imm_u(IntCC::NotEqual, both, 0);
            }
        };
        self.b.ins().icmp(code, left, right)
    }
}

/// What is known about a divisor.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Divisor {
    /// Neither 0 nor, for signed operations, -1.
    Plain,
    /// Nothing.
    Any,
}

/// The type of so many low bits, if fewer than 64.
fn narrow(bits: u8) -> Option<Type> {
    match bits {
        8 => Some(types::I8),
        16 => Some(types::I16),
        32 => Some(types::I32),
        _ => None,
    }
}
