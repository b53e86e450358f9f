//! What R0 holds after a helper call.

use super::arg_types::pointer_flags;
use super::args::{CallMeta, PercpuArg};
use crate::register::{BtfRef, Pointer, PtrFlags, Register, Target, TypeRef};
use crate::reject::{CallReject, Check};
use crate::scalar::ScalarRange;
use crate::verifier::Verifier;
use alloc::string::ToString;
use skep_btf::{BtfKind, FieldSet, KptrMode};
use skep_catalog::{ProtoFlags, RetRange, RetType};
use skep_uapi::{Errno, HelperId, MapType};

/// Numbers from -4095 to -1 are errors.
const MAX_ERRNO: i32 = 4095;

impl Verifier<'_> {
    /// Sets R0 (cleared before), with ids, references and bounds.
    pub(super) fn set_helper_result(&mut self, meta: &CallMeta) -> Check {
        let flags = pointer_flags(meta.proto.ret.flags);
        let result = match meta.proto.ret.kind {
            RetType::Integer => self.integer_result(meta)?,
            RetType::Void => Register::Uninit,
            RetType::PtrToMapValue => Register::Pointer(self.value_result(meta, flags)?),
            RetType::PtrToSocket => Register::Pointer(Pointer::new(Target::Socket).with(flags)),
            RetType::PtrToTcpSock => Register::Pointer(Pointer::new(Target::TcpSock).with(flags)),
            RetType::PtrToSockCommon => {
                Register::Pointer(Pointer::new(Target::SockCommon).with(flags))
            }
            RetType::PtrToMem => {
                let dynptr_id = 0;
                Register::Pointer(
                    Pointer::new(Target::Mem {
                        size: meta.mem_size,
                        dynptr_id,
                    })
                    .with(flags),
                )
            }
            RetType::PtrToMemOrBtfId => Register::Pointer(self.percpu_result(meta, flags)?),
            RetType::PtrToBtfId => Register::Pointer(self.object_result(meta, flags)?),
        };
        let result = match result {
            Register::Pointer(p) => Register::Pointer(self.identify_result(p, meta)),
            number_or_nothing => number_or_nothing,
        };
        self.set_reg(0, result);
        if meta.proto.ret_range.is_some() {
            self.check_invariants(0, "retval")
        } else {
            Ok(())
        }
    }

    /// A number, within the bounds the helper promises.
    fn integer_result(&mut self, meta: &CallMeta) -> Check<Register> {
        let mut range = ScalarRange::UNKNOWN;
        match meta.proto.ret_range {
            None => return Ok(self.unknown_register()),
            Some(RetRange::ErrnoToSizeArg) => {
                (range.smin, range.smax) = (i64::from(-MAX_ERRNO), meta.size_max.cast_signed());
                (range.s32_min, range.s32_max) = (-MAX_ERRNO, meta.size_max as u32 as i32);
            }
            Some(RetRange::CpuNumber) => {
                let last = self.machine.possible_cpus.saturating_sub(1);
                (range.umin, range.umax, range.smin, range.smax) =
                    (0, u64::from(last), 0, i64::from(last));
                (range.u32_min, range.u32_max) = (0, last);
                (range.s32_min, range.s32_max) = (0, last.cast_signed());
            }
        }
        range.sync();
        Ok(self.new_scalar(range))
    }

    /// A map value; not NULL where the key is known to be in the array.
    fn value_result(&mut self, meta: &CallMeta, mut flags: PtrFlags) -> Check<Pointer> {
        let Some((arg, map)) = meta.map.and_then(|m| Some((m, self.map_meta(m.map)?))) else {
            return Err(self.reject(CallReject::Bug {
                what: "a value result without map",
            }));
        };
        let in_array = meta
            .constant_key
            .is_some_and(|key| key < u64::from(map.max_entries));
        if meta.helper == HelperId::MAP_LOOKUP_ELEM && in_array {
            flags -= PtrFlags::MAYBE_NULL;
        }
        let mut p = Pointer::new(Target::MapValue {
            map: arg.map,
            uid: arg.uid,
        })
        .with(flags);
        if !p.maybe_null() && self.map_has(arg.map, FieldSet::LOCK) {
            p.id = self.fresh_id();
        }
        Ok(p)
    }

    /// What a per-CPU pointer gives for one CPU: a kernel variable, or an object of the program's own.
    fn percpu_result(&mut self, meta: &CallMeta, flags: PtrFlags) -> Check<Pointer> {
        let Some(PercpuArg { ty, borrowed }) = meta.percpu else {
            return Err(self.reject(CallReject::Bug {
                what: "a per-CPU result without argument",
            }));
        };
        let Some(btf) = self.btf(ty.btf).cloned() else {
            return Err(self.reject(CallReject::Bug {
                what: "a per-CPU type without BTF",
            }));
        };
        let is_struct = btf
            .resolve(ty.id)
            .is_some_and(|t| t.as_composite().is_some());
        if is_struct {
            let flags = if borrowed {
                PtrFlags::ALLOC | PtrFlags::RCU
            } else {
                flags - PtrFlags::RDONLY
            };
            return Ok(Pointer::new(Target::Btf { ty }).with(flags));
        }
        match btf.size_of(ty.id) {
            Some(size) => Ok(Pointer::new(Target::Mem { size, dynptr_id: 0 }).with(flags)),
            None => {
                let name = btf.resolve(ty.id).map_or("", |t| t.name()).to_string();
                Err(self.reject(CallReject::SizeUnknown {
                    name,
                    error: -i64::from(Errno::EINVAL.0),
                }))
            }
        }
    }

    /// A kernel object, or what was in a kptr field before.
    fn object_result(&mut self, meta: &CallMeta, mut flags: PtrFlags) -> Check<Pointer> {
        if let Some(field) = meta.kptr {
            let skep_btf::FieldType::Kptr(mode, object) = field.ty else {
                return Err(self.reject(CallReject::Bug {
                    what: "a kptr field that is none",
                }));
            };
            self.check_object_known(&object)?;
            let ty = self.object_type(&object);
            if ty.btf == BtfRef::Program {
                flags |= PtrFlags::ALLOC;
                if mode == KptrMode::Percpu {
                    flags |= PtrFlags::PERCPU;
                }
            }
            return Ok(Pointer::new(Target::Btf { ty }).with(flags));
        }
        let named = |name: &str| {
            self.kernel_btf
                .as_ref()?
                .find_by_name_kind(name, BtfKind::Struct)
        };
        match meta.proto.ret.btf.and_then(named) {
            Some(id) => Ok(Pointer::new(Target::Btf {
                ty: TypeRef {
                    btf: BtfRef::Kernel,
                    id,
                },
            })
            .with(flags)),
            None => Err(self.reject(CallReject::Unsupported {
                what: "a helper result whose type the kernel BTF lacks",
            })),
        }
    }

    /// Ids, so that copies are narrowed together, and the reference the result stands for.
    fn identify_result(&mut self, mut p: Pointer, meta: &CallMeta) -> Pointer {
        if p.maybe_null() {
            p.id = self.fresh_id();
        }
        if meta.helper == HelperId::DYNPTR_DATA {
            if let (Target::Mem { size, .. }, Some(dynptr)) = (p.target, meta.dynptr) {
                p.target = Target::Mem {
                    size,
                    dynptr_id: dynptr.id,
                };
            }
            p.ref_obj_id = meta.ref_obj_id;
        } else if meta.proto.has(ProtoFlags::PTR_CAST) {
            p.ref_obj_id = meta.ref_obj_id;
        } else if self.acquires(meta) {
            p.id = self.acquire_reference();
            p.ref_obj_id = p.id;
        }
        p
    }

    fn acquires(&self, meta: &CallMeta) -> bool {
        let from_sock_map = meta.helper == HelperId::MAP_LOOKUP_ELEM
            && meta
                .map
                .and_then(|m| self.map_meta(m.map))
                .is_some_and(|m| matches!(m.map_type, MapType::Sockmap | MapType::Sockhash));
        from_sock_map || meta.proto.has(ProtoFlags::ACQUIRES)
    }
}
