//! What crosses bpf(2): commands, attr and info layouts, enums, flags, errno.
//!
//! Facts of Linux 6.18 without logic. Enums and helper numbers are generated from `data/uapi.json`
//! ([`Cmd`], [`MapType`], [`ProgType`], [`AttachType`], [`LinkType`], [`HelperId`]); layouts are written by hand with their
//! offsets asserted: [`attr`] (what a client passes in), [`info`] (what OBJ_GET_INFO_BY_FD gives back),
//! [`context`] (what a program sees in R1), [`btf`] (BTF and BTF.ext records).
//!
//! All structs are little-endian host structs without implicit padding, so any bytes are a valid value of each.
//! What this crate is not: it checks nothing and knows no object.
#![no_std]

pub mod attr;
pub mod btf;
pub mod context;
mod errno;
mod flags;
mod generated;
mod helper_id;
pub mod info;
pub mod limits;
mod user_ptr;

pub use errno::Errno;
pub use flags::{
    AttachFlags, BtfLoadFlags, ElemFlags, LogLevel, MapFlags, ObjFlags, ProgFlags, TestRunFlags,
};
pub use generated::attach_type::AttachType;
pub use generated::cmd::Cmd;
pub use generated::link_type::LinkType;
pub use generated::map_type::MapType;
pub use generated::prog_type::ProgType;
pub use helper_id::HelperId;
pub use user_ptr::UserPtr;
