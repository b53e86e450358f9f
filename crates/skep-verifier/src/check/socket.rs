//! Sockets and flow keys: fields by table.

use super::access::{AccessType, MemoryAccess};
use crate::register::{Pointer, TargetKind};
use crate::reject::{Check, MemoryReject};
use crate::verifier::Verifier;
use skep_catalog::{AccessKind, ObjectKind};

/// sizeof(struct bpf_flow_keys).
const FLOW_KEYS_SIZE: i64 = 56;

impl Verifier<'_> {
    pub(super) fn check_socket_access(
        &mut self,
        access: &MemoryAccess,
        p: &Pointer,
        off: i32,
    ) -> Check {
        let (reg, ty) = (access.base, p.type_name());
        if access.operand.access() == AccessType::Write {
            return Err(self.reject(MemoryReject::CannotWriteInto { reg, ty }));
        }
        if p.var.smin < 0 {
            return Err(self.reject(MemoryReject::MinNegative { reg }));
        }
        let object = match p.kind() {
            TargetKind::Socket => ObjectKind::Socket,
            TargetKind::TcpSock => ObjectKind::TcpSock,
            TargetKind::XdpSock => ObjectKind::XdpSock,
            _ => ObjectKind::SockCommon,
        };
        let answer =
            skep_catalog::object(object).access(off, access.size, AccessKind::Read, self.caps);
        if answer.is_err() {
            return Err(self.reject(MemoryReject::SocketField {
                reg,
                ty,
                off: i64::from(off),
                len: access.size,
            }));
        }
        self.load_unknown(access.operand);
        Ok(())
    }

    pub(super) fn check_flow_keys_access(&mut self, access: &MemoryAccess, off: i32) -> Check {
        if let Some(reg) = self.leaked(access.operand) {
            return Err(self.reject(MemoryReject::LeakIntoFlowKeys { reg }));
        }
        let at = i64::from(off);
        if at < 0 || at.saturating_add(i64::from(access.size)) > FLOW_KEYS_SIZE {
            return Err(self.reject(MemoryReject::FlowKeys {
                off: at,
                len: access.size,
            }));
        }
        self.load_unknown(access.operand);
        Ok(())
    }
}
