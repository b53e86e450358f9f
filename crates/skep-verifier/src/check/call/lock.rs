//! bpf_spin_lock and bpf_res_spin_lock: which lock a pointer names, taking it and giving it back in order.

use super::args::CallMeta;
use super::fields::constant_offset;
use crate::register::{BtfRef, Pointer, Target, TypeRef};
use crate::reject::{CallReject, Check};
use crate::state::{LockObject, RefKind, Reference};
use crate::verifier::Verifier;
use alloc::string::ToString;
use skep_btf::{BtfTypeId, FieldSet};
use skep_uapi::HelperId;

/// Which lock functions are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LockFlavour {
    /// bpf_spin_lock.
    Spin,
    /// bpf_res_spin_lock.
    Res,
    /// bpf_res_spin_lock_irqsave.
    ResIrq,
}

impl LockFlavour {
    /// The struct in the value.
    const fn field(self) -> (&'static str, FieldSet) {
        match self {
            LockFlavour::Spin => ("bpf_spin_lock", FieldSet::SPIN_LOCK),
            LockFlavour::Res | LockFlavour::ResIrq => {
                ("bpf_res_spin_lock", FieldSet::RES_SPIN_LOCK)
            }
        }
    }

    /// How unlock messages begin.
    const fn stem(self) -> &'static str {
        match self {
            LockFlavour::Spin => "bpf_spin",
            LockFlavour::Res | LockFlavour::ResIrq => "bpf_res_spin",
        }
    }

    const fn kind(self, object: LockObject) -> RefKind {
        match self {
            LockFlavour::Spin => RefKind::Lock(object),
            LockFlavour::Res => RefKind::ResLock(object),
            LockFlavour::ResIrq => RefKind::ResLockIrq(object),
        }
    }
}

/// A lock by its name: the object it is in, and the id of the pointer to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct LockName {
    object: LockObject,
    id: u32,
}

/// The object a lock in a local object belongs to: its BTF as a whole, for the id already tells objects apart.
const fn allocation(btf: BtfRef) -> LockObject {
    LockObject::Allocation(TypeRef {
        btf,
        id: BtfTypeId::VOID,
    })
}

impl Verifier<'_> {
    /// The argument of bpf_spin_lock or bpf_spin_unlock.
    pub(super) fn check_spin_lock_argument(&mut self, reg: u8, meta: &CallMeta) -> Check {
        if self.in_rbtree_callback() {
            return Err(self.reject(CallReject::SpinInRbtreeCallback));
        }
        if meta.helper == HelperId::SPIN_LOCK {
            self.take_lock(reg, LockFlavour::Spin)
        } else {
            self.give_lock_back(reg, LockFlavour::Spin)
        }
    }

    /// Takes the lock register `reg` points at.
    pub(crate) fn take_lock(&mut self, reg: u8, flavour: LockFlavour) -> Check {
        let lock = self.lock_name(reg, flavour)?;
        let same = |r: &Reference| {
            r.id == lock.id
                && r.kind.lock_object() == Some(lock.object)
                && !matches!(r.kind, RefKind::Lock(_))
        };
        if flavour != LockFlavour::Spin && self.state.refs.0.iter().any(same) {
            return Err(self.reject(CallReject::SameLockAgain));
        }
        self.state.refs.0.push(Reference {
            kind: flavour.kind(lock.object),
            id: lock.id,
            insn: self.at,
        });
        Ok(())
    }

    /// Gives the lock register `reg` points at back; non-owning pointers to nodes under it die.
    pub(crate) fn give_lock_back(&mut self, reg: u8, flavour: LockFlavour) -> Check {
        let wanted = self.lock_name(reg, flavour)?;
        let lock = flavour.stem();
        let Some(newest) = self.state.refs.newest_lock().copied() else {
            return Err(self.reject(CallReject::UnlockWithoutLock { lock }));
        };
        let kind = flavour.kind(wanted.object);
        let Some(at) = self
            .state
            .refs
            .0
            .iter()
            .rposition(|r| r.kind == kind && r.id == wanted.id)
        else {
            return Err(self.reject(CallReject::UnlockOfDifferentLock { lock }));
        };
        if newest.id != wanted.id || newest.kind.lock_object() != Some(wanted.object) {
            return Err(self.reject(CallReject::UnlockOutOfOrder { lock }));
        }
        self.state.refs.0.remove(at);
        self.invalidate_non_owning();
        Ok(())
    }

    /// The lock field must stand exactly where register `reg` points.
    fn lock_name(&mut self, reg: u8, flavour: LockFlavour) -> Check<LockName> {
        let (field, kinds) = flavour.field();
        let Some(p) = self.state.reg(reg).pointer().copied() else {
            return Err(self.reject(CallReject::Bug {
                what: "a lock argument that is no pointer",
            }));
        };
        let Some(off) = constant_offset(&p) else {
            return Err(self.reject(CallReject::FieldOffsetVariable { reg, field }));
        };
        let object = self.lock_object(&p, field)?;
        let Some(at) = self
            .record_behind(&p)
            .as_ref()
            .and_then(|r| r.first(kinds))
            .map(|f| f.offset)
        else {
            let map = match p.target {
                Target::MapValue { map, .. } => self.map_meta(map),
                _ => None,
            };
            return Err(self.reject(match map {
                Some(map) => CallReject::FieldNotInMap {
                    map: map.name().to_string(),
                    field,
                },
                None => CallReject::FieldNotInObject { field },
            }));
        };
        if off != i64::from(at) {
            return Err(self.reject(CallReject::FieldElsewhere { off, field, at }));
        }
        Ok(LockName { object, id: p.id })
    }

    fn lock_object(&mut self, p: &Pointer, field: &'static str) -> Check<LockObject> {
        match p.target {
            Target::MapValue { map, .. } => {
                let meta = self.map_meta(map);
                if let Some(meta) = meta.filter(|m| m.btf.is_none()) {
                    return Err(self.reject(CallReject::FieldMapWithoutBtf {
                        map: meta.name().to_string(),
                        field,
                    }));
                }
                Ok(LockObject::Map(map))
            }
            Target::Btf { ty } => Ok(allocation(ty.btf)),
            _ => Err(self.reject(CallReject::Bug {
                what: "a lock outside values and objects",
            })),
        }
    }
}
