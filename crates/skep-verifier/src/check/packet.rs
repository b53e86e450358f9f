//! Packet data and metadata: only what was compared with the end is there.

use super::access::{AccessType, MemoryAccess};
use super::region::ZeroSize;
use crate::register::{Pointer, Target};
use crate::reject::{Check, MemoryReject};
use crate::verifier::Verifier;
use skep_catalog::PacketAccess;

impl Verifier<'_> {
    pub(super) fn check_packet_access(
        &mut self,
        access: &MemoryAccess,
        p: &Pointer,
        off: i32,
    ) -> Check {
        if access.operand.access() == AccessType::Write {
            let may_write = self
                .calls
                .type_info()
                .is_some_and(|t| t.packet_access == PacketAccess::ReadWrite);
            if !may_write {
                return Err(self.reject(MemoryReject::PacketWrite));
            }
            if let Some(reg) = self.leaked(access.operand) {
                return Err(self.reject(MemoryReject::LeakIntoPacket { reg }));
            }
            self.traits.writes_packet = true;
        }
        self.check_packet_span(access.base, p, off, access.size, ZeroSize::Refused)?;
        self.load_unknown(access.operand);
        Ok(())
    }

    /// `len` bytes at `off` from the pointer's base lie in what was proved to be there.
    pub(super) fn check_packet_span(
        &mut self,
        reg: u8,
        p: &Pointer,
        off: i32,
        len: u32,
        zero: ZeroSize,
    ) -> Check {
        if p.var.smin < 0 {
            return Err(self.reject(MemoryReject::MinNegative { reg }));
        }
        let (Target::Packet { range } | Target::PacketMeta { range }) = p.target else {
            return Ok(());
        };
        let (at, range) = (i64::from(off), range.0);
        let sized = len > 0 || zero == ZeroSize::Allowed;
        let inside = sized && at >= 0 && at.saturating_add(i64::from(len)) <= i64::from(range);
        if range >= 0 && inside {
            return Ok(());
        }
        if range < 0 {
            // Linux says the same as for a short range, but with another errno, and silently about the packet itself.
            let reject = self.reject_silently(skep_uapi::Errno::EINVAL);
            return Err(self.reject_more(reject, MemoryReject::RegOutsidePacket { reg }));
        }
        let reject = self.reject(MemoryReject::OutsidePacket {
            off: at,
            len,
            reg,
            id: p.id,
            range,
        });
        Err(self.reject_more(reject, MemoryReject::RegOutsidePacket { reg }))
    }
}
