//! Calls of kernel functions by BTF id, and the things only they make: dynptrs on the stack, iterators, IRQ flags, lists and trees.
//!
//! ```text
//! register_kfunc (before the walk) ─► table
//! check_kfunc_call ─► args ─► classify ─► one rule per class (memory, object, dynptr, iter, graph, irq)
//!                  ─► sections ─► result
//! ```

mod args;
mod call;
mod classify;
mod dynptr;
mod graph;
mod irq;
mod iter;
mod map_arg;
mod object_arg;
mod result;
mod result_special;
mod scalar_struct;
mod sections;
mod special;
mod stack_object;
mod table;

pub(crate) use dynptr::DynptrUse;
pub(crate) use table::KfuncTable;
