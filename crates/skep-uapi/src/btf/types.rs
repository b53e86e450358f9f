//! Records of the BTF type section.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// `btf_type`: head of every type.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct BtfType {
    /// Name.
    pub name_off: u32,
    /// Bits 0-15 vlen, 24-28 kind, 31 kind flag.
    pub info: u32,
    /// Bytes of the type, or the type it refers to.
    pub size_or_type: u32,
}

const _: () = {
    assert!(size_of::<BtfType>() == 12);
    assert!(offset_of!(BtfType, info) == 4);
    assert!(offset_of!(BtfType, size_or_type) == 8);
};

/// `btf_array`, after an ARRAY.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct BtfArray {
    /// Type of an element.
    pub elem_type: u32,
    /// Type of the index.
    pub index_type: u32,
    /// Elements.
    pub nelems: u32,
}

const _: () = {
    assert!(size_of::<BtfArray>() == 12);
    assert!(offset_of!(BtfArray, index_type) == 4);
    assert!(offset_of!(BtfArray, nelems) == 8);
};

/// `btf_member`, after a STRUCT or UNION.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct BtfMember {
    /// Name.
    pub name_off: u32,
    /// Type.
    pub type_id: u32,
    /// Bits; with the kind flag bits 0-23 offset and 24-31 width.
    pub offset: u32,
}

const _: () = {
    assert!(size_of::<BtfMember>() == 12);
    assert!(offset_of!(BtfMember, type_id) == 4);
    assert!(offset_of!(BtfMember, offset) == 8);
};

/// `btf_param`, after a FUNC_PROTO.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct BtfParam {
    /// Name.
    pub name_off: u32,
    /// Type; a last one of 0 is `...`.
    pub type_id: u32,
}

const _: () = {
    assert!(size_of::<BtfParam>() == 8);
    assert!(offset_of!(BtfParam, type_id) == 4);
};

/// `btf_var_secinfo`, after a DATASEC.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct BtfVarSecinfo {
    /// The VAR.
    pub type_id: u32,
    /// Bytes into the section.
    pub offset: u32,
    /// Bytes.
    pub size: u32,
}

const _: () = {
    assert!(size_of::<BtfVarSecinfo>() == 12);
    assert!(offset_of!(BtfVarSecinfo, offset) == 4);
    assert!(offset_of!(BtfVarSecinfo, size) == 8);
};

/// `btf_enum`, after an ENUM.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct BtfEnum {
    /// Name.
    pub name_off: u32,
    /// Value.
    pub value: i32,
}

const _: () = {
    assert!(size_of::<BtfEnum>() == 8);
    assert!(offset_of!(BtfEnum, value) == 4);
};

/// `btf_enum64`, after an ENUM64.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct BtfEnum64 {
    /// Name.
    pub name_off: u32,
    /// Low half.
    pub value_lo32: u32,
    /// High half.
    pub value_hi32: u32,
}

const _: () = {
    assert!(size_of::<BtfEnum64>() == 12);
    assert!(offset_of!(BtfEnum64, value_lo32) == 4);
    assert!(offset_of!(BtfEnum64, value_hi32) == 8);
};
