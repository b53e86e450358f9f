//! The objects of a session: maps, programs, BTF, links. Each has an id, two counts, and knows how its memory ends.

mod btf;
mod code;
pub(crate) mod kernel_struct;
mod link;
pub(crate) mod listing;
mod map;
mod name;
mod prog;

pub use btf::{BtfObject, BtfOwner};
pub use link::{IterOnly, Link, LinkKind, TracingTarget};
pub use map::{InnerMap, MapBtf, MapObject};
pub use name::ObjectName;
pub(crate) use prog::ProgParts;
pub use prog::{Prog, ProgStats, TailCallee};
