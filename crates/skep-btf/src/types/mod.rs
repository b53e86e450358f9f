//! [`Type`]: one type of a [`Btf`], as an enum over its kinds with a view for each.
//!
//! Views borrow the BTF, cost nothing to copy and read the bytes when asked.

mod composite;
mod datasec;
mod enumeration;
mod function;
mod scalar;
mod tag;

pub(crate) use composite::split_offset;
pub use composite::{Composite, Member};
pub use datasec::{Datasec, DatasecEntry, Var};
pub use enumeration::{Enum, EnumValue};
pub use function::{Func, FuncProto, Param};
pub use scalar::{Array, Float, Fwd, Int, IntEncoding, Reference};
pub(crate) use scalar::{int_bits, int_encoding, int_offset};
pub use tag::DeclTag;

use skep_uapi::btf::BtfKind;

use crate::btf::{Btf, text};
use crate::id::BtfTypeId;
use crate::record::Record;

/// A type.
#[derive(Clone, Copy, Debug)]
pub enum Type<'a> {
    /// Id 0.
    Void,
    /// Integer, character or boolean.
    Int(Int<'a>),
    /// Pointer.
    Ptr(Reference<'a>),
    /// Array.
    Array(Array<'a>),
    /// Struct.
    Struct(Composite<'a>),
    /// Union.
    Union(Composite<'a>),
    /// Enum of at most 32 bits a value.
    Enum(Enum<'a>),
    /// Forward declaration.
    Fwd(Fwd<'a>),
    /// Typedef.
    Typedef(Reference<'a>),
    /// `volatile`.
    Volatile(Reference<'a>),
    /// `const`.
    Const(Reference<'a>),
    /// `restrict`.
    Restrict(Reference<'a>),
    /// Function: a name, a linkage and a prototype.
    Func(Func<'a>),
    /// Prototype.
    FuncProto(FuncProto<'a>),
    /// Variable.
    Var(Var<'a>),
    /// Section of variables.
    Datasec(Datasec<'a>),
    /// Floating-point number.
    Float(Float<'a>),
    /// Tag of a declaration (`btf_decl_tag`).
    DeclTag(DeclTag<'a>),
    /// Tag of a type (`btf_type_tag`); its name is the tag.
    TypeTag(Reference<'a>),
    /// Enum of 64 bits a value.
    Enum64(Enum<'a>),
}

/// What every view holds.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) btf: &'a Btf,
    pub(crate) id: BtfTypeId,
    pub(crate) record: Record<'a>,
}

impl<'a> View<'a> {
    pub(crate) fn name_bytes(&self) -> &'a [u8] {
        self.btf
            .string(self.record.head.name_off)
            .unwrap_or_default()
    }
}

impl core::fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(
            f,
            "[{}] {} '{}'",
            self.id,
            self.record.kind().name(),
            text(self.name_bytes())
        )
    }
}

/// Gives a view its constructor and the accessors all views have.
macro_rules! view {
    ($name:ident) => {
        impl<'a> $name<'a> {
            /// Id of this type.
            pub fn id(&self) -> $crate::BtfTypeId {
                self.0.id
            }

            /// Name; empty for an anonymous type.
            pub fn name(&self) -> &'a str {
                $crate::btf::text(self.0.name_bytes())
            }

            /// Name as bytes.
            pub fn name_bytes(&self) -> &'a [u8] {
                self.0.name_bytes()
            }
        }
    };
}
pub(crate) use view;

impl<'a> Type<'a> {
    pub(crate) fn new(btf: &'a Btf, id: BtfTypeId, record: Record<'a>) -> Self {
        let view = View { btf, id, record };
        match record.kind() {
            BtfKind::Int => Self::Int(Int(view)),
            BtfKind::Ptr => Self::Ptr(Reference(view)),
            BtfKind::Array => Self::Array(Array(view)),
            BtfKind::Struct => Self::Struct(Composite(view)),
            BtfKind::Union => Self::Union(Composite(view)),
            BtfKind::Enum => Self::Enum(Enum(view)),
            BtfKind::Fwd => Self::Fwd(Fwd(view)),
            BtfKind::Typedef => Self::Typedef(Reference(view)),
            BtfKind::Volatile => Self::Volatile(Reference(view)),
            BtfKind::Const => Self::Const(Reference(view)),
            BtfKind::Restrict => Self::Restrict(Reference(view)),
            BtfKind::Func => Self::Func(Func(view)),
            BtfKind::FuncProto => Self::FuncProto(FuncProto(view)),
            BtfKind::Var => Self::Var(Var(view)),
            BtfKind::Datasec => Self::Datasec(Datasec(view)),
            BtfKind::Float => Self::Float(Float(view)),
            BtfKind::DeclTag => Self::DeclTag(DeclTag(view)),
            BtfKind::TypeTag => Self::TypeTag(Reference(view)),
            BtfKind::Enum64 => Self::Enum64(Enum(view)),
        }
    }

    fn view(&self) -> Option<&View<'a>> {
        match self {
            Self::Void => None,
            Self::Int(Int(view))
            | Self::Ptr(Reference(view))
            | Self::Array(Array(view))
            | Self::Struct(Composite(view))
            | Self::Union(Composite(view))
            | Self::Enum(Enum(view))
            | Self::Fwd(Fwd(view))
            | Self::Typedef(Reference(view))
            | Self::Volatile(Reference(view))
            | Self::Const(Reference(view))
            | Self::Restrict(Reference(view))
            | Self::Func(Func(view))
            | Self::FuncProto(FuncProto(view))
            | Self::Var(Var(view))
            | Self::Datasec(Datasec(view))
            | Self::Float(Float(view))
            | Self::DeclTag(DeclTag(view))
            | Self::TypeTag(Reference(view))
            | Self::Enum64(Enum(view)) => Some(view),
        }
    }

    /// Id of this type.
    pub fn id(&self) -> BtfTypeId {
        self.view().map_or(BtfTypeId::VOID, |view| view.id)
    }

    /// The kind; `None` for `void`.
    pub fn kind(&self) -> Option<BtfKind> {
        self.view().map(|view| view.record.kind())
    }

    /// The kind in capitals as the kernel prints it; `UNKNOWN` for `void`.
    pub fn kind_name(&self) -> &'static str {
        self.kind().map_or("UNKNOWN", BtfKind::name)
    }

    /// Name; empty for an anonymous type.
    pub fn name(&self) -> &'a str {
        text(self.name_bytes())
    }

    /// Name as bytes.
    pub fn name_bytes(&self) -> &'a [u8] {
        self.view().map_or(&[], View::name_bytes)
    }

    /// The kind flag: signed enums, union forward declarations, structs with bit fields, attribute tags.
    pub fn kind_flag(&self) -> bool {
        self.view().is_some_and(|view| view.record.kind_flag())
    }

    /// Members, parameters, values or entries; the linkage of a FUNC.
    pub fn vlen(&self) -> u32 {
        self.view().map_or(0, |view| view.record.vlen())
    }

    /// The struct or union this is.
    pub fn as_composite(&self) -> Option<Composite<'a>> {
        match self {
            Self::Struct(composite) | Self::Union(composite) => Some(*composite),
            _ => None,
        }
    }

    /// The enum this is, of either width.
    pub fn as_enum(&self) -> Option<Enum<'a>> {
        match self {
            Self::Enum(enumeration) | Self::Enum64(enumeration) => Some(*enumeration),
            _ => None,
        }
    }

    /// The function this is.
    pub fn as_func(&self) -> Option<Func<'a>> {
        if let Self::Func(func) = self {
            Some(*func)
        } else {
            None
        }
    }

    /// The prototype this is.
    pub fn as_func_proto(&self) -> Option<FuncProto<'a>> {
        if let Self::FuncProto(proto) = self {
            Some(*proto)
        } else {
            None
        }
    }

    /// The pointer this is.
    pub fn as_ptr(&self) -> Option<Reference<'a>> {
        if let Self::Ptr(ptr) = self {
            Some(*ptr)
        } else {
            None
        }
    }

    /// The section this is.
    pub fn as_datasec(&self) -> Option<Datasec<'a>> {
        if let Self::Datasec(datasec) = self {
            Some(*datasec)
        } else {
            None
        }
    }

    /// What a qualifier, TYPEDEF or TYPE_TAG stands before; `None` for other kinds.
    pub fn modified(&self) -> Option<Reference<'a>> {
        match self {
            Self::Typedef(reference)
            | Self::Volatile(reference)
            | Self::Const(reference)
            | Self::Restrict(reference)
            | Self::TypeTag(reference) => Some(*reference),
            _ => None,
        }
    }
}
