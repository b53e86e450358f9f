//! Kernel pointers in map values: loads, stores, and which pointer fits which field.

use super::access::{AccessType, Extension, MemoryAccess, Operand};
use super::call::Strictness;
use crate::register::{BtfRef, Pointer, PtrFlags, Register, Target, TargetKind, TypeRef};
use crate::reject::{Check, MemoryReject};
use crate::verifier::Verifier;
use alloc::string::{String, ToString};
use skep_btf::{Field, FieldSet, FieldType, KptrMode, ObjectType, Origin};
use skep_isa::opcode;

impl Verifier<'_> {
    /// A load or store of exactly a pointer field.
    pub(super) fn check_kptr_access(
        &mut self,
        access: &MemoryAccess,
        p: &Pointer,
        field: &Field,
    ) -> Check {
        let plain_mode = self.insn().mode() == opcode::MEM
            && access.extension == Extension::Zero
            && access.operand != Operand::StoreUnknown;
        if !plain_mode {
            return Err(self.reject(MemoryReject::KptrMode));
        }
        let writes = access.operand.access() == AccessType::Write;
        match &field.ty {
            FieldType::Uptr(target) => {
                if writes {
                    return Err(self.reject(MemoryReject::UptrStore));
                }
                self.load_uptr(access.operand, target);
                Ok(())
            }
            FieldType::Kptr(mode, object) => {
                self.check_object_known(object)?;
                if writes && *mode != KptrMode::Unref {
                    return Err(self.reject(MemoryReject::KptrStoreReferenced));
                }
                match access.operand {
                    Operand::Load(dst) => {
                        let pointer = self.loaded_kptr(*mode, object);
                        self.set_reg(dst, Register::Pointer(pointer));
                        Ok(())
                    }
                    Operand::Store(reg) if self.state.reg(reg).is_null() => Ok(()),
                    Operand::Store(reg) => self.check_kptr_match(field, reg),
                    Operand::StoreImm(0) | Operand::Probe | Operand::StoreUnknown => Ok(()),
                    Operand::StoreImm(_) => Err(self.reject(MemoryReject::KptrStoreImm {
                        off: p.off.cast_unsigned(),
                    })),
                }
            }
            _ => Err(self.reject(MemoryReject::FieldDirect {
                field: field.kind().name(),
            })),
        }
    }

    fn load_uptr(&mut self, operand: Operand, target: &skep_btf::TypeRef) {
        let size = self
            .prog_btf_of(target)
            .and_then(|(btf, id)| btf.size_of(id))
            .unwrap_or(0);
        let id = self.fresh_id();
        if let Operand::Load(dst) = operand {
            let p = Pointer {
                id,
                ..Pointer::new(Target::Mem { size, dynptr_id: 0 }).with(PtrFlags::MAYBE_NULL)
            };
            self.set_reg(dst, Register::Pointer(p));
        }
    }

    /// The BTF a field's target lives in, as far as this load knows it.
    fn prog_btf_of(
        &self,
        target: &skep_btf::TypeRef,
    ) -> Option<(alloc::sync::Arc<skep_btf::Btf>, skep_btf::BtfTypeId)> {
        let of_maps = self.maps.iter().filter_map(|m| m.meta.btf.as_ref());
        let known = self
            .kernel_btf
            .iter()
            .chain(self.prog_btf.iter())
            .chain(of_maps);
        known
            .into_iter()
            .find(|b| b.identity() == target.btf)
            .map(|b| (b.clone(), target.id))
    }

    /// A field's target as the registers name types. A program type of a map is looked up in the program's own BTF object: loaders use one.
    pub(crate) fn object_type(&self, object: &ObjectType) -> TypeRef {
        let btf = match object.ty.origin {
            Origin::Kernel => BtfRef::Kernel,
            Origin::Program => BtfRef::Program,
        };
        TypeRef {
            btf,
            id: object.ty.id,
        }
    }

    /// Types of the program's own are told apart by their number in one BTF object, so that must be the program's.
    pub(crate) fn check_object_known(&mut self, object: &ObjectType) -> Check {
        let own = self
            .prog_btf
            .as_ref()
            .is_some_and(|b| b.identity() == object.ty.btf);
        if object.ty.origin == Origin::Kernel || own {
            return Ok(());
        }
        Err(self.reject(MemoryReject::Unsupported {
            what: "kptrs to types of another BTF object than the program's",
        }))
    }

    fn loaded_kptr(&mut self, mode: KptrMode, object: &ObjectType) -> Pointer {
        let ty = self.object_type(object);
        let of_program = ty.btf == BtfRef::Program;
        let rcu_safe = of_program || skep_catalog::attach_btf::is_rcu_protected(self.type_name(ty));
        let protected = match mode {
            KptrMode::Percpu => true,
            KptrMode::Ref => rcu_safe,
            KptrMode::Unref => false,
        };
        let mut flags = PtrFlags::MAYBE_NULL;
        if protected && self.state.in_rcu_cs() {
            flags |= PtrFlags::RCU;
            match mode {
                KptrMode::Percpu => flags |= PtrFlags::PERCPU,
                KptrMode::Ref | KptrMode::Unref => {
                    let has_node = self
                        .btf(ty.btf)
                        .and_then(|b| b.struct_record(ty.id))
                        .is_some_and(|r| r.has(FieldSet::GRAPH_NODE));
                    flags.set(PtrFlags::ALLOC, of_program);
                    flags.set(PtrFlags::NON_OWN_REF, of_program && has_node);
                }
            }
        } else {
            flags |= PtrFlags::UNTRUSTED;
        }
        let id = self.fresh_id();
        Pointer {
            id,
            ..Pointer::new(Target::Btf { ty }).with(flags)
        }
    }

    /// Whether the pointer in r`reg` may be put into a kptr field.
    pub(crate) fn check_kptr_match(&mut self, field: &Field, reg: u8) -> Check {
        let FieldType::Kptr(mode, object) = &field.ty else {
            return Ok(());
        };
        self.check_object_known(object)?;
        let wanted = self.object_type(object);
        let register = self.state.reg(reg).clone();
        let allowed = match wanted.btf {
            BtfRef::Kernel => {
                let base = PtrFlags::MAYBE_NULL | PtrFlags::TRUSTED | PtrFlags::RCU;
                if *mode == KptrMode::Unref {
                    base | PtrFlags::UNTRUSTED
                } else {
                    base
                }
            }
            BtfRef::Program => {
                let base = PtrFlags::MAYBE_NULL | PtrFlags::ALLOC;
                if *mode == KptrMode::Percpu {
                    base | PtrFlags::PERCPU
                } else {
                    base
                }
            }
        };
        let Some((p, ty)) = register.pointer().and_then(|p| match p.target {
            Target::Btf { ty } if p.kind() == TargetKind::Btf && allowed.contains(p.flags) => {
                Some((*p, ty))
            }
            _ => None,
        }) else {
            return Err(self.kptr_mismatch(*mode, reg, &register, String::new(), wanted));
        };
        self.check_btf_offset(reg, &p)?;
        let strictness = if *mode == KptrMode::Unref {
            Strictness::FirstMember
        } else {
            Strictness::Exact
        };
        if self.struct_ids_match(ty, p.off, wanted, strictness) {
            return Ok(());
        }
        let name = self.type_name(ty).to_string();
        Err(self.kptr_mismatch(*mode, reg, &register, name, wanted))
    }

    fn kptr_mismatch(
        &mut self,
        mode: KptrMode,
        reg: u8,
        register: &Register,
        name: String,
        wanted: TypeRef,
    ) -> crate::reject::Reject {
        let ty = register.type_name();
        let expected = self.type_name(wanted).to_string();
        self.reject(match mode {
            KptrMode::Unref => MemoryReject::KptrTypeUnref {
                reg,
                ty,
                name,
                expected,
            },
            KptrMode::Ref | KptrMode::Percpu => MemoryReject::KptrType {
                reg,
                ty,
                name,
                expected,
            },
        })
    }

    /// A BTF pointer that is put somewhere or dereferenced as its own type: a constant, non-negative offset.
    fn check_btf_offset(&mut self, reg: u8, p: &Pointer) -> Check {
        let ty = p.type_name();
        if p.off < 0 {
            return Err(self.reject(MemoryReject::NegativeOffset {
                ty,
                reg,
                off: p.off,
            }));
        }
        if p.var.is_const() != Some(0) {
            let ty = Register::Pointer(*p).type_name();
            return Err(self.reject(MemoryReject::VariablePointer {
                ty,
                var: p.var.tnum,
            }));
        }
        Ok(())
    }
}
