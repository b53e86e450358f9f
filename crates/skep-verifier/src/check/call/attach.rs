//! What a tracing, LSM or struct_ops program attaches to: found in the kernel BTF, and checked before the walk.

use crate::register::{BtfRef, TypeRef};
use crate::reject::{AttachReject, Check};
use crate::request::LoadRequest;
use crate::verifier::Verifier;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use skep_btf::{Btf, BtfKind, BtfTypeId, FuncProto, Type};
use skep_catalog::attach_btf;
use skep_uapi::{AttachType, ProgType};

/// Prefix of the typedefs that describe tracepoints.
const TRACEPOINT_PREFIX: &str = "btf_trace_";

/// What the attach target returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TargetReturn {
    /// Nothing.
    Void,
    /// A pointer to this struct.
    Struct(TypeRef),
    /// A number, or some other pointer.
    Other,
}

/// What `attach_btf_id` means.
#[derive(Clone, Debug)]
pub(crate) struct AttachTarget {
    /// The function, tracepoint (without prefix), hook function or struct_ops member.
    pub(crate) name: String,
    /// The struct_ops type, for its members.
    pub(crate) struct_name: Option<String>,
    /// FUNC_PROTO in the kernel BTF. That of a tracepoint begins with a `void *` which programs do not see.
    pub(crate) proto: BtfTypeId,
    /// What it returns.
    pub(crate) returns: TargetReturn,
}

impl AttachTarget {
    /// Whether it returns nothing.
    pub(crate) fn returns_void(&self) -> bool {
        self.returns == TargetReturn::Void
    }
}

/// The target as the catalog names it: function, iterator, or `struct.member`.
pub(super) fn target_name(request: &LoadRequest, kernel: &Btf) -> Option<String> {
    let id = BtfTypeId(request.attach_btf_id);
    let ty = kernel.type_by_id(id).filter(|_| !id.is_void())?;
    match request.prog_type {
        ProgType::StructOps => {
            let member = ty.as_composite()?.member(request.expected_attach_type)?;
            Some(format!("{}.{}", ty.name(), member.name()))
        }
        ProgType::Tracing if request.expected_attach_type == AttachType::TraceIter.raw() => Some(
            ty.name()
                .strip_prefix("bpf_iter_")
                .unwrap_or(ty.name())
                .to_string(),
        ),
        ProgType::Tracing | ProgType::Lsm => Some(ty.name().to_string()),
        _ => None,
    }
}

impl Verifier<'_> {
    /// Phase 12: finds and checks the target.
    pub(crate) fn check_attach_target(&mut self) -> Check {
        match self.request.prog_type {
            ProgType::StructOps => self.check_struct_ops_target(),
            ProgType::Tracing | ProgType::Lsm | ProgType::Ext => self.check_tracing_target(),
            _ => Ok(()),
        }
    }

    fn check_tracing_target(&mut self) -> Check {
        let id = self.request.attach_btf_id;
        if id == 0 {
            return Err(self.reject(AttachReject::NoId));
        }
        let kernel = self.kernel_btf.clone();
        let Some((kernel, ty)) = kernel
            .as_ref()
            .and_then(|b| Some((b, b.type_by_id(BtfTypeId(id))?)))
        else {
            return Err(self.reject(AttachReject::UnknownId { id }));
        };
        if self.request.prog_type == ProgType::Ext {
            return Err(self.reject(AttachReject::ReplaceKernelFunction));
        }
        let target = match self.attach_type() {
            Some(AttachType::TraceRawTp) => self.tracepoint_target(kernel, ty)?,
            Some(AttachType::TraceIter) => self.iterator_target(kernel, ty)?,
            Some(
                AttachType::TraceFentry
                | AttachType::TraceFexit
                | AttachType::ModifyReturn
                | AttachType::LsmMac
                | AttachType::LsmCgroup,
            ) => self.function_target(kernel, ty)?,
            Some(_) | None => return Err(self.reject(AttachReject::Silent)),
        };
        self.calls.target = Some(target);
        Ok(())
    }

    fn tracepoint_target(&mut self, kernel: &Arc<Btf>, ty: Type<'_>) -> Check<AttachTarget> {
        let id = self.request.attach_btf_id;
        let Type::Typedef(typedef) = ty else {
            return Err(self.reject(AttachReject::NotTypedef { id }));
        };
        let Some(name) = typedef.name().strip_prefix(TRACEPOINT_PREFIX) else {
            return Err(self.reject(AttachReject::WrongName {
                id,
                name: typedef.name().to_string(),
            }));
        };
        // The function made from the tracepoint's template has the names of the arguments.
        let template = kernel.find_by_name_kind(&format!("__bpf_trace_{name}"), BtfKind::Func);
        let template = template.and_then(|id| kernel.type_by_id(id)?.as_func()?.proto());
        let declared = kernel
            .type_by_id(typedef.target())
            .and_then(|t| kernel.resolve(t.as_ptr()?.target())?.as_func_proto());
        let Some(proto) = template.or(declared) else {
            return Err(self.reject(AttachReject::Silent));
        };
        Ok(AttachTarget {
            name: name.to_string(),
            struct_name: None,
            proto: proto.id(),
            returns: TargetReturn::Void,
        })
    }

    fn iterator_target(&mut self, kernel: &Arc<Btf>, ty: Type<'_>) -> Check<AttachTarget> {
        let id = self.request.attach_btf_id;
        let Some(func) = ty.as_func() else {
            return Err(self.reject(AttachReject::NotFunction { id }));
        };
        let Some(proto) = func.proto() else {
            return Err(self.reject(AttachReject::Silent));
        };
        self.check_representable(kernel, func.name(), &proto)?;
        let known = func
            .name()
            .strip_prefix("bpf_iter_")
            .is_some_and(|target| attach_btf::iterator(target).is_some());
        if !known {
            return Err(self.reject(AttachReject::Silent));
        }
        Ok(AttachTarget {
            name: func.name().to_string(),
            struct_name: None,
            proto: proto.id(),
            returns: TargetReturn::Other,
        })
    }

    fn check_struct_ops_target(&mut self) -> Check {
        let id = self.request.attach_btf_id;
        if !self.request.gpl_compatible {
            return Err(self.reject(AttachReject::StructOpsNotGpl));
        }
        if id == 0 {
            return Err(self.reject(AttachReject::StructOpsNoId));
        }
        let Some(kernel) = self.kernel_btf.clone() else {
            return Err(self.reject(AttachReject::StructOpsUnknown { id }));
        };
        let composite = kernel
            .type_by_id(BtfTypeId(id))
            .and_then(|t| t.as_composite());
        let registered = |name: &str| {
            kernel
                .find_by_name_kind(&format!("bpf_struct_ops_{name}"), BtfKind::Struct)
                .is_some()
        };
        let Some(composite) = composite.filter(|c| registered(c.name())) else {
            return Err(self.reject(AttachReject::StructOpsUnknown { id }));
        };
        let (index, name) = (
            self.request.expected_attach_type,
            composite.name().to_string(),
        );
        let Some(member) = composite.member(index) else {
            return Err(self.reject(AttachReject::StructOpsMemberIndex { index, name }));
        };
        let proto = kernel
            .resolve_pointer(member.type_id())
            .and_then(|t| t.as_func_proto());
        let member = member.name().to_string();
        let Some(proto) = proto else {
            return Err(self.reject(AttachReject::StructOpsMember {
                member,
                index,
                name,
            }));
        };
        let sleeps = self.request.flags.has(crate::request::LoadFlags::SLEEPABLE);
        match attach_btf::struct_ops_member(&name, &member).filter(|m| m.loadable) {
            None => {
                return Err(self.reject(AttachReject::StructOpsMemberUnsupported { member, name }));
            }
            Some(row) if sleeps && !row.sleepable => {
                return Err(self.reject(AttachReject::StructOpsMemberSleeps { member, name }));
            }
            Some(_) => {}
        }
        let returns = returned(&kernel, &proto);
        self.calls.target = Some(AttachTarget {
            name: member,
            struct_name: Some(name),
            proto: proto.id(),
            returns,
        });
        Ok(())
    }
}

/// What a prototype of the kernel returns.
pub(super) fn returned(kernel: &Btf, proto: &FuncProto<'_>) -> TargetReturn {
    match kernel.resolve(proto.return_type()) {
        Some(Type::Void) => TargetReturn::Void,
        Some(Type::Ptr(pointer)) => match kernel.resolve(pointer.target()) {
            Some(Type::Struct(target) | Type::Union(target)) => TargetReturn::Struct(TypeRef {
                btf: BtfRef::Kernel,
                id: target.id(),
            }),
            Some(_) | None => TargetReturn::Other,
        },
        Some(_) | None => TargetReturn::Other,
    }
}
