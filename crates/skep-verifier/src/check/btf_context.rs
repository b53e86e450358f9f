//! Contexts described by BTF: the arguments of the traced function, hook, iterator or struct_ops member, 8 bytes each.

use super::access::{AccessType, Operand};
use super::context::ptr_flags;
use crate::register::{BtfRef, Pointer, PtrFlags, Register, Target, TypeRef};
use crate::reject::{Check, MemoryReject, Reject};
use crate::scalar::ScalarRange;
use crate::verifier::Verifier;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use core::fmt;
use skep_btf::{Btf, BtfTypeId, FuncProto, Type};
use skep_catalog::RegBase;
use skep_catalog::attach_btf::CtxArg;
use skep_uapi::{AttachType, ProgType};

/// Bytes of the largest argument array: 12 slots.
const ARGS_SIZE: i32 = 96;

/// The function whose arguments are the context.
#[derive(Clone, Debug)]
pub(crate) struct TracedFunction {
    /// Its name, as messages give it.
    pub(crate) name: String,
    /// Its FUNC_PROTO in the kernel BTF.
    pub(crate) proto: BtfTypeId,
    /// Leading parameters the program does not see (`void *__data` of tracepoints).
    pub(crate) hidden: u32,
    /// Whether its struct pointers are trusted.
    pub(crate) trusted: bool,
    /// Arguments (bits) that may be NULL.
    pub(crate) nullable: u16,
    /// Arguments (bits) that may be error pointers.
    pub(crate) err_ptr: u16,
    /// What is known of the slots beyond BTF (iterators, struct_ops members); empty where nothing is.
    pub(crate) args: &'static [CtxArg],
    /// The values an LSM hook may return, where the context has them.
    pub(crate) return_range: Option<(i32, i32)>,
}

/// One slot: which parameter, or the return value.
enum Slot {
    Param { index: u32, ty: BtfTypeId },
    Return { index: u32, ty: BtfTypeId },
    Beyond { index: u32 },
}

/// Linux's line about a loaded argument.
struct ArgNote<'a> {
    func: &'a str,
    index: u32,
    id: BtfTypeId,
    kind: &'static str,
    name: &'a str,
}

impl fmt::Display for ArgNote<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ArgNote {
            func,
            index,
            id,
            kind,
            name,
        } = self;
        writeln!(
            f,
            "func '{func}' arg{index} has btf_id {} type {kind} '{name}'",
            id.0
        )
    }
}

impl Verifier<'_> {
    /// A load from a context of BTF-typed arguments.
    pub(super) fn btf_ctx_field(
        &mut self,
        off: i32,
        len: u32,
        operand: Operand,
    ) -> Check<Register> {
        let is_lsm = self.request.prog_type == ProgType::Lsm;
        let misplaced =
            !(0..ARGS_SIZE).contains(&off) || off.rem_euclid(len.cast_signed().max(1)) != 0;
        if operand.access() == AccessType::Write || (misplaced && !is_lsm) {
            return Err(self.ctx_refused(off, len));
        }
        let Some(function) = self.traced_function() else {
            return Err(self.ctx_refused(off, len));
        };
        if off % 8 != 0 {
            let reject = self.reject(MemoryReject::ArgOffset {
                func: function.name.clone(),
                off,
            });
            return Err(self.refused_after(reject, off, len));
        }
        let Some(btf) = self.kernel_btf.clone() else {
            return Err(self.ctx_refused(off, len));
        };
        match slot_at(&btf, &function, off.cast_unsigned()) {
            Slot::Param { index, ty } => self.ctx_argument(&btf, &function, index, ty, off, len),
            Slot::Return { index, ty } => {
                self.ctx_return_value(&btf, &function, index, ty, off, len, operand)
            }
            Slot::Beyond { index } => {
                let reject = self.reject(MemoryReject::ArgMissing {
                    func: function.name,
                    index: index.wrapping_add(1),
                });
                Err(self.refused_after(reject, off, len))
            }
        }
    }

    fn refused_after(&mut self, reject: Reject, off: i32, len: u32) -> Reject {
        self.reject_more(reject, MemoryReject::Context { off, len })
    }

    #[expect(clippy::too_many_arguments, reason = "one slot of one function")]
    fn ctx_return_value(
        &mut self,
        btf: &Arc<Btf>,
        function: &TracedFunction,
        index: u32,
        ty: BtfTypeId,
        off: i32,
        len: u32,
        operand: Operand,
    ) -> Check<Register> {
        let attach = AttachType::from_raw(self.request.expected_attach_type);
        match attach {
            Some(AttachType::TraceFexit | AttachType::LsmMac | AttachType::LsmCgroup) => {}
            Some(AttachType::ModifyReturn) => {
                let small = matches!(btf.resolve(ty), Some(Type::Int(_) | Type::Enum(_)));
                if !small {
                    let kind = btf
                        .resolve(ty)
                        .map_or("VOID", |t| t.kind_name())
                        .to_string();
                    let reject = self.reject(MemoryReject::ArgReturnType { ty: kind });
                    return Err(self.refused_after(reject, off, len));
                }
            }
            _ => {
                let reject = self.reject(MemoryReject::ArgMissing {
                    func: function.name.clone(),
                    index: index.wrapping_add(1),
                });
                return Err(self.refused_after(reject, off, len));
            }
        }
        if let (Some(AttachType::LsmMac), Some((min, max)), Operand::Load(dst)) =
            (attach, function.return_range, operand)
        {
            return self.lsm_return_value(dst, min, max);
        }
        self.ctx_argument(btf, function, index, ty, off, len)
    }

    /// Linux narrows what the register held before instead of starting anew.
    fn lsm_return_value(&mut self, dst: u8, min: i32, max: i32) -> Check<Register> {
        let mut range = self
            .state
            .reg(dst)
            .scalar()
            .map_or(ScalarRange::UNKNOWN, |s| s.range);
        range.smin = range.smin.max(i64::from(min));
        range.smax = range.smax.min(i64::from(max));
        range.s32_min = range.s32_min.max(min);
        range.s32_max = range.s32_max.min(max);
        range.sync();
        let range = self.sane(range, "s32_range")?;
        Ok(self.new_scalar(range))
    }

    fn ctx_argument(
        &mut self,
        btf: &Arc<Btf>,
        function: &TracedFunction,
        index: u32,
        ty: BtfTypeId,
        off: i32,
        len: u32,
    ) -> Check<Register> {
        let func = || function.name.clone();
        let target = match btf.resolve(ty) {
            Some(Type::Int(_) | Type::Enum(_) | Type::Struct(_) | Type::Union(_)) | None => {
                return Ok(self.unknown_register());
            }
            Some(Type::Ptr(p)) => p.target(),
            Some(other) => {
                let name = self.argument_name(btf, function, index);
                let reject = self.reject(MemoryReject::ArgKind {
                    func: func(),
                    index,
                    name,
                    kind: other.kind_name(),
                });
                return Err(self.refused_after(reject, off, len));
            }
        };
        if len != 8 {
            let reject = self.reject(MemoryReject::ArgSize {
                func: func(),
                size: len,
            });
            return Err(self.refused_after(reject, off, len));
        }
        let known = function
            .args
            .get(usize::try_from(off / 8).unwrap_or(usize::MAX));
        if let Some(arg) = known.filter(|a| a.reg.base == RegBase::PtrToBuf) {
            let p = Pointer::new(Target::Buf).with(ptr_flags(arg.reg.flags));
            return Ok(self.ctx_pointer(p));
        }
        if matches!(btf.resolve(target), None | Some(Type::Void | Type::Int(_))) {
            return Ok(self.unknown_register());
        }
        if function.err_ptr >> index.min(15) & 1 == 1 {
            return Ok(self.unknown_register());
        }
        let mut flags = match known {
            Some(arg) if arg.reg.base == RegBase::PtrToBtfId => ptr_flags(arg.reg.flags),
            _ => self.argument_flags(btf, function, index),
        };
        flags |= tag_flags(btf, target);
        let Some(Type::Struct(s) | Type::Union(s)) = btf.resolve(target) else {
            let kind = btf.resolve(target).map_or("UNKNOWN", |t| t.kind_name());
            let reject = self.reject(MemoryReject::ArgNotStruct {
                func: func(),
                index,
                kind,
            });
            return Err(self.refused_after(reject, off, len));
        };
        let id = s.id();
        let kind = if s.is_union() { "UNION" } else { "STRUCT" };
        // Linux knows arguments that may be NULL from tables of its own, without this line.
        let listed =
            known.is_some_and(|arg| arg.btf.is_some()) && flags.contains(PtrFlags::MAYBE_NULL);
        if !listed {
            self.log.message(&ArgNote {
                func: &function.name,
                index,
                id,
                kind,
                name: btf.name(id),
            });
        }
        if let Some(ty) = known
            .and_then(|arg| arg.btf)
            .and_then(|name| self.kernel_struct(name))
        {
            // Measured to be another type than the prototype says: struct_ops of TCP get a tcp_sock for each sock.
            return Ok(self.ctx_pointer(Pointer::new(Target::Btf { ty }).with(flags)));
        }
        let p = Pointer::new(Target::Btf {
            ty: TypeRef {
                btf: BtfRef::Kernel,
                id,
            },
        })
        .with(flags);
        Ok(self.ctx_pointer(p))
    }

    fn argument_flags(&self, btf: &Btf, function: &TracedFunction, index: u32) -> PtrFlags {
        let mut flags = PtrFlags::empty();
        flags.set(PtrFlags::TRUSTED, function.trusted);
        let by_name = self
            .argument_name(btf, function, index)
            .ends_with("__nullable");
        flags.set(
            PtrFlags::MAYBE_NULL,
            by_name || function.nullable >> index.min(15) & 1 == 1,
        );
        flags
    }

    fn argument_name(&self, btf: &Btf, function: &TracedFunction, index: u32) -> String {
        let proto = proto_of(btf, function);
        let param = proto.and_then(|p| p.param(index.saturating_add(function.hidden)));
        param.map_or_else(String::new, |p| p.name().to_string())
    }
}

fn proto_of<'b>(btf: &'b Btf, function: &TracedFunction) -> Option<FuncProto<'b>> {
    btf.type_by_id(function.proto)?.as_func_proto()
}

fn slot_at(btf: &Btf, function: &TracedFunction, off: u32) -> Slot {
    let Some(proto) = proto_of(btf, function) else {
        return Slot::Beyond { index: off / 8 };
    };
    let mut at = 0u32;
    let mut index = 0u32;
    for param in proto.params().skip(function.hidden as usize) {
        let size = match btf.resolve(param.type_id()) {
            Some(Type::Ptr(_)) | None => 8,
            Some(t) => btf.size_of(t.id()).unwrap_or(8).max(1).next_multiple_of(8),
        };
        if off < at.saturating_add(size) {
            return Slot::Param {
                index,
                ty: param.type_id(),
            };
        }
        at = at.saturating_add(size);
        index = index.saturating_add(1);
    }
    if off == at {
        Slot::Return {
            index,
            ty: proto.return_type(),
        }
    } else {
        Slot::Beyond {
            index: index.saturating_add((off - at) / 8),
        }
    }
}

fn tag_flags(btf: &Btf, target: BtfTypeId) -> PtrFlags {
    match btf.type_by_id(target) {
        Some(Type::TypeTag(tag)) if tag.name() == "user" => PtrFlags::USER,
        Some(Type::TypeTag(tag)) if tag.name() == "percpu" => PtrFlags::PERCPU,
        _ => PtrFlags::empty(),
    }
}
