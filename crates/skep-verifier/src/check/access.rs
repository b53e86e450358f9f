//! Loads and stores: encoding, operands, and the dispatch to the rules of what the pointer points to.

use crate::register::{PtrFlags, Register, Target, TargetKind};
use crate::reject::{Check, MemoryReject};
use crate::scalar::ScalarRange;
use crate::verifier::{SeenPointer, Verifier};
use skep_isa::{RawInsn, Size, opcode};

/// What an access does with the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AccessType {
    /// Reads it.
    Read,
    /// Writes it.
    Write,
}

/// What is loaded or stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operand {
    /// Loads into this register.
    Load(u8),
    /// Checks a load whose result goes nowhere (the first step of atomics).
    Probe,
    /// Stores this register.
    Store(u8),
    /// Stores this constant.
    StoreImm(i32),
    /// Stores something unknown (atomics, helpers).
    StoreUnknown,
}

impl Operand {
    pub(super) const fn access(self) -> AccessType {
        match self {
            Operand::Load(_) | Operand::Probe => AccessType::Read,
            Operand::Store(_) | Operand::StoreImm(_) | Operand::StoreUnknown => AccessType::Write,
        }
    }
    /// The register stored, if one is.
    pub(super) const fn stored(self) -> Option<u8> {
        match self {
            Operand::Store(reg) => Some(reg),
            Operand::Load(_) | Operand::Probe | Operand::StoreImm(_) | Operand::StoreUnknown => {
                None
            }
        }
    }
}

/// How a load fills the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extension {
    Zero,
    Sign,
}

/// Whether alignment is asked for beyond what the load's flags say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alignment {
    AsLoaded,
    Strict,
}

/// One access of memory: where, how much, what for.
#[derive(Clone, Copy, Debug)]
pub(super) struct MemoryAccess {
    /// The register with the address.
    pub(super) base: u8,
    /// The instruction's offset.
    pub(super) off: i32,
    /// Bytes: 1, 2, 4 or 8.
    pub(super) size: u32,
    pub(super) operand: Operand,
    pub(super) extension: Extension,
    pub(super) alignment: Alignment,
}

/// Whether two pointer types may meet at one instruction.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mixing {
    Refused,
    /// Plain loads: kernel pointers and memory together become a probing load.
    TrustMismatch,
}

impl Verifier<'_> {
    /// `dst = *(size *)(src + off)`.
    pub(super) fn check_ldx(&mut self, insn: RawInsn) -> Check {
        let sign = insn.mode() == opcode::MEMSX;
        if !matches!(insn.mode(), opcode::MEM | opcode::MEMSX) || insn.imm != 0 {
            return Err(self.reject(MemoryReject::LdxReserved));
        }
        let extension = if sign {
            Extension::Sign
        } else {
            Extension::Zero
        };
        self.check_load(insn, extension, Alignment::AsLoaded, "ldx")
    }

    /// A load as LDX and load-acquire do it; `what` names it in invariant reports.
    pub(super) fn check_load(
        &mut self,
        insn: RawInsn,
        extension: Extension,
        alignment: Alignment,
        what: &'static str,
    ) -> Check {
        self.check_reg_readable(insn.src())?;
        self.check_reg_writable(insn.dst())?;
        let pointer = self.seen_pointer(insn.src());
        self.check_access(&MemoryAccess {
            base: insn.src(),
            off: i32::from(insn.off),
            size: Size::of(insn).bytes(),
            operand: Operand::Load(insn.dst()),
            extension,
            alignment,
        })?;
        let mixing = if what == "ldx" {
            Mixing::TrustMismatch
        } else {
            Mixing::Refused
        };
        self.note_pointer(pointer, mixing)?;
        self.check_invariants(insn.dst(), what)
    }

    /// `*(size *)(dst + off) = src`.
    pub(super) fn check_stx(&mut self, insn: RawInsn) -> Check {
        if insn.mode() != opcode::MEM || insn.imm != 0 {
            return Err(self.reject(MemoryReject::StxReserved));
        }
        self.check_store_register(insn, Alignment::AsLoaded)
    }

    /// A store as STX and store-release do it.
    pub(super) fn check_store_register(&mut self, insn: RawInsn, alignment: Alignment) -> Check {
        self.check_reg_readable(insn.src())?;
        self.check_reg_readable(insn.dst())?;
        self.check_store(insn, Operand::Store(insn.src()), alignment)
    }

    /// `*(size *)(dst + off) = imm`.
    pub(super) fn check_st(&mut self, insn: RawInsn) -> Check {
        if insn.mode() != opcode::MEM || insn.src() != 0 {
            return Err(self.reject(MemoryReject::StReserved));
        }
        self.check_reg_readable(insn.dst())?;
        self.check_store(insn, Operand::StoreImm(insn.imm), Alignment::AsLoaded)
    }

    fn check_store(&mut self, insn: RawInsn, operand: Operand, alignment: Alignment) -> Check {
        let pointer = self.seen_pointer(insn.dst());
        self.check_access(&MemoryAccess {
            base: insn.dst(),
            off: i32::from(insn.off),
            size: Size::of(insn).bytes(),
            operand,
            extension: Extension::Zero,
            alignment,
        })?;
        self.note_pointer(pointer, Mixing::Refused)
    }

    /// The pointer type of a base register, as remembered per instruction.
    pub(super) fn seen_pointer(&self, reg: u8) -> Option<SeenPointer> {
        self.state.reg(reg).pointer().map(|p| SeenPointer {
            kind: p.kind(),
            flags: p.flags,
        })
    }

    /// One instruction cannot be rewritten for two kinds of pointers.
    fn note_pointer(&mut self, now: Option<SeenPointer>, mixing: Mixing) -> Check {
        let (Some(now), Some(aux)) = (now, self.aux.get_mut(self.at.index())) else {
            return Ok(());
        };
        let Some(before) = aux.pointer else {
            aux.pointer = Some(now);
            return Ok(());
        };
        if before == now || !(needs_rewrite(before.kind) || needs_rewrite(now.kind)) {
            return Ok(());
        }
        let probed = |p: SeenPointer| matches!(p.kind, TargetKind::Mem | TargetKind::Btf);
        if mixing == Mixing::TrustMismatch && probed(before) && probed(now) {
            let either_mem = before.kind == TargetKind::Mem || now.kind == TargetKind::Mem;
            let kind = if either_mem {
                TargetKind::Mem
            } else {
                TargetKind::Btf
            };
            let flags = (before.flags | now.flags) & (PtrFlags::UNTRUSTED | PtrFlags::RDONLY);
            aux.pointer = Some(SeenPointer { kind, flags });
            return Ok(());
        }
        Err(self.reject(MemoryReject::DifferentPointers))
    }

    /// Remembers the pointer of an atomic instruction.
    pub(super) fn note_atomic_pointer(&mut self, pointer: Option<SeenPointer>) -> Check {
        self.note_pointer(pointer, Mixing::Refused)
    }

    /// The access itself: alignment, then the rules of the target, then the width of what was loaded.
    pub(super) fn check_access(&mut self, access: &MemoryAccess) -> Check {
        let base = self.state.reg(access.base).clone();
        let Register::Pointer(p) = &base else {
            self.check_number_alignment(access)?;
            return Err(self.reject(MemoryReject::InvalidAccess {
                reg: access.base,
                ty: base.type_name(),
            }));
        };
        self.check_alignment(access, p)?;
        // Both are below 2^29 (checked where pointers move), so the sum fits.
        let off = access.off.wrapping_add(p.off);
        let dereferenceable = !p.maybe_null();
        match p.target {
            Target::MapKey { map } => self.check_map_key_access(access, p, map, off)?,
            Target::MapValue { map, .. } if dereferenceable => {
                self.check_map_value_access(access, p, map, off)?
            }
            Target::Mem { size, .. } if dereferenceable => {
                self.check_mem_access(access, p, size, off)?
            }
            Target::Ctx => self.check_ctx_access(access, p)?,
            Target::Stack { .. } => self.check_stack_access(access, p, off)?,
            Target::Packet { .. } | Target::PacketMeta { .. } => {
                self.check_packet_access(access, p, off)?
            }
            Target::FlowKeys => self.check_flow_keys_access(access, off)?,
            Target::Socket | Target::SockCommon | Target::TcpSock | Target::XdpSock
                if dereferenceable =>
            {
                self.check_socket_access(access, p, off)?;
            }
            Target::TpBuffer => self.check_tp_buffer_access(access, p, off)?,
            Target::Btf { ty } if dereferenceable => self.check_btf_access(access, p, ty, off)?,
            Target::Map { map, .. } => self.check_map_struct_access(access, map, off)?,
            Target::Buf if dereferenceable => self.check_buffer_access(access, p, off)?,
            Target::Arena => self.load_unknown(access.operand),
            Target::MapValue { .. }
            | Target::Mem { .. }
            | Target::Socket
            | Target::SockCommon
            | Target::TcpSock
            | Target::XdpSock
            | Target::Btf { .. }
            | Target::Buf
            | Target::PacketEnd
            | Target::Func { .. }
            | Target::Dynptr { .. } => {
                return Err(self.reject(MemoryReject::InvalidAccess {
                    reg: access.base,
                    ty: base.type_name(),
                }));
            }
        }
        if let Operand::Load(dst) = access.operand
            && access.size < 8
            && let Some(Register::Scalar(s)) = self.state.reg_mut(dst)
        {
            match access.extension {
                Extension::Zero => s.range.truncate(access.size as u8),
                Extension::Sign => s.range.sign_extend_64(access.size as u8),
            }
        }
        Ok(())
    }

    /// The result of a load about which nothing is known.
    pub(super) fn load_unknown(&mut self, operand: Operand) {
        if let Operand::Load(dst) = operand {
            let unknown = self.unknown_register();
            self.set_reg(dst, unknown);
        }
    }

    /// The result of a load of a known value.
    pub(super) fn load_constant(&mut self, operand: Operand, value: u64) {
        if let Operand::Load(dst) = operand {
            let value = self.new_scalar(ScalarRange::constant(value));
            self.set_reg(dst, value);
        }
    }

    /// The register a store would leak to those who must not see pointers.
    pub(super) fn leaked(&self, operand: Operand) -> Option<u8> {
        operand.stored().filter(|reg| self.leaks_pointer(*reg))
    }
}

/// Kinds of pointers whose accesses are rewritten and so cannot share an instruction with others.
const fn needs_rewrite(kind: TargetKind) -> bool {
    matches!(
        kind,
        TargetKind::Ctx
            | TargetKind::Socket
            | TargetKind::SockCommon
            | TargetKind::TcpSock
            | TargetKind::XdpSock
            | TargetKind::Btf
            | TargetKind::Arena
    )
}
