//! The arguments of a helper call, one after the other.

use super::arg_types::{ArgUser, WantedStruct};
use super::pointer_offset::OffsetRule;
use crate::check::access::{Alignment, Extension, MemoryAccess, Operand};
use crate::check::helper_memory::{CallAccess, RawBuffer, ZeroSize};
use crate::register::{MapRef, PtrFlags, Register, Target, TargetKind, TypeRef, ValueId};
use crate::reject::{CallReject, Check};
use crate::state::SubprogIdx;
use crate::verifier::Verifier;
use skep_btf::{Field, FieldKind};
use skep_catalog::{Arg, ArgType, HelperProto, PacketToHelper, ProtoFlags, TypeFlags};
use skep_uapi::{HelperId, MapType};

/// A map argument, or the map that an argument points into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MapArg {
    pub(crate) map: MapRef,
    /// The lookup that gave it out of an outer map, 0 if none.
    pub(crate) uid: ValueId,
}

/// A dynptr argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DynptrArg {
    pub(crate) kind: crate::register::DynptrKind,
    pub(crate) id: ValueId,
    pub(crate) ref_obj_id: ValueId,
}

/// The argument of bpf_per_cpu_ptr and bpf_this_cpu_ptr.
#[derive(Clone, Copy, Debug)]
pub(super) struct PercpuArg {
    /// Its type.
    pub(super) ty: TypeRef,
    /// A kptr, borrowed inside an RCU section.
    pub(super) borrowed: bool,
}

/// What the arguments of one helper call said.
#[derive(Debug)]
pub(crate) struct CallMeta {
    /// The helper.
    pub(crate) helper: HelperId,
    /// Its prototype.
    pub(crate) proto: &'static HelperProto,
    /// The map.
    pub(crate) map: Option<MapArg>,
    /// The map's key, where it is a known number.
    pub(super) constant_key: Option<u64>,
    /// The buffer the helper fills.
    pub(super) raw: RawBuffer,
    /// The register whose reference is given away.
    pub(super) release_reg: Option<u8>,
    /// The one reference among the arguments.
    pub(crate) ref_obj_id: ValueId,
    /// Bytes of the memory it returns.
    pub(super) mem_size: u32,
    /// Greatest value of the size argument.
    pub(super) size_max: u64,
    /// The per-CPU argument.
    pub(super) percpu: Option<PercpuArg>,
    /// The callback.
    pub(super) callback: Option<SubprogIdx>,
    /// The dynptr argument that was initialised.
    pub(crate) dynptr: Option<DynptrArg>,
    /// The kptr field of bpf_kptr_xchg.
    pub(super) kptr: Option<Field>,
}

impl CallMeta {
    pub(super) fn new(helper: HelperId, proto: &'static HelperProto) -> Self {
        CallMeta {
            helper,
            proto,
            map: None,
            constant_key: None,
            raw: RawBuffer::default(),
            release_reg: None,
            ref_obj_id: 0,
            mem_size: 0,
            size_max: 0,
            percpu: None,
            callback: None,
            dynptr: None,
            kptr: None,
        }
    }

    pub(super) fn is_kptr_xchg(&self) -> bool {
        self.helper == HelperId::KPTR_XCHG
    }

    /// Whether what register `reg` gives away is a dynptr.
    pub(super) fn releases_dynptr(&self, reg: u8) -> bool {
        let arg = self.proto.args.get(usize::from(reg.saturating_sub(1)));
        arg.is_some_and(|arg| arg.kind == ArgType::PtrToDynptr)
    }
}

impl Verifier<'_> {
    /// Argument number `index` (0 is R1).
    pub(super) fn check_helper_arg(&mut self, index: u8, meta: &mut CallMeta) -> Check {
        let proto = meta.proto;
        let Some(mut arg) = proto.args.get(usize::from(index)).copied() else {
            return Ok(());
        };
        let reg = index + 1;
        if arg.kind == ArgType::DontCare {
            return Ok(());
        }
        self.check_reg_readable(reg)?;
        if arg.kind == ArgType::Anything {
            let leaks = self.leaks_pointer(reg);
            return if leaks {
                Err(self.reject(CallReject::LeaksIntoHelper { reg }))
            } else {
                Ok(())
            };
        }
        self.check_packet_argument(reg, proto)?;
        if arg.kind == ArgType::PtrToMapValue {
            self.retype_map_value(&mut arg, meta)?;
        }
        let skips_type = arg.maybe_null() && self.state.reg(reg).is_null();
        if !skips_type {
            let wanted = arg
                .btf
                .filter(|_| arg.kind == ArgType::PtrToBtfId)
                .map(WantedStruct::Named);
            let user = ArgUser {
                helper: meta.helper,
                kptr: meta.kptr,
            };
            self.check_arg_type(reg, &arg, wanted, user)?;
            self.check_arg_offset(reg, offset_rule(&arg))?;
        }
        if arg.has(TypeFlags::OBJ_RELEASE) {
            self.check_release_argument(reg, &arg)?;
            meta.release_reg = Some(reg);
        }
        let ref_obj_id = self.state.reg(reg).ref_obj_id();
        if ref_obj_id != 0 && arg.kind != ArgType::KptrXchgDest {
            if meta.ref_obj_id != 0 {
                return Err(self.reject(CallReject::SecondReference {
                    reg,
                    this: ref_obj_id,
                    other: meta.ref_obj_id,
                }));
            }
            meta.ref_obj_id = ref_obj_id;
        }
        self.check_arg_kind(reg, &arg, meta)
    }

    /// Packet pointers go only to helpers that say so, in programs that may access packets.
    fn check_packet_argument(&mut self, reg: u8, proto: &HelperProto) -> Check {
        let kind = self.state.reg(reg).pointer().map(|p| p.kind());
        if !matches!(kind, Some(TargetKind::Packet | TargetKind::PacketMeta)) {
            return Ok(());
        }
        let allowed = match self
            .calls
            .type_info()
            .map_or(PacketToHelper::Never, |info| info.packet_to_helper)
        {
            PacketToHelper::Never => false,
            PacketToHelper::PktAccessProtos => proto.has(ProtoFlags::PKT_ACCESS),
            PacketToHelper::Any => true,
        };
        if allowed {
            Ok(())
        } else {
            Err(self.reject(CallReject::PacketToHelper))
        }
    }

    /// Some map types take something else than a value as value.
    fn retype_map_value(&mut self, arg: &mut Arg, meta: &CallMeta) -> Check {
        let Some(map) = meta.map.and_then(|m| self.map_meta(m.map)) else {
            return Err(self.reject(CallReject::Bug {
                what: "a value argument without map",
            }));
        };
        match map.map_type {
            MapType::Sockmap | MapType::Sockhash => {
                if !arg.flags.is_empty() {
                    return Err(self.reject(CallReject::SockmapArgument));
                }
                arg.kind = ArgType::PtrToBtfIdSockCommon;
            }
            MapType::BloomFilter if meta.helper == HelperId::MAP_PEEK_ELEM => {
                arg.flags = TypeFlags::empty()
            }
            _ => {}
        }
        Ok(())
    }

    /// What is given away must be held.
    fn check_release_argument(&mut self, reg: u8, arg: &Arg) -> Check {
        let register = self.state.reg(reg);
        if arg.kind == ArgType::PtrToDynptr {
            let on_stack = register
                .pointer()
                .is_some_and(|p| p.kind() == TargetKind::Stack);
            if !on_stack {
                return Err(self.reject(CallReject::UnownedConstDynptr));
            }
            let held = self.reference_at(reg) != 0;
            return if held {
                Ok(())
            } else {
                Err(self.reject(CallReject::UnacquiredDynptr { arg: reg }))
            };
        }
        if register.ref_obj_id() == 0 && !register.is_null() {
            return Err(self.reject(CallReject::NotReferenced { reg }));
        }
        Ok(())
    }

    /// The rule of the argument's kind.
    fn check_arg_kind(&mut self, reg: u8, arg: &Arg, meta: &mut CallMeta) -> Check {
        match arg.kind {
            ArgType::ConstMapPtr => self.note_map_argument(reg, meta),
            ArgType::PtrToMapKey => self.check_key_argument(reg, meta),
            ArgType::PtrToMapValue => self.check_value_argument(reg, arg, meta),
            ArgType::PtrToPercpuBtfId => self.note_percpu_argument(reg, meta),
            ArgType::PtrToSpinLock => self.check_spin_lock_argument(reg, meta),
            ArgType::PtrToTimer => {
                meta.map = Some(self.check_field_pointer(reg, FieldKind::Timer)?);
                Ok(())
            }
            ArgType::PtrToFunc => {
                if let Register::Pointer(p) = self.state.reg(reg)
                    && let Target::Func { subprog } = p.target
                {
                    meta.callback = Some(SubprogIdx(subprog));
                }
                Ok(())
            }
            ArgType::PtrToMem => self.check_fixed_memory(reg, arg, meta),
            ArgType::ConstSize => self.check_size_argument(reg, ZeroSize::Refused, meta),
            ArgType::ConstSizeOrZero => self.check_size_argument(reg, ZeroSize::Allowed, meta),
            ArgType::ConstAllocSizeOrZero => {
                let Some(size) = self.state.reg(reg).known() else {
                    return Err(self.reject(CallReject::NotConstant { reg }));
                };
                meta.mem_size = size as u32;
                self.mark_precise(reg)
            }
            ArgType::PtrToDynptr => self.check_dynptr_argument(reg, arg, meta),
            ArgType::PtrToConstStr => self.check_const_str(reg),
            ArgType::KptrXchgDest => self.check_kptr_destination(reg, meta),
            ArgType::DontCare
            | ArgType::Anything
            | ArgType::PtrToCtx
            | ArgType::PtrToSockCommon
            | ArgType::PtrToBtfIdSockCommon
            | ArgType::PtrToSocket
            | ArgType::PtrToBtfId
            | ArgType::PtrToRingbufMem
            | ArgType::PtrToStack => Ok(()),
        }
    }

    fn note_percpu_argument(&mut self, reg: u8, meta: &mut CallMeta) -> Check {
        let pointer = self.state.reg(reg).pointer().copied();
        match pointer.map(|p| (p.target, p.flags.contains(PtrFlags::RCU))) {
            Some((Target::Btf { ty }, borrowed)) if !ty.id.is_void() => {
                meta.percpu = Some(PercpuArg { ty, borrowed });
                Ok(())
            }
            Some(_) | None => Err(self.reject(CallReject::PercpuType { reg })),
        }
    }

    /// A map; after a timer argument it must be the timer's map, and out of the same lookup.
    fn note_map_argument(&mut self, reg: u8, meta: &mut CallMeta) -> Check {
        let Some(Target::Map { map, uid }) = self.state.reg(reg).pointer().map(|p| p.target) else {
            return Err(self.reject(CallReject::Bug {
                what: "a map argument without map",
            }));
        };
        let this = MapArg { map, uid };
        if let Some(timer) = meta.map
            && timer != this
        {
            return Err(self.reject(CallReject::OtherMapThanTimer {
                timer_uid: timer.uid,
                map_uid: uid,
            }));
        }
        meta.map = Some(this);
        Ok(())
    }

    fn check_value_argument(&mut self, reg: u8, arg: &Arg, meta: &mut CallMeta) -> Check {
        if arg.maybe_null() && self.state.reg(reg).is_null() {
            return Ok(());
        }
        let Some(map) = meta.map.and_then(|m| self.map_meta(m.map)) else {
            return Err(self.reject(CallReject::Bug {
                what: "a value argument without map",
            }));
        };
        let raw = arg.has(TypeFlags::MEM_UNINIT).then_some(&mut meta.raw);
        self.check_call_memory(reg, map.value_size, access_of(arg), ZeroSize::Refused, raw)
    }

    /// Memory of a fixed size is checked here; other memory when its size is.
    fn check_fixed_memory(&mut self, reg: u8, arg: &Arg, meta: &mut CallMeta) -> Check {
        if !arg.has(TypeFlags::MEM_FIXED_SIZE) {
            return Ok(());
        }
        let raw = arg.has(TypeFlags::MEM_UNINIT).then_some(&mut meta.raw);
        self.check_call_memory(reg, arg.size, access_of(arg), ZeroSize::Refused, raw)?;
        if arg.has(TypeFlags::MEM_ALIGNED) {
            self.check_argument_alignment(reg, arg.size)?;
        }
        Ok(())
    }

    fn check_argument_alignment(&mut self, reg: u8, size: u32) -> Check {
        let Some(p) = self.state.reg(reg).pointer().copied() else {
            return Ok(());
        };
        let access = MemoryAccess {
            base: reg,
            off: 0,
            size,
            operand: Operand::StoreUnknown,
            extension: Extension::Zero,
            alignment: Alignment::Strict,
        };
        self.check_alignment(&access, &p)
    }

    fn check_size_argument(&mut self, reg: u8, zero: ZeroSize, meta: &mut CallMeta) -> Check {
        let buffer = meta
            .proto
            .args
            .get(usize::from(reg.saturating_sub(2)))
            .copied()
            .unwrap_or(Arg::NONE);
        let raw = buffer.has(TypeFlags::MEM_UNINIT).then_some(&mut meta.raw);
        meta.size_max = self.state.reg(reg).scalar().map_or(0, |s| s.range.umax);
        self.check_sized_memory(reg, access_of(&buffer), zero, raw)?;
        Ok(())
    }
}

fn offset_rule(arg: &Arg) -> OffsetRule {
    match (arg.has(TypeFlags::OBJ_RELEASE), arg.kind) {
        (false, _) => OffsetRule::Use,
        (true, ArgType::PtrToDynptr) => OffsetRule::ReleaseDynptr,
        (true, _) => OffsetRule::Release,
    }
}

fn access_of(arg: &Arg) -> CallAccess {
    if arg.has(TypeFlags::MEM_WRITE) {
        CallAccess::Write
    } else {
        CallAccess::Read
    }
}
