//! The context: which field an offset is, and what a load of it gives.

use super::access::{AccessType, Extension, MemoryAccess, Operand};
use crate::register::{BtfRef, PacketRange, Pointer, PtrFlags, Register, Target, TypeRef};
use crate::reject::{Check, MemoryReject, Reject};
use crate::verifier::Verifier;
use skep_btf::{BtfKind, BtfTypeId};
use skep_catalog::{AccessKind, CtxAccess, Denied, RegBase, TypeFlags};

impl Verifier<'_> {
    pub(super) fn check_ctx_access(&mut self, access: &MemoryAccess, p: &Pointer) -> Check {
        if let Some(reg) = self.leaked(access.operand) {
            return Err(self.reject(MemoryReject::LeakIntoCtx { reg }));
        }
        self.check_ctx_unmodified(access.base, p)?;
        let value = self.ctx_field(access.off, access.size, access.operand, access.extension)?;
        let end = u32::try_from(access.off)
            .unwrap_or(0)
            .saturating_add(access.size);
        self.traits.max_ctx_offset = self.traits.max_ctx_offset.max(end);
        if let (Operand::Load(dst), Some(value)) = (access.operand, value) {
            self.set_reg(dst, value);
        }
        Ok(())
    }

    /// Only the instruction's own offset selects a field.
    pub(crate) fn check_ctx_unmodified(&mut self, reg: u8, p: &Pointer) -> Check {
        let ty = p.type_name();
        if p.off < 0 {
            return Err(self.reject(MemoryReject::NegativeOffset {
                ty,
                reg,
                off: p.off,
            }));
        }
        if p.off != 0 {
            return Err(self.reject(MemoryReject::ModifiedPointer {
                ty,
                reg,
                off: p.off,
            }));
        }
        if p.var.is_const() != Some(0) {
            let ty = Register::Pointer(*p).type_name();
            return Err(self.reject(MemoryReject::VariablePointer {
                ty,
                var: p.var.tnum,
            }));
        }
        Ok(())
    }

    /// Judges an access and gives what a load puts into the register (`None` for stores).
    pub(super) fn ctx_field(
        &mut self,
        off: i32,
        len: u32,
        operand: Operand,
        extension: Extension,
    ) -> Check<Option<Register>> {
        let kind = match (operand, extension) {
            (Operand::Load(_) | Operand::Probe, Extension::Zero) => AccessKind::Read,
            (Operand::Load(_) | Operand::Probe, Extension::Sign) => AccessKind::ReadSigned,
            (Operand::StoreImm(_), _) => AccessKind::WriteImm,
            (Operand::Store(_) | Operand::StoreUnknown, _) => AccessKind::Write,
        };
        let table =
            skep_catalog::context(self.request.prog_type, self.request.expected_attach_type);
        match table.access(off, len, kind, self.caps) {
            Ok(found) if operand.access() == AccessType::Read => Ok(Some(self.ctx_value(&found))),
            Ok(_) => Ok(None),
            Err(Denied::FollowsBtf) => self.btf_ctx_field(off, len, operand).map(Some),
            Err(
                Denied::OutOfRange | Denied::Misaligned | Denied::NotAllowed | Denied::Capability,
            ) => Err(self.ctx_refused(off, len)),
        }
    }

    /// Linux's one message for every refused access, followed by the source line.
    pub(super) fn ctx_refused(&mut self, off: i32, len: u32) -> Reject {
        self.reject(MemoryReject::Context { off, len })
    }

    fn ctx_value(&mut self, found: &CtxAccess) -> Register {
        let target = match found.reg.base {
            RegBase::PtrToPacket => Target::Packet {
                range: PacketRange::NONE,
            },
            RegBase::PtrToPacketMeta => Target::PacketMeta {
                range: PacketRange::NONE,
            },
            RegBase::PtrToPacketEnd => Target::PacketEnd,
            RegBase::PtrToFlowKeys => Target::FlowKeys,
            RegBase::PtrToSocket => Target::Socket,
            RegBase::PtrToSockCommon => Target::SockCommon,
            RegBase::PtrToTcpSock => Target::TcpSock,
            RegBase::PtrToXdpSock => Target::XdpSock,
            RegBase::PtrToTpBuffer => Target::TpBuffer,
            RegBase::PtrToBuf => Target::Buf,
            RegBase::PtrToBtfId => match found.btf.and_then(|name| self.kernel_struct(name)) {
                Some(ty) => Target::Btf { ty },
                None => return self.unknown_register(),
            },
            _ => return self.unknown_register(),
        };
        self.ctx_pointer(Pointer::new(target).with(ptr_flags(found.reg.flags)))
    }

    /// A pointer out of the context; a nullable one is recognised in its copies.
    pub(super) fn ctx_pointer(&mut self, mut p: Pointer) -> Register {
        if p.maybe_null() {
            p.id = self.fresh_id();
        }
        Register::Pointer(p)
    }

    /// A struct of the kernel by name.
    pub(crate) fn kernel_struct(&self, name: &str) -> Option<TypeRef> {
        let id: BtfTypeId = self
            .kernel_btf
            .as_ref()?
            .find_by_name_kind(name, BtfKind::Struct)?;
        Some(TypeRef {
            btf: BtfRef::Kernel,
            id,
        })
    }
}

/// The flags of a catalogued type as registers carry them; argument descriptors have no counterpart.
pub(crate) fn ptr_flags(flags: TypeFlags) -> PtrFlags {
    const PAIRS: [(TypeFlags, PtrFlags); 14] = [
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
        (TypeFlags::DYNPTR_XDP, PtrFlags::DYNPTR_XDP),
    ];
    PAIRS
        .iter()
        .filter(|(from, _)| flags.contains(*from))
        .fold(PtrFlags::empty(), |all, (_, to)| all | *to)
}
