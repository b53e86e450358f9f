//! What one call instruction did on the paths walked so far.

use crate::env::MapToken;
use crate::register::MapRef;
use crate::state::{InsnIdx, SubprogIdx};
use crate::verified::{CallMap, ConstantKey, Fact};
use crate::verifier::Verifier;
use skep_isa::opcode;
use skep_uapi::HelperId;

/// Something that was the same on every visit, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum Seen<T> {
    /// Not visited yet.
    #[default]
    Never,
    /// This, each time.
    Always(T),
    /// Different things.
    Varies,
}

impl<T: PartialEq + Copy> Seen<T> {
    /// Adds a visit.
    pub(crate) fn note(&mut self, value: T) {
        *self = match *self {
            Seen::Never => Seen::Always(value),
            Seen::Always(old) if old == value => Seen::Always(old),
            Seen::Always(_) | Seen::Varies => Seen::Varies,
        };
    }
}

/// What one call instruction did on the paths walked so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallSeen {
    /// The map argument.
    pub(crate) map: Seen<MapRef>,
    /// The constant index of a tail call.
    pub(crate) key: Seen<u64>,
    /// The callback of bpf_loop, as long as flags are 0 (then Linux replaces the call by a loop).
    pub(crate) plain_loop: Seen<SubprogIdx>,
}

impl Verifier<'_> {
    /// What is known about a call after the walk.
    pub(crate) fn call_fact(&self, at: InsnIdx) -> Option<Fact> {
        let insn = self.insns.get(at.index())?;
        let seen = &self.aux.get(at.index())?.call;
        Some(match insn.src() {
            opcode::PSEUDO_CALL => Fact::Subprog(self.called_subprog(at, insn.imm)?),
            opcode::PSEUDO_KFUNC_CALL => Fact::Kfunc {
                ty: self.kfunc_type(*insn)?,
            },
            _ => Fact::Helper {
                id: HelperId(insn.imm.cast_unsigned()),
                map: self.map_fact(seen.map),
                key: key_fact(seen.key),
            },
        })
    }

    fn map_fact(&self, seen: Seen<MapRef>) -> CallMap {
        let token = |map: MapRef| -> Option<MapToken> { self.map(map)?.token };
        match seen {
            Seen::Never => CallMap::None,
            Seen::Always(map) => token(map).map_or(CallMap::Varies, CallMap::Always),
            Seen::Varies => CallMap::Varies,
        }
    }
}

fn key_fact(seen: Seen<u64>) -> ConstantKey {
    match seen {
        Seen::Never => ConstantKey::Unseen,
        Seen::Always(key) => ConstantKey::Known(key),
        Seen::Varies => ConstantKey::Varies,
    }
}
