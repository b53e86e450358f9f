//! Arithmetic, moves, conditional jumps, operands: the rules and their texts.

use super::rejections;
use crate::register::TypeName;
use crate::scalar::{InvariantViolation, Tnum};

rejections! {
    /// Arithmetic, moves, conditional jumps, operands.
    pub enum ValueReject {
        RegisterNumber { reg: u8 } => EINVAL, "R{reg} is invalid\n";
        NotReadable { reg: u8 } => EACCES, "R{reg} !read_ok\n";
        FramePointerWrite => EACCES, "frame pointer is read only\n";

        NegReserved => EINVAL, "BPF_NEG uses reserved fields\n";
        EndReserved => EINVAL, "BPF_END uses reserved fields\n";
        MovReserved => EINVAL, "BPF_MOV uses reserved fields\n";
        AluReserved => EINVAL, "BPF_ALU uses reserved fields\n";
        AluOpcode { op: u8 } => EINVAL, "invalid BPF_ALU opcode {op:x}\n";
        CastSpaces => EINVAL, "addr_space_cast insn can only convert between address space 1 and 0\n";
        CastWithoutArena => EINVAL, "addr_space_cast insn can only be used in a program that has an associated arena\n";
        DivisionByZero => EINVAL, "div by zero\n";
        InvalidShift { amount: i32 } => EINVAL, "invalid shift {amount}\n";

        PointerToPointer { reg: u8, op: &'static str } => EACCES, "R{reg} pointer {op} pointer prohibited\n";
        PointerUnary { reg: u8 } => EACCES, "R{reg} pointer arithmetic prohibited\n";
        SignExtendPointer { reg: u8 } => EACCES, "R{reg} sign-extension part of pointer\n";
        PartialCopy { reg: u8 } => EACCES, "R{reg} partial copy of pointer\n";
        Pointer32Bit { reg: u8 } => EACCES, "R{reg} 32-bit pointer arithmetic prohibited\n";
        PointerMaybeNull { reg: u8, ty: TypeName } => EACCES, "R{reg} pointer arithmetic on {ty} prohibited, null-check it first\n";
        PointerImmovable { reg: u8, ty: TypeName } => EACCES, "R{reg} pointer arithmetic on {ty} prohibited\n";
        PointerFromScalar { reg: u8 } => EACCES, "R{reg} tried to subtract pointer from scalar\n";
        StackSubtraction { reg: u8 } => EACCES, "R{reg} subtraction from stack pointer prohibited\n";
        PointerBitwise { reg: u8, op: &'static str } => EACCES, "R{reg} bitwise operator {op} on pointer prohibited\n";
        PointerOperator { reg: u8, op: &'static str } => EACCES, "R{reg} pointer arithmetic with {op} operator prohibited\n";

        OffsetMath { ty: TypeName, value: i64 } => EINVAL, "math between {ty} pointer and {value} is not allowed\n";
        OffsetFixed { ty: TypeName, off: i32 } => EINVAL, "{ty} pointer offset {off} is not allowed\n";
        OffsetUnboundedMin { ty: TypeName } => EINVAL, "math between {ty} pointer and register with unbounded min value is not allowed\n";
        OffsetOutOfBounds { ty: TypeName, value: i64 } => EINVAL, "value {value} makes {ty} pointer be out of bounds\n";

        VariableStackUnprivileged { reg: u8, var: Tnum, off: i32 } => EACCES, "R{reg} variable stack access prohibited for !root, var_off={var} off={off}\n";
        StackPointerRangeUnprivileged { reg: u8, off: i64 } => EACCES, "R{reg} stack pointer arithmetic goes out of range, prohibited for !root; off={off}\n";
        MapValueRangeUnprivileged { reg: u8 } => EACCES, "R{reg} pointer arithmetic of map value goes out of range, prohibited for !root\n";
        MaskMixedBounds { reg: u8 } => EACCES, "R{reg} has unknown scalar with mixed signed bounds, pointer arithmetic with it prohibited for !root\n";
        MaskPointerType { reg: u8 } => EACCES, "R{reg} has pointer with unsupported alu operation, pointer arithmetic with it prohibited for !root\n";
        MaskPaths { reg: u8, op: &'static str } => EACCES, "R{reg} tried to {op} from different maps, paths or scalars, pointer arithmetic with it prohibited for !root\n";
        MaskLimit { reg: u8, op: &'static str } => EACCES, "R{reg} tried to {op} beyond pointer bounds, pointer arithmetic with it prohibited for !root\n";
        MaskStack { reg: u8 } => ENOMEM, "R{reg} could not be pushed for speculative verification, pointer arithmetic with it prohibited for !root\n";

        JumpOpcode { op: u8 } => EINVAL, "invalid BPF_JMP/JMP32 opcode {op:x}\n";
        MayGotoImm { imm: i32 } => EINVAL, "invalid may_goto imm {imm}\n";
        JumpReserved => EINVAL, "BPF_JMP/JMP32 uses reserved fields\n";
        JaReserved => EINVAL, "BPF_JA uses reserved fields\n";
        PointerComparison { reg: u8 } => EACCES, "R{reg} pointer comparison prohibited\n";
        InsnClass { class: u8 } => EINVAL, "unknown insn class {class}\n";

        Invariants { what: &'static str, violation: InvariantViolation } => EFAULT, "verifier bug: REG INVARIANTS VIOLATION ({what}): {violation}\n";
    }
}
