//! Objects as arguments of kernel functions: kernel structs and sockets, and the program's own allocations.

use super::call::KfuncCall;
use super::classify::{Param, describe};
use super::graph::is_allocated;
use super::special::Special;
use crate::check::call::Strictness;
use crate::register::{BtfRef, Pointer, PtrFlags, Register, Target, TargetKind, TypeRef};
use crate::reject::{Check, KfuncReject};
use crate::verifier::Verifier;
use alloc::string::ToString;
use alloc::sync::Arc;
use skep_btf::{Btf, BtfKind, BtfTypeId, FieldSet};
use skep_catalog::KfuncFlags;

/// Structs programs name by what they see of them.
const PROJECTIONS: [(&str, &str); 2] = [("__sk_buff", "sk_buff"), ("xdp_md", "xdp_buff")];

impl Verifier<'_> {
    /// A kernel object of the parameter's type.
    pub(super) fn check_object_arg(
        &mut self,
        call: &KfuncCall,
        btf: &Arc<Btf>,
        param: &Param,
    ) -> Check {
        match btf.resolve_pointer(param.ty) {
            Some(want) => self.check_object_of(call, btf, param, want.id()),
            None => Err(self.reject(KfuncReject::Bug {
                what: "an object parameter without type",
            })),
        }
    }

    /// A kernel object of type `want`.
    pub(super) fn check_object_of(
        &mut self,
        call: &KfuncCall,
        btf: &Arc<Btf>,
        param: &Param,
        want: BtfTypeId,
    ) -> Check {
        let (reg, arg) = (param.reg(), param.index);
        let register = self.state.reg(reg).clone();
        let Some((p, have)) = register
            .pointer()
            .and_then(|p| Some((*p, self.object_behind(p)?)))
        else {
            let (found, expected) = (register.type_name(), stripped(&register).type_name());
            return Err(self.reject(KfuncReject::NotBtfOrSocket {
                arg,
                found,
                expected,
            }));
        };
        let have_name = self.type_name(have).to_string();
        let want_name = btf.name(want).to_string();
        let releases = call.info.has(KfuncFlags::RELEASE) && p.ref_obj_id != 0;
        let strictness = if releases || is_init_alias(&have_name, &want_name) {
            Strictness::Exact
        } else {
            Strictness::FirstMember
        };
        let wanted = TypeRef {
            btf: BtfRef::Kernel,
            id: want,
        };
        let projected = PROJECTIONS
            .iter()
            .any(|(seen, real)| *seen == want_name && *real == have_name);
        let same = self.struct_ids_match(have, p.off, wanted, strictness);
        if projected || same {
            return Ok(());
        }
        let kind_of = |ty: TypeRef| {
            self.btf(ty.btf)
                .map_or("UNKNOWN", |b| describe(b.type_by_id(ty.id)).0)
        };
        let rule = KfuncReject::WrongStruct {
            name: call.info.name.clone(),
            arg,
            want_kind: kind_of(wanted),
            want: want_name,
            reg,
            kind: kind_of(have),
            have: have_name,
        };
        Err(self.reject(rule))
    }

    /// The kernel type a pointer stands for: its own, or that of a socket or map. `None` where it must not be passed.
    fn object_behind(&self, p: &Pointer) -> Option<TypeRef> {
        let kernel = |name: &str| {
            let id = self
                .kernel_btf
                .as_ref()?
                .find_by_name_kind(name, BtfKind::Struct)?;
            Some(TypeRef {
                btf: BtfRef::Kernel,
                id,
            })
        };
        match p.target {
            Target::Btf { ty } => {
                let is_safe = (p.flags - PtrFlags::TRUSTED_MODIFIERS).is_empty()
                    || p.flags.contains(PtrFlags::RCU);
                is_safe.then_some(ty)
            }
            Target::Socket => kernel("sock"),
            Target::SockCommon => kernel("sock_common"),
            Target::TcpSock => kernel("tcp_sock"),
            Target::Map { .. } => kernel("bpf_map"),
            _ => None,
        }
    }

    /// An object to be dropped: owned, and of the kind the function is for.
    pub(super) fn check_dropped_object(&mut self, call: &mut KfuncCall, reg: u8, arg: u8) -> Check {
        const PERCPU_OBJECT: PtrFlags = PtrFlags::ALLOC.union(PtrFlags::PERCPU);
        let Some(p) = self
            .state
            .reg(reg)
            .pointer()
            .filter(|p| p.kind() == TargetKind::Btf)
            .copied()
        else {
            return Err(self.reject(KfuncReject::NotAllocated { arg }));
        };
        if p.flags == PtrFlags::ALLOC {
            if !call.info.is(Special::ObjDrop) {
                return Err(self.reject(KfuncReject::OnlyObjDrop { arg }));
            }
        } else if p.flags == PERCPU_OBJECT {
            if !call.info.is(Special::PercpuObjDrop) {
                return Err(self.reject(KfuncReject::OnlyPercpuObjDrop { arg }));
            }
        } else {
            return Err(self.reject(KfuncReject::NotAllocated { arg }));
        }
        if p.ref_obj_id == 0 {
            return Err(self.reject(KfuncReject::AllocatedUnreferenced));
        }
        call.object = object_type(&p);
        Ok(())
    }

    /// An object that counts its owners, owned or borrowed.
    pub(super) fn check_refcounted_object(
        &mut self,
        call: &mut KfuncCall,
        reg: u8,
        arg: u8,
    ) -> Check {
        let pointer = self.state.reg(reg).pointer().copied();
        let borrowed = |p: &Pointer| p.flags.contains(PtrFlags::ALLOC | PtrFlags::NON_OWN_REF);
        let Some(p) =
            pointer.filter(|p| p.kind() == TargetKind::Btf && p.flags.contains(PtrFlags::ALLOC))
        else {
            return Err(self.reject(KfuncReject::NotRefcounted { arg }));
        };
        call.owning = !borrowed(&p) && !p.flags.contains(PtrFlags::RCU) && is_allocated(&p);
        let Some(record) = self.record_behind(&p) else {
            // Linux takes an object without any special field for a mistake of its own.
            return Err(self.reject(KfuncReject::Bug {
                what: "Couldn't find btf_record",
            }));
        };
        if !record.has(FieldSet::REFCOUNT) {
            return Err(self.reject(KfuncReject::NoRefcount { arg }));
        }
        call.object = object_type(&p);
        Ok(())
    }
}

const fn object_type(p: &Pointer) -> Option<TypeRef> {
    match p.target {
        Target::Btf { ty } => Some(ty),
        _ => None,
    }
}

/// The register as a message shows what was wanted: without the flags that made it unfit.
fn stripped(register: &Register) -> Register {
    let mut register = register.clone();
    if let Some(p) = register.pointer_mut() {
        p.flags &= PtrFlags::TRUSTED_MODIFIERS;
    }
    register
}

/// Whether one name is the other and `___init`: two stages of one object that must not be mixed up.
fn is_init_alias(a: &str, b: &str) -> bool {
    const INIT: &str = "___init";
    a.strip_suffix(INIT) == Some(b) || b.strip_suffix(INIT) == Some(a)
}
