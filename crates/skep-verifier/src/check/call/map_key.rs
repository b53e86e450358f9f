//! Keys: readable memory, and for arrays the number in it where it is known.

use super::args::CallMeta;
use crate::check::helper_memory::{CallAccess, ZeroSize};
use crate::register::Target;
use crate::reject::{CallReject, Check};
use crate::stack::{SlotByte, SlotIdx, StackSlot};
use crate::verifier::Verifier;
use skep_uapi::MapType;

/// A key found on the stack.
enum KnownKey {
    /// All its bytes are zero.
    Zero,
    /// It is one spilled number, in this slot.
    Spilled {
        value: u64,
        frame: u8,
        slot: SlotIdx,
    },
}

impl Verifier<'_> {
    /// A key of the map argument; a lookup of a known index below max_entries cannot fail in an array.
    pub(super) fn check_key_argument(&mut self, reg: u8, meta: &mut CallMeta) -> Check {
        let Some(map) = meta.map.and_then(|m| self.map_meta(m.map)) else {
            return Err(self.reject(CallReject::Bug {
                what: "a key argument without map",
            }));
        };
        self.check_call_memory(reg, map.key_size, CallAccess::Read, ZeroSize::Refused, None)?;
        if !matches!(map.map_type, MapType::Array | MapType::PercpuArray) || !self.privileges.bpf {
            return Ok(());
        }
        meta.constant_key = match self.known_key(reg, map.key_size) {
            None => None,
            Some(KnownKey::Zero) => Some(0),
            Some(KnownKey::Spilled { value, frame, slot }) => {
                self.mark_precise_slot(frame, slot)?;
                Some(value)
            }
        };
        Ok(())
    }

    fn known_key(&self, reg: u8, key_size: u32) -> Option<KnownKey> {
        let p = self.state.reg(reg).pointer()?;
        let Target::Stack { frame } = p.target else {
            return None;
        };
        let off = super::fields::constant_offset(p)?;
        let (slot, byte) = SlotIdx::of(i32::try_from(off).ok()?)?;
        let content = self.state.frame(frame)?.stack.get(slot)?;
        let run = |kind: SlotByte| run_length(content, byte, kind);
        if run(SlotByte::Zero) >= key_size {
            return Some(KnownKey::Zero);
        }
        let value = content.spilled()?.known()?;
        (run(SlotByte::Spill) == key_size).then_some(KnownKey::Spilled { value, frame, slot })
    }
}

/// How many bytes from index `from` upwards in memory (downwards in the index) are of one kind.
fn run_length(slot: &StackSlot, from: usize, kind: SlotByte) -> u32 {
    let upwards = slot.bytes.iter().take(from + 1).rev();
    upwards.take_while(|b| **b == kind).count() as u32
}
