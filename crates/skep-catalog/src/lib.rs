//! Data about Linux's eBPF, as tables with typed look-ups.
//!
//! - [`helper()`]: which prototype a program gets for a helper call, if any ([`HelperProto`]);
//! - [`context()`]: what a program may load from and store to its context ([`ContextTable`]), and [`object()`] for
//!   objects reached from it (sockets, flow keys);
//! - [`kfunc()`]: flags, hooks and argument suffixes of kernel functions;
//! - [`prog_type()`], [`prog_rules()`]: capabilities, return ranges, packet access, test runs;
//! - [`map_type()`], [`map_accepts_helper`]: creation rules, operations, helper compatibility; [`MapMeta`];
//! - [`attach_btf`]: lists keyed by kernel BTF names (LSM hooks, iterators, struct_ops, type safety);
//! - [`support`]: how far skep itself has each of them, the one source of `skep features`.
//!
//! The tables are generated from `data/*.json` (`cargo xtask codegen`): facts of Linux 6.18, most of them measured on a
//! running kernel. Look-ups are O(1) or a binary search and never allocate. What this crate is not: it checks no
//! program and keeps no object.
#![no_std]

extern crate alloc;

pub mod attach_btf;
mod caps;
mod context;
mod generated;
mod helper;
mod kfunc;
mod map_meta;
mod map_type;
mod prog_type;
mod reg_type;
pub mod support;

pub use caps::{CapTier, Caps};
pub use context::{
    AccessKind, BtfArgs, ContextRule, ContextTable, CtxAccess, CtxField, Denied, FlatRange,
    ObjectKind, Starts, context, context_type_name, object,
};
pub use helper::{
    AllowedRule, Arg, ArgType, Callback, HelperProto, HelperSet, ProtoContext, ProtoFlags, Ret,
    RetRange, RetType, Sleepable, helper, helper_exists, helper_name, helper_set,
};
pub use kfunc::{Kfunc, KfuncArg, KfuncFilter, KfuncFlags, KfuncHooks, KfuncSuffix, kfunc, kfuncs};
pub use map_meta::MapMeta;
pub use map_type::{
    BtfCheck, EntriesRule, FieldAnswer, InnerUse, MapCap, MapOp, MapTypeInfo, MetaEqual, Mmap,
    OpAnswer, SizeRule, SpecialField, map_accepts_helper, map_type, sockmap_update_allowed,
};
pub use prog_type::{
    ExpectedAttach, PacketAccess, PacketToHelper, ProgRules, ProgTypeInfo, ReturnRange, SleepRule,
    TestRun, prog_rules, prog_type,
};
pub use reg_type::{RegBase, RegType, TypeFlags};
