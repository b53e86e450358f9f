//! One access to a context, judged by its table.

use super::{ContextRule, ContextTable, CtxField, FlatRange, Starts};
use crate::{Caps, RegBase, RegType};

/// How memory is touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessKind {
    /// A zero-extending load.
    Read,
    /// A sign-extending load.
    ReadSigned,
    /// A store of a register.
    Write,
    /// A store of an immediate.
    WriteImm,
}

/// What an access that is good means.
#[derive(Clone, Copy, Debug)]
pub struct CtxAccess {
    /// What the register holds after a load.
    pub reg: RegType,
    /// Kernel struct, where that is a BTF pointer.
    pub btf: Option<&'static str>,
    /// The field, where the context has fields.
    pub field: Option<&'static CtxField>,
    /// Bytes of the element the access lies in; more than the access for a narrow load.
    pub full_size: u32,
}

/// Why an access is refused; Linux says "invalid bpf_context access off=%d size=%d" (EACCES) for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// Before, behind or beyond what there is.
    OutOfRange,
    /// The offset is no multiple of the size.
    Misaligned,
    /// The field may not be accessed so.
    NotAllowed,
    /// The field needs a capability the loader lacks.
    Capability,
    /// The context follows BTF ([`ContextRule::BtfArgs`]): the table has no answer.
    FollowsBtf,
}

impl ContextTable {
    /// Judges an access of `size` bytes (1, 2, 4 or 8) at `offset`.
    pub fn access(
        &self,
        offset: i32,
        size: u32,
        kind: AccessKind,
        caps: Caps,
    ) -> Result<CtxAccess, Denied> {
        let Some(size_index) = size_index(size) else {
            return Err(Denied::NotAllowed);
        };
        if self.aligned && offset.rem_euclid(size.cast_signed()) != 0 {
            return Err(Denied::Misaligned);
        }
        match &self.rule {
            ContextRule::BtfArgs(_) => Err(Denied::FollowsBtf),
            ContextRule::Flat(range) => flat_access(range, offset, size, kind),
            ContextRule::Fields(fields) => {
                let offset = u32::try_from(offset).map_err(|_| Denied::OutOfRange)?;
                let field = field_at(fields, offset).ok_or(Denied::OutOfRange)?;
                self.field_access(field, offset, size, size_index, kind, caps)
            }
        }
    }

    /// The field an offset lies in.
    pub fn field_at(&self, offset: u32) -> Option<&'static CtxField> {
        match &self.rule {
            ContextRule::Fields(fields) => field_at(fields, offset),
            ContextRule::Flat(_) | ContextRule::BtfArgs(_) => None,
        }
    }

    fn field_access(
        &self,
        field: &'static CtxField,
        offset: u32,
        size: u32,
        size_index: usize,
        kind: AccessKind,
        caps: Caps,
    ) -> Result<CtxAccess, Denied> {
        let (starts, cap) = match kind {
            AccessKind::Read | AccessKind::ReadSigned => (&field.read, field.read_cap),
            AccessKind::Write | AccessKind::WriteImm => (&field.write, field.write_cap),
        };
        if !starts
            .get(size_index)
            .copied()
            .unwrap_or(Starts::NONE)
            .allow(field, offset, size)
        {
            return Err(Denied::NotAllowed);
        }
        if kind == AccessKind::ReadSigned && self.is_32_bit_packet_pointer(field) {
            return Err(Denied::NotAllowed);
        }
        if !caps.grant(cap.caps()) {
            return Err(Denied::Capability);
        }
        Ok(CtxAccess {
            reg: field.reg,
            btf: field.btf,
            field: Some(field),
            full_size: u32::from(field.elem_size),
        })
    }

    /// Packet pointers that stand in 32-bit fields cannot be loaded with sign extension; those of 64 bits have no such load.
    fn is_32_bit_packet_pointer(&self, field: &CtxField) -> bool {
        let packet = matches!(
            field.reg.base,
            RegBase::PtrToPacket | RegBase::PtrToPacketMeta | RegBase::PtrToPacketEnd
        );
        packet && field.size == 4
    }
}

/// 1, 2, 4, 8 to 0, 1, 2, 3.
const fn size_index(size: u32) -> Option<usize> {
    match size {
        1 => Some(0),
        2 => Some(1),
        4 => Some(2),
        8 => Some(3),
        _ => None,
    }
}

fn field_at(fields: &'static [CtxField], offset: u32) -> Option<&'static CtxField> {
    let after = fields.partition_point(|field| u32::from(field.offset) <= offset);
    let field = fields.get(after.checked_sub(1)?)?;
    (offset < u32::from(field.offset) + u32::from(field.size)).then_some(field)
}

fn flat_access(
    range: &FlatRange,
    offset: i32,
    size: u32,
    kind: AccessKind,
) -> Result<CtxAccess, Denied> {
    let inside = (range.min..range.end).contains(&offset) || (range.negative_passes && offset < 0);
    if !inside {
        return Err(Denied::OutOfRange);
    }
    if range.only_size.is_some_and(|only| only != size) {
        return Err(Denied::NotAllowed);
    }
    let mut reg = RegType::SCALAR;
    if range.tp_buffer_at_0 && offset == 0 {
        if size != 8 {
            return Err(Denied::NotAllowed);
        }
        reg = RegType::plain(RegBase::PtrToTpBuffer);
    }
    match kind {
        AccessKind::Read | AccessKind::ReadSigned => {}
        AccessKind::Write | AccessKind::WriteImm if range.writable => {}
        AccessKind::Write | AccessKind::WriteImm => return Err(Denied::NotAllowed),
    }
    Ok(CtxAccess {
        reg,
        btf: None,
        field: None,
        full_size: size,
    })
}
