//! Paths still to be walked: the newest is resumed first.

use super::Verifier;
use crate::log::Position;
use crate::precision::History;
use crate::prune::StateId;
use crate::reject::{Check, ControlReject, Reject};
use crate::state::{InsnIdx, State};
use skep_uapi::Errno;

/// Pending paths at most.
const MAX_PENDING: usize = 8192;

/// How a state was reached: its segment, from the checkpoint it grew out of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Path {
    /// The checkpoint the segment starts at; `None` at the start of a walk.
    pub(crate) parent: Option<StateId>,
    /// First instruction of the segment.
    pub(crate) first: InsnIdx,
    /// The instruction executed last; `None` at the start of a walk.
    pub(crate) previous: Option<InsnIdx>,
    /// The instruction being executed; for a checkpoint, the one it waits at.
    pub(crate) at: InsnIdx,
    /// What walking back over the segment needs to know.
    pub(crate) history: History,
    /// Whether the current instruction has a history entry.
    pub(crate) has_entry: bool,
    /// Checkpoints between it and the start of the walk.
    pub(crate) dfs_depth: u32,
}

/// A path to be resumed.
#[derive(Debug)]
pub(super) struct Pending {
    state: State,
    path: Path,
    to: InsnIdx,
    /// Where the log ended when the path was put off.
    log: Position,
}

/// Services for the checks.
impl Verifier<'_> {
    /// Puts off a state derived from the current one, to be resumed at `to`.
    pub(crate) fn push_state(&mut self, state: State, to: InsnIdx) -> Check {
        if state.frames().len() > self.state.frames().len() {
            self.log.touch_everything();
        }
        let path = Path {
            previous: Some(self.at),
            has_entry: false,
            ..self.walk.path.clone()
        };
        self.put_off(state, path, to)?;
        if let Some(parent) = self
            .walk
            .path
            .parent
            .and_then(|id| self.walk.cache.get_mut(id))
        {
            parent.branches += 1;
        }
        Ok(())
    }

    /// Puts off the continuing side of a loop that is known to end (an iterator's element, a may_goto not taken): numbers that changed
    /// since the loop was last here, and decided nothing, become unknown. ENOMEM if there are too many pending paths.
    pub(crate) fn push_widened_branch(&mut self, to: InsnIdx) -> Check<&mut State> {
        let mut state = self.state.clone();
        // The newest checkpoint was stored for this very visit.
        let depth = self.walk.path.dfs_depth.saturating_sub(1);
        if let Some(earlier) = self.earlier_entry(&state, self.at, depth) {
            self.widen(earlier, &mut state);
        }
        self.push_state(state, to)
            .map_err(|r| r.with_errno(Errno::ENOMEM))?;
        self.newest_pending()
    }

    /// Puts off a path that begins with nothing but this state: a callback that runs later.
    pub(crate) fn push_async_state(&mut self, state: State, to: InsnIdx) -> Check {
        self.log.touch_everything();
        // Its segment counts as beginning at instruction 0, as in Linux.
        let path = Path {
            previous: Some(self.at),
            ..Path::default()
        };
        let pending = self.walk.pending.len() + 1;
        if pending > MAX_PENDING {
            return Err(self.reject(ControlReject::TooComplexAsync { pending }));
        }
        self.put_off(state, path, to)
    }

    fn put_off(&mut self, state: State, path: Path, to: InsnIdx) -> Check {
        let log = self.log.position();
        self.walk.pending.push(Pending {
            state,
            path,
            to,
            log,
        });
        let pending = self.walk.pending.len();
        if pending > MAX_PENDING {
            Err(self.reject(ControlReject::TooComplex { pending }))
        } else {
            Ok(())
        }
    }

    fn newest_pending(&mut self) -> Check<&mut State> {
        match self.walk.pending.last_mut() {
            Some(pending) => Ok(&mut pending.state),
            None => Err(Reject {
                at: Some(self.at),
                errno: Errno::EFAULT,
                rules: alloc::vec::Vec::new(),
            }),
        }
    }
}

impl Verifier<'_> {
    /// Makes the newest pending path the current one; false if there is none.
    pub(super) fn resume_pending(&mut self) -> bool {
        let Some(Pending {
            state,
            path,
            to,
            log,
        }) = self.walk.pending.pop()
        else {
            return false;
        };
        self.state = state;
        self.walk.path = path;
        self.at = to;
        if !self.log.wants_level2() {
            self.log.cut_back(log);
        }
        true
    }
}
