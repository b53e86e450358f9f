//! Which functions are walked: the main program, then every global function that walked code called.

use super::{Path, Verifier};
use crate::reject::Check;
use crate::state::SubprogIdx;

impl Verifier<'_> {
    /// Phase 16.
    pub(super) fn walk_functions(&mut self) -> Check {
        self.walk_function(SubprogIdx(0))?;
        if let Some(callback) = self.subprogs.iter_mut().find(|s| s.is_exception_callback) {
            callback.called = true;
        }
        let mut again = true;
        while again {
            again = false;
            for number in 1..self.subprogs.len() {
                let subprog = SubprogIdx(number as u16);
                if !self
                    .subprog(subprog)
                    .is_some_and(|s| s.called && !s.verified && s.is_global())
                {
                    continue;
                }
                self.walk_function(subprog)?;
                again = true;
                let Some(subprog) = self.subprogs.get_mut(number) else {
                    continue;
                };
                subprog.verified = true;
                let name = subprog.name.clone();
                let text = "is safe for any args that match its prototype";
                self.log
                    .verbose(&format_args!("Func#{number} ('{name}') {text}\n"));
            }
        }
        Ok(())
    }

    fn walk_function(&mut self, subprog: SubprogIdx) -> Check {
        let start = self
            .subprog(subprog)
            .map_or_else(Default::default, |s| s.start);
        self.log.forget_source_line();
        self.log.touch_everything();
        self.walk.cache.restart(self.insns.len());
        self.walk.visits.restart();
        self.at = start;
        self.walk.path = Path {
            first: start,
            at: start,
            ..Path::default()
        };
        self.state = self.function_entry_state(subprog)?;
        self.walk_paths()?;
        if !self.log.wants_level2() {
            self.log.cut_back(crate::log::Position::default());
        }
        Ok(())
    }
}
