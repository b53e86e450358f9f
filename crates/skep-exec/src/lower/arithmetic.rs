//! Arithmetic: constants are extended, and operations with special constants become plain ones.
//!
//! | instruction | becomes | why (RFC 9669 section 4.1) |
//! |---|---|---|
//! | `x / 0` | `0` | division by zero gives 0 |
//! | `x % 0` | `x`, cut to the width | remainder by zero leaves x |
//! | `x s/ -1` | `-x` | the smallest number has no counterpart: machines trap |
//! | `x s% -1` | `0` | the same |
//! | `x << n` | `x << (n mod width)` | counts are masked |

use skep_isa::{AluOp, EndianOp, EndianWidth, Operand, Reg, Width};

use super::emitter::Emitter;
use super::{Op, Value};

impl Emitter<'_> {
    pub(super) fn mov(&mut self, width: Width, dst: Reg, src: Operand) {
        self.push(match (width, src) {
            (Width::W32, Operand::Reg(src)) => Op::Truncate { dst, src, bits: 32 },
            (Width::W64, Operand::Reg(_)) | (_, Operand::Imm(_)) => Op::Mov {
                dst,
                src: extended(width, src),
            },
        });
    }

    pub(super) fn endian(&mut self, op: EndianOp, width: EndianWidth, dst: Reg) {
        let swaps = match op {
            EndianOp::Swap => true,
            EndianOp::Be => cfg!(target_endian = "little"),
            EndianOp::Le => cfg!(target_endian = "big"),
        };
        if swaps {
            self.push(Op::Swap { width, dst });
        } else if width != EndianWidth::B64 {
            self.push(Op::Truncate {
                dst,
                src: dst,
                bits: width.bits(),
            });
        }
    }

    pub(super) fn alu(&mut self, op: AluOp, width: Width, dst: Reg, src: Operand) {
        let src = extended(width, src);
        let plain = Op::Alu {
            op,
            width,
            dst,
            src,
        };
        let Value::Const(constant) = src else {
            return self.push(plain);
        };
        let minus_one = extended(width, Operand::Imm(-1)) == src;
        let zero = Op::Mov {
            dst,
            src: Value::Const(0),
        };
        self.push(match op {
            AluOp::Div | AluOp::SDiv if constant == 0 => zero,
            AluOp::Mod | AluOp::SMod if constant == 0 => unchanged(width, dst),
            AluOp::SDiv if minus_one => Op::Neg { width, dst },
            AluOp::SMod if minus_one => zero,
            AluOp::Lsh | AluOp::Rsh | AluOp::Arsh => {
                let mask = match width {
                    Width::W32 => 31,
                    Width::W64 => 63,
                };
                Op::Alu {
                    op,
                    width,
                    dst,
                    src: Value::Const(constant & mask),
                }
            }
            AluOp::Add
            | AluOp::Sub
            | AluOp::Mul
            | AluOp::Div
            | AluOp::SDiv
            | AluOp::Or
            | AluOp::And
            | AluOp::Mod
            | AluOp::SMod
            | AluOp::Xor => plain,
        });
    }
}

/// A second operand at the width of its operation.
pub(super) fn extended(width: Width, operand: Operand) -> Value {
    match (operand, width) {
        (Operand::Reg(reg), _) => Value::Reg(reg),
        (Operand::Imm(imm), Width::W64) => Value::Const(i64::from(imm).cast_unsigned()),
        (Operand::Imm(imm), Width::W32) => Value::Const(u64::from(imm.cast_unsigned())),
    }
}

/// An operation that leaves the value, but for the upper half that 32-bit operations clear.
fn unchanged(width: Width, dst: Reg) -> Op {
    match width {
        Width::W32 => Op::Truncate {
            dst,
            src: dst,
            bits: 32,
        },
        Width::W64 => Op::Mov {
            dst,
            src: Value::Reg(dst),
        },
    }
}
