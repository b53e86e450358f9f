//! [`CoreError`]: why a relocation fails the load.

use core::fmt;

use skep_uapi::Errno;

use crate::id::BtfTypeId;

/// Why a relocation cannot be done at all (as opposed to: its target does not exist).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoreError {
    /// The record names a kind that does not exist.
    UnknownKind(u32),
    /// The record names a type that does not exist.
    UnknownType(BtfTypeId),
    /// The access string does not fit the local type.
    AccessString,
    /// The access path has too many steps.
    TooDeep,
    /// The local type has no name to look for.
    Anonymous(BtfTypeId),
    /// Two candidates give different answers.
    Ambiguous {
        /// One of them.
        first: BtfTypeId,
        /// The other.
        second: BtfTypeId,
    },
    /// A question that has no answer for an array element.
    ArrayElement,
    /// A bit field that no load of 8 bytes covers.
    WideBitfield,
    /// A type without size.
    Unsized(BtfTypeId),
    /// Types too tangled to compare.
    TooComplex,
    /// The instruction is none that can be relocated.
    Instruction(u8),
    /// The instruction does not hold what the compiler should have put there.
    Unexpected {
        /// What it holds.
        found: i64,
        /// What was expected.
        expected: u64,
    },
    /// The new offset does not fit 16 bits.
    OffsetRange(u64),
    /// The instruction accesses another size than the field's.
    AccessSize {
        /// Bytes it accesses.
        found: u32,
        /// Bytes of the local field.
        expected: u32,
    },
    /// No instruction accesses that many bytes.
    NoAccessOf(u32),
}

impl CoreError {
    /// The errno libbpf and the kernel give.
    pub fn errno(&self) -> Errno {
        match self {
            Self::Anonymous(_) | Self::UnknownKind(_) => Errno::EOPNOTSUPP,
            Self::TooDeep | Self::WideBitfield => Errno::E2BIG,
            Self::OffsetRange(_) => Errno::ERANGE,
            Self::UnknownType(_)
            | Self::AccessString
            | Self::Ambiguous { .. }
            | Self::ArrayElement
            | Self::Unsized(_)
            | Self::TooComplex
            | Self::Instruction(_)
            | Self::Unexpected { .. }
            | Self::AccessSize { .. }
            | Self::NoAccessOf(_) => Errno::EINVAL,
        }
    }
}

impl fmt::Display for CoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKind(kind) => write!(f, "unknown CO-RE relocation kind {kind}"),
            Self::UnknownType(id) => write!(f, "no local type {id}"),
            Self::AccessString => f.write_str("the access string does not fit the local type"),
            Self::TooDeep => f.write_str("the access path has too many steps"),
            Self::Anonymous(id) => write!(f, "local type {id} has no name"),
            Self::Ambiguous { first, second } => {
                write!(f, "candidates {first} and {second} disagree")
            }
            Self::ArrayElement => f.write_str("array elements have an offset and a size only"),
            Self::WideBitfield => f.write_str("the bit field crosses more than 8 bytes"),
            Self::Unsized(id) => write!(f, "type {id} has no size"),
            Self::TooComplex => f.write_str("the types are too tangled to compare"),
            Self::Instruction(code) => write!(f, "instruction {code:#04x} cannot be relocated"),
            Self::Unexpected { found, expected } => {
                write!(f, "the instruction holds {found}, expected {expected}")
            }
            Self::OffsetRange(offset) => write!(f, "offset {offset} does not fit an instruction"),
            Self::AccessSize { found, expected } => {
                write!(
                    f,
                    "the instruction accesses {found} bytes of a field of {expected}"
                )
            }
            Self::NoAccessOf(size) => write!(f, "no instruction accesses {size} bytes"),
        }
    }
}

impl core::error::Error for CoreError {}
