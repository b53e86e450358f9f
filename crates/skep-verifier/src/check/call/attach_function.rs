//! Kernel functions as attach targets: LSM hooks and the functions fentry, fexit and fmod_ret programs trace.

use super::attach::{AttachTarget, returned};
use crate::reject::{AttachReject, Check};
use crate::request::LoadFlags;
use crate::verifier::Verifier;
use alloc::string::ToString;
use skep_btf::{Btf, FuncProto, Type};
use skep_catalog::attach_btf::{self, LsmFlags};
use skep_uapi::{AttachType, ProgType};

/// Parameters a trampoline passes on at most.
const MAX_PARAMETERS: usize = 12;
/// Bytes of one parameter at most.
const MAX_PARAMETER_SIZE: u32 = 16;

impl Verifier<'_> {
    pub(super) fn function_target(&mut self, kernel: &Btf, ty: Type<'_>) -> Check<AttachTarget> {
        let id = self.request.attach_btf_id;
        let Some(func) = ty.as_func() else {
            return Err(self.reject(AttachReject::NotFunction { id }));
        };
        let name = func.name();
        let Some(proto) = func.proto() else {
            return Err(self.reject(AttachReject::Silent));
        };
        self.check_representable(kernel, name, &proto)?;
        if self.env.kernel_symbol(name).is_none() {
            return Err(self.reject(AttachReject::NoAddress {
                name: name.to_string(),
            }));
        }
        if self.request.flags.has(LoadFlags::SLEEPABLE) {
            self.check_sleepable_target(name)?;
        } else if self.attach_type() == Some(AttachType::ModifyReturn)
            && !name.starts_with("security_")
        {
            // Linux also allows functions on its error injection list.
            return Err(self.reject(AttachReject::Unsupported {
                what: "fmod_ret of functions other than security hooks",
            }));
        }
        self.check_target_allowed(id, name)?;
        let returns = returned(kernel, &proto);
        Ok(AttachTarget {
            name: name.to_string(),
            struct_name: None,
            proto: proto.id(),
            returns,
        })
    }

    fn check_sleepable_target(&mut self, name: &str) -> Check {
        match self.request.prog_type {
            ProgType::Lsm
                if attach_btf::lsm_hook(name).is_some_and(|hook| hook.has(LsmFlags::SLEEPABLE)) =>
            {
                Ok(())
            }
            ProgType::Lsm => Err(self.reject(AttachReject::NotSleepable {
                name: name.to_string(),
            })),
            _ => Err(self.reject(AttachReject::Unsupported {
                what: "sleepable programs on traced functions",
            })),
        }
    }

    fn check_target_allowed(&mut self, id: u32, function: &str) -> Check {
        let name = || function.to_string();
        if self.request.prog_type == ProgType::Lsm {
            let hook = function
                .strip_prefix("bpf_lsm_")
                .and_then(attach_btf::lsm_hook);
            return match hook {
                _ if !self.request.gpl_compatible => Err(self.reject(AttachReject::LsmNotGpl)),
                None => Err(self.reject(AttachReject::WrongName { id, name: name() })),
                Some(hook) if hook.has(LsmFlags::DISABLED) => {
                    Err(self.reject(AttachReject::LsmDisabledHook { id, name: name() }))
                }
                Some(_) => Ok(()),
            };
        }
        if attach_btf::trace_denied(function) {
            return Err(self.reject(AttachReject::Denied { name: name() }));
        }
        let waits_for_return = matches!(
            self.attach_type(),
            Some(AttachType::TraceFexit | AttachType::ModifyReturn)
        );
        if waits_for_return && attach_btf::is_noreturn(function) {
            return Err(self.reject(AttachReject::NoReturn { name: name() }));
        }
        Ok(())
    }

    /// Whether a trampoline (or a call) can pass the arguments of a prototype.
    pub(crate) fn check_representable(
        &mut self,
        btf: &Btf,
        function: &str,
        proto: &FuncProto<'_>,
    ) -> Check {
        let name = || function.to_string();
        let count = proto.params().len();
        if count > MAX_PARAMETERS {
            return Err(self.reject(AttachReject::TooManyParameters {
                name: name(),
                count,
            }));
        }
        let returned = btf.resolve(proto.return_type());
        let good_return = returned.is_some_and(|t| {
            matches!(
                t,
                Type::Void | Type::Int(_) | Type::Ptr(_) | Type::Enum(_) | Type::Enum64(_)
            )
        });
        if !good_return {
            let kind = returned.map_or("UNKNOWN", |t| t.kind_name());
            return Err(self.reject(AttachReject::ReturnType { name: name(), kind }));
        }
        for (arg, param) in proto.params().enumerate() {
            let ty = btf.resolve(param.type_id());
            if arg + 1 == count && matches!(ty, Some(Type::Void)) {
                return Err(self.reject(AttachReject::VariableParameters { name: name() }));
            }
            let kind = ty.map_or("UNKNOWN", |t| t.kind_name());
            let sized = ty.filter(|t| {
                matches!(
                    t,
                    Type::Int(_)
                        | Type::Ptr(_)
                        | Type::Enum(_)
                        | Type::Enum64(_)
                        | Type::Struct(_)
                        | Type::Union(_)
                )
            });
            match sized.and_then(|t| btf.size_of(t.id())) {
                Some(0) => return Err(self.reject(AttachReject::VoidParameter { name: name() })),
                Some(size) if size <= MAX_PARAMETER_SIZE => {}
                Some(_) | None => {
                    return Err(self.reject(AttachReject::ParameterType {
                        name: name(),
                        arg,
                        kind,
                    }));
                }
            }
        }
        Ok(())
    }
}
