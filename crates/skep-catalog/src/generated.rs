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

use skep_uapi::ProgType;

/// The rows of a program type in a table that keeps a slice per type number.
pub(crate) fn by_prog_type<T>(table: &'static [&'static [T]], prog_type: ProgType) -> &'static [T] {
    let index = usize::try_from(prog_type.raw()).unwrap_or(usize::MAX);
    table.get(index).copied().unwrap_or(&[])
}
