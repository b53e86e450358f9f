//! CO-RE relocations that the loader leaves to the kernel.

use super::records::RecordError;
use crate::reject::{Check, ControlReject};
use crate::verifier::Verifier;
use alloc::vec::Vec;
use skep_btf::BtfTypeId;
use skep_btf::core_relo::{CoreError, Relocator};
use skep_isa::RawInsn;
use skep_uapi::btf::CoreRelo;
use skep_uapi::{Errno, btf};

const INSN_SIZE: u32 = 8;

impl Verifier<'_> {
    pub(super) fn apply_core_relocations(&mut self) -> Check {
        let request = self.request;
        if request.core_relo.count == 0 {
            return Ok(());
        }
        let (records, complete) = request.core_relo.words::<4>();
        if complete == Err(RecordError::Size) {
            return Err(self.reject_silently(Errno::EINVAL));
        }
        let (Some(local), Some(kernel)) = (self.prog_btf.clone(), self.kernel_btf.clone()) else {
            return Err(self.reject_silently(Errno::EINVAL));
        };
        let mut relocator = Relocator::new(&local, &kernel);
        for (index, [insn_off, type_id, access_str_off, kind]) in records.into_iter().enumerate() {
            let record = CoreRelo {
                insn_off,
                type_id,
                access_str_off,
                kind,
            };
            let at = (insn_off / INSN_SIZE) as usize;
            if !insn_off.is_multiple_of(INSN_SIZE) || at >= self.insns.len() {
                let length = self.insns.len();
                return Err(self.reject(ControlReject::CoreReloOffset {
                    index,
                    off: insn_off,
                    length,
                }));
            }
            if local.type_by_id(BtfTypeId(type_id)).is_none() {
                return Err(self.reject(ControlReject::CoreReloType { index, id: type_id }));
            }
            self.relocate(&mut relocator, &record, at, local.text(access_str_off))
                .map_err(|error| self.reject_silently(error.errno()))?;
        }
        if complete.is_err() {
            return Err(self.reject(ControlReject::CoreReloTail));
        }
        Ok(())
    }

    fn relocate(
        &mut self,
        relocator: &mut Relocator<'_>,
        record: &btf::CoreRelo,
        at: usize,
        access: &str,
    ) -> Result<(), CoreError> {
        let relocation = relocator.relocate(record, access)?;
        let Some(slots) = self.insns.get_mut(at..) else {
            return Ok(());
        };
        let mut bytes: Vec<u8> = slots.iter().take(2).flat_map(|i| i.to_bytes()).collect();
        relocation.patch(&mut bytes)?;
        for (slot, bytes) in slots.iter_mut().zip(bytes.as_chunks::<8>().0) {
            *slot = RawInsn::from_bytes(*bytes);
        }
        Ok(())
    }
}
