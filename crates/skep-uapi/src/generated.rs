//! Tables written by `cargo xtask codegen` from `data/uapi.json`.

#[rustfmt::skip]
pub(crate) mod attach_type;
#[rustfmt::skip]
pub(crate) mod cmd;
#[rustfmt::skip]
pub(crate) mod helper_id;
#[rustfmt::skip]
pub(crate) mod link_type;
#[rustfmt::skip]
pub(crate) mod map_type;
#[rustfmt::skip]
pub(crate) mod prog_type;
