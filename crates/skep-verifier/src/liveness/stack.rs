//! Stack liveness: the walk reports reads and writes, and at the end of each path and function they are brought to a fixed point.

use super::instance::{CallChain, Instance, Masks};
use crate::precision::slots_text;
use crate::stack::SlotIdx;
use crate::state::{InsnIdx, MAX_FRAMES, State};
use crate::verifier::Verifier;
use alloc::vec::Vec;
use core::mem;
use hashbrown::HashMap;

/// All instances of the load, and the writes of the instruction being executed.
#[derive(Debug, Default)]
pub(crate) struct StackLiveness {
    instances: Vec<Instance>,
    by_chain: HashMap<CallChain, usize>,
    /// The instance of the current frame; forgotten when frames change.
    current: Option<Current>,
    writes: [u64; MAX_FRAMES],
}

#[derive(Clone, Copy, Debug)]
struct Current {
    instance: usize,
    frames: usize,
}

fn bit(slot: SlotIdx) -> u64 {
    1u64.checked_shl(slot.0.into()).unwrap_or(0)
}

/// Services for the checks.
impl Verifier<'_> {
    /// The current instruction reads a slot.
    pub(crate) fn stack_read(&mut self, frame: u8, slot: SlotIdx) {
        let at = self.at;
        let current = self.current_instance();
        if let Some(instance) = self.stack_liveness.instances.get_mut(current) {
            instance.read(frame, at, bit(slot));
        }
    }

    /// The current instruction surely overwrites a whole slot.
    pub(crate) fn stack_written(&mut self, frame: u8, slot: SlotIdx) {
        if let Some(writes) = self.stack_liveness.writes.get_mut(usize::from(frame)) {
            *writes |= bit(slot);
        }
    }
}

/// For the walk.
impl Verifier<'_> {
    fn instance_of(&mut self, state: &State, frame: u8) -> usize {
        let subprog = state.frame(frame).map(|f| f.subprog).unwrap_or_default();
        let entry = self.subprog(subprog).map_or(InsnIdx(0), |s| s.start);
        self.instance_of_chain(CallChain::of(state, frame, entry))
    }

    fn instance_of_chain(&mut self, chain: CallChain) -> usize {
        if let Some(&instance) = self.stack_liveness.by_chain.get(&chain) {
            return instance;
        }
        let end = self
            .subprog(self.subprog_of(chain.entry()))
            .map_or(InsnIdx(0), |s| s.end);
        let liveness = &mut self.stack_liveness;
        liveness.instances.push(Instance::new(chain, end));
        let instance = liveness.instances.len() - 1;
        liveness.by_chain.insert(chain, instance);
        instance
    }

    fn current_instance(&mut self) -> usize {
        let frames = self.state.frames().len();
        match self.stack_liveness.current {
            Some(current) if current.frames == frames => current.instance,
            _ => {
                let state = mem::take(&mut self.state);
                let instance = self.instance_of(&state, state.current());
                self.state = state;
                self.stack_liveness.current = Some(Current { instance, frames });
                instance
            }
        }
    }

    /// An instruction is about to be executed.
    pub(crate) fn begin_stack_writes(&mut self) {
        self.current_instance();
        self.stack_liveness.writes = [0; MAX_FRAMES];
    }

    /// The instruction at `at` was executed. One that changed frames submits nothing.
    pub(crate) fn commit_stack_writes(&mut self, at: InsnIdx) {
        let liveness = &mut self.stack_liveness;
        let Some(current) = liveness
            .current
            .filter(|c| c.frames == self.state.frames().len())
        else {
            return;
        };
        if let Some(instance) = liveness.instances.get_mut(current.instance) {
            instance.submit(at, &liveness.writes);
        }
    }

    /// Brings the marks of all open frames up to date, innermost first.
    pub(crate) fn update_live_stack(&mut self) {
        self.stack_liveness.current = None;
        let state = mem::take(&mut self.state);
        for frame in (0..=state.current()).rev() {
            let instance = self.instance_of(&state, frame);
            self.update_instance(instance);
        }
        self.state = state;
    }

    fn update_instance(&mut self, index: usize) {
        let Some(instance) = self
            .stack_liveness
            .instances
            .get_mut(index)
            .filter(|i| i.updated)
        else {
            return;
        };
        if instance.dropped {
            instance.restart_accumulated_writes();
        }
        let chain = instance.chain;
        let order = self
            .subprog(self.subprog_of(chain.entry()))
            .map_or(0..0, |s| s.postorder.clone());
        let mut rounds = 0;
        let mut changed = true;
        while changed {
            changed = false;
            rounds += 1;
            for frame in 0..=chain.depth() {
                if !self
                    .stack_liveness
                    .instances
                    .get(index)
                    .is_some_and(|i| i.has_frame(frame))
                {
                    continue;
                }
                for position in order.clone() {
                    let Some(&at) = self.postorder.get(position) else {
                        continue;
                    };
                    changed |= self.update_insn(index, frame, at);
                }
            }
        }
        if self.log.wants_level2() {
            self.log.message(&format_args!(
                "{} live stack update done in {rounds} iterations\n",
                chain.text()
            ));
        }
        self.hand_to_caller(index, chain);
        if let Some(instance) = self.stack_liveness.instances.get_mut(index) {
            instance.updated = false;
        }
    }

    fn update_insn(&mut self, index: usize, frame: u8, at: InsnIdx) -> bool {
        let Some(instance) = self.stack_liveness.instances.get(index) else {
            return false;
        };
        let (mut after, mut written_after, mut any) = (0, u64::MAX, false);
        for successor in self.successors(at).into_iter().flatten() {
            let masks = instance.masks(frame, successor);
            after |= masks.live_before;
            written_after &= masks.must_write_acc;
            any = true;
        }
        if !any {
            return false;
        }
        let old = instance.masks(frame, at);
        let live_before = (after & !old.must_write) | old.may_read;
        let new = Masks {
            live_before,
            must_write_acc: written_after | old.must_write,
            ..old
        };
        if new == old {
            return false;
        }
        if self.log.wants_level2() {
            let marked = old.may_read != 0 || old.must_write != 0;
            if marked || at == instance.chain.entry() || self.marks(at).prune_point() {
                let chain = instance.chain;
                self.log_change(&chain, "live", frame, at, old.live_before, new.live_before);
                self.log_change(
                    &chain,
                    "written",
                    frame,
                    at,
                    old.must_write_acc,
                    new.must_write_acc,
                );
            }
        }
        if let Some(masks) = self
            .stack_liveness
            .instances
            .get_mut(index)
            .and_then(|i| i.masks_mut(frame, at))
        {
            *masks = new;
        }
        true
    }

    fn log_change(
        &mut self,
        chain: &CallChain,
        what: &str,
        frame: u8,
        at: InsnIdx,
        old: u64,
        new: u64,
    ) {
        if old == new {
            return;
        }
        self.log.message(&format_args!(
            "{} frame {frame} insn {} ",
            chain.text(),
            at.0
        ));
        let (gained, lost) = (new & !old, old & !new);
        if gained != 0 {
            self.log
                .message(&format_args!("+{what} {} ", slots_text(gained)));
        }
        if lost != 0 {
            self.log
                .message(&format_args!("-{what} {}", slots_text(lost)));
        }
        self.log.message(&"\n");
    }

    /// What a function does to its callers' slots is what the call instruction does.
    fn hand_to_caller(&mut self, index: usize, chain: CallChain) {
        let Some(depth) = chain.depth().checked_sub(1) else {
            return;
        };
        let call = chain.insn(depth);
        let caller_entry = self
            .subprog(self.subprog_of(call))
            .map_or(InsnIdx(0), |s| s.start);
        let Some(outer) = chain.outer(caller_entry) else {
            return;
        };
        let outer = self.instance_of_chain(outer);
        let mut writes = [0; MAX_FRAMES];
        for (frame, written) in (0..=depth).zip(writes.iter_mut()) {
            let Some(inner) = self.stack_liveness.instances.get(index) else {
                return;
            };
            if !inner.has_frame(frame) {
                continue;
            }
            let masks = inner.masks(frame, chain.entry());
            *written = masks.must_write_acc;
            if let Some(outer) = self.stack_liveness.instances.get_mut(outer) {
                outer.read(frame, call, masks.live_before);
            }
        }
        if let Some(outer) = self.stack_liveness.instances.get_mut(outer) {
            outer.submit(call, &writes);
        }
    }

    /// Slots of frame `target` that may be read from `at` on in frame `frame` of a state.
    pub(crate) fn stack_live_before(
        &mut self,
        state: &State,
        frame: u8,
        at: InsnIdx,
        target: u8,
    ) -> u64 {
        let instance = self.instance_of(state, frame);
        self.stack_liveness
            .instances
            .get(instance)
            .map_or(0, |i| i.masks(target, at).live_before)
    }
}
