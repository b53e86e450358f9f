//! What a pointer parameter of a kernel function is: from its name, its type, and what stands in the register.

use super::call::KfuncCall;
use super::scalar_struct::Voids;
use super::special::Special;
use crate::register::{Register, TargetKind};
use crate::reject::{Check, KfuncReject};
use crate::verifier::Verifier;
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use skep_btf::{Btf, BtfTypeId, FuncProto, Type};
use skep_catalog::KfuncFlags;

/// One parameter, as BTF has it.
#[derive(Clone, Debug)]
pub(super) struct Param {
    /// 0 is R1.
    pub(super) index: u8,
    pub(super) name: String,
    pub(super) ty: BtfTypeId,
}

impl Param {
    pub(super) fn reg(&self) -> u8 {
        self.index + 1
    }

    /// Whether the name says so: it ends in the suffix and has more than that.
    pub(super) fn has(&self, suffix: &str) -> bool {
        self.name.len() > suffix.len() && self.name.ends_with(suffix)
    }
}

/// The parameters of a prototype.
pub(super) fn params(proto: &FuncProto<'_>) -> Box<[Param]> {
    let all = (0..).zip(proto.params());
    all.map(|(index, p)| Param {
        index,
        name: p.name().to_string(),
        ty: p.type_id(),
    })
    .collect()
}

/// Classes of pointer arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PointerClass {
    Ctx,
    Null,
    Allocated,
    Refcounted,
    Dynptr,
    Iterator,
    ListHead,
    ListNode,
    RbRoot,
    RbNode,
    ConstString,
    Map,
    Workqueue,
    TaskWork,
    IrqFlag,
    ResSpinLock,
    Object,
    Callback,
    MemoryAndSize,
    Memory,
}

/// Classes that follow from the struct pointed to.
const BY_STRUCT: [(&str, PointerClass); 4] = [
    ("bpf_list_head", PointerClass::ListHead),
    ("bpf_list_node", PointerClass::ListNode),
    ("bpf_rb_root", PointerClass::RbRoot),
    ("bpf_rb_node", PointerClass::RbNode),
];

impl Verifier<'_> {
    /// The class of a pointer parameter; the first test that holds decides.
    pub(super) fn classify_pointer(
        &mut self,
        call: &KfuncCall,
        btf: &Btf,
        param: &Param,
        next: Option<&Param>,
    ) -> Check<PointerClass> {
        let pointee = btf
            .resolve(param.ty)
            .and_then(|t| t.as_ptr())
            .map(|p| p.target());
        let target = pointee.and_then(|id| btf.resolve(id));
        if call.info.is(Special::CastToKernCtx)
            || pointee.is_some_and(|id| self.is_context_type(btf, id))
        {
            return Ok(PointerClass::Ctx);
        }
        let register = self.state.reg(param.reg()).clone();
        if param.has("__nullable") && register.is_null() {
            return Ok(PointerClass::Null);
        }
        if param.has("__alloc") {
            return Ok(PointerClass::Allocated);
        }
        if param.has("__refcounted_kptr") {
            return Ok(PointerClass::Refcounted);
        }
        let struct_name = match target {
            Some(Type::Struct(s)) => s.name(),
            _ => "",
        };
        if struct_name == "bpf_dynptr" {
            return Ok(PointerClass::Dynptr);
        }
        let steps = KfuncFlags::ITER_NEW | KfuncFlags::ITER_NEXT | KfuncFlags::ITER_DESTROY;
        let first_of_iterator = call.info.flags.intersects(steps) && param.index == 0;
        if first_of_iterator || param.has("__iter") {
            return Ok(PointerClass::Iterator);
        }
        if let Some((_, class)) = BY_STRUCT.iter().find(|(name, _)| *name == struct_name) {
            return Ok(*class);
        }
        if param.has("__str") {
            return Ok(PointerClass::ConstString);
        }
        if param.has("__map") {
            return Ok(PointerClass::Map);
        }
        match struct_name {
            "bpf_wq" => return Ok(PointerClass::Workqueue),
            "bpf_task_work" => return Ok(PointerClass::TaskWork),
            _ if param.has("__irq_flag") => return Ok(PointerClass::IrqFlag),
            "bpf_res_spin_lock" => return Ok(PointerClass::ResSpinLock),
            _ => {}
        }
        if is_object(&register) {
            return match target {
                Some(Type::Struct(_) | Type::Union(_)) => Ok(PointerClass::Object),
                other => {
                    let (kind, ty) = describe(other);
                    let (name, arg) = (call.info.name.clone(), param.index);
                    Err(self.reject(KfuncReject::PointerNotSupported {
                        name,
                        arg,
                        kind,
                        ty,
                    }))
                }
            };
        }
        if matches!(target, Some(Type::FuncProto(_))) {
            return Ok(PointerClass::Callback);
        }
        self.classify_memory(btf, param, next, target)
    }

    fn classify_memory(
        &mut self,
        btf: &Btf,
        param: &Param,
        next: Option<&Param>,
        target: Option<Type<'_>>,
    ) -> Check<PointerClass> {
        let sized = next.is_some_and(|next| {
            let is_size = next.has("__sz") || next.has("__szk");
            is_size && is_scalar_type(btf, next.ty) && self.state.reg(next.reg()).scalar().is_some()
        });
        let voids = if sized {
            Voids::Allowed
        } else {
            Voids::Refused
        };
        if self.is_plain_memory(btf, target, voids)? {
            return Ok(if sized {
                PointerClass::MemoryAndSize
            } else {
                PointerClass::Memory
            });
        }
        let (kind, ty) = describe(target);
        let or_void = if sized { "void, " } else { "" };
        Err(self.reject(KfuncReject::NotScalarStruct {
            arg: param.index,
            kind,
            ty,
            or_void,
        }))
    }
}

/// A pointer to a kernel object, a socket or a map.
fn is_object(register: &Register) -> bool {
    let kind = register.pointer().map(|p| p.kind());
    matches!(
        kind,
        Some(
            TargetKind::Btf
                | TargetKind::Socket
                | TargetKind::SockCommon
                | TargetKind::TcpSock
                | TargetKind::Map
        )
    )
}

/// Kind in capitals and name, as messages show a type.
pub(super) fn describe(ty: Option<Type<'_>>) -> (&'static str, String) {
    ty.map_or(("UNKNOWN", String::new()), |t| {
        (t.kind_name(), t.name().to_string())
    })
}

/// A number of C: integers and enums.
pub(super) fn is_scalar_type(btf: &Btf, id: BtfTypeId) -> bool {
    matches!(
        btf.resolve(id),
        Some(Type::Int(_) | Type::Enum(_) | Type::Enum64(_))
    )
}
