//! The arguments of a kernel function call, one after the other.

use super::call::{KfuncCall, ReturnedBuffer};
use super::classify::{Param, PointerClass, describe, is_scalar_type};
use super::dynptr::DynptrUse;
use super::graph::Graph;
use super::special::Special;
use crate::check::call::OffsetRule;
use crate::check::helper_memory::{CallAccess, ZeroSize};
use crate::register::{DynptrKind, PtrFlags, Register, Target, TargetKind};
use crate::reject::{Check, KfuncReject};
use crate::stack::IrqClass;
use crate::state::SubprogIdx;
use crate::verifier::Verifier;
use alloc::sync::Arc;
use skep_btf::{Btf, Type};
use skep_catalog::KfuncFlags;
use skep_uapi::Errno;

/// Registers that carry arguments.
const MAX_ARGS: usize = 5;

impl Verifier<'_> {
    /// All arguments, and that a releasing function was given something to release.
    pub(super) fn check_kfunc_args(&mut self, call: &mut KfuncCall) -> Check {
        let Some(btf) = self.kernel_btf.clone() else {
            return Err(self.reject(KfuncReject::NoKernelBtf));
        };
        let info = call.info.clone();
        let params = &info.params;
        if params.len() > MAX_ARGS {
            let (name, count) = (info.name.clone(), params.len());
            return Err(self.reject(KfuncReject::TooManyArgs {
                name,
                count,
                most: MAX_ARGS,
            }));
        }
        let mut rest = params.iter();
        while let Some(param) = rest.next() {
            let next = rest.as_slice().first();
            let class = self.check_kfunc_arg(call, &btf, param, next)?;
            // The size was checked with the buffer.
            if class == Some(PointerClass::MemoryAndSize) {
                rest.next();
            }
        }
        if call.info.has(KfuncFlags::RELEASE) && call.release_reg.is_none() {
            return Err(self.reject(KfuncReject::ReleaseWithoutReference {
                name: call.info.name.clone(),
            }));
        }
        Ok(())
    }

    fn check_kfunc_arg(
        &mut self,
        call: &mut KfuncCall,
        btf: &Arc<Btf>,
        param: &Param,
        next: Option<&Param>,
    ) -> Check<Option<PointerClass>> {
        if param.has("__ign") || param.has("__prog") {
            return Ok(None);
        }
        if is_scalar_type(btf, param.ty) {
            return self.check_scalar_arg(call, param).map(|()| None);
        }
        if !matches!(btf.resolve(param.ty), Some(Type::Ptr(_))) {
            let kind = describe(btf.resolve(param.ty)).0;
            return Err(self.reject(KfuncReject::UnknownArgument {
                arg: param.index,
                kind,
            }));
        }
        let reg = param.reg();
        let register = self.state.reg(reg).clone();
        let may_be_null = register.is_null() || register.pointer().is_some_and(|p| p.maybe_null());
        let strict = call.info.wants_trust() || call.info.has(KfuncFlags::RCU);
        if strict && may_be_null && !param.has("__nullable") {
            return Err(self.reject(KfuncReject::PossiblyNull { arg: param.index }));
        }
        if register.ref_obj_id() != 0 {
            call.ref_obj_id = register.ref_obj_id();
            if call.info.has(KfuncFlags::RELEASE) {
                call.release_reg = Some(reg);
            }
        }
        let class = self.classify_pointer(call, btf, param, next)?;
        if class == PointerClass::Null {
            return Ok(Some(class));
        }
        if class == PointerClass::Map {
            self.note_kfunc_map(call, reg)?;
        }
        if matches!(
            class,
            PointerClass::Map | PointerClass::Allocated | PointerClass::Object
        ) {
            self.check_trust(call, reg)?;
        }
        let releases = call.info.has(KfuncFlags::RELEASE) && register.ref_obj_id() != 0;
        self.check_arg_offset(
            reg,
            if releases {
                OffsetRule::Release
            } else {
                OffsetRule::Use
            },
        )?;
        self.check_pointer_class(call, btf, param, next, class)?;
        Ok(Some(class))
    }

    fn check_scalar_arg(&mut self, call: &mut KfuncCall, param: &Param) -> Check {
        let reg = param.reg();
        let Some(range) = self.state.reg(reg).scalar().map(|s| s.range) else {
            return Err(self.reject(KfuncReject::NotScalar { reg }));
        };
        if param.has("__k") {
            let Some(value) = range.is_const() else {
                return Err(self.reject(KfuncReject::NotKnownConstant { reg }));
            };
            self.mark_precise(reg)?;
            call.constant = Some(value);
            return Ok(());
        }
        let flags = match param.name.as_str() {
            "rdonly_buf_size" => PtrFlags::RDONLY,
            "rdwr_buf_size" => PtrFlags::empty(),
            _ => return Ok(()),
        };
        if call.returned.is_some() {
            return Err(self.reject(KfuncReject::TwoBufferSizes));
        }
        let Some(size) = range.is_const() else {
            return Err(self.reject(KfuncReject::NotConst { reg }));
        };
        call.returned = Some(ReturnedBuffer {
            size: size as u32,
            flags,
        });
        self.mark_precise(reg)
    }

    /// The pointer must be one the kernel vouches for, where the function asks for that.
    fn check_trust(&mut self, call: &KfuncCall, reg: u8) -> Check {
        let wants_rcu = call.info.has(KfuncFlags::RCU);
        if !call.info.wants_trust() && !wants_rcu {
            return Ok(());
        }
        let pointer = self.state.reg(reg).pointer();
        if pointer.is_some_and(|p| p.is_trusted()) {
            return Ok(());
        }
        let under_rcu = pointer.is_some_and(|p| p.flags.contains(PtrFlags::RCU));
        match (wants_rcu, under_rcu) {
            (false, _) => Err(self.reject(KfuncReject::NotTrusted { reg })),
            (true, false) => Err(self.reject(KfuncReject::NotRcu { reg })),
            (true, true) => Ok(()),
        }
    }

    fn check_pointer_class(
        &mut self,
        call: &mut KfuncCall,
        btf: &Arc<Btf>,
        param: &Param,
        next: Option<&Param>,
        class: PointerClass,
    ) -> Check {
        let (reg, arg) = (param.reg(), param.index);
        match class {
            PointerClass::Null => Ok(()),
            PointerClass::Ctx => self.check_ctx_arg(reg, arg),
            PointerClass::Allocated => self.check_dropped_object(call, reg, arg),
            PointerClass::Refcounted => self.check_refcounted_object(call, reg, arg),
            PointerClass::Dynptr => self.check_kfunc_dynptr(call, param),
            PointerClass::Iterator => self.check_iter_argument(call, reg, param.ty),
            PointerClass::ListHead => self.check_graph_root(call, reg, Graph::List),
            PointerClass::RbRoot => self.check_graph_root(call, reg, Graph::RbTree),
            PointerClass::ListNode => self.check_graph_node(call, reg, Graph::List),
            PointerClass::RbNode => self.check_graph_node(call, reg, Graph::RbTree),
            PointerClass::ConstString => {
                let is_value = self
                    .state
                    .reg(reg)
                    .pointer()
                    .is_some_and(|p| p.kind() == TargetKind::MapValue && p.flags.is_empty());
                if !is_value {
                    return Err(self.reject(KfuncReject::NotConstString { arg }));
                }
                self.check_const_str(reg)
            }
            PointerClass::Map => self.check_map_object(call, btf, param),
            PointerClass::Object => self.check_object_arg(call, btf, param),
            PointerClass::Workqueue => {
                self.check_work_field(call, reg, arg, skep_btf::FieldKind::Wq)
            }
            PointerClass::TaskWork => {
                self.check_work_field(call, reg, arg, skep_btf::FieldKind::TaskWork)
            }
            PointerClass::IrqFlag => self.check_irq_flag(call, reg, arg),
            PointerClass::ResSpinLock => self.check_res_lock(call, reg, arg),
            PointerClass::Callback => self.check_callback_arg(call, reg, arg),
            PointerClass::Memory => self.check_pointee_memory(btf, param),
            PointerClass::MemoryAndSize => match next {
                Some(size) => self.check_memory_and_size(call, param, size),
                None => Err(self.reject(KfuncReject::Bug {
                    what: "a buffer without size",
                })),
            },
        }
    }

    fn check_ctx_arg(&mut self, reg: u8, arg: u8) -> Check {
        let register = self.state.reg(reg);
        let is_ctx = register
            .pointer()
            .is_some_and(|p| p.kind() == TargetKind::Ctx && p.flags.is_empty());
        let found = register.type_name();
        if is_ctx {
            Ok(())
        } else {
            Err(self.reject(KfuncReject::NotCtx { arg, found }))
        }
    }

    fn check_kfunc_dynptr(&mut self, call: &mut KfuncCall, param: &Param) -> Check {
        let reg = param.reg();
        let is_const = self
            .state
            .reg(reg)
            .pointer()
            .is_some_and(|p| p.kind() == TargetKind::Dynptr);
        let usage = if param.has("__uninit") {
            // Linux takes a dynptr that was lent for a mistake in its own table here.
            if is_const {
                return Err(self.reject(KfuncReject::DynptrUninitConst));
            }
            let (kind, shared_ref) = match (call.info.special, call.dynptr) {
                (Some(Special::DynptrFromSkb), _) => (DynptrKind::Skb, 0),
                (Some(Special::DynptrFromSkbMeta), _) => (DynptrKind::SkbMeta, 0),
                (Some(Special::DynptrFromXdp), _) => (DynptrKind::Xdp, 0),
                (Some(Special::DynptrClone), Some(source)) => (source.kind, source.ref_obj_id),
                (_, _) => {
                    return Err(self.reject(KfuncReject::Unsupported {
                        what: "this way to make a dynptr",
                    }));
                }
            };
            DynptrUse::Construct { kind, shared_ref }
        } else if is_const {
            DynptrUse::Read(None)
        } else {
            DynptrUse::Mutate(None)
        };
        if let Some(found) = self.check_dynptr(reg, usage)? {
            call.dynptr = Some(found);
        }
        Ok(())
    }

    fn check_irq_flag(&mut self, call: &KfuncCall, reg: u8, arg: u8) -> Check {
        let on_stack = self
            .state
            .reg(reg)
            .pointer()
            .is_some_and(|p| p.kind() == TargetKind::Stack && p.flags.is_empty());
        if !on_stack {
            return Err(self.reject(KfuncReject::NotIrqFlag { arg }));
        }
        match call.info.special {
            Some(Special::LocalIrqSave) => self.save_irq_flag(reg, IrqClass::Native),
            Some(Special::LocalIrqRestore) => self.restore_irq_flag(reg, IrqClass::Native),
            Some(Special::ResSpinLockIrqsave) => self.save_irq_flag(reg, IrqClass::Lock),
            Some(Special::ResSpinUnlockIrqrestore) => self.restore_irq_flag(reg, IrqClass::Lock),
            Some(_) | None => Err(self.reject(KfuncReject::Unsupported {
                what: "this use of an IRQ flag",
            })),
        }
    }

    fn check_res_lock(&mut self, call: &KfuncCall, reg: u8, arg: u8) -> Check {
        let fits = self.state.reg(reg).pointer().is_some_and(|p| {
            (p.kind() == TargetKind::MapValue && p.flags.is_empty())
                || super::graph::is_allocated(p)
        });
        if fits {
            self.apply_res_lock(call, reg)
        } else {
            Err(self.reject(KfuncReject::NotLockHolder { arg }))
        }
    }

    fn check_callback_arg(&mut self, call: &mut KfuncCall, reg: u8, arg: u8) -> Check {
        match self.state.reg(reg) {
            Register::Pointer(p) if p.flags.is_empty() => match p.target {
                Target::Func { subprog } => {
                    call.callback = Some(SubprogIdx(subprog));
                    Ok(())
                }
                _ => Err(self.reject(KfuncReject::NotFunc { arg })),
            },
            Register::Pointer(_) | Register::Scalar(_) | Register::Uninit => {
                Err(self.reject(KfuncReject::NotFunc { arg }))
            }
        }
    }

    /// Memory of the size of what the parameter points to.
    fn check_pointee_memory(&mut self, btf: &Btf, param: &Param) -> Check {
        let target = btf.resolve_pointer(param.ty);
        match target.and_then(|t| btf.size_of(t.id())) {
            Some(size) => self.check_read_write_memory(param.reg(), size),
            None => {
                let (kind, ty) = describe(target);
                let error = Errno::EINVAL.as_return();
                Err(self.reject(KfuncReject::SizeUnknown {
                    arg: param.index,
                    kind,
                    ty,
                    error,
                }))
            }
        }
    }

    /// A buffer, and its size in the next register.
    fn check_memory_and_size(
        &mut self,
        call: &mut KfuncCall,
        param: &Param,
        size: &Param,
    ) -> Check {
        let skips_buffer = self.state.reg(param.reg()).is_null() && param.has("__opt");
        if !skips_buffer {
            let checked = self.with_non_null(param.reg(), |this| {
                this.check_sized_memory(size.reg(), CallAccess::Read, ZeroSize::Allowed, None)?;
                this.check_sized_memory(size.reg(), CallAccess::Write, ZeroSize::Allowed, None)?;
                Ok(())
            });
            if let Err(reject) = checked {
                let (arg, size_arg) = (param.index, size.index);
                return Err(self.reject_more(reject, KfuncReject::MemoryAndSize { arg, size_arg }));
            }
        }
        if size.has("__szk") {
            let Some(value) = self.state.reg(size.reg()).known() else {
                return Err(self.reject(KfuncReject::NotKnownConstant { reg: size.reg() }));
            };
            call.constant = Some(value);
        }
        Ok(())
    }
}
