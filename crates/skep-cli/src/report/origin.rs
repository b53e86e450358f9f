//! Where the value of a register came from, along the path that failed.
//!
//! Walking the steps backwards, a *place* (a register or a stack slot of a frame) is followed through copies, spills and fills, arguments
//! and return values of functions, up to what made it: a call, a load, a constant, the start of the program.

use skep_isa::RawInsn;
use skep_isa::opcode;

use super::steps::Step;

/// Lines of an origin at most.
const MOST: usize = 6;
/// Steps that are walked back at most; a loop may have made many.
const FARTHEST: usize = 100_000;
/// The frame pointer.
const R10: u8 = 10;

/// One thing that happened to the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// The instruction.
    pub(crate) insn: u32,
    /// What it did.
    pub(crate) what: What,
    /// What was known of the value afterwards, as the log words it.
    pub(crate) value: Option<String>,
}

/// What happened to a value, newest last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// It was returned by a helper or kernel function.
    Returned,
    /// A call made the register unreadable.
    Clobbered,
    /// It was loaded from memory other than the stack.
    Loaded,
    /// It is a constant, or the address of a map, a variable or a function.
    Constant,
    /// Arithmetic.
    Computed,
    /// It was stored in the stack and read back from there.
    FromStack,
    /// Stack that nothing on this path wrote to (or only through a pointer).
    StackNotWritten,
    /// A conditional jump looked at it.
    Compared,
    /// It is an argument of the program or of a callback.
    Argument,
    /// Nothing on this path wrote to it.
    NeverSet,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Register(u8),
    Slot(i16),
}

/// The steps of a path and the frame that each is in.
pub(crate) struct Path<'a> {
    steps: &'a [Step],
    insns: &'a [RawInsn],
    frames: Vec<Frame>,
}

/// The frame of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
struct Frame {
    depth: usize,
    /// Whether it is a called function (its value goes to the caller) or a callback (it does not).
    called: bool,
}

impl<'a> Path<'a> {
    pub(crate) fn new(steps: &'a [Step], insns: &'a [RawInsn]) -> Self {
        let steps = &steps[steps.len().saturating_sub(FARTHEST)..];
        let mut open = vec![Frame::default()];
        let mut frames = Vec::with_capacity(steps.len());
        for (step, next) in steps
            .iter()
            .zip(steps.iter().skip(1).map(Some).chain([None]))
        {
            frames.push(open.last().copied().unwrap_or_default());
            let Some((insn, next)) = insn_at(insns, step.insn).zip(next) else {
                continue;
            };
            if insn.code == opcode::INSN_CALL && next.insn != step.insn.wrapping_add(1) {
                open.push(Frame {
                    depth: open.len(),
                    called: insn.is_subprog_call(),
                });
            } else if insn.code == opcode::INSN_EXIT && open.len() > 1 {
                open.pop();
            }
        }
        Self {
            steps,
            insns,
            frames,
        }
    }

    /// The origin of what a register holds before the last step; the oldest event first.
    pub(crate) fn of_register(&self, register: u8) -> Vec<Event> {
        let Some(last) = self.steps.len().checked_sub(1) else {
            return Vec::new();
        };
        let mut trace = Trace {
            path: self,
            place: Place::Register(register),
            depth: self.frames.get(last).map_or(0, |frame| frame.depth),
            events: Vec::new(),
        };
        for at in (0..last).rev() {
            if trace.events.len() >= MOST || trace.step(at).is_some() {
                break;
            }
        }
        trace.finish();
        trace.events.reverse();
        trace.events
    }
}

fn insn_at(insns: &[RawInsn], at: u32) -> Option<RawInsn> {
    insns.get(at as usize).copied()
}

fn is_conditional(insn: RawInsn) -> bool {
    !matches!(
        insn.op(),
        opcode::JA | opcode::CALL | opcode::EXIT | opcode::JCOND
    )
}

/// The end of a trace.
struct Found;

struct Trace<'a> {
    path: &'a Path<'a>,
    place: Place,
    depth: usize,
    events: Vec<Event>,
}

impl Trace<'_> {
    fn step(&mut self, at: usize) -> Option<Found> {
        let step = self.path.steps.get(at)?;
        let frame = *self.path.frames.get(at)?;
        let insn = insn_at(self.path.insns, step.insn)?;
        if frame.depth > self.depth {
            // A function returned: its R0 is ours. A callback's is not.
            let returned = insn.code == opcode::INSN_EXIT && frame.depth == self.depth + 1;
            if returned && frame.called && self.place == Place::Register(0) {
                self.depth = frame.depth;
            }
            return None;
        }
        if frame.depth < self.depth {
            self.depth = frame.depth;
            return match self.place {
                Place::Register(1..=5) if insn.is_subprog_call() => None,
                Place::Register(1..=5) => self.end(step, What::Argument),
                Place::Register(_) => self.end(step, What::NeverSet),
                Place::Slot(_) => self.end(step, What::StackNotWritten),
            };
        }
        match self.place {
            Place::Register(register) => self.register(step, insn, register),
            Place::Slot(off) => self.slot(step, insn, off),
        }
    }

    fn register(&mut self, step: &Step, insn: RawInsn, register: u8) -> Option<Found> {
        let is_dst = insn.dst() == register;
        match insn.class() {
            opcode::ALU | opcode::ALU64 if is_dst => {
                let copy = insn.op() == opcode::MOV;
                match (copy, insn.source() == opcode::X) {
                    (true, true) => {
                        if insn.class() == opcode::ALU || insn.off != 0 {
                            self.event(step, What::Computed);
                        }
                        self.place = Place::Register(insn.src());
                        None
                    }
                    (true, false) => self.end(step, What::Constant),
                    (false, _) => {
                        self.event(step, What::Computed);
                        None
                    }
                }
            }
            opcode::LDX if is_dst && insn.src() == R10 => {
                self.event(step, What::FromStack);
                self.place = Place::Slot(insn.off);
                None
            }
            opcode::LDX if is_dst => self.end(step, What::Loaded),
            opcode::LD if insn.is_ld_imm64() && is_dst => self.end(step, What::Constant),
            opcode::STX if insn.mode() == opcode::ATOMIC && insn.src() == register => {
                let fetches = insn.imm & opcode::FETCH != 0;
                fetches.then(|| self.end(step, What::Loaded)).flatten()
            }
            opcode::JMP | opcode::JMP32 if insn.code == opcode::INSN_CALL => match register {
                0 => self.end(step, What::Returned),
                1..=5 => self.end(step, What::Clobbered),
                _ => None,
            },
            opcode::JMP | opcode::JMP32 if is_conditional(insn) => {
                if is_dst || ((insn.source() == opcode::X) && insn.src() == register) {
                    self.event(step, What::Compared);
                }
                None
            }
            _ => None,
        }
    }

    fn slot(&mut self, step: &Step, insn: RawInsn, off: i16) -> Option<Found> {
        let is_store = matches!(insn.class(), opcode::ST | opcode::STX);
        if !is_store || insn.dst() != R10 || insn.off != off {
            return None;
        }
        if insn.class() == opcode::ST {
            return self.end(step, What::Constant);
        }
        self.place = Place::Register(insn.src());
        None
    }

    fn event(&mut self, step: &Step, what: What) {
        let value = match self.place {
            Place::Register(register) => step.value(&format!("R{register}")),
            Place::Slot(_) => None,
        };
        self.events.push(Event {
            insn: step.insn,
            what,
            value: value.map(str::to_owned),
        });
    }

    fn end(&mut self, step: &Step, what: What) -> Option<Found> {
        self.event(step, what);
        Some(Found)
    }

    /// The start of the program was reached, or enough was said.
    fn finish(&mut self) {
        let open = self.events.last().is_none_or(|event| {
            matches!(
                event.what,
                What::Computed | What::FromStack | What::Compared
            )
        });
        let Some(first) = self.path.steps.first() else {
            return;
        };
        if !open || self.events.len() >= MOST {
            return;
        }
        let what = match self.place {
            Place::Register(1) => What::Argument,
            // The frame pointer needs no explanation.
            Place::Register(R10) => return,
            Place::Register(_) => What::NeverSet,
            Place::Slot(_) => What::StackNotWritten,
        };
        self.events.push(Event {
            insn: first.insn,
            what,
            value: None,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::steps;
    use super::*;
    use skep_isa::asm::{NoSymbols, assemble};

    fn origin(program: &str, walked: &[u32], register: u8) -> Vec<(u32, What)> {
        let insns = assemble(program, &NoSymbols).unwrap().insns;
        let log: String = walked.iter().map(|at| format!("{at}: (00) x\n")).collect();
        let steps = steps::parse(&log);
        let path = Path::new(&steps, &insns);
        let events = path.of_register(register).into_iter();
        events.map(|event| (event.insn, event.what)).collect()
    }

    #[test]
    fn through_copies_and_the_stack() {
        let program = "call 5
             r6 = r0
             *(u64 *)(r10 -8) = r6
             r3 = *(u64 *)(r10 -8)
             if r3 > 5 goto +1
             r3 += 1
             r0 = r3
             exit";
        assert_eq!(
            origin(program, &[0, 1, 2, 3, 4, 5, 6], 3),
            [
                (0, What::Returned),
                (3, What::FromStack),
                (4, What::Compared),
                (5, What::Computed)
            ]
        );
        assert_eq!(origin(program, &[0, 1, 2], 4), [(0, What::Clobbered)]);
        assert_eq!(origin(program, &[1, 2], 7), [(1, What::NeverSet)]);
        assert_eq!(origin(program, &[1, 2], 1), [(1, What::Argument)]);
    }

    #[test]
    fn through_functions() {
        let program = "r2 = 7
             call pc+2
             r1 = r0
             exit
             r0 = r2
             exit";
        assert_eq!(
            origin(program, &[0, 1, 4, 5, 2, 3], 1),
            [(0, What::Constant)]
        );
    }
}
