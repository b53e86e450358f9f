//! ld_imm64: constants, maps, addresses in map values, functions, kernel symbols.

use crate::prepare::{Imm64, Linkage};
use crate::register::{MapRef, Pointer, Register, Target};
use crate::reject::{Check, MemoryReject};
use crate::scalar::ScalarRange;
use crate::state::InsnIdx;
use crate::verifier::{Flow, Verifier};
use skep_isa::{RawInsn, opcode};
use skep_uapi::MapType;

impl Verifier<'_> {
    pub(super) fn check_ld_imm64(&mut self, insn: RawInsn) -> Check<Flow> {
        if insn.size() != opcode::DW {
            return Err(self.reject(MemoryReject::LdImm64));
        }
        if insn.off != 0 {
            return Err(self.reject(MemoryReject::LdImm64Reserved));
        }
        self.check_reg_writable(insn.dst())?;
        let value = match insn.src() {
            0 => {
                let high = self
                    .insns
                    .get(self.at.next().index())
                    .map_or(0, |i| i.imm.cast_unsigned());
                let value = u64::from(high) << 32 | u64::from(insn.imm.cast_unsigned());
                self.new_scalar(ScalarRange::constant(value))
            }
            opcode::PSEUDO_FUNC => self.function_pointer(insn)?,
            _ => self.resolved_constant(),
        };
        self.set_reg(insn.dst(), value);
        Ok(Flow::Goto(self.at.next().next()))
    }

    fn function_pointer(&mut self, insn: RawInsn) -> Check<Register> {
        let start = InsnIdx(self.at.next().0.wrapping_add_signed(insn.imm));
        let Some(subprog) = self.subprog_at(start) else {
            return Err(self.reject(MemoryReject::CallbackNoBtf));
        };
        let linkage = self
            .subprogs
            .get(usize::from(subprog.0))
            .map(|s| (s.func_type.is_some(), s.linkage));
        match linkage {
            Some((true, Linkage::Static)) => Ok(Register::Pointer(Pointer::new(Target::Func {
                subprog: subprog.0,
            }))),
            Some((true, _)) => Err(self.reject(MemoryReject::CallbackNotStatic)),
            Some((false, _)) | None => Err(self.reject(MemoryReject::CallbackNoBtf)),
        }
    }

    /// What the pass before the walk made of a map reference or kernel symbol.
    fn resolved_constant(&mut self) -> Register {
        match self
            .aux
            .get(self.at.index())
            .and_then(|a| a.imm64.as_deref().copied())
        {
            Some(Imm64::Map(map)) => Register::Pointer(Pointer::new(Target::Map { map, uid: 0 })),
            Some(Imm64::MapValue { map, off }) => self.value_address(map, off),
            Some(Imm64::Symbol { pointer, .. }) => Register::Pointer(pointer),
            None => self.unknown_register(),
        }
    }

    /// An address in a map's value. All such addresses share the lock of the map's only value, so they have no id of their own.
    fn value_address(&mut self, map: MapRef, off: u32) -> Register {
        if self
            .map(map)
            .is_some_and(|m| m.meta.map_type == MapType::Arena)
        {
            return self.unknown_register();
        }
        let mut p = Pointer::new(Target::MapValue { map, uid: 0 });
        p.off = off.cast_signed();
        Register::Pointer(p)
    }
}
