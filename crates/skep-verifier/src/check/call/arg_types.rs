//! Which register types an argument accepts: the catalog's table, and the modifiers that are folded before comparing.

use super::struct_match::Strictness;
use crate::register::{BtfRef, Pointer, PtrFlags, Register, TargetKind, TypeName, TypeRef};
use crate::reject::words::ArgTypeNames;
use crate::reject::{CallReject, Check};
use crate::verifier::Verifier;
use alloc::string::ToString;
use skep_btf::{BtfKind, Field};
use skep_catalog::{Arg, ArgType, RegBase, RegType, TypeFlags};
use skep_uapi::HelperId;

/// The kind of pointer a base of the catalog is; `None` for numbers.
pub(crate) const fn target_kind(base: RegBase) -> Option<TargetKind> {
    Some(match base {
        RegBase::Scalar => return None,
        RegBase::PtrToCtx => TargetKind::Ctx,
        RegBase::ConstPtrToMap => TargetKind::Map,
        RegBase::PtrToMapValue => TargetKind::MapValue,
        RegBase::PtrToMapKey => TargetKind::MapKey,
        RegBase::PtrToStack => TargetKind::Stack,
        RegBase::PtrToPacketMeta => TargetKind::PacketMeta,
        RegBase::PtrToPacket => TargetKind::Packet,
        RegBase::PtrToPacketEnd => TargetKind::PacketEnd,
        RegBase::PtrToFlowKeys => TargetKind::FlowKeys,
        RegBase::PtrToSocket => TargetKind::Socket,
        RegBase::PtrToSockCommon => TargetKind::SockCommon,
        RegBase::PtrToTcpSock => TargetKind::TcpSock,
        RegBase::PtrToTpBuffer => TargetKind::TpBuffer,
        RegBase::PtrToXdpSock => TargetKind::XdpSock,
        RegBase::PtrToBtfId => TargetKind::Btf,
        RegBase::PtrToMem => TargetKind::Mem,
        RegBase::PtrToArena => TargetKind::Arena,
        RegBase::PtrToBuf => TargetKind::Buf,
        RegBase::PtrToFunc => TargetKind::Func,
        RegBase::ConstPtrToDynptr => TargetKind::Dynptr,
    })
}

/// The flags of a register that the catalog's flags mean; those about arguments only have no counterpart.
pub(crate) fn pointer_flags(flags: TypeFlags) -> PtrFlags {
    const PAIRS: [(TypeFlags, PtrFlags); 13] = [
        (TypeFlags::MAYBE_NULL, PtrFlags::MAYBE_NULL),
        (TypeFlags::MEM_RDONLY, PtrFlags::RDONLY),
        (TypeFlags::MEM_RINGBUF, PtrFlags::RINGBUF),
        (TypeFlags::MEM_USER, PtrFlags::USER),
        (TypeFlags::MEM_PERCPU, PtrFlags::PERCPU),
        (TypeFlags::MEM_RCU, PtrFlags::RCU),
        (TypeFlags::PTR_UNTRUSTED, PtrFlags::UNTRUSTED),
        (TypeFlags::PTR_TRUSTED, PtrFlags::TRUSTED),
        (TypeFlags::MEM_ALLOC, PtrFlags::ALLOC),
        (TypeFlags::NON_OWN_REF, PtrFlags::NON_OWN_REF),
        (TypeFlags::DYNPTR_LOCAL, PtrFlags::DYNPTR_LOCAL),
        (TypeFlags::DYNPTR_RINGBUF, PtrFlags::DYNPTR_RINGBUF),
        (TypeFlags::DYNPTR_SKB, PtrFlags::DYNPTR_SKB),
    ];
    PAIRS
        .iter()
        .filter(|(from, _)| flags.contains(*from))
        .fold(PtrFlags::empty(), |all, (_, to)| all | *to)
}

/// The pointer type a row of the catalog means.
fn type_name(reg: RegType) -> Option<TypeName> {
    Some(TypeName {
        kind: target_kind(reg.base)?,
        flags: pointer_flags(reg.flags),
    })
}

/// A kernel struct an argument wants, by name.
#[derive(Clone, Copy, Debug)]
pub(super) enum WantedStruct {
    /// As the prototype of a helper names it.
    Named(&'static str),
    /// As BTF of a global function resolved it.
    Type(TypeRef),
}

/// Who takes the argument, as far as types depend on it.
#[derive(Clone, Copy, Debug)]
pub(super) struct ArgUser {
    /// The helper; 0 for a function of the program.
    pub(super) helper: HelperId,
    /// The field of bpf_kptr_xchg.
    pub(super) kptr: Option<Field>,
}

impl ArgUser {
    /// A global function of the program.
    pub(super) const SUBPROG: ArgUser = ArgUser {
        helper: HelperId::UNSPEC,
        kptr: None,
    };

    fn is_kptr_xchg(self) -> bool {
        self.helper == HelperId::KPTR_XCHG
    }

    fn is_sk_release(self) -> bool {
        self.helper == HelperId::SK_RELEASE
    }
}

impl Verifier<'_> {
    /// Register `reg` has one of the types `arg` accepts, and points to the struct it wants.
    pub(super) fn check_arg_type(
        &mut self,
        reg: u8,
        arg: &Arg,
        wanted: Option<WantedStruct>,
        user: ArgUser,
    ) -> Check {
        let register = self.state.reg(reg).clone();
        let accepted = arg.kind.accepted();
        let folded = match &register {
            Register::Pointer(p) => Some(folded(p, reg, arg, user)),
            Register::Scalar(_) | Register::Uninit => None,
        };
        let is_scalar = register.scalar().is_some();
        let fits = accepted.iter().any(|row| match (type_name(*row), folded) {
            (Some(row), Some(have)) => row == have,
            (None, _) => is_scalar,
            (Some(_), None) => false,
        });
        if !fits {
            let names = accepted.iter().filter_map(|row| type_name(*row)).collect();
            let expected = if accepted.contains(&RegType::SCALAR) {
                ArgTypeNames::Scalar
            } else {
                ArgTypeNames::Pointers(names)
            };
            return Err(self.reject(CallReject::ArgType {
                reg,
                found: register.type_name(),
                expected,
            }));
        }
        match register.pointer() {
            Some(p) if p.kind() == TargetKind::Btf => self.check_btf_arg(reg, p, arg, wanted, user),
            Some(_) | None => Ok(()),
        }
    }

    /// What else must hold where the argument accepts a struct described by BTF.
    fn check_btf_arg(
        &mut self,
        reg: u8,
        p: &Pointer,
        arg: &Arg,
        wanted: Option<WantedStruct>,
        user: ArgUser,
    ) -> Check {
        if matches!(
            arg.kind,
            ArgType::PtrToMapKey | ArgType::PtrToMapValue | ArgType::PtrToMem
        ) {
            if arg.has(TypeFlags::MEM_RDONLY) {
                return Ok(());
            }
            let found = self.state.reg(reg).type_name();
            let helper = skep_catalog::helper_name(user.helper);
            return Err(self.reject(CallReject::MayWriteInto { helper, reg, found }));
        }
        if p.flags.contains(PtrFlags::ALLOC) {
            return if user.is_kptr_xchg() && reg == 2 {
                self.check_kptr_source(reg, user.kptr)
            } else {
                Ok(())
            };
        }
        if p.flags.contains(PtrFlags::PERCPU) {
            return Ok(());
        }
        let releases = arg.has(TypeFlags::OBJ_RELEASE);
        if p.maybe_null() && (!arg.maybe_null() || releases) {
            return Err(self.reject(CallReject::PossiblyNull { reg }));
        }
        if user.is_kptr_xchg() {
            return self.check_kptr_source(reg, user.kptr);
        }
        // sk_release takes any socket, all of which begin with a sock_common.
        let strictness = if releases && !user.is_sk_release() {
            Strictness::Exact
        } else {
            Strictness::FirstMember
        };
        let wanted = wanted.or_else(|| {
            (arg.kind == ArgType::PtrToBtfIdSockCommon)
                .then_some(WantedStruct::Named("sock_common"))
        });
        self.check_wanted_struct(reg, p, wanted, strictness)
    }

    fn check_wanted_struct(
        &mut self,
        reg: u8,
        p: &Pointer,
        wanted: Option<WantedStruct>,
        strictness: Strictness,
    ) -> Check {
        let crate::register::Target::Btf { ty: have } = p.target else {
            return Ok(());
        };
        let (want, expected) = match wanted {
            Some(WantedStruct::Named(name)) => {
                let id = self
                    .kernel_btf
                    .as_ref()
                    .and_then(|b| b.find_by_name_kind(name, BtfKind::Struct));
                (
                    id.map(|id| TypeRef {
                        btf: BtfRef::Kernel,
                        id,
                    }),
                    name.to_string(),
                )
            }
            Some(WantedStruct::Type(ty)) => (Some(ty), self.type_name(ty).to_string()),
            None => {
                return Err(self.reject(CallReject::Unsupported {
                    what: "this helper argument",
                }));
            }
        };
        if want.is_some_and(|want| self.struct_ids_match(have, p.off, want, strictness)) {
            return Ok(());
        }
        let found = self.type_name(have).to_string();
        Err(self.reject(CallReject::WrongStruct {
            reg,
            found,
            expected,
        }))
    }
}

/// The type of a pointer as an argument compares it: without the flags that make no difference to that argument.
fn folded(p: &Pointer, reg: u8, arg: &Arg, user: ArgUser) -> TypeName {
    let mut name = p.type_name();
    if arg.has(TypeFlags::MEM_RDONLY) {
        name.flags -= PtrFlags::RDONLY;
    }
    if arg.maybe_null() {
        name.flags -= PtrFlags::MAYBE_NULL;
    }
    if arg.kind == ArgType::PtrToMem {
        name.flags -= PtrFlags::DYNPTR;
    }
    if user.is_kptr_xchg() && reg == 2 && name.flags.contains(PtrFlags::ALLOC) {
        name.flags -= PtrFlags::ALLOC | PtrFlags::PERCPU;
    }
    name
}
