//! Alignment: always on the stack and for atomics, elsewhere only where the load asks for it or the machine needs it.

use super::access::{Alignment, MemoryAccess};
use crate::register::{Pointer, TargetKind};
use crate::reject::{Check, MemoryReject};
use crate::scalar::Tnum;
use crate::verifier::Verifier;

/// Packets are placed so that the IP header behind the 14-byte Ethernet header is aligned.
const NET_IP_ALIGN: i32 = 2;

impl Verifier<'_> {
    pub(super) fn check_alignment(&mut self, access: &MemoryAccess, p: &Pointer) -> Check {
        let kind = p.kind();
        let strict = self.strict_alignment
            || access.alignment == Alignment::Strict
            || kind == TargetKind::Stack;
        if !strict || access.size == 1 || kind == TargetKind::Arena {
            return Ok(());
        }
        let pad = if matches!(kind, TargetKind::Packet | TargetKind::PacketMeta) {
            NET_IP_ALIGN
        } else {
            0
        };
        let fixed = i64::from(pad)
            .wrapping_add(i64::from(p.off))
            .wrapping_add(i64::from(access.off));
        let address = p.var.tnum.add(Tnum::constant(fixed.cast_unsigned()));
        if address.is_aligned(u64::from(access.size)) {
            return Ok(());
        }
        let (var, reg_off, off, size) = (p.var.tnum, p.off, access.off, access.size);
        Err(if pad != 0 {
            self.reject(MemoryReject::MisalignedPacket {
                pad,
                var,
                reg_off,
                off,
                size,
            })
        } else {
            self.reject(MemoryReject::Misaligned {
                what: description(kind),
                var,
                reg_off,
                off,
                size,
            })
        })
    }

    /// Alignment is looked at before what is in the register: a number may be a misaligned address.
    pub(super) fn check_number_alignment(&mut self, access: &MemoryAccess) -> Check {
        let strict = self.strict_alignment || access.alignment == Alignment::Strict;
        let Some(var) = self.state.reg(access.base).scalar().map(|s| s.range.tnum) else {
            return Ok(());
        };
        let address = var.add(Tnum::constant(i64::from(access.off).cast_unsigned()));
        if !strict || access.size == 1 || address.is_aligned(u64::from(access.size)) {
            return Ok(());
        }
        let (off, size) = (access.off, access.size);
        Err(self.reject(MemoryReject::Misaligned {
            what: "",
            var,
            reg_off: 0,
            off,
            size,
        }))
    }
}

const fn description(kind: TargetKind) -> &'static str {
    match kind {
        TargetKind::FlowKeys => "flow keys ",
        TargetKind::MapKey => "key ",
        TargetKind::MapValue => "value ",
        TargetKind::Ctx => "context ",
        TargetKind::Stack => "stack ",
        TargetKind::Socket => "sock ",
        TargetKind::SockCommon => "sock_common ",
        TargetKind::TcpSock => "tcp_sock ",
        TargetKind::XdpSock => "xdp_sock ",
        _ => "",
    }
}
