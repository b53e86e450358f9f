//! Comparisons of a pointer with NULL: on one edge it is the number 0, on the other it can be used.

use crate::register::{Pointer, PtrFlags, Register, Target, TargetKind, ValueId};
use crate::state::State;
use crate::verifier::Verifier;
use skep_btf::FieldSet;
use skep_uapi::MapType;

/// Which edge is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nullness {
    /// The pointer is NULL.
    Null,
    /// It is not.
    NonNull,
}

impl Verifier<'_> {
    /// Everything in `state` that is the same possibly-NULL pointer as r`reg` becomes what `nullness` says.
    pub(super) fn resolve_null(&self, state: &mut State, reg: u8, nullness: Nullness) {
        let Some(tested) = state.reg(reg).pointer().copied() else {
            return;
        };
        if nullness == Nullness::Null && tested.ref_obj_id != 0 && tested.ref_obj_id == tested.id {
            // Nothing was acquired, so there is nothing to give back.
            state.refs.release(tested.id);
        }
        self.resolve_id(state, tested.id, nullness);
    }

    /// The same for all possibly-NULL pointers of one id.
    pub(crate) fn resolve_id(&self, state: &mut State, id: ValueId, nullness: Nullness) {
        let same = |r: &Register| r.pointer().is_some_and(|p| p.maybe_null() && p.id == id);
        state.for_each_register(same, |r| {
            *r = match (nullness, &*r) {
                (Nullness::NonNull, Register::Pointer(p)) => Register::Pointer(self.non_null(p)),
                _ => self.new_scalar(crate::scalar::ScalarRange::constant(0)),
            };
        });
    }

    /// The pointer, known not to be NULL: what a lookup in this kind of map really gives.
    pub(crate) fn non_null(&self, pointer: &Pointer) -> Pointer {
        let mut p = *pointer;
        p.flags -= PtrFlags::MAYBE_NULL;
        if let Target::MapValue { map, .. } = p.target
            && let Some(used) = self.map(map)
        {
            p.target = match (used.inner, used.meta.map_type) {
                (Some(inner), _) => {
                    let uid = if self
                        .map_has(inner, FieldSet::TIMER | FieldSet::WQ | FieldSet::TASK_WORK)
                    {
                        p.id
                    } else {
                        0
                    };
                    Target::Map { map: inner, uid }
                }
                (None, MapType::Xskmap) => Target::XdpSock,
                (None, MapType::Sockmap | MapType::Sockhash) => Target::Socket,
                (None, _) => p.target,
            };
        }
        if !self.may_point_to_lock(&p) {
            p.id = 0;
        }
        p
    }

    /// Whether the object may contain a spin lock, whose identity is the id of the pointer.
    pub(crate) fn may_point_to_lock(&self, pointer: &Pointer) -> bool {
        match pointer.target {
            Target::MapValue { map, .. } => self.map_has(map, FieldSet::LOCK),
            Target::Btf { ty } if pointer.flags.contains(PtrFlags::ALLOC) => self
                .btf(ty.btf)
                .and_then(|b| b.struct_record(ty.id))
                .is_some_and(|r| r.has(FieldSet::LOCK)),
            _ => false,
        }
    }

    /// Whether values of a map have one of these special fields.
    pub(crate) fn map_has(&self, map: crate::register::MapRef, kinds: FieldSet) -> bool {
        self.map(map)
            .and_then(|m| m.meta.record.as_ref())
            .is_some_and(|r| r.has(kinds))
    }
}

/// Whether a pointer is known not to be NULL from its type alone; decides comparisons with 0.
pub(super) fn is_never_null(p: &Pointer) -> bool {
    if p.maybe_null() {
        return false;
    }
    match p.kind() {
        TargetKind::Socket
        | TargetKind::TcpSock
        | TargetKind::MapValue
        | TargetKind::MapKey
        | TargetKind::SockCommon
        | TargetKind::Map => true,
        TargetKind::Btf => p.is_trusted(),
        TargetKind::Mem => !p.flags.contains(PtrFlags::UNTRUSTED),
        TargetKind::Ctx
        | TargetKind::Stack
        | TargetKind::Packet
        | TargetKind::PacketMeta
        | TargetKind::PacketEnd
        | TargetKind::FlowKeys
        | TargetKind::XdpSock
        | TargetKind::TpBuffer
        | TargetKind::Arena
        | TargetKind::Buf
        | TargetKind::Func
        | TargetKind::Dynptr => false,
    }
}
