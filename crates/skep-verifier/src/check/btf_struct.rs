//! Kernel structs by BTF: what lies at an offset, and how much a pointer loaded from there can be trusted.

use super::access::{AccessType, MemoryAccess, Operand};
use crate::register::{BtfRef, MapRef, Pointer, PtrFlags, Register, Target, TypeRef};
use crate::reject::{Check, MemoryReject, Reject};
use crate::verifier::Verifier;
use alloc::string::{String, ToString};
use skep_btf::{Access, Btf, PointerTags, WalkError};
use skep_catalog::attach_btf::{SafeList, safe_field};
use skep_uapi::MapType;

/// What a pointer loaded out of a struct is, before it gets its id.
enum Loaded {
    Number,
    Untyped,
    Struct { ty: TypeRef, flags: PtrFlags },
}

impl Verifier<'_> {
    pub(super) fn check_btf_access(
        &mut self,
        access: &MemoryAccess,
        p: &Pointer,
        ty: TypeRef,
        off: i32,
    ) -> Check {
        let reg = access.base;
        let name = |v: &Self| v.type_name(ty).to_string();
        if !self.privileges.allow_ptr_leaks {
            let name = name(self);
            return Err(self.reject(MemoryReject::BtfCapability { name }));
        }
        if !self.request.gpl_compatible && ty.btf == BtfRef::Kernel {
            let name = name(self);
            return Err(self.reject(MemoryReject::BtfLicence { name }));
        }
        if off < 0 {
            let name = name(self);
            return Err(self.reject(MemoryReject::BtfNegative { reg, name, off }));
        }
        if p.var.is_const() != Some(0) {
            let name = name(self);
            return Err(self.reject(MemoryReject::BtfVariable {
                reg,
                name,
                off,
                var: p.var.tnum,
            }));
        }
        if p.flags.contains(PtrFlags::USER) {
            let name = name(self);
            return Err(self.reject(MemoryReject::BtfUser { reg, name, off }));
        }
        if p.flags.contains(PtrFlags::PERCPU) {
            let name = name(self);
            return Err(self.reject(MemoryReject::BtfPercpu { reg, name, off }));
        }
        let writes = access.operand.access() == AccessType::Write;
        let is_alloc = p.flags.contains(PtrFlags::ALLOC);
        if writes && !is_alloc {
            return self.check_kernel_struct_write(ty, off, access.size);
        }
        // An object of the program that it neither owns nor borrows is only readable, but in the RCU section that keeps it.
        let kept = PtrFlags::NON_OWN_REF | PtrFlags::RCU;
        let held = p.ref_obj_id != 0 || p.flags.intersects(kept);
        if writes && !held {
            return Err(self.reject(MemoryReject::BtfReadOnly));
        }
        if is_alloc {
            self.check_alloc_fields(ty, off, access.size)?;
        }
        let loaded = self.walk_struct(p, ty, off, access.size, is_alloc)?;
        if let Operand::Load(dst) = access.operand {
            let value = self.loaded_value(loaded);
            self.set_reg(dst, value);
        }
        Ok(())
    }

    fn check_alloc_fields(&mut self, ty: TypeRef, off: i32, size: u32) -> Check {
        let record = self
            .btf(ty.btf)
            .and_then(|b| b.struct_record(ty.id))
            .cloned();
        let field = record.and_then(|r| {
            r.overlapping(off.cast_unsigned(), size)
                .next()
                .map(|f| f.kind().name())
        });
        match field {
            Some(field) => Err(self.reject(MemoryReject::AllocField { field })),
            None => Ok(()),
        }
    }

    fn walk_struct(
        &mut self,
        parent: &Pointer,
        ty: TypeRef,
        off: i32,
        size: u32,
        is_alloc: bool,
    ) -> Check<Loaded> {
        let Some(btf) = self.btf(ty.btf).cloned() else {
            return Ok(Loaded::Number);
        };
        match btf.load_from_struct(ty.id, off.cast_unsigned(), size) {
            Ok(Access::Scalar | Access::Struct(..)) => Ok(Loaded::Number),
            // Pointers in objects of the program are just numbers to it.
            Ok(Access::Pointer { .. } | Access::OpaquePointer) if is_alloc => Ok(Loaded::Number),
            Ok(Access::OpaquePointer) => Ok(Loaded::Untyped),
            Ok(Access::Pointer {
                target,
                tags,
                field,
            }) => {
                let flags = self.loaded_trust(parent, self.type_name(ty), field, tags);
                Ok(Loaded::Struct {
                    ty: TypeRef {
                        btf: ty.btf,
                        id: target,
                    },
                    flags,
                })
            }
            Err(e) => Err(self.walk_refused(&btf, e)),
        }
    }

    /// values.md 6.9: what a pointer loaded from a pointer is worth.
    fn loaded_trust(
        &self,
        parent: &Pointer,
        parent_name: &str,
        field: &str,
        tags: PointerTags,
    ) -> PtrFlags {
        const UNTRUSTED: PtrFlags = PtrFlags::UNTRUSTED;
        let from_tags = pointer_flags(tags);
        let legacy = from_tags
            - (PtrFlags::TRUSTED | PtrFlags::ALLOC | PtrFlags::NON_OWN_REF | PtrFlags::RCU);
        if parent.flags.contains(UNTRUSTED) {
            return UNTRUSTED;
        }
        let is_safe = parent.is_trusted() || parent.flags.contains(PtrFlags::RCU);
        if !is_safe {
            return legacy;
        }
        let list = safe_field(parent_name, field);
        match list {
            Some(SafeList::Trusted) => return from_tags | PtrFlags::TRUSTED,
            Some(SafeList::TrustedOrNull) => {
                return from_tags | PtrFlags::TRUSTED | PtrFlags::MAYBE_NULL;
            }
            Some(SafeList::Rcu | SafeList::RcuOrNull) | None => {}
        }
        if !self.state.in_rcu_cs() || parent.maybe_null() {
            return UNTRUSTED;
        }
        if list == Some(SafeList::Rcu) {
            return from_tags | PtrFlags::RCU;
        }
        if list == Some(SafeList::RcuOrNull) {
            return (from_tags - UNTRUSTED) | PtrFlags::RCU | PtrFlags::MAYBE_NULL;
        }
        if from_tags.contains(PtrFlags::RCU) {
            return from_tags | PtrFlags::MAYBE_NULL;
        }
        if from_tags.intersects(PtrFlags::PERCPU | PtrFlags::USER) {
            return from_tags;
        }
        legacy
    }

    fn loaded_value(&mut self, loaded: Loaded) -> Register {
        match loaded {
            Loaded::Number => self.unknown_register(),
            Loaded::Untyped => Register::Pointer(
                Pointer::new(Target::Mem {
                    size: 0,
                    dynptr_id: 0,
                })
                .with(PtrFlags::RDONLY | PtrFlags::UNTRUSTED),
            ),
            Loaded::Struct { ty, flags } => {
                self.ctx_pointer(Pointer::new(Target::Btf { ty }).with(flags))
            }
        }
    }

    /// A load from the kernel's own struct of a map.
    pub(super) fn check_map_struct_access(
        &mut self,
        access: &MemoryAccess,
        map: MapRef,
        off: i32,
    ) -> Check {
        if self.kernel_btf.is_none() {
            return Err(self.reject(MemoryReject::MapStructNoBtf));
        }
        let Some(map_type) = self.map(map).map(|m| m.meta.map_type) else {
            return Ok(());
        };
        let Some(name) = map_struct(map_type) else {
            return Err(self.reject(MemoryReject::MapStructType {
                map_type: map_type.raw(),
            }));
        };
        if !self.privileges.allow_ptr_leaks {
            return Err(self.reject(MemoryReject::BtfCapability {
                name: name.to_string(),
            }));
        }
        if off < 0 {
            return Err(self.reject(MemoryReject::MapStructNegative {
                reg: access.base,
                name: name.to_string(),
                off,
            }));
        }
        if access.operand.access() == AccessType::Write {
            return Err(self.reject(MemoryReject::MapStructWrite {
                name: name.to_string(),
            }));
        }
        let Some(ty) = self.kernel_struct(name) else {
            return Err(self.reject(MemoryReject::MapStructNoBtf));
        };
        let plain = Pointer::new(Target::Btf { ty });
        let loaded = self.walk_struct(&plain, ty, off, access.size, false)?;
        if let Operand::Load(dst) = access.operand {
            let value = self.loaded_value(loaded);
            self.set_reg(dst, value);
        }
        Ok(())
    }

    /// The rejection for an access that does not fit the struct.
    pub(super) fn walk_refused(&mut self, btf: &Btf, e: WalkError) -> Reject {
        let name = |id| -> String {
            let name = btf.name(id);
            if name.is_empty() { "(anon)" } else { name }.to_string()
        };
        let member = |id, index| -> String {
            let composite = btf.type_by_id(id).and_then(|t| t.as_composite());
            composite
                .and_then(|c| c.member(index))
                .map_or_else(String::new, |m| m.name().to_string())
        };
        self.reject(match e {
            WalkError::NotStruct(id) => MemoryReject::WalkNotStruct { name: name(id) },
            WalkError::BeyondStruct {
                structure,
                offset,
                size,
            } => MemoryReject::WalkBeyond {
                name: name(structure),
                off: offset,
                size,
            },
            WalkError::PartOfPointer {
                structure,
                member: index,
                member_offset,
                offset,
                size,
            } => MemoryReject::WalkPointerPart {
                member: member(structure, index),
                member_off: member_offset,
                name: name(structure),
                off: offset,
                size,
            },
            WalkError::BeyondMember {
                structure,
                member: index,
                member_end,
                offset,
                size,
            } => MemoryReject::WalkBeyondMember {
                member: member(structure, index),
                end: member_end,
                name: name(structure),
                off: offset,
                size,
            },
            WalkError::NoField { structure, offset } => MemoryReject::WalkHole {
                name: name(structure),
                off: offset,
            },
            WalkError::Unsized {
                structure,
                member: index,
            } => MemoryReject::WalkUnsized {
                name: member(structure, index),
            },
        })
    }
}

fn pointer_flags(tags: PointerTags) -> PtrFlags {
    let mut flags = PtrFlags::empty();
    flags.set(PtrFlags::USER, tags.contains(PointerTags::USER));
    flags.set(PtrFlags::PERCPU, tags.contains(PointerTags::PERCPU));
    flags.set(PtrFlags::RCU, tags.contains(PointerTags::RCU));
    flags.set(PtrFlags::UNTRUSTED, tags.contains(PointerTags::UNTRUSTED));
    flags
}

/// The kernel struct behind a map pointer, where Linux names one.
const fn map_struct(map_type: MapType) -> Option<&'static str> {
    Some(match map_type {
        MapType::Hash
        | MapType::PercpuHash
        | MapType::LruHash
        | MapType::LruPercpuHash
        | MapType::HashOfMaps => "bpf_htab",
        MapType::Array
        | MapType::ProgArray
        | MapType::PerfEventArray
        | MapType::PercpuArray
        | MapType::CgroupArray
        | MapType::ArrayOfMaps => "bpf_array",
        MapType::LpmTrie => "lpm_trie",
        MapType::Devmap | MapType::DevmapHash => "bpf_dtab",
        MapType::Cpumap => "bpf_cpu_map",
        MapType::Xskmap => "xsk_map",
        MapType::Sockmap => "bpf_stab",
        MapType::Sockhash => "bpf_shtab",
        MapType::StackTrace => "bpf_stack_map",
        MapType::ReuseportSockarray => "reuseport_array",
        MapType::Queue | MapType::Stack => "bpf_queue_stack",
        MapType::Ringbuf | MapType::UserRingbuf => "bpf_ringbuf_map",
        MapType::BloomFilter => "bpf_bloom_filter",
        MapType::SkStorage
        | MapType::InodeStorage
        | MapType::TaskStorage
        | MapType::CgrpStorage => "bpf_local_storage_map",
        MapType::CgroupStorage | MapType::PercpuCgroupStorage => "bpf_cgroup_storage_map",
        MapType::StructOps => "bpf_struct_ops_map",
        MapType::Arena => "bpf_arena",
        MapType::Unspec => return None,
        #[allow(unreachable_patterns, reason = "types newer than 6.18")]
        _ => return None,
    })
}
