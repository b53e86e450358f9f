//! Taking and giving back references, and the registers that die with them.

use crate::register::{Pointer, PtrFlags, Register, TargetKind, ValueId};
use crate::state::{RefKind, Reference};
use crate::verifier::Verifier;

/// The id did not name a held reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotHeld;

impl Verifier<'_> {
    /// Takes a reference at the current instruction; its id.
    pub(crate) fn acquire_reference(&mut self) -> ValueId {
        let id = self.fresh_id();
        self.state.refs.0.push(Reference {
            kind: RefKind::Pointer,
            id,
            insn: self.at,
        });
        id
    }

    /// Gives reference `id` back: every register and spill that stands for it, in all frames, becomes unusable.
    pub(crate) fn release_reference(&mut self, id: ValueId) -> Result<(), NotHeld> {
        if !self.state.refs.release(id) {
            return Err(NotHeld);
        }
        self.invalidate_where(|p| p.ref_obj_id == id);
        Ok(())
    }

    /// Makes every pointer for which `dead` holds unusable, in all frames.
    pub(crate) fn invalidate_where(&mut self, dead: impl Fn(&Pointer) -> bool) {
        let invalid = self.invalidated();
        self.state
            .for_each_register(|r| r.pointer().is_some_and(&dead), |r| *r = invalid.clone());
    }

    /// After the packet may have moved: no pointer into it is good any more, nor any dynptr slice of it.
    pub(crate) fn clear_packet_pointers(&mut self) {
        const PACKET_SLICES: PtrFlags = PtrFlags::DYNPTR_SKB
            .union(PtrFlags::DYNPTR_XDP)
            .union(PtrFlags::DYNPTR_SKB_META);
        self.invalidate_where(|p| match p.kind() {
            TargetKind::Packet | TargetKind::PacketMeta | TargetKind::PacketEnd => true,
            TargetKind::Mem => p.flags.intersects(PACKET_SLICES),
            TargetKind::Ctx
            | TargetKind::Map
            | TargetKind::MapValue
            | TargetKind::MapKey
            | TargetKind::Stack
            | TargetKind::FlowKeys
            | TargetKind::Socket
            | TargetKind::SockCommon
            | TargetKind::TcpSock
            | TargetKind::XdpSock
            | TargetKind::TpBuffer
            | TargetKind::Btf
            | TargetKind::Arena
            | TargetKind::Buf
            | TargetKind::Func
            | TargetKind::Dynptr => false,
        });
    }

    /// At an unlock: list and tree nodes the program does not own may be gone.
    pub(crate) fn invalidate_non_owning(&mut self) {
        self.invalidate_where(|p| p.flags.contains(PtrFlags::ALLOC | PtrFlags::NON_OWN_REF));
    }

    /// After a call the registers it may have changed are unreadable.
    pub(crate) fn clear_caller_saved(&mut self) {
        for reg in 0..=5 {
            self.set_reg(reg, Register::Uninit);
        }
    }
}
