//! Pointer ± number: which pointers may move, how far, and where they then point.

use super::alu::{alu_width, operator_text};
use crate::register::{
    PacketRange, Pointer, PtrFlags, Register, Scalar, Target, TargetKind, TypeName,
};
use crate::reject::{Check, ValueReject};
use crate::scalar::{self, ScalarRange};
use crate::verifier::Verifier;
use skep_isa::{RawInsn, Width, opcode};

/// No part of an offset may reach this, in either direction.
pub(crate) const MAX_VAR_OFFSET: i64 = 1 << 29;

impl Verifier<'_> {
    /// The pointer and the number are the operands of `insn`, in whichever order; the result goes to its destination.
    pub(super) fn check_pointer_alu(
        &mut self,
        insn: RawInsn,
        pointer: &Pointer,
        number: &Scalar,
    ) -> Check {
        let reg = insn.dst();
        let pointer_is_dst = self.state.reg(reg).pointer().is_some();
        let known = number.range.is_const();
        if is_inconsistent(&number.range) {
            let unknown = self.unknown_register();
            self.set_reg(reg, unknown);
            return Ok(());
        }
        if alu_width(insn) == Width::W32 {
            if insn.op() == opcode::SUB && self.privileges.allow_ptr_leaks {
                let unknown = self.unknown_register();
                self.set_reg(reg, unknown);
                return Ok(());
            }
            return Err(self.reject(ValueReject::Pointer32Bit { reg }));
        }
        let ty = pointer.type_name();
        if pointer.maybe_null() {
            return Err(self.reject(ValueReject::PointerMaybeNull { reg, ty }));
        }
        if pointer.kind() == TargetKind::Mem && pointer.flags.contains(PtrFlags::UNTRUSTED) {
            return Ok(());
        }
        if !may_move(pointer, known, insn.op()) {
            return Err(self.reject(ValueReject::PointerImmovable { reg, ty }));
        }
        self.check_sane_offset(ty, &number.range, number.link.distance())?;
        self.check_sane_offset(ty, &pointer.var, pointer.off)?;

        let masking = self.begin_masking(insn, pointer, number, pointer_is_dst)?;
        let mut moved = self.moved_pointer(insn, pointer, &number.range, known, pointer_is_dst)?;
        self.check_sane_offset(ty, &moved.var, moved.off)?;
        // Pointers have no 32-bit range of their own.
        moved.var.mark32_unknown();
        moved.var.sync();
        if !pointer_is_dst {
            // Linux adds the pointer's type and payload to what was the number, which holds no reference.
            moved.ref_obj_id = 0;
        }
        self.set_reg(reg, Register::Pointer(moved));
        self.check_moved_unprivileged(reg, &moved)?;
        self.finish_masking(insn, &moved, masking)
    }

    /// The pointer after the operation.
    fn moved_pointer(
        &mut self,
        insn: RawInsn,
        pointer: &Pointer,
        number: &ScalarRange,
        known: Option<u64>,
        pointer_is_dst: bool,
    ) -> Check<Pointer> {
        let reg = insn.dst();
        let mut moved = *pointer;
        // The offset stays within +-2^29 (checked before), so a known number fits.
        let constant = known.map(|k| k as i32);
        match insn.op() {
            opcode::ADD => match constant {
                Some(k) if pointer.off.checked_add(k).is_some() => {
                    moved.off = pointer.off.wrapping_add(k)
                }
                _ => {
                    moved.var = scalar::pointer_plus(&pointer.var, number);
                    self.forget_packet_range(&mut moved, Forget::Always);
                }
            },
            opcode::SUB => {
                if !pointer_is_dst {
                    return Err(self.reject(ValueReject::PointerFromScalar { reg }));
                }
                if pointer.kind() == TargetKind::Stack {
                    return Err(self.reject(ValueReject::StackSubtraction { reg }));
                }
                match constant {
                    Some(k) if pointer.off.checked_sub(k).is_some() => {
                        moved.off = pointer.off.wrapping_sub(k)
                    }
                    _ => {
                        moved.var = scalar::pointer_minus(&pointer.var, number);
                        // Going down by an unsigned number keeps what was proved about the bytes above.
                        let forget = if number.smin < 0 {
                            Forget::Always
                        } else {
                            Forget::Never
                        };
                        self.forget_packet_range(&mut moved, forget);
                    }
                }
            }
            opcode::AND | opcode::OR | opcode::XOR => {
                return Err(self.reject(ValueReject::PointerBitwise {
                    reg,
                    op: operator_text(insn.op()),
                }));
            }
            op => {
                return Err(self.reject(ValueReject::PointerOperator {
                    reg,
                    op: operator_text(op),
                }));
            }
        }
        Ok(moved)
    }

    /// A packet pointer whose variable part changed is no longer comparable with the ones it came from.
    fn forget_packet_range(&mut self, pointer: &mut Pointer, forget: Forget) {
        match &mut pointer.target {
            Target::Packet { range } | Target::PacketMeta { range } => {
                if forget == Forget::Always {
                    *range = PacketRange::NONE;
                }
                pointer.id = self.fresh_id();
            }
            Target::Ctx
            | Target::Map { .. }
            | Target::MapValue { .. }
            | Target::MapKey { .. }
            | Target::Stack { .. }
            | Target::PacketEnd
            | Target::FlowKeys
            | Target::Socket
            | Target::SockCommon
            | Target::TcpSock
            | Target::XdpSock
            | Target::TpBuffer
            | Target::Btf { .. }
            | Target::Mem { .. }
            | Target::Arena
            | Target::Buf
            | Target::Func { .. }
            | Target::Dynptr { .. } => {}
        }
    }

    /// Neither the fixed nor the variable part of an offset may be absurd: later sums must not overflow.
    fn check_sane_offset(&mut self, ty: TypeName, var: &ScalarRange, off: i32) -> Check {
        let absurd = |v: i64| v >= MAX_VAR_OFFSET || v <= -MAX_VAR_OFFSET;
        if let Some(value) = var.is_const().map(u64::cast_signed).filter(|v| absurd(*v)) {
            return Err(self.reject(ValueReject::OffsetMath { ty, value }));
        }
        if absurd(i64::from(off)) {
            return Err(self.reject(ValueReject::OffsetFixed { ty, off }));
        }
        if var.smin == i64::MIN {
            return Err(self.reject(ValueReject::OffsetUnboundedMin { ty }));
        }
        if absurd(var.smin) {
            return Err(self.reject(ValueReject::OffsetOutOfBounds {
                ty,
                value: var.smin,
            }));
        }
        Ok(())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Forget {
    Always,
    Never,
}

/// The descriptions contradict each other: only on a path that cannot be taken.
fn is_inconsistent(range: &ScalarRange) -> bool {
    match range.is_const() {
        Some(_) => range.smin != range.smax || range.umin != range.umax,
        None => range.smin > range.smax || range.umin > range.umax,
    }
}

/// Whether this kind of pointer may be moved at all.
fn may_move(pointer: &Pointer, known: Option<u64>, op: u8) -> bool {
    match pointer.kind() {
        TargetKind::FlowKeys => known.is_some(),
        TargetKind::Map => known == Some(0) && op == opcode::ADD,
        TargetKind::PacketEnd
        | TargetKind::Socket
        | TargetKind::SockCommon
        | TargetKind::TcpSock
        | TargetKind::XdpSock => false,
        TargetKind::Ctx
        | TargetKind::MapValue
        | TargetKind::MapKey
        | TargetKind::Stack
        | TargetKind::Packet
        | TargetKind::PacketMeta
        | TargetKind::TpBuffer
        | TargetKind::Btf
        | TargetKind::Mem
        | TargetKind::Arena
        | TargetKind::Buf
        | TargetKind::Func
        | TargetKind::Dynptr => true,
    }
}
