//! Postorder of each function's instructions, over jumps inside the function.

use crate::state::InsnIdx;
use crate::verifier::Verifier;
use alloc::vec;
use alloc::vec::Vec;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    No,
    Entered,
    Left,
}

impl Verifier<'_> {
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
            let Some(state) = seen.get_mut(at.index()) else {
                stack.pop();
                continue;
            };
            if *state != Seen::No {
                if *state == Seen::Entered {
                    *state = Seen::Left;
                    self.postorder.push(at);
                }
                stack.pop();
                continue;
            }
            *state = Seen::Entered;
            let fresh = |s: &InsnIdx| seen.get(s.index()) == Some(&Seen::No);
            stack.extend(self.successors(at).into_iter().flatten().filter(fresh));
        }
    }
}
