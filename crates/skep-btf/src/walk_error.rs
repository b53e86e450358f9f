//! [`WalkError`]: why a load through a BTF pointer is refused, with the verifier's message.

use alloc::format;
use alloc::string::String;

use skep_uapi::Errno;

use crate::btf::Btf;
use crate::id::BtfTypeId;
use crate::types::Type;

/// Why an access is refused; ids are of the struct the walk had reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WalkError {
    /// Not a struct.
    NotStruct(BtfTypeId),
    /// Past the end.
    BeyondStruct {
        /// The struct.
        structure: BtfTypeId,
        /// Offset in it.
        offset: u32,
        /// Bytes.
        size: u32,
    },
    /// Part of a pointer, or more than one.
    PartOfPointer {
        /// The struct.
        structure: BtfTypeId,
        /// Index of the member.
        member: u32,
        /// Where the pointer begins.
        member_offset: u32,
        /// Offset in the struct.
        offset: u32,
        /// Bytes.
        size: u32,
    },
    /// Past the end of a member.
    BeyondMember {
        /// The struct.
        structure: BtfTypeId,
        /// Index of the member.
        member: u32,
        /// Where the member ends.
        member_end: u32,
        /// Offset in the struct.
        offset: u32,
        /// Bytes.
        size: u32,
    },
    /// A hole.
    NoField {
        /// The struct.
        structure: BtfTypeId,
        /// Offset in it.
        offset: u32,
    },
    /// A member of no known size.
    Unsized {
        /// The struct.
        structure: BtfTypeId,
        /// Index of the member.
        member: u32,
    },
}

impl WalkError {
    /// The errno the verifier gives.
    pub fn errno(&self) -> Errno {
        match self {
            Self::NotStruct(_) | Self::NoField { .. } => Errno::EINVAL,
            Self::BeyondStruct { .. } | Self::PartOfPointer { .. } | Self::BeyondMember { .. } => {
                Errno::EACCES
            }
            Self::Unsized { .. } => Errno::EFAULT,
        }
    }

    /// The verifier's message, without newline.
    pub fn message(&self, btf: &Btf) -> String {
        let name = |id: BtfTypeId| match btf.name(id) {
            "" => "<anon>",
            name => name,
        };
        let member_name = |id: BtfTypeId, index: u32| {
            let composite = btf.type_by_id(id).as_ref().and_then(Type::as_composite);
            composite
                .and_then(|it| it.member(index))
                .map_or("", |member| member.name())
        };
        match *self {
            Self::NotStruct(id) => format!("Type '{}' is not a struct", name(id)),
            Self::BeyondStruct {
                structure,
                offset,
                size,
            } => {
                format!(
                    "access beyond struct {} at off {offset} size {size}",
                    name(structure)
                )
            }
            Self::PartOfPointer {
                structure,
                member,
                member_offset,
                offset,
                size,
            } => format!(
                "cannot access ptr member {} with moff {member_offset} in struct {} with off {offset} size {size}",
                member_name(structure, member),
                name(structure)
            ),
            Self::BeyondMember {
                structure,
                member,
                member_end,
                offset,
                size,
            } => format!(
                "access beyond the end of member {} (mend:{member_end}) in struct {} with off {offset} size {size}",
                member_name(structure, member),
                name(structure)
            ),
            Self::NoField { structure, offset } => {
                format!(
                    "struct {} doesn't have field at offset {offset}",
                    name(structure)
                )
            }
            Self::Unsized { structure, member } => {
                format!("field {} doesn't have size", member_name(structure, member))
            }
        }
    }
}
