//! [`Emitter`]: the function being lowered.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use skep_isa::InsnIdx;
use skep_verifier::env::MapToken;

use super::{Bindings, LowerError, Op, Source};
use crate::bound_map::BoundMap;

/// Collects the operations of one function.
pub(super) struct Emitter<'p> {
    pub(super) source: Source<'p>,
    pub(super) bindings: &'p dyn Bindings,
    maps: &'p mut Vec<Arc<BoundMap>>,
    pub(super) ops: Vec<Op>,
    pub(super) at: Vec<InsnIdx>,
    /// The instruction being lowered.
    pub(super) here: InsnIdx,
    /// Operations whose labels are operations already.
    pub(super) resolved: HashSet<usize>,
    /// Index of the first operation of each instruction.
    pub(super) first: HashMap<InsnIdx, u32>,
}

impl<'p> Emitter<'p> {
    pub(super) fn new(
        source: Source<'p>,
        bindings: &'p dyn Bindings,
        maps: &'p mut Vec<Arc<BoundMap>>,
    ) -> Self {
        let (ops, at) = (Vec::new(), Vec::new());
        let (resolved, first) = (HashSet::new(), HashMap::new());
        Self {
            source,
            bindings,
            maps,
            ops,
            at,
            here: InsnIdx(0),
            resolved,
            first,
        }
    }

    /// Starts an instruction.
    pub(super) fn begin(&mut self, at: InsnIdx) {
        self.here = at;
        self.first.insert(at, self.next_index());
    }

    /// Adds an operation.
    pub(super) fn push(&mut self, op: Op) {
        self.ops.push(op);
        self.at.push(self.here);
    }

    /// The index of the operation that comes next.
    pub(super) fn next_index(&self) -> u32 {
        u32::try_from(self.ops.len()).unwrap_or(u32::MAX)
    }

    /// The map behind a token; from now on the program holds it.
    pub(super) fn map(&mut self, token: MapToken) -> Result<Arc<BoundMap>, LowerError> {
        let Some(map) = self.bindings.map(token) else {
            return Err(LowerError::MissingMap {
                at: self.here,
                token,
            });
        };
        if !self.maps.iter().any(|known| Arc::ptr_eq(known, &map)) {
            self.maps.push(Arc::clone(&map));
        }
        Ok(map)
    }

    pub(super) fn unsupported(&self, what: &'static str) -> LowerError {
        LowerError::Unsupported {
            at: self.here,
            what,
        }
    }

    pub(super) fn inconsistent(&self, what: &'static str) -> LowerError {
        LowerError::Inconsistent {
            at: self.here,
            what,
        }
    }
}
