//! What OBJ_GET_INFO_BY_FD writes back, one struct per kind of object.

mod btf;
mod link;
mod map;
mod prog;

pub use btf::{BtfInfo, TokenInfo};
pub use link::{IterLinkInfo, LinkInfo, RawTracepointLinkInfo, TracingLinkInfo};
pub use map::MapInfo;
pub use prog::ProgInfo;
