//! Jumps: first to instructions, and once the function is complete to operations.

use skep_isa::{Insn, InsnIdx};
use skep_verifier::verified::SubprogFacts;

use super::arithmetic::extended;
use super::emitter::Emitter;
use super::{Label, LowerError, Op};

impl Emitter<'_> {
    /// Emits a jump to an instruction.
    pub(super) fn jump(&mut self, insn: Insn) -> Result<(), LowerError> {
        let here = self.here;
        let target = |off: i32| here.target(off).map(|to| Label(to.0));
        let op = match insn {
            Insn::Ja(range) => target(range.offset()).map(Op::Goto),
            Insn::MayGoto { off } => target(i32::from(off)).map(Op::MayGoto),
            Insn::Jump {
                op,
                width,
                dst,
                src,
                off,
            } => {
                let right = extended(width, src);
                target(i32::from(off)).map(|to| Op::Branch {
                    op,
                    width,
                    left: dst,
                    right,
                    to,
                })
            }
            _ => None,
        };
        match op {
            Some(op) => {
                self.push(op);
                Ok(())
            }
            None => Err(self.inconsistent("a jump out of the program")),
        }
    }

    /// Turns instruction labels into operation labels.
    pub(super) fn resolve_jumps(&mut self, subprog: &SubprogFacts) -> Result<(), LowerError> {
        for (index, op) in self.ops.iter_mut().enumerate() {
            if self.resolved.contains(&index) {
                continue;
            }
            let (Op::Goto(label) | Op::MayGoto(label) | Op::Branch { to: label, .. }) = op else {
                continue;
            };
            let inside = (subprog.start.0..subprog.end.0).contains(&label.0);
            let first = self.first.get(&InsnIdx(label.0)).filter(|_| inside);
            // An instruction that became no operation at all stands for the next one.
            match first {
                Some(first) => *label = Label(*first),
                None => {
                    let at = self.at.get(index).copied().unwrap_or_default();
                    return Err(LowerError::Inconsistent {
                        at,
                        what: "a jump out of the function",
                    });
                }
            }
        }
        Ok(())
    }
}
