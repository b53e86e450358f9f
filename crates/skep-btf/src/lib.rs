//! BTF and BTF.ext: parse, validate, write, walk; field records; CO-RE matching.
//!
//! Start at [`Btf`]: one immutable blob of types, shared by `Arc<Btf>`. [`Btf::load`] takes bytes as `BPF_BTF_LOAD` does
//! (same errno; [`load_log`] writes the same log); [`Btf::parse`] trusts more and is for kernel BTF and ELF objects.
//! [`Type`] is the view of one type, [`FieldRecord`] the special fields of a struct (spin locks, kptrs, ...),
//! [`BtfExt`] the per-instruction records of an object, [`core_relo`] CO-RE, [`BtfBuilder`] writes, [`Value`] decodes bytes.
//!
//! Invariants: a `Btf` never changes; every guest-controlled number is checked where it is used, so a `Btf` that was only
//! parsed (not loaded) gives wrong answers at worst, never a panic or an endless loop.
//! What this crate is not: it knows no fd, no map and no program.
#![no_std]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

extern crate alloc;

mod btf;
mod builder;
mod check;
pub mod core_relo;
mod ext;
mod field;
mod header;
mod id;
mod log;
mod names;
mod record;
mod resolve;
mod tags;
mod types;
mod value;
mod walk;
mod walk_error;

pub use btf::Btf;
pub use builder::{BtfBuilder, MemberSpec};
pub use check::{LoadError, Message, Place, Problem};
pub use ext::{BtfExt, ExtError, ExtSection};
pub use field::{
    Field, FieldKind, FieldRecord, FieldSet, FieldType, GraphRoot, KernelTypes, KptrMode,
    MapRecord, NoKernelTypes, ObjectType, Origin, TypeRef, VmlinuxTypes,
};
pub use header::HeaderError;
pub use id::{BtfIdentity, BtfTypeId};
pub use log::load_log;
pub use skep_uapi::btf::{BtfKind, BtfLinkage, CoreReloKind};
pub use tags::ManyTags;
pub use types::{
    Array, Composite, Datasec, DatasecEntry, DeclTag, Enum, EnumValue, Float, Func, FuncProto, Fwd,
    Int, IntEncoding, Member, Param, Reference, Type, Var,
};
pub use value::Value;
pub use walk::{Access, PointerTags};
pub use walk_error::WalkError;

pub use names::essential as essential_name;
