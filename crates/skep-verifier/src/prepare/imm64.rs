//! ld_imm64: what each refers to, and the opcode check of everything else, in one pass.

use super::opcodes;
use crate::register::{BtfRef, MapRef, Pointer, PtrFlags, Target, TypeRef};
use crate::reject::{Check, ControlReject};
use crate::state::InsnIdx;
use crate::verifier::Verifier;
use alloc::boxed::Box;
use alloc::string::String;
use skep_btf::{BtfTypeId, Type};
use skep_isa::{RawInsn, opcode};
use skep_uapi::{Errno, MapType};

/// Offsets into map values are below this.
const MAX_VALUE_OFFSET: u32 = 1 << 29;
/// The section of per-CPU variables in kernel BTF.
const PERCPU_SECTION: &str = ".data..percpu";

/// What a ld_imm64 was resolved to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Imm64 {
    /// A map.
    Map(MapRef),
    /// An address in the value of a map.
    MapValue { map: MapRef, off: u32 },
    /// A kernel variable or function.
    Symbol { pointer: Pointer, address: u64 },
}

impl Verifier<'_> {
    pub(super) fn resolve_constants(&mut self) -> Check {
        let mut index = 0;
        while let Some(insn) = self.insns.get(index).copied() {
            let at = InsnIdx(index as u32);
            index += 1;
            if insn.class() == opcode::LDX && !is_plain_ldx(insn) {
                return Err(self.reject(ControlReject::LdxReserved));
            }
            if insn.is_ld_imm64() {
                index += 1;
                self.resolve_constant(at, insn)?;
            } else if !opcodes::is_known(insn.code) {
                return Err(self.reject(ControlReject::UnknownOpcode { code: insn.code }));
            }
        }
        Ok(())
    }

    fn resolve_constant(&mut self, at: InsnIdx, insn: RawInsn) -> Check {
        let second = self.insns.get(at.next().index()).copied();
        let Some(second) = second.filter(|s| s.code == 0 && s.regs == 0 && s.off == 0) else {
            return Err(self.reject(ControlReject::InvalidLdImm64));
        };
        let resolved = match insn.src() {
            0 | opcode::PSEUDO_FUNC => return Ok(()),
            opcode::PSEUDO_BTF_ID => self.resolve_symbol(insn, second)?,
            opcode::PSEUDO_MAP_FD | opcode::PSEUDO_MAP_IDX if second.imm == 0 => {
                Imm64::Map(self.named_map(insn)?)
            }
            opcode::PSEUDO_MAP_VALUE | opcode::PSEUDO_MAP_IDX_VALUE => {
                let map = self.named_map(insn)?;
                self.check_value_address(map, second.imm.cast_unsigned())?
            }
            _ => return Err(self.reject(ControlReject::UnrecognizedLdImm64)),
        };
        if let Some(aux) = self.aux.get_mut(at.index()) {
            aux.imm64 = Some(Box::new(resolved));
        }
        Ok(())
    }

    fn named_map(&mut self, insn: RawInsn) -> Check<MapRef> {
        let fd = match insn.src() {
            opcode::PSEUDO_MAP_IDX | opcode::PSEUDO_MAP_IDX_VALUE => {
                if !self.request.has_fd_array {
                    return Err(self.reject(ControlReject::NoFdArray));
                }
                self.env
                    .fd_array(insn.imm.cast_unsigned())
                    .map_err(|e| self.reject_silently(e))?
            }
            _ => insn.imm,
        };
        self.bind_map_fd(fd)
    }

    fn check_value_address(&mut self, map: MapRef, off: u32) -> Check<Imm64> {
        if off >= MAX_VALUE_OFFSET {
            return Err(self.reject(ControlReject::ValueOffset { off }));
        }
        let Some(meta) = self.map_meta(map) else {
            return Err(self.reject_silently(Errno::EINVAL));
        };
        if !skep_catalog::map_type(meta.map_type).is_some_and(|t| t.direct_value) {
            return Err(self.reject(ControlReject::NoDirectValue));
        }
        let (size, errno) = match meta.map_type {
            MapType::Arena => (u64::from(meta.max_entries) << 12, Errno::ERANGE),
            _ if meta.max_entries != 1 => (0, Errno::ENOTSUPP),
            _ => (u64::from(meta.value_size), Errno::EINVAL),
        };
        if u64::from(off) >= size {
            let rule = ControlReject::ValueAccess {
                size: meta.value_size,
                off,
            };
            return Err(self.reject(rule).with_errno(errno));
        }
        Ok(Imm64::MapValue { map, off })
    }

    fn resolve_symbol(&mut self, insn: RawInsn, second: RawInsn) -> Check<Imm64> {
        let id = insn.imm;
        if second.imm != 0 {
            // Module BTF: skep has no modules.
            return Err(self.reject(ControlReject::ModuleBtf));
        }
        let kernel = self.kernel_btf.clone();
        let found = kernel.as_ref().and_then(|b| {
            b.type_by_id(BtfTypeId(id.cast_unsigned()))
                .filter(|_| id != 0)
        });
        let (Some(kernel), Some(found)) = (kernel.as_ref(), found) else {
            return Err(self.reject(ControlReject::SymbolBtfId { id }));
        };
        let name = String::from(found.name());
        let Some(address) = self
            .env
            .kernel_symbol(&name)
            .filter(|_| matches!(found, Type::Var(_) | Type::Func(_)))
        else {
            let rule = match found {
                Type::Var(_) | Type::Func(_) => ControlReject::SymbolAddress { name },
                _ => ControlReject::SymbolKind { id },
            };
            return Err(self.reject(rule));
        };
        let Type::Var(var) = found else {
            let memory = Pointer::new(Target::Mem {
                size: 0,
                dynptr_id: 0,
            })
            .with(PtrFlags::RDONLY);
            return Ok(Imm64::Symbol {
                pointer: memory,
                address,
            });
        };
        let behind = kernel
            .resolve(var.type_id())
            .map_or(BtfTypeId::VOID, |t| t.id());
        let ty = TypeRef {
            btf: BtfRef::Kernel,
            id: behind,
        };
        let section = kernel
            .find_by_name_kind(PERCPU_SECTION, skep_btf::BtfKind::Datasec)
            .and_then(|id| kernel.type_by_id(id));
        let percpu = section
            .and_then(|s| s.as_datasec())
            .is_some_and(|s| s.entries().any(|e| e.var == found.id()));
        let pointer = if percpu {
            Pointer::new(Target::Btf { ty }).with(PtrFlags::PERCPU)
        } else if matches!(
            kernel.type_by_id(behind),
            Some(Type::Struct(_) | Type::Union(_))
        ) {
            Pointer::new(Target::Btf { ty })
        } else {
            match kernel.size_of(behind) {
                Some(size) => {
                    Pointer::new(Target::Mem { size, dynptr_id: 0 }).with(PtrFlags::RDONLY)
                }
                None => {
                    let name = String::from(kernel.name(behind));
                    return Err(self.reject(ControlReject::SymbolSize {
                        name,
                        errno: Errno::EINVAL.as_return(),
                    }));
                }
            }
        };
        Ok(Imm64::Symbol { pointer, address })
    }
}

fn is_plain_ldx(insn: RawInsn) -> bool {
    matches!(insn.mode(), opcode::MEM | opcode::MEMSX) && insn.imm == 0
}
