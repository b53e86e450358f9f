//! Postorder of each function's instructions, over jumps inside the function.

use crate::state::InsnIdx;
use crate::verifier::Verifier;
use alloc::vec;
use alloc::vec::Vec;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    No,
    /// On the stack, by the first instruction that leads to it.
    Waiting,
    /// Its successors are on the stack or done.
    Entered,
}

impl Verifier<'_> {
    /// The order decides how often the fixed points of liveness are iterated, which the log shows; so it is Linux's, in which an
    /// instruction waits where it was first met.
    pub(super) fn compute_postorder(&mut self) {
        let mut seen = vec![Seen::No; self.insns.len()];
        for number in 0..self.subprogs.len() {
            let Some(start) = self.subprogs.get(number).map(|s| s.start) else {
                break;
            };
            let begin = self.postorder.len();
            self.postorder_from(start, &mut seen);
            let range = begin..self.postorder.len();
            if let Some(subprog) = self.subprogs.get_mut(number) {
                subprog.postorder = range;
            }
        }
    }

    fn postorder_from(&mut self, start: InsnIdx, seen: &mut [Seen]) {
        let mut stack: Vec<InsnIdx> = vec![start];
        while let Some(&at) = stack.last() {
            match seen.get_mut(at.index()) {
                Some(Seen::Entered) => {
                    self.postorder.push(at);
                    stack.pop();
                }
                Some(state) => {
                    *state = Seen::Entered;
                    for next in self.successors(at).into_iter().flatten() {
                        if let Some(state @ Seen::No) = seen.get_mut(next.index()) {
                            *state = Seen::Waiting;
                            stack.push(next);
                        }
                    }
                }
                None => {
                    stack.pop();
                }
            }
        }
    }
}
