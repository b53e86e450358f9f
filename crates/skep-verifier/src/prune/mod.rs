//! When a path needs no further look: stored states and how paths are compared with them.
//!
//! - [`cache`]: checkpoints, in buckets by instruction and call site;
//! - [`visit`]: what happens at a prune point (hit, miss, eviction, new checkpoint);
//! - [`equal`], [`ids`]: whether a stored state covers the current one;
//! - [`clean`]: what nobody will read is erased from finished checkpoints;
//! - [`scc`]: loops whose marks are not final yet;
//! - [`widen`]: convergence of loops that the verifier does not count.

mod cache;
mod clean;
mod equal;
mod frame;
mod ids;
mod scc;
mod visit;
mod widen;

pub(crate) use cache::{Cache, StateId};
pub(crate) use ids::IdMap;
pub(crate) use scc::Visits;
pub(crate) use visit::{Progress, Visited};
