//! From a `.bpf.o` made by clang to load requests for our own commands.
//!
//! [`Object::open`] reads the ELF file and does everything that needs no kernel object: maps become [`MapSpec`]s, programs
//! [`ProgramSpec`]s whose subprograms are appended, whose types are relocated (CO-RE) against the kernel of the [`Target`], and
//! whose map references are indices into [`Object::maps`]. [`Object::load`] creates the maps, fills and freezes them, and
//! loads programs in a session. The rules (section names, layout, numbers of poisoned calls) are libbpf 1.7's, so a
//! program has the same instructions here and there.
//!
//! ```text
//! bytes -> elf -> types (BTF made ready) -> externs, maps, functions -> references -> CO-RE -> link -> Object -> load
//! ```
//!
//! What this crate is not: it attaches nothing, and it does not verify.

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

mod config_value;
mod core_relo;
mod elf;
mod error;
mod externs;
mod function;
mod kconfig;
mod link;
mod load;
mod map;
mod map_data;
mod map_def;
mod object;
mod program;
mod reference;
mod section_name;
mod struct_ops;
mod target;
mod type_image;
mod types;

pub use error::OpenError;
pub use kconfig::Kconfig;
pub use load::{
    LoadOptions, Loaded, LoadedProgram, Logging, MapFailure, MapStep, ProgramOutcome, Selection,
};
pub use map::{Contents, MapSpec, Pinning, Slot};
pub use object::{Broken, Object};
pub use program::{AttachBtf, Autoload, ProgramSpec};
pub use section_name::{SectionRule, section_rule};
pub use target::{MissingExterns, SymbolAddress, Target};
