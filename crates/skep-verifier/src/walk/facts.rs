//! What the walk found out about each instruction, for those who lower the program.

use super::Verifier;
use crate::check::call::Seen;
use crate::prepare::Imm64;
use crate::register::{BtfRef, PtrFlags, TargetKind};
use crate::state::InsnIdx;
use crate::verified::{AccessKind, Fact, InsnFacts, ListingFacts};
use crate::verifier::SeenPointer;
use skep_isa::{RawInsn, opcode};

impl Verifier<'_> {
    pub(super) fn insn_facts(&self, index: usize) -> InsnFacts {
        let at = InsnIdx(index as u32);
        let seen = self.aux.get(index).is_some_and(|a| a.seen);
        InsnFacts {
            seen,
            fact: self.fact(at).unwrap_or(Fact::Plain),
        }
    }

    pub(super) fn listing_facts(&self, index: usize) -> ListingFacts {
        let Some(aux) = self.aux.get(index) else {
            return ListingFacts::default();
        };
        ListingFacts {
            barrier_before: aux.nospec,
            barrier_after: aux.nospec_result,
            mask: aux.alu_mask,
            fastcall_pairs: aux.fastcall_pairs,
            plain_loop: match aux.call.plain_loop {
                Seen::Always(callback) => Some(callback),
                Seen::Never | Seen::Varies => None,
            },
            inner_map: match aux.call.map {
                Seen::Always(map) => self
                    .map(map)
                    .filter(|map| map.token.is_none())
                    .map(|map| map.meta.clone()),
                Seen::Never | Seen::Varies => None,
            },
        }
    }

    fn fact(&self, at: InsnIdx) -> Option<Fact> {
        let (insn, aux) = (self.insns.get(at.index())?, self.aux.get(at.index())?);
        match insn.class() {
            opcode::LDX | opcode::ST | opcode::STX => Some(Fact::Access(
                aux.pointer
                    .map_or(without_pointer(*insn, aux.seen), access_kind),
            )),
            _ if insn.code == opcode::INSN_CALL => self.call_fact(at),
            _ if insn.is_ld_imm64() => match (insn.src(), aux.imm64.as_deref().copied()) {
                (opcode::PSEUDO_FUNC, _) => self.called_subprog(at, insn.imm).map(Fact::Func),
                (_, Some(Imm64::Map(map))) => self.map(map)?.token.map(Fact::MapPtr),
                (_, Some(Imm64::MapValue { map, off })) => {
                    self.map(map)?.token.map(|map| Fact::MapValue { map, off })
                }
                (_, Some(Imm64::Symbol { address, .. })) => Some(Fact::Symbol {
                    btf: BtfRef::Kernel,
                    address,
                }),
                (_, None) => None,
            },
            _ => None,
        }
    }
}

/// Atomics note their pointer only in arenas; elsewhere they go to plain memory.
fn without_pointer(insn: RawInsn, seen: bool) -> AccessKind {
    let atomic = insn.class() == opcode::STX && insn.mode() == opcode::ATOMIC;
    if atomic && seen {
        AccessKind::Memory
    } else {
        AccessKind::None
    }
}

fn access_kind(pointer: SeenPointer) -> AccessKind {
    let untrusted = pointer.flags.contains(PtrFlags::UNTRUSTED);
    match pointer.kind {
        TargetKind::Ctx => AccessKind::Ctx,
        TargetKind::Socket | TargetKind::SockCommon => AccessKind::Sock,
        TargetKind::TcpSock => AccessKind::TcpSock,
        TargetKind::XdpSock => AccessKind::XdpSock,
        TargetKind::Btf if untrusted || pointer.flags.is_empty() => AccessKind::Probe,
        TargetKind::Mem if untrusted => AccessKind::Probe,
        TargetKind::Btf if pointer.flags.contains(PtrFlags::ALLOC) => AccessKind::Memory,
        TargetKind::Btf => AccessKind::Btf,
        TargetKind::Map => AccessKind::MapStruct,
        TargetKind::Arena => AccessKind::Arena,
        TargetKind::MapValue
        | TargetKind::MapKey
        | TargetKind::Stack
        | TargetKind::Packet
        | TargetKind::PacketMeta
        | TargetKind::PacketEnd
        | TargetKind::FlowKeys
        | TargetKind::TpBuffer
        | TargetKind::Mem
        | TargetKind::Buf
        | TargetKind::Func
        | TargetKind::Dynptr => AccessKind::Memory,
    }
}
