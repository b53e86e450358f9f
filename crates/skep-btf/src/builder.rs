//! [`BtfBuilder`]: writes BTF, for tests and for crates that need a few types.

use alloc::vec::Vec;

use hashbrown::HashMap;
use skep_uapi::btf::{
    BTF_INT_BOOL, BTF_INT_CHAR, BTF_INT_SIGNED, BTF_MAGIC, BTF_VERSION, BtfArray, BtfEnum,
    BtfEnum64, BtfHeader, BtfKind, BtfLinkage, BtfMember, BtfParam, BtfType, BtfVarSecinfo,
};
use zerocopy::{Immutable, IntoBytes};

use crate::id::BtfTypeId;
use crate::types::{DatasecEntry, IntEncoding};

/// Types and strings being written; each method that adds a type gives its id.
#[derive(Clone, Debug)]
pub struct BtfBuilder {
    strings: Vec<u8>,
    offsets: HashMap<Vec<u8>, u32>,
    types: Vec<u8>,
    count: u32,
}

/// A member to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberSpec<'a> {
    /// Name; empty for an anonymous member.
    pub name: &'a str,
    /// Type.
    pub ty: BtfTypeId,
    /// Bits from the start of the struct.
    pub bit_offset: u32,
    /// Width of a bit field.
    pub bitfield_bits: Option<u8>,
}

impl<'a> MemberSpec<'a> {
    /// An ordinary member at a byte offset.
    pub fn at(name: &'a str, ty: BtfTypeId, byte_offset: u32) -> Self {
        Self {
            name,
            ty,
            bit_offset: byte_offset.saturating_mul(8),
            bitfield_bits: None,
        }
    }
}

impl Default for BtfBuilder {
    fn default() -> Self {
        Self {
            strings: alloc::vec![0],
            offsets: HashMap::new(),
            types: Vec::new(),
            count: 0,
        }
    }
}

impl BtfBuilder {
    /// Nothing but the empty string.
    pub fn new() -> Self {
        Self::default()
    }

    /// The offset of a string, added if it is new.
    pub fn string(&mut self, text: &str) -> u32 {
        if text.is_empty() {
            return 0;
        }
        if let Some(&offset) = self.offsets.get(text.as_bytes()) {
            return offset;
        }
        let offset = self.strings.len() as u32;
        self.strings.extend_from_slice(text.as_bytes());
        self.strings.push(0);
        self.offsets.insert(text.as_bytes().to_vec(), offset);
        offset
    }

    /// The id the next type gets, for types that refer to later ones.
    pub fn next_id(&self) -> BtfTypeId {
        BtfTypeId(self.count.saturating_add(1))
    }

    fn head(&mut self, kind: BtfKind, name: &str, vlen: usize, flag: bool, word: u32) -> BtfTypeId {
        let id = self.next_id();
        self.count = id.0;
        let name_off = self.string(name);
        let info = (vlen as u32 & 0xffff) | (kind.raw() << 24) | (u32::from(flag) << 31);
        self.append(&BtfType {
            name_off,
            info,
            size_or_type: word,
        });
        id
    }

    fn append<T: IntoBytes + Immutable>(&mut self, part: &T) {
        self.types.extend_from_slice(part.as_bytes());
    }

    /// INT.
    pub fn int(&mut self, name: &str, size: u32, encoding: IntEncoding) -> BtfTypeId {
        let bits = match encoding {
            IntEncoding::Unsigned => 0,
            IntEncoding::Signed => BTF_INT_SIGNED,
            IntEncoding::Char => BTF_INT_CHAR,
            IntEncoding::Bool => BTF_INT_BOOL,
        };
        let id = self.head(BtfKind::Int, name, 0, false, size);
        self.append(&((bits << 24) | (size.saturating_mul(8) & 0xff)));
        id
    }

    /// FLOAT.
    pub fn float(&mut self, name: &str, size: u32) -> BtfTypeId {
        self.head(BtfKind::Float, name, 0, false, size)
    }

    /// PTR.
    pub fn ptr(&mut self, target: BtfTypeId) -> BtfTypeId {
        self.head(BtfKind::Ptr, "", 0, false, target.0)
    }

    /// CONST, VOLATILE or RESTRICT, and what else is a kind and a target.
    pub fn qualifier(&mut self, kind: BtfKind, target: BtfTypeId) -> BtfTypeId {
        self.head(kind, "", 0, false, target.0)
    }

    /// TYPEDEF.
    pub fn typedef(&mut self, name: &str, target: BtfTypeId) -> BtfTypeId {
        self.head(BtfKind::Typedef, name, 0, false, target.0)
    }

    /// TYPE_TAG.
    pub fn type_tag(&mut self, tag: &str, target: BtfTypeId) -> BtfTypeId {
        self.head(BtfKind::TypeTag, tag, 0, false, target.0)
    }

    /// DECL_TAG; `component` is the index of a member or parameter.
    pub fn decl_tag(&mut self, tag: &str, target: BtfTypeId, component: Option<u32>) -> BtfTypeId {
        let id = self.head(BtfKind::DeclTag, tag, 0, false, target.0);
        self.append(&component.unwrap_or(u32::MAX));
        id
    }

    /// ARRAY.
    pub fn array(&mut self, element: BtfTypeId, index: BtfTypeId, len: u32) -> BtfTypeId {
        let id = self.head(BtfKind::Array, "", 0, false, 0);
        self.append(&BtfArray {
            elem_type: element.0,
            index_type: index.0,
            nelems: len,
        });
        id
    }

    /// STRUCT.
    pub fn structure(&mut self, name: &str, size: u32, members: &[MemberSpec<'_>]) -> BtfTypeId {
        self.composite(BtfKind::Struct, name, size, members)
    }

    /// UNION.
    pub fn union(&mut self, name: &str, size: u32, members: &[MemberSpec<'_>]) -> BtfTypeId {
        self.composite(BtfKind::Union, name, size, members)
    }

    fn composite(
        &mut self,
        kind: BtfKind,
        name: &str,
        size: u32,
        members: &[MemberSpec<'_>],
    ) -> BtfTypeId {
        let bitfields = members.iter().any(|member| member.bitfield_bits.is_some());
        let id = self.head(kind, name, members.len(), bitfields, size);
        for member in members {
            let name_off = self.string(member.name);
            let width = u32::from(member.bitfield_bits.unwrap_or(0)) << 24;
            self.append(&BtfMember {
                name_off,
                type_id: member.ty.0,
                offset: member.bit_offset | width,
            });
        }
        id
    }

    /// ENUM of signed values.
    pub fn enumeration(&mut self, name: &str, size: u32, values: &[(&str, i32)]) -> BtfTypeId {
        let id = self.head(BtfKind::Enum, name, values.len(), true, size);
        for &(name, value) in values {
            let name_off = self.string(name);
            self.append(&BtfEnum { name_off, value });
        }
        id
    }

    /// ENUM64 of unsigned values.
    pub fn enumeration64(&mut self, name: &str, values: &[(&str, u64)]) -> BtfTypeId {
        let id = self.head(BtfKind::Enum64, name, values.len(), false, 8);
        for &(name, value) in values {
            let name_off = self.string(name);
            self.append(&BtfEnum64 {
                name_off,
                value_lo32: value as u32,
                value_hi32: (value >> 32) as u32,
            });
        }
        id
    }

    /// FWD of a struct.
    pub fn forward(&mut self, name: &str) -> BtfTypeId {
        self.head(BtfKind::Fwd, name, 0, false, 0)
    }

    /// FUNC_PROTO; a last parameter without name and type is `...`.
    pub fn func_proto(&mut self, returns: BtfTypeId, params: &[(&str, BtfTypeId)]) -> BtfTypeId {
        let id = self.head(BtfKind::FuncProto, "", params.len(), false, returns.0);
        for &(name, ty) in params {
            let name_off = self.string(name);
            self.append(&BtfParam {
                name_off,
                type_id: ty.0,
            });
        }
        id
    }

    /// FUNC.
    pub fn func(&mut self, name: &str, proto: BtfTypeId, linkage: BtfLinkage) -> BtfTypeId {
        self.head(BtfKind::Func, name, linkage.raw() as usize, false, proto.0)
    }

    /// VAR.
    pub fn var(&mut self, name: &str, ty: BtfTypeId, linkage: BtfLinkage) -> BtfTypeId {
        let id = self.head(BtfKind::Var, name, 0, false, ty.0);
        self.append(&linkage.raw());
        id
    }

    /// DATASEC.
    pub fn datasec(&mut self, name: &str, size: u32, entries: &[DatasecEntry]) -> BtfTypeId {
        let id = self.head(BtfKind::Datasec, name, entries.len(), false, size);
        for entry in entries {
            self.append(&BtfVarSecinfo {
                type_id: entry.var.0,
                offset: entry.offset,
                size: entry.size,
            });
        }
        id
    }

    /// The blob.
    pub fn finish(&self) -> Vec<u8> {
        let header = BtfHeader {
            magic: BTF_MAGIC,
            version: BTF_VERSION,
            flags: 0,
            hdr_len: size_of::<BtfHeader>() as u32,
            type_off: 0,
            type_len: self.types.len() as u32,
            str_off: self.types.len() as u32,
            str_len: self.strings.len() as u32,
        };
        let mut raw = header.as_bytes().to_vec();
        raw.extend_from_slice(&self.types);
        raw.extend_from_slice(&self.strings);
        raw
    }
}
