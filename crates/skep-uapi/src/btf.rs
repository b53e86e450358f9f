//! The wire form of BTF and BTF.ext: constants, headers, records.

mod header;
mod records;
mod types;

pub use header::{BtfExtHeader, BtfExtInfoSec, BtfHeader};
pub use records::{CoreRelo, FuncInfo, LineInfo};
pub use types::{BtfArray, BtfEnum, BtfEnum64, BtfMember, BtfParam, BtfType, BtfVarSecinfo};

/// First two bytes of BTF and BTF.ext.
pub const BTF_MAGIC: u16 = 0xeb9f;
/// The only version.
pub const BTF_VERSION: u8 = 1;

macro_rules! wire_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $raw:literal, $text:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u32)]
        pub enum $name {
            $($(#[$vdoc])* $variant = $raw,)*
        }

        impl $name {
            /// The value of this number, if there is one.
            pub const fn from_raw(raw: u32) -> Option<Self> {
                match raw {
                    $($raw => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// The number.
            pub const fn raw(self) -> u32 {
                self as u32
            }

            /// The name as Linux and libbpf print it.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }
    };
}

wire_enum! {
    /// Kind of a BTF type; 0 is no type.
    BtfKind {
        /// Integer.
        Int = 1, "INT";
        /// Pointer.
        Ptr = 2, "PTR";
        /// Array.
        Array = 3, "ARRAY";
        /// Struct.
        Struct = 4, "STRUCT";
        /// Union.
        Union = 5, "UNION";
        /// Enum of at most 32 bits.
        Enum = 6, "ENUM";
        /// Forward declaration.
        Fwd = 7, "FWD";
        /// Typedef.
        Typedef = 8, "TYPEDEF";
        /// `volatile`.
        Volatile = 9, "VOLATILE";
        /// `const`.
        Const = 10, "CONST";
        /// `restrict`.
        Restrict = 11, "RESTRICT";
        /// Function.
        Func = 12, "FUNC";
        /// Prototype.
        FuncProto = 13, "FUNC_PROTO";
        /// Variable.
        Var = 14, "VAR";
        /// Section of variables.
        Datasec = 15, "DATASEC";
        /// Floating point.
        Float = 16, "FLOAT";
        /// Tag of a declaration.
        DeclTag = 17, "DECL_TAG";
        /// Tag of a type.
        TypeTag = 18, "TYPE_TAG";
        /// Enum of 64 bits.
        Enum64 = 19, "ENUM64";
    }
}

wire_enum! {
    /// What a CO-RE record asks for.
    CoreReloKind {
        /// Byte offset of a field.
        FieldByteOffset = 0, "byte_off";
        /// Bytes of a field.
        FieldByteSize = 1, "byte_sz";
        /// Whether a field exists.
        FieldExists = 2, "field_exists";
        /// Whether a field is signed.
        FieldSigned = 3, "signed";
        /// Left shift that brings a bit field to the top.
        FieldLshiftU64 = 4, "lshift_u64";
        /// Right shift that brings it down again.
        FieldRshiftU64 = 5, "rshift_u64";
        /// Local type id.
        TypeIdLocal = 6, "local_type_id";
        /// Kernel type id.
        TypeIdTarget = 7, "target_type_id";
        /// Whether a type exists.
        TypeExists = 8, "type_exists";
        /// Bytes of a type.
        TypeSize = 9, "type_size";
        /// Whether an enumerator exists.
        EnumvalExists = 10, "enumval_exists";
        /// Value of an enumerator.
        EnumvalValue = 11, "enumval_value";
        /// Whether a type matches in shape.
        TypeMatches = 12, "type_matches";
    }
}

wire_enum! {
    /// Linkage of a FUNC (in `vlen`) or VAR.
    BtfLinkage {
        /// Static.
        Static = 0, "static";
        /// Global.
        Global = 1, "global";
        /// Extern.
        Extern = 2, "extern";
    }
}

/// Encoding bit of INT (bits 24-27 of its word): signed.
pub const BTF_INT_SIGNED: u32 = 1;
/// Encoding bit of INT: character.
pub const BTF_INT_CHAR: u32 = 2;
/// Encoding bit of INT: boolean.
pub const BTF_INT_BOOL: u32 = 4;
