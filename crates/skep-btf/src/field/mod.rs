//! Special fields: parts of map values and program structs that Linux manages itself (`btf_record`).
//!
//! [`FieldRecord::parse`] finds and checks them in one type; `Btf::load` does so for every struct of a program
//! ([`crate::Btf::struct_record`]); [`MapRecord`] is what a map makes of its value type.

mod find;
mod kernel_types;
mod kind;
mod map_record;
mod record;
mod structs;

pub use kernel_types::{KernelTypes, NoKernelTypes, VmlinuxTypes};
pub use kind::{FieldKind, FieldSet, KptrMode};
pub use map_record::MapRecord;
pub use record::{Field, FieldRecord, FieldType, GraphRoot, ObjectType, Origin, TypeRef};
pub(crate) use structs::StructRecords;
