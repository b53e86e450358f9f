//! Tables written by `cargo xtask codegen` from `data/*.json`.

#[rustfmt::skip]
pub(crate) mod attach_btf;
#[rustfmt::skip]
pub(crate) mod contexts;
#[rustfmt::skip]
pub(crate) mod helper_sets;
#[rustfmt::skip]
pub(crate) mod helpers;
#[rustfmt::skip]
pub(crate) mod kfuncs;
#[rustfmt::skip]
pub(crate) mod map_types;
#[rustfmt::skip]
pub(crate) mod prog_types;
#[rustfmt::skip]
pub(crate) mod support;
