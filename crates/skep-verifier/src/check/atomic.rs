//! Atomics: read-modify-write, load-acquire, store-release.

use super::access::{Alignment, Extension, MemoryAccess, Operand};
use crate::register::TargetKind;
use crate::reject::{Check, MemoryReject};
use crate::verifier::Verifier;
use skep_isa::{AtomicOp, RawInsn, Size, opcode};

impl Verifier<'_> {
    /// STX of mode ATOMIC; `imm` says which.
    pub(super) fn check_atomic(&mut self, insn: RawInsn) -> Check {
        match insn.imm {
            opcode::LOAD_ACQ => {
                self.check_load(insn, Extension::Zero, Alignment::Strict, "atomic_load")?;
                let (reg, ty) = (insn.src(), self.state.reg(insn.src()).type_name());
                // After the load, as in Linux: a register that loads over its own address passes.
                if self.refuses_atomics(reg, insn) {
                    Err(self.reject(MemoryReject::AtomicLoad { reg, ty }))
                } else {
                    Ok(())
                }
            }
            opcode::STORE_REL => {
                self.check_store_register(insn, Alignment::Strict)?;
                self.check_atomic_target(insn)
            }
            op => match AtomicOp::from_imm(op) {
                Some(op) => self.check_read_modify_write(insn, op),
                None => Err(self.reject(MemoryReject::AtomicOpcode { op })),
            },
        }
    }

    fn check_read_modify_write(&mut self, insn: RawInsn, op: AtomicOp) -> Check {
        let size = Size::of(insn);
        if !matches!(size, Size::W | Size::DW) {
            return Err(self.reject(MemoryReject::AtomicSize));
        }
        self.check_reg_readable(insn.src())?;
        self.check_reg_readable(insn.dst())?;
        if op == AtomicOp::CmpXchg {
            self.check_reg_readable(0)?;
            self.check_atomic_leak(0)?;
        }
        self.check_atomic_leak(insn.src())?;
        self.check_atomic_target(insn)?;
        let result = result_register(op, insn);
        if let Some(reg) = result {
            self.check_reg_writable(reg)?;
            let unknown = self.unknown_register();
            self.set_reg(reg, unknown);
        }
        let pointer = self.seen_pointer(insn.dst());
        let access = |operand| MemoryAccess {
            base: insn.dst(),
            off: i32::from(insn.off),
            size: size.bytes(),
            operand,
            extension: Extension::Zero,
            alignment: Alignment::Strict,
        };
        self.check_access(&access(Operand::Probe))?;
        if let Some(reg) = result {
            self.check_access(&access(Operand::Load(reg)))?;
        }
        if pointer.is_some_and(|p| p.kind == TargetKind::Arena) {
            self.note_atomic_pointer(pointer)?;
        }
        self.check_access(&access(Operand::StoreUnknown))
    }

    fn check_atomic_leak(&mut self, reg: u8) -> Check {
        if self.leaks_pointer(reg) {
            Err(self.reject(MemoryReject::LeakIntoMemory { reg }))
        } else {
            Ok(())
        }
    }

    fn check_atomic_target(&mut self, insn: RawInsn) -> Check {
        let (reg, ty) = (insn.dst(), self.state.reg(insn.dst()).type_name());
        if self.refuses_atomics(reg, insn) {
            Err(self.reject(MemoryReject::AtomicStore { reg, ty }))
        } else {
            Ok(())
        }
    }

    /// Memory whose accesses are rewritten cannot be accessed atomically; x86-64 has no fetching AND, OR, XOR in arenas.
    fn refuses_atomics(&self, reg: u8, insn: RawInsn) -> bool {
        let Some(p) = self.state.reg(reg).pointer() else {
            return false;
        };
        match p.kind() {
            TargetKind::Ctx
            | TargetKind::Packet
            | TargetKind::PacketMeta
            | TargetKind::FlowKeys
            | TargetKind::Socket
            | TargetKind::SockCommon
            | TargetKind::TcpSock
            | TargetKind::XdpSock => true,
            TargetKind::Arena => matches!(
                AtomicOp::from_imm(insn.imm),
                Some(AtomicOp::FetchAnd | AtomicOp::FetchOr | AtomicOp::FetchXor)
            ),
            _ => false,
        }
    }
}

/// Where the old value goes.
const fn result_register(op: AtomicOp, insn: RawInsn) -> Option<u8> {
    match op {
        AtomicOp::CmpXchg => Some(0),
        AtomicOp::FetchAdd
        | AtomicOp::FetchOr
        | AtomicOp::FetchAnd
        | AtomicOp::FetchXor
        | AtomicOp::Xchg => Some(insn.src()),
        AtomicOp::Add | AtomicOp::Or | AtomicOp::And | AtomicOp::Xor => None,
    }
}
