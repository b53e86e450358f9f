//! Walking back over a path and its ancestor checkpoints.

use super::backtrack::Backward;
use super::history::Step;
use super::request::Request;
use crate::prune::StateId;
use crate::reject::{Check, ControlReject};
use crate::stack::SlotIdx;
use crate::state::{InsnIdx, State};
use crate::verifier::Verifier;
use crate::walk::Path;
use core::mem;

/// Whether a mark was set that was not set before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Marks {
    /// None.
    Unchanged,
    /// At least one.
    Changed,
}

/// What is left to do after a segment.
enum Segment {
    Done,
    GiveUp,
    /// The request reached the start of the segment.
    Through,
}

impl Verifier<'_> {
    /// Carries a request about the current state back.
    pub(super) fn mark_chain_of_current(&mut self, request: Request) -> Check<Marks> {
        let path = mem::take(&mut self.walk.path);
        let result = self.mark_chain(&path, self.state.current(), request);
        self.walk.path = path;
        result
    }

    /// All that is precise in the checkpoint `cached` is asked for of a path found equal to it.
    pub(crate) fn propagate_precision(
        &mut self,
        cached: StateId,
        path: &Path,
        frame: u8,
    ) -> Check<Marks> {
        let Some(checkpoint) = self.walk.cache.get(cached) else {
            return Ok(Marks::Unchanged);
        };
        let state = checkpoint.state.clone();
        let mut request = Request::new(frame);
        for frame in state.frames().iter().rev() {
            let number = frame.number;
            let mut any = false;
            for (reg, register) in frame.regs.iter().enumerate().take(10) {
                if register.scalar().is_some_and(|s| s.precise) {
                    request.add_reg(number, reg as u8);
                    self.log_propagated(number, &mut any, &format_args!("r{reg}"));
                }
            }
            for (index, slot) in frame.stack.slots.iter().enumerate() {
                let at = SlotIdx(index as u8);
                if slot
                    .spilled()
                    .and_then(|r| r.scalar())
                    .is_some_and(|s| s.precise)
                {
                    request.add_slot(number, at);
                    self.log_propagated(number, &mut any, &format_args!("fp{}", at.offset()));
                }
            }
            if any {
                self.log.message(&"\n");
            }
        }
        self.mark_chain(path, request.frame(), request)
    }

    fn log_propagated(&mut self, frame: u8, any: &mut bool, what: &dyn core::fmt::Display) {
        if !mem::replace(any, true) {
            self.log
                .level2(&format_args!("frame {frame}: propagating {what}"));
        } else {
            self.log.level2(&format_args!(",{what}"));
        }
    }

    /// Carries `request`, which is about the end of `path`, back to where the values come from.
    pub(crate) fn mark_chain(
        &mut self,
        path: &Path,
        frame: u8,
        mut request: Request,
    ) -> Check<Marks> {
        let mut marks = Marks::Unchanged;
        if !self.privileges.bpf || request.is_empty() {
            return Ok(marks);
        }
        let (mut last, mut next) = (Some(path.at), None);
        let mut segment = self.walk_segment(path, last, next, &mut request, true)?;
        let (mut first, mut parent) = (path.first, path.parent);
        loop {
            match segment {
                Segment::Done => return Ok(marks),
                Segment::GiveUp => {
                    self.force_precise(path, frame);
                    return Ok(marks);
                }
                Segment::Through => {}
            }
            let Some(id) = parent else { break };
            if self.mark_checkpoint(id, &mut request)? == Marks::Changed {
                marks = Marks::Changed;
            }
            if request.is_empty() {
                return Ok(marks);
            }
            next = Some(first);
            let Some(checkpoint) = self.walk.cache.get_mut(id) else {
                break;
            };
            let ancestor = mem::take(&mut checkpoint.path);
            last = ancestor.previous;
            first = ancestor.first;
            parent = ancestor.parent;
            let result = match last {
                Some(_) => self.walk_segment(&ancestor, last, next, &mut request, false),
                None => self.function_entry(id, ancestor.first, next, &mut request),
            };
            if let Some(checkpoint) = self.walk.cache.get_mut(id) {
                checkpoint.path = ancestor;
            }
            segment = result?;
        }
        self.force_precise(path, frame);
        Ok(marks)
    }

    /// Walks from `last` (skipped if it is the instruction being executed) to the start of the segment.
    fn walk_segment(
        &mut self,
        path: &Path,
        last: Option<InsnIdx>,
        next: Option<InsnIdx>,
        request: &mut Request,
        mut skip: bool,
    ) -> Check<Segment> {
        let Some(mut at) = last else {
            return Ok(Segment::Through);
        };
        self.log_segment(request, Some(at), path.first, next);
        let (mut next, mut left) = (next, path.history.len());
        loop {
            if !mem::replace(&mut skip, false) {
                let entry = path.history.entry(left, at);
                if self.backtrack_insn(at, next, entry, request)? == Backward::GiveUp {
                    return Ok(Segment::GiveUp);
                }
            }
            if request.is_empty() {
                return Ok(Segment::Done);
            }
            next = Some(at);
            at = match path.history.step_back(at, path.first, &mut left) {
                Step::To(previous) => previous,
                Step::SegmentStart => return Ok(Segment::Through),
                Step::Lost => {
                    return Err(self.reject(ControlReject::Bug {
                        what: "backtracking went beyond the first instruction",
                    }));
                }
            };
        }
    }

    fn log_segment(
        &mut self,
        request: &Request,
        last: Option<InsnIdx>,
        first: InsnIdx,
        next: Option<InsnIdx>,
    ) {
        let number = |i: Option<InsnIdx>| i.map_or(-1, |i| i64::from(i.0));
        let (frame, last, next) = (request.frame(), number(last), number(next));
        let first = first.0;
        self.log.level2(&format_args!(
            "mark_precise: frame{frame}: last_idx {last} first_idx {first} subseq_idx {next} \n"
        ));
    }

    /// The start of a walk: arguments of a global function may be asked for, nothing else.
    fn function_entry(
        &mut self,
        id: StateId,
        first: InsnIdx,
        next: Option<InsnIdx>,
        request: &mut Request,
    ) -> Check<Segment> {
        self.log_segment(request, None, first, next);
        let Some(checkpoint) = self.walk.cache.get_mut(id) else {
            return Ok(Segment::Done);
        };
        let outermost = checkpoint.state.current() == 0
            && checkpoint.state.top().is_some_and(|f| f.subprog.0 > 0);
        let only_arguments = outermost && request.wants_only_arguments();
        if let Some(frame) = checkpoint.state.frame_mut(0).filter(|_| only_arguments) {
            for reg in 1..=5 {
                if let Some(scalar) = frame
                    .regs
                    .get_mut(reg)
                    .and_then(|r| r.scalar_mut())
                    .filter(|_| request.wants(reg))
                {
                    scalar.precise = true;
                }
            }
        }
        if only_arguments {
            Ok(Segment::Done)
        } else {
            Err(self.reject(ControlReject::Bug {
                what: "backtracking func entry",
            }))
        }
    }

    /// Marks what is asked for in a checkpoint; what needs no mark is not asked for any more.
    fn mark_checkpoint(&mut self, id: StateId, request: &mut Request) -> Check<Marks> {
        let mut marks = Marks::Unchanged;
        for number in (0..=request.frame()).rev() {
            let Some(checkpoint) = self.walk.cache.get_mut(id) else {
                break;
            };
            if mark_frame(&mut checkpoint.state, number, request) == Marks::Changed {
                marks = Marks::Changed;
            }
            if self.log.wants_level2() {
                let (registers, slots) =
                    (request.registers_text(number), request.slots_text(number));
                self.log.message(&format_args!(
                    "mark_precise: frame{number}: parent state regs={registers} stack={slots}: "
                ));
                let state = self
                    .walk
                    .cache
                    .get(id)
                    .map(|c| c.state.clone())
                    .unwrap_or_default();
                self.print_frame_of(&state, number);
            }
        }
        Ok(marks)
    }

    /// Marks every number in every ancestor: the request could not be followed.
    pub(crate) fn force_precise(&mut self, path: &Path, frame: u8) {
        self.log.level2(&format_args!(
            "mark_precise: frame{frame}: falling back to forcing all scalars precise\n"
        ));
        let mut parent = path.parent;
        while let Some(checkpoint) = parent.and_then(|id| self.walk.cache.get_mut(id)) {
            for number in 0..=checkpoint.state.current() {
                force_frame(&mut checkpoint.state, number, &mut self.log);
            }
            parent = checkpoint.path.parent;
        }
    }
}

fn mark_frame(state: &mut State, number: u8, request: &mut Request) -> Marks {
    let mut marks = Marks::Unchanged;
    for reg in 0..10u8 {
        if !request.wants_reg(number, reg) {
            continue;
        }
        match state.frame(number).and_then(|f| f.regs.get(reg).scalar()) {
            Some(scalar) if !scalar.precise => {
                if let Some(s) = state
                    .frame_mut(number)
                    .and_then(|f| f.regs.get_mut(reg))
                    .and_then(|r| r.scalar_mut())
                {
                    s.precise = true;
                    marks = Marks::Changed;
                }
            }
            _ => request.drop_reg(number, reg),
        }
    }
    let mut slots = request.slots(number);
    while slots != 0 {
        let slot = SlotIdx(slots.trailing_zeros() as u8);
        slots &= slots.wrapping_sub(1);
        match state
            .frame(number)
            .and_then(|f| f.stack.get(slot))
            .and_then(|s| s.spilled())
            .and_then(|r| r.scalar())
        {
            Some(scalar) if !scalar.precise => {
                let slot = state.frame_mut(number).and_then(|f| f.stack.get_mut(slot));
                if let Some(s) = slot
                    .and_then(|s| s.spilled_mut())
                    .and_then(|r| r.scalar_mut())
                {
                    s.precise = true;
                    marks = Marks::Changed;
                }
            }
            _ => request.drop_slot(number, slot),
        }
    }
    marks
}

fn force_frame(state: &mut State, number: u8, log: &mut crate::log::Log) {
    let Some(frame) = state.frame_mut(number) else {
        return;
    };
    for (reg, register) in frame.regs.iter_mut().enumerate().take(10) {
        if let Some(scalar) = register.scalar_mut().filter(|s| !s.precise) {
            scalar.precise = true;
            log.level2(&format_args!(
                "force_precise: frame{number}: forcing r{reg} to be precise\n"
            ));
        }
    }
    for (index, slot) in frame.stack.slots.iter_mut().enumerate() {
        if let Some(scalar) = slot
            .spilled_mut()
            .and_then(|r| r.scalar_mut())
            .filter(|s| !s.precise)
        {
            scalar.precise = true;
            let off = SlotIdx(index as u8).offset();
            log.level2(&format_args!(
                "force_precise: frame{number}: forcing fp{off} to be precise\n"
            ));
        }
    }
}
