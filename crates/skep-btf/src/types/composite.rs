//! Views of STRUCT and UNION and their members.

use skep_uapi::btf::{BtfKind, BtfMember};

use super::{View, view};
use crate::btf::{Btf, text};
use crate::id::BtfTypeId;

/// A STRUCT or UNION.
#[derive(Clone, Copy, Debug)]
pub struct Composite<'a>(pub(crate) View<'a>);
view!(Composite);

impl<'a> Composite<'a> {
    /// Bytes.
    pub fn size(&self) -> u32 {
        self.0.record.head.size_or_type
    }

    /// Whether this is a UNION.
    pub fn is_union(&self) -> bool {
        self.0.record.kind() == BtfKind::Union
    }

    /// Number of members.
    pub fn member_count(&self) -> u32 {
        self.0.record.vlen()
    }

    /// Members in declared order.
    pub fn members(&self) -> impl ExactSizeIterator<Item = Member<'a>> + Clone + use<'a> {
        let (btf, bitfields) = (self.0.btf, self.0.record.kind_flag());
        self.0
            .record
            .items::<BtfMember>()
            .map(move |raw| Member::new(btf, raw, bitfields))
    }

    /// The member at an index.
    pub fn member(&self, index: u32) -> Option<Member<'a>> {
        let raw = self.0.record.item::<BtfMember>(index)?;
        Some(Member::new(self.0.btf, raw, self.0.record.kind_flag()))
    }

    /// The first member of this name (not looking into anonymous members).
    pub fn member_by_name(&self, name: &str) -> Option<Member<'a>> {
        self.members()
            .find(|member| member.name_bytes() == name.as_bytes())
    }
}

/// One member of a struct or union.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    btf: &'a Btf,
    name_off: u32,
    type_id: BtfTypeId,
    bit_offset: u32,
    bitfield_bits: u32,
}

impl<'a> Member<'a> {
    pub(crate) fn new(btf: &'a Btf, raw: BtfMember, has_bitfields: bool) -> Self {
        let (bit_offset, bitfield_bits) = split_offset(raw.offset, has_bitfields);
        Self {
            btf,
            name_off: raw.name_off,
            type_id: BtfTypeId(raw.type_id),
            bit_offset,
            bitfield_bits,
        }
    }

    /// Name; empty for an anonymous member.
    pub fn name(&self) -> &'a str {
        text(self.name_bytes())
    }

    /// Name as bytes.
    pub fn name_bytes(&self) -> &'a [u8] {
        self.btf.string(self.name_off).unwrap_or_default()
    }

    /// Declared type.
    pub fn type_id(&self) -> BtfTypeId {
        self.type_id
    }

    /// Bits from the start of the struct.
    pub fn bit_offset(&self) -> u32 {
        self.bit_offset
    }

    /// Bytes from the start of the struct, rounded down for bit fields.
    pub fn byte_offset(&self) -> u32 {
        self.bit_offset / 8
    }

    /// Width of a bit field; `None` for an ordinary member.
    pub fn bitfield_bits(&self) -> Option<u32> {
        (self.bitfield_bits != 0).then_some(self.bitfield_bits)
    }
}

/// Bit offset and bit-field width (0: none) of a member's `offset` word.
pub(crate) fn split_offset(raw: u32, has_bitfields: bool) -> (u32, u32) {
    if has_bitfields {
        (raw & 0x00ff_ffff, raw >> 24)
    } else {
        (raw, 0)
    }
}
