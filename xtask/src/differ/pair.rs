//! Both sides, step by step, until they differ.

use std::time::Instant;

use super::allowed;
use super::side::{Answerer, Side};
use super::step::{Action, Seen, Step};
use super::tally::Tally;

/// Where two sides differ in a way that is not listed.
pub(super) struct Difference {
    pub(super) ours: Seen,
    pub(super) theirs: Seen,
}

pub(super) struct Pair<O, T> {
    pub(super) ours: Side<O>,
    pub(super) theirs: Side<T>,
}

impl<O: Answerer, T: Answerer> Pair<O, T> {
    /// One step on both sides. What only one side made is closed again.
    pub(super) fn act(&mut self, step: &Step, tally: &mut Tally) -> Result<Seen, Difference> {
        let start = Instant::now();
        let ours = self.ours.act(&step.action);
        let theirs = self.theirs.act(&step.action);
        let calls = match &step.action {
            Action::Call(_) | Action::Close(_) | Action::Unlink(_) => 1,
            Action::Keys { .. } | Action::Ids(_) => ours.bytes.len() as u64 + 1,
        };
        tally.count(step, theirs.answer, calls, start.elapsed());
        if ours == theirs {
            return Ok(ours);
        }
        if let Some(entry) = allowed::find(step, &ours, &theirs) {
            tally.allow(entry);
            if let Action::Call(call) = &step.action
                && let Some((handle, _)) = call.makes
            {
                self.ours.forget(handle);
                self.theirs.forget(handle);
            }
            // To the steps that follow it has failed.
            return Ok(Seen {
                answer: -1,
                ..Seen::default()
            });
        }
        Err(Difference { ours, theirs })
    }

    /// Closes everything on both sides.
    pub(super) fn end(&mut self) {
        self.ours.end();
        self.theirs.end();
    }

    /// Steps of a sequence again, all that is left of it; the last one's difference, if they still differ there.
    fn replay(&mut self, steps: &[&Step]) -> Option<Difference> {
        let mut unused = Tally::default();
        let mut last = None;
        for step in steps {
            last = self.act(step, &mut unused).err();
            if last.is_some() {
                break;
            }
        }
        self.end();
        last
    }

    /// The steps that are needed for the last one to differ: halves, quarters and so on are left out for good where
    /// the difference stays.
    pub(super) fn shrink<'s>(&mut self, steps: &'s [Step]) -> (Vec<&'s Step>, Option<Difference>) {
        let mut left: Vec<&Step> = steps.iter().collect();
        let mut found = self.replay(&left);
        if found.is_none() {
            return (left, None);
        }
        let mut size = left.len() / 2;
        while size > 0 {
            let mut at = 0;
            while at + 1 < left.len() {
                let end = (at + size).min(left.len() - 1);
                let fewer: Vec<&Step> = [&left[..at], &left[end..]].concat();
                match self.replay(&fewer) {
                    Some(difference) => {
                        found = Some(difference);
                        left = fewer;
                    }
                    None => at = end,
                }
            }
            size /= 2;
        }
        // A difference may come earlier than in the whole: what follows it does not matter.
        (left, found)
    }
}
