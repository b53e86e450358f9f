//! Views of the kinds without parts: INT, FLOAT, FWD, ARRAY, and the kinds that refer to one other type.

use skep_uapi::btf::{BTF_INT_BOOL, BTF_INT_CHAR, BTF_INT_SIGNED};

use super::{View, view};
use crate::id::BtfTypeId;

/// An INT.
#[derive(Clone, Copy, Debug)]
pub struct Int<'a>(pub(crate) View<'a>);
view!(Int);

/// How the bits of an INT read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntEncoding {
    /// An unsigned number.
    Unsigned,
    /// A two's complement number.
    Signed,
    /// A character.
    Char,
    /// A boolean.
    Bool,
}

impl Int<'_> {
    /// Bytes.
    pub fn size(&self) -> u32 {
        self.0.record.head.size_or_type
    }

    /// Bits that hold the value.
    pub fn bits(&self) -> u32 {
        int_bits(self.0.record.word())
    }

    /// First of them, counted from the start of the type.
    pub fn bit_offset(&self) -> u32 {
        int_offset(self.0.record.word())
    }

    /// The encoding bits as they are.
    pub fn raw_encoding(&self) -> u32 {
        int_encoding(self.0.record.word())
    }

    /// How the bits read.
    pub fn encoding(&self) -> IntEncoding {
        let bits = self.raw_encoding();
        if bits & BTF_INT_BOOL != 0 {
            IntEncoding::Bool
        } else if bits & BTF_INT_CHAR != 0 {
            IntEncoding::Char
        } else if bits & BTF_INT_SIGNED != 0 {
            IntEncoding::Signed
        } else {
            IntEncoding::Unsigned
        }
    }

    /// Whether the SIGNED bit is set.
    pub fn is_signed(&self) -> bool {
        self.raw_encoding() & BTF_INT_SIGNED != 0
    }
}

pub(crate) fn int_bits(word: u32) -> u32 {
    word & 0xff
}

pub(crate) fn int_offset(word: u32) -> u32 {
    (word >> 16) & 0xff
}

pub(crate) fn int_encoding(word: u32) -> u32 {
    (word >> 24) & 0xf
}

/// A FLOAT.
#[derive(Clone, Copy, Debug)]
pub struct Float<'a>(pub(crate) View<'a>);
view!(Float);

impl Float<'_> {
    /// Bytes.
    pub fn size(&self) -> u32 {
        self.0.record.head.size_or_type
    }
}

/// A FWD.
#[derive(Clone, Copy, Debug)]
pub struct Fwd<'a>(pub(crate) View<'a>);
view!(Fwd);

impl Fwd<'_> {
    /// Whether a union is declared, not a struct.
    pub fn is_union(&self) -> bool {
        self.0.record.kind_flag()
    }
}

/// A PTR, TYPEDEF, VOLATILE, CONST, RESTRICT or TYPE_TAG.
#[derive(Clone, Copy, Debug)]
pub struct Reference<'a>(pub(crate) View<'a>);
view!(Reference);

impl Reference<'_> {
    /// What it refers to.
    pub fn target(&self) -> BtfTypeId {
        BtfTypeId(self.0.record.head.size_or_type)
    }

    /// For a TYPE_TAG: whether it is any attribute, not a `btf_type_tag`.
    pub fn is_attribute(&self) -> bool {
        self.0.record.kind_flag()
    }
}

/// An ARRAY.
#[derive(Clone, Copy, Debug)]
pub struct Array<'a>(pub(crate) View<'a>);
view!(Array);

impl Array<'_> {
    /// Type of an element.
    pub fn element(&self) -> BtfTypeId {
        BtfTypeId(self.0.record.array().elem_type)
    }

    /// Type of the index.
    pub fn index(&self) -> BtfTypeId {
        BtfTypeId(self.0.record.array().index_type)
    }

    /// Elements.
    pub fn len(&self) -> u32 {
        self.0.record.array().nelems
    }

    /// Whether it is declared without elements (`[0]`, `[]`).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
