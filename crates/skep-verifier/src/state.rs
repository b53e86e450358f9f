//! What is known at one point of one path: frames, references, locks and sections.

use crate::register::{MapRef, Pointer, Register, Target, TypeRef, ValueId};
use crate::stack::Stack;
use alloc::rc::Rc;
use alloc::vec::Vec;

/// Call frames at most.
pub const MAX_FRAMES: usize = 8;

/// Index of an instruction slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct InsnIdx(pub u32);

impl InsnIdx {
    /// As an index.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
    /// The slot after this one.
    pub const fn next(self) -> InsnIdx {
        InsnIdx(self.0.wrapping_add(1))
    }
}

/// Number of a subprogram; 0 is the main program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct SubprogIdx(pub u16);

/// The 11 registers r0..r10 (r10, the frame pointer, included).
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Registers([Register; 11]);

impl Registers {
    /// A register by number; numbers above 10 (which decoding already refuses) read as uninitialised.
    pub fn get(&self, reg: u8) -> &Register {
        const NONE: &Register = &Register::Uninit;
        self.0.get(usize::from(reg)).unwrap_or(NONE)
    }
    /// A register to change.
    pub fn get_mut(&mut self, reg: u8) -> Option<&mut Register> {
        self.0.get_mut(usize::from(reg))
    }
    /// Writes a register.
    pub fn set(&mut self, reg: u8, value: Register) {
        if let Some(r) = self.0.get_mut(usize::from(reg)) {
            *r = value;
        }
    }
    /// All 11, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Register> {
        self.0.iter()
    }
    /// All 11, to change.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Register> {
        self.0.iter_mut()
    }
}

/// Values a callback may return, inclusive, compared as 64-bit signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReturnRange {
    /// Least.
    pub min: i32,
    /// Greatest.
    pub max: i32,
}

/// What kind of function a frame runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum FrameKind {
    /// The main program, a called subprogram, or a global function.
    #[default]
    Plain,
    /// A callback run by the called helper or kfunc; may return only this range.
    Callback(ReturnRange),
    /// A timer, work queue or task work callback: outermost frame of its own path.
    AsyncCallback(ReturnRange),
    /// The exception callback.
    ExceptionCallback,
}

/// One call frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// r0..r10.
    pub regs: Registers,
    /// The stack.
    pub stack: Stack,
    /// The call instruction that made this frame; `None` for an outermost one.
    pub callsite: Option<InsnIdx>,
    /// 0 is the outermost.
    pub number: u8,
    /// Which function.
    pub subprog: SubprogIdx,
    /// What kind of function.
    pub kind: FrameKind,
    /// How deep in asynchronous callbacks that start each other.
    pub async_entries: u32,
    /// How often the callback called *from* this frame has been simulated.
    pub callback_depth: u32,
}

impl Frame {
    /// A frame with r10 pointing to its own empty stack and nothing else known.
    pub fn new(number: u8, callsite: Option<InsnIdx>, subprog: SubprogIdx) -> Self {
        let mut regs = Registers::default();
        regs.set(
            10,
            Register::Pointer(Pointer::new(Target::Stack { frame: number })),
        );
        Frame {
            regs,
            stack: Stack::default(),
            callsite,
            number,
            subprog,
            kind: FrameKind::Plain,
            async_entries: 0,
            callback_depth: 0,
        }
    }
}

/// What a lock belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockObject {
    /// A map (the template, for inner maps).
    Map(MapRef),
    /// An object of the program's own BTF.
    Allocation(TypeRef),
}

/// The kinds of things that must be given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefKind {
    /// An object.
    Pointer,
    /// Disabled interrupts.
    Irq,
    /// bpf_spin_lock.
    Lock(LockObject),
    /// bpf_res_spin_lock.
    ResLock(LockObject),
    /// bpf_res_spin_lock_irqsave.
    ResLockIrq(LockObject),
}

impl RefKind {
    /// Whether it is one of the locks.
    pub const fn is_lock(self) -> bool {
        matches!(
            self,
            RefKind::Lock(_) | RefKind::ResLock(_) | RefKind::ResLockIrq(_)
        )
    }
    /// The object whose lock it is.
    pub const fn lock_object(self) -> Option<LockObject> {
        match self {
            RefKind::Lock(o) | RefKind::ResLock(o) | RefKind::ResLockIrq(o) => Some(o),
            RefKind::Pointer | RefKind::Irq => None,
        }
    }
}

/// Something held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    /// What.
    pub kind: RefKind,
    /// Its id; for locks the id of the register that named it.
    pub id: ValueId,
    /// The instruction that took it.
    pub insn: InsnIdx,
}

/// What is held, in the order it was taken.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct References(pub Vec<Reference>);

impl References {
    /// The newest lock held.
    pub fn newest_lock(&self) -> Option<&Reference> {
        self.0.iter().rev().find(|r| r.kind.is_lock())
    }
    /// How many locks are held.
    pub fn lock_count(&self) -> usize {
        self.0.iter().filter(|r| r.kind.is_lock()).count()
    }
    /// The newest disabling of interrupts that is still in force.
    pub fn newest_irq(&self) -> Option<&Reference> {
        self.0.iter().rev().find(|r| r.kind == RefKind::Irq)
    }
    /// Whether object reference `id` is held.
    pub fn holds(&self, id: ValueId) -> bool {
        self.0
            .iter()
            .any(|r| r.kind == RefKind::Pointer && r.id == id)
    }
    /// Gives object reference `id` back; whether it was held.
    pub fn release(&mut self, id: ValueId) -> bool {
        let at = self
            .0
            .iter()
            .position(|r| r.kind == RefKind::Pointer && r.id == id);
        at.map(|i| self.0.remove(i)).is_some()
    }
}

/// Whether a path is what the processor may do, or only what it may speculate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Execution {
    /// Real.
    #[default]
    Architectural,
    /// Speculative.
    Speculative,
}

/// What is known at one point of one path. Frames are shared between copies until they are changed.
#[derive(Clone, Debug, Default)]
pub struct State {
    frames: Vec<Rc<Frame>>,
    /// What is held.
    pub refs: References,
    /// Depth of bpf_preempt_disable.
    pub preempt_locks: u32,
    /// Inside bpf_rcu_read_lock.
    pub rcu_lock: bool,
    /// Whether the program (or async callback) may sleep here.
    pub in_sleepable: bool,
    /// Real or speculative.
    pub execution: Execution,
    /// How deep in unrolled callbacks.
    pub callback_unroll_depth: u32,
    /// How many may_goto were not taken on this path.
    pub may_goto_depth: u32,
}

impl State {
    /// One outermost frame.
    pub fn new(frame: Frame, in_sleepable: bool) -> Self {
        State {
            frames: alloc::vec![Rc::new(frame)],
            in_sleepable,
            ..State::default()
        }
    }
    /// The frames, outermost first.
    pub fn frames(&self) -> &[Rc<Frame>] {
        &self.frames
    }
    /// Number of the innermost frame.
    pub fn current(&self) -> u8 {
        (self.frames.len() as u8).saturating_sub(1)
    }
    /// A frame by number.
    pub fn frame(&self, number: u8) -> Option<&Frame> {
        self.frames.get(usize::from(number)).map(Rc::as_ref)
    }
    /// A frame to change; copies it if another state shares it.
    pub fn frame_mut(&mut self, number: u8) -> Option<&mut Frame> {
        self.frames.get_mut(usize::from(number)).map(Rc::make_mut)
    }
    /// The innermost frame; `None` only before the first frame is pushed.
    pub fn top(&self) -> Option<&Frame> {
        self.frames.last().map(Rc::as_ref)
    }
    /// The innermost frame, to change.
    pub fn top_mut(&mut self) -> Option<&mut Frame> {
        self.frames.last_mut().map(Rc::make_mut)
    }
    /// Enters a frame.
    pub fn push_frame(&mut self, frame: Frame) {
        self.frames.push(Rc::new(frame));
    }
    /// Leaves the innermost frame.
    pub fn pop_frame(&mut self) -> Option<Frame> {
        self.frames.pop().map(Rc::unwrap_or_clone)
    }
    /// Register `reg` of the innermost frame.
    pub fn reg(&self, reg: u8) -> &Register {
        const NONE: &Register = &Register::Uninit;
        self.top().map_or(NONE, |f| f.regs.get(reg))
    }
    /// Register `reg` of the innermost frame, to change.
    pub fn reg_mut(&mut self, reg: u8) -> Option<&mut Register> {
        self.top_mut().and_then(|f| f.regs.get_mut(reg))
    }
    /// Writes register `reg` of the innermost frame.
    pub fn set_reg(&mut self, reg: u8, value: Register) {
        if let Some(f) = self.top_mut() {
            f.regs.set(reg, value);
        }
    }
    /// "In an RCU critical section" as Linux counts it: explicit, or a lock is held, or the program cannot sleep.
    pub fn in_rcu_cs(&self) -> bool {
        self.rcu_lock || self.refs.lock_count() > 0 || !self.in_sleepable
    }
    /// Calls `f` on every register and spilled register of every frame, outermost frame first, registers before slots.
    /// Frames in which `f` changes nothing stay shared: `wanted` tells beforehand whether a register is of interest.
    pub fn for_each_register(
        &mut self,
        wanted: impl Fn(&Register) -> bool,
        mut f: impl FnMut(&mut Register),
    ) {
        for frame in &mut self.frames {
            let any = frame.regs.iter().any(&wanted)
                || frame
                    .stack
                    .slots
                    .iter()
                    .filter_map(|s| s.spilled())
                    .any(&wanted);
            if !any {
                continue;
            }
            let frame = Rc::make_mut(frame);
            let slots = frame.stack.slots.iter_mut().filter_map(|s| s.spilled_mut());
            for reg in frame.regs.iter_mut().chain(slots) {
                if wanted(reg) {
                    f(reg);
                }
            }
        }
    }
}
