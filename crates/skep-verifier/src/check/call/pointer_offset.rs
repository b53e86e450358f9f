//! Where a pointer handed to a call may point: at its object, at a fixed offset in it, or anywhere.

use crate::register::{Pointer, PtrFlags, Register, TargetKind};
use crate::reject::words::HexPair;
use crate::reject::{CallReject, Check};
use crate::verifier::Verifier;

/// What a call does with the object, as far as offsets matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OffsetRule {
    /// Uses it.
    Use,
    /// Gives it away: the pointer must be the one that was acquired.
    Release,
    /// Gives away what the dynptr points to; the dynptr itself may stand anywhere on the stack.
    ReleaseDynptr,
}

/// Whether a constant non-zero offset is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FixedOffset {
    /// If not negative.
    Allowed,
    /// No.
    Refused,
}

impl Verifier<'_> {
    /// The offset rule for register `reg` as an argument.
    pub(crate) fn check_arg_offset(&mut self, reg: u8, rule: OffsetRule) -> Check {
        let register = self.state.reg(reg).clone();
        let pointer = register.pointer();
        if rule != OffsetRule::Use {
            let on_stack =
                pointer.is_some_and(|p| p.kind() == TargetKind::Stack && p.flags.is_empty());
            if rule == OffsetRule::ReleaseDynptr && on_stack {
                return Ok(());
            }
            if pointer.is_some_and(|p| p.off != 0) {
                return Err(self.reject(CallReject::OffsetInRelease { reg }));
            }
            return self.check_pointer_offset(reg, FixedOffset::Refused);
        }
        match &register {
            Register::Scalar(_) => Ok(()),
            Register::Pointer(p) if any_offset(p) => Ok(()),
            Register::Pointer(p) if fixed_offset(p) => {
                self.check_pointer_offset(reg, FixedOffset::Allowed)
            }
            Register::Pointer(_) | Register::Uninit => {
                self.check_pointer_offset(reg, FixedOffset::Refused)
            }
        }
    }

    /// No variable offset, and a fixed one as `fixed` says.
    pub(crate) fn check_pointer_offset(&mut self, reg: u8, fixed: FixedOffset) -> Check {
        let register = self.state.reg(reg);
        let kind = register.type_name();
        let (off, var) = match register {
            Register::Pointer(p) => (p.off, p.var.tnum),
            // What Linux finds in an unreadable register.
            Register::Uninit => (0, crate::scalar::Tnum::UNKNOWN),
            Register::Scalar(s) => (0, s.range.tnum),
        };
        if off < 0 {
            return Err(self.reject(CallReject::NegativeOffset { kind, reg, off }));
        }
        if fixed == FixedOffset::Refused && off != 0 {
            return Err(self.reject(CallReject::ModifiedPointer { kind, reg, off }));
        }
        if !var.is_const() || var.value != 0 {
            return Err(self.reject(CallReject::VariableOffset {
                kind,
                var: HexPair(var),
            }));
        }
        Ok(())
    }
}

/// Memory whose bounds are checked later, with any offset.
fn any_offset(p: &Pointer) -> bool {
    let flags = p.flags;
    match p.kind() {
        TargetKind::Stack
        | TargetKind::Packet
        | TargetKind::PacketMeta
        | TargetKind::MapKey
        | TargetKind::MapValue
        | TargetKind::Arena => flags.is_empty(),
        TargetKind::Mem => {
            flags.is_empty() || flags == PtrFlags::RDONLY || flags == PtrFlags::RINGBUF
        }
        TargetKind::Buf => flags.is_empty() || flags == PtrFlags::RDONLY,
        TargetKind::Ctx
        | TargetKind::Map
        | TargetKind::PacketEnd
        | TargetKind::FlowKeys
        | TargetKind::Socket
        | TargetKind::SockCommon
        | TargetKind::TcpSock
        | TargetKind::XdpSock
        | TargetKind::TpBuffer
        | TargetKind::Btf
        | TargetKind::Func
        | TargetKind::Dynptr => false,
    }
}

/// Objects described by BTF: a fixed offset may lead to an inner struct.
fn fixed_offset(p: &Pointer) -> bool {
    const OBJECT: PtrFlags = PtrFlags::ALLOC;
    const NODE: PtrFlags = PtrFlags::ALLOC.union(PtrFlags::NON_OWN_REF);
    const COUNTED_NODE: PtrFlags = NODE.union(PtrFlags::RCU);
    let good = [
        PtrFlags::empty(),
        OBJECT,
        PtrFlags::TRUSTED,
        PtrFlags::RCU,
        NODE,
        COUNTED_NODE,
    ];
    p.kind() == TargetKind::Btf && good.contains(&p.flags)
}
