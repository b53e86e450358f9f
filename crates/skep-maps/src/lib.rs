//! One file per map type behind one trait.
//!
//! | file | what it holds |
//! |---|---|
//! | [`map`] | [`Map`], the trait: what system calls, programs and executors ask of a map |
//! | [`mod@kind`] | [`MapKind`], one entry per map type, and the list of them |
//! | [`attr`] | [`MapAttr`] and [`MapEnv`]: what a map is made of |
//! | [`mod@batch`] | look-up batches that go by bucket |
//! | [`base`] | [`MapBase`]: what all maps have; freezing |
//! | [`syscall`] | the checks that system calls make for every type |
//! | [`fields`] | [`ValueFields`]: special fields of values, element locks |
//! | [`inner`] | what a map-in-map compares |
//! | `held` | slots that hold programs or maps |
//! | [`mod@array`], [`percpu_array`], [`hash`] (all hashes), [`prog_array`], [`array_of_maps`], [`ringbuf`], [`user_ringbuf`], [`queue_stack`], [`bloom_filter`], [`lpm_trie`], [`cpumap`], [`arena`] | the types |
//! | `foreign` | types whose elements are objects skep has none of: they exist and stay empty |
//!
//! Adding a type: one file with its `KIND`, one line in [`mod@kind`].
//!
//! Values live at native addresses that stay mapped for the map's whole life: an element's memory may get
//! another element, as in Linux, but never disappears under a program. So programs need the map, not RCU,
//! for memory safety; RCU protects what slots refer to ([`skep_object::HeldRef`]).
//!
//! What is not here: fds, ids, credentials beyond the capability set, programs, BTF parsing.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

pub mod arena;
pub mod array;
pub mod array_of_maps;
pub mod attr;
pub mod base;
pub mod batch;
pub mod bloom_filter;
pub mod cpumap;
pub mod fields;
mod foreign;
pub mod hash;
mod held;
pub mod inner;
pub mod kind;
pub mod lpm_trie;
pub mod map;
pub mod percpu_array;
pub mod perf_event;
pub mod perf_event_array;
pub mod poll;
pub mod prog_array;
pub mod queue_stack;
pub mod ringbuf;
pub mod syscall;
pub mod user_ringbuf;

pub use attr::{MapAttr, MapEnv};
pub use base::{MapBase, WriteGuard};
pub use fields::{Source, SpecialField, ValueFields};
pub use inner::InnerTemplate;
pub use kind::{MapKind, kind};
pub use map::{Element, FdResolver, HeldMap, InlineLookup, Map, NoFds};
pub use poll::{Awaited, PollSource, WaitQueue};
