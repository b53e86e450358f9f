//! What R0 holds after a kernel function call.

use super::call::KfuncCall;
use super::classify::describe;
use super::special::Special;
use crate::register::{BtfRef, Pointer, PtrFlags, Register, Target, TypeRef};
use crate::reject::{Check, KfuncReject};
use crate::scalar::ScalarRange;
use crate::verifier::Verifier;
use alloc::sync::Arc;
use skep_btf::{Btf, BtfTypeId, Type};
use skep_catalog::KfuncFlags;

impl Verifier<'_> {
    /// Sets R0 (cleared before), with ids and references.
    pub(super) fn set_kfunc_result(&mut self, call: &KfuncCall) -> Check {
        let Some(btf) = self.kernel_btf.clone() else {
            return Err(self.reject(KfuncReject::NoKernelBtf));
        };
        let returned = btf.resolve(call.info.returns);
        let makes_object = matches!(
            call.info.special,
            Some(Special::ObjNew | Special::PercpuObjNew | Special::RefcountAcquire)
        );
        let returns_object = returned.is_some_and(|t| match t {
            Type::Ptr(p) => matches!(
                btf.resolve(p.target()),
                Some(Type::Struct(_) | Type::Union(_))
            ),
            _ => false,
        });
        if call.info.has(KfuncFlags::ACQUIRE) && !returns_object && !makes_object {
            return Err(self.reject(KfuncReject::AcquireWithoutPointer));
        }
        let result = match returned {
            None | Some(Type::Void) => Register::Uninit,
            Some(Type::Ptr(p)) => self.pointer_result(call, &btf, p.target())?,
            Some(_)
                if matches!(
                    call.info.special,
                    Some(Special::ResSpinLock | Special::ResSpinLockIrqsave)
                ) =>
            {
                self.new_scalar(ScalarRange::constant(0))
            }
            Some(_) => self.unknown_register(),
        };
        let result = match result {
            Register::Pointer(p) => Register::Pointer(self.identify_kfunc_result(p, call)),
            other => other,
        };
        self.set_reg(0, result);
        Ok(())
    }

    fn pointer_result(
        &mut self,
        call: &KfuncCall,
        btf: &Arc<Btf>,
        pointee: BtfTypeId,
    ) -> Check<Register> {
        if let Some(special) = self.special_result(call)? {
            return Ok(Register::Pointer(special));
        }
        match btf.resolve(pointee) {
            // A plain address, unless the function says how much memory is there.
            None | Some(Type::Void) if call.returned.is_none() => Ok(self.unknown_register()),
            Some(Type::Struct(s) | Type::Union(s)) => {
                Ok(Register::Pointer(self.struct_result(call, s.id())))
            }
            other => {
                let sized = other.and_then(|t| btf.size_of(t.id()));
                let memory = match (call.returned, sized) {
                    (Some(buffer), _) => Some((buffer.size, buffer.flags)),
                    (None, Some(size)) => Some((size, PtrFlags::RDONLY)),
                    (None, None) => None,
                };
                let Some((size, mut flags)) = memory else {
                    let (kind, ty) = describe(other);
                    return Err(self.reject(KfuncReject::ReturnNotSupported {
                        name: call.info.name.clone(),
                        kind,
                        ty,
                    }));
                };
                if call.info.has(KfuncFlags::RCU_PROTECTED) {
                    flags |= PtrFlags::RCU;
                }
                let target = Target::Mem { size, dynptr_id: 0 };
                Ok(Register::Pointer(Pointer {
                    ref_obj_id: call.ref_obj_id,
                    ..Pointer::new(target).with(flags)
                }))
            }
        }
    }

    fn struct_result(&self, call: &KfuncCall, id: BtfTypeId) -> Pointer {
        let flags = if call.info.is(Special::GetKmemCache) {
            PtrFlags::UNTRUSTED
        } else if call.info.has(KfuncFlags::RCU_PROTECTED) {
            PtrFlags::RCU
        } else if call.info.has(KfuncFlags::ITER_NEXT) {
            let under_rcu = call
                .iterator
                .is_some_and(|place| self.iterates_under_rcu(place));
            if under_rcu {
                PtrFlags::RCU
            } else {
                PtrFlags::TRUSTED
            }
        } else {
            PtrFlags::empty()
        };
        Pointer::new(Target::Btf {
            ty: TypeRef {
                btf: BtfRef::Kernel,
                id,
            },
        })
        .with(flags)
    }

    /// Nullness, the reference it stands for, and an id where a lock may be inside.
    fn identify_kfunc_result(&mut self, mut p: Pointer, call: &KfuncCall) -> Pointer {
        // Who owns an object already gets another owner for certain.
        let never_null = call.info.is(Special::RefcountAcquire) && call.owning;
        if call.info.has(KfuncFlags::RET_NULL) && !never_null {
            p.flags |= PtrFlags::MAYBE_NULL;
            p.id = self.fresh_id();
        }
        let from_graph = call
            .info
            .special
            .is_some_and(|s| s.is_list() || s.is_rbtree());
        if call.info.has(KfuncFlags::ACQUIRE) {
            let id = self.acquire_reference();
            if p.maybe_null() {
                p.id = id;
            }
            p.ref_obj_id = id;
        } else if from_graph {
            p = self.borrowed(p);
        }
        if self.may_point_to_lock(&p) && p.id == 0 {
            p.id = self.fresh_id();
        }
        p
    }
}
