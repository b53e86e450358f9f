//! Loads, stores and atomics.

use cranelift_codegen::ir::{AtomicRmwOp, InstBuilder, Type, Value as ClifValue, types};
use skep_isa::{AtomicOp, Extend, Reg, Size};

use super::function::{Body, checked_access};
use crate::lower::{Place, Sharing, Value};

impl Body<'_, '_> {
    /// Keeps accesses to shared bytes apart, see [`super`].
    pub(super) fn order(&mut self, sharing: Sharing) {
        match sharing {
            Sharing::Stack => {}
            Sharing::Shared => {
                self.b.ins().sequence_point();
            }
        }
    }

    pub(super) fn load(&mut self, size: Size, extend: Extend, dst: Reg, from: Place) {
        let base = self.get(from.base);
        self.order(from.sharing);
        let flags = checked_access();
        let ins = self.b.ins();
        let value = match (size, extend) {
            (Size::B, Extend::Zero) => ins.uload8(types::I64, flags, base, from.off),
            (Size::B, Extend::Sign) => ins.sload8(types::I64, flags, base, from.off),
            (Size::H, Extend::Zero) => ins.uload16(types::I64, flags, base, from.off),
            (Size::H, Extend::Sign) => ins.sload16(types::I64, flags, base, from.off),
            (Size::W, Extend::Zero) => ins.uload32(flags, base, from.off),
            (Size::W, Extend::Sign) => ins.sload32(flags, base, from.off),
            (Size::DW, Extend::Zero | Extend::Sign) => ins.load(types::I64, flags, base, from.off),
        };
        self.set(dst, value);
    }

    pub(super) fn store(&mut self, size: Size, to: Place, src: Value) {
        let base = self.get(to.base);
        let value = self.value(src);
        self.order(to.sharing);
        self.store_at(size, value, base, to.off);
    }

    fn store_at(&mut self, size: Size, value: ClifValue, base: ClifValue, off: i32) {
        let flags = checked_access();
        let ins = self.b.ins();
        match size {
            Size::B => ins.istore8(flags, value, base, off),
            Size::H => ins.istore16(flags, value, base, off),
            Size::W => ins.istore32(flags, value, base, off),
            Size::DW => ins.store(flags, value, base, off),
        };
    }

    pub(super) fn load_acquire(&mut self, size: Size, dst: Reg, from: Place) {
        let addr = self.address(from);
        let ty = int(size);
        let value = self.b.ins().atomic_load(ty, checked_access(), addr);
        let value = self.widen(ty, value);
        self.set(dst, value);
    }

    pub(super) fn store_release(&mut self, size: Size, to: Place, src: Reg) {
        let value = self.get(src);
        if cfg!(target_arch = "x86_64") {
            // Plain stores release here; Cranelift's atomic store would fence too.
            let base = self.get(to.base);
            self.order(Sharing::Shared);
            self.store_at(size, value, base, to.off);
            return self.order(Sharing::Shared);
        }
        let addr = self.address(to);
        let value = self.cut(int(size), value);
        self.b.ins().atomic_store(checked_access(), value, addr);
    }

    pub(super) fn atomic(&mut self, op: AtomicOp, size: Size, at: Place, src: Reg) {
        let addr = self.address(at);
        let ty = int(size);
        let operand = self.get(src);
        let operand = self.cut(ty, operand);
        let flags = checked_access();
        let rmw = match op {
            AtomicOp::Add | AtomicOp::FetchAdd => AtomicRmwOp::Add,
            AtomicOp::Or | AtomicOp::FetchOr => AtomicRmwOp::Or,
            AtomicOp::And | AtomicOp::FetchAnd => AtomicRmwOp::And,
            AtomicOp::Xor | AtomicOp::FetchXor => AtomicRmwOp::Xor,
            AtomicOp::Xchg => AtomicRmwOp::Xchg,
            AtomicOp::CmpXchg => {
                let expected = self.get(Reg::R0);
                let expected = self.cut(ty, expected);
                let old = self.b.ins().atomic_cas(flags, addr, expected, operand);
                let old = self.widen(ty, old);
                return self.set(Reg::R0, old);
            }
        };
        let old = self.b.ins().atomic_rmw(ty, flags, rmw, addr, operand);
        match op {
            AtomicOp::Add | AtomicOp::Or | AtomicOp::And | AtomicOp::Xor | AtomicOp::CmpXchg => {}
            AtomicOp::FetchAdd
            | AtomicOp::FetchOr
            | AtomicOp::FetchAnd
            | AtomicOp::FetchXor
            | AtomicOp::Xchg => {
                let old = self.widen(ty, old);
                self.set(src, old);
            }
        }
    }

    fn address(&mut self, place: Place) -> ClifValue {
        let base = self.get(place.base);
        self.b.ins().iadd_imm_s(base, i64::from(place.off))
    }

    fn cut(&mut self, ty: Type, value: ClifValue) -> ClifValue {
        if ty == types::I64 {
            value
        } else {
            self.b.ins().ireduce(ty, value)
        }
    }

    fn widen(&mut self, ty: Type, value: ClifValue) -> ClifValue {
        if ty == types::I64 {
            value
        } else {
            self.b.ins().uextend(types::I64, value)
        }
    }
}

const fn int(size: Size) -> Type {
    match size {
        Size::B => types::I8,
        Size::H => types::I16,
        Size::W => types::I32,
        Size::DW => types::I64,
    }
}
