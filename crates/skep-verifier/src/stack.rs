//! What is known about a frame's stack, 8 bytes at a time.

use crate::register::{DynptrKind, Register, TypeRef, ValueId};
use alloc::vec::Vec;

/// Bytes of stack a program has in all its frames together.
pub const MAX_STACK: i32 = 512;
/// Bytes of one slot.
pub const SLOT_SIZE: i32 = 8;

/// Slot number: slot `k` covers `fp - 8(k+1) .. fp - 8k`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SlotIdx(pub u8);

impl SlotIdx {
    /// The slot of the byte at `fp + off` (`-512 <= off < 0`), with the index of that byte within it; `None` outside the stack.
    /// Byte index 0 is the highest address (`fp - 8k - 1`), 7 the lowest, as the log prints them.
    pub fn of(off: i32) -> Option<(SlotIdx, usize)> {
        if !(-MAX_STACK..0).contains(&off) {
            return None;
        }
        let from_top = (-off - 1) as usize;
        Some((SlotIdx((from_top / 8) as u8), from_top % 8))
    }
    /// Offset from the frame pointer of the slot's lowest byte.
    pub const fn offset(self) -> i32 {
        -(self.0 as i32 + 1) * SLOT_SIZE
    }
    /// As an index.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What is known about one byte of stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum SlotByte {
    /// Never written.
    #[default]
    Invalid,
    /// Part of a spilled register.
    Spill,
    /// Written with something.
    Misc,
    /// Written with zero.
    Zero,
    /// Part of a dynptr.
    Dynptr,
    /// Part of an iterator.
    Iter,
    /// Part of a saved IRQ flag.
    IrqFlag,
}

impl SlotByte {
    /// The letter in the log.
    pub const fn letter(self) -> char {
        match self {
            SlotByte::Invalid => '?',
            SlotByte::Spill => 'r',
            SlotByte::Misc => 'm',
            SlotByte::Zero => '0',
            SlotByte::Dynptr => 'd',
            SlotByte::Iter => 'i',
            SlotByte::IrqFlag => 'f',
        }
    }
}

/// Whether an iterator can still give elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IterState {
    /// May give more.
    Active,
    /// Gave NULL.
    Drained,
}

/// Which kfuncs saved an IRQ flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IrqClass {
    /// bpf_local_irq_save.
    Native,
    /// bpf_res_spin_lock_irqsave.
    Lock,
}

/// Half of a dynptr (it takes two slots; both say the same but for `first`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DynptrSlot {
    /// What it points to.
    pub kind: DynptrKind,
    /// Its identity; slices name it.
    pub id: ValueId,
    /// The reference it stands for (ring buffer), else 0.
    pub ref_obj_id: ValueId,
    /// Whether this is the half at the lower address... of the pair, the one a pointer to the dynptr points at.
    pub first: bool,
}

/// One slot of an iterator; only the first (lowest address) holds the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IterSlot {
    /// `struct bpf_iter_NAME` in the kernel BTF.
    pub ty: TypeRef,
    /// Active or drained.
    pub state: IterState,
    /// How often next gave an element on this path; ignored by equality.
    pub depth: u32,
    /// The reference; 0 in slots after the first.
    pub ref_obj_id: ValueId,
    /// Created inside an RCU section it must not outlive.
    pub rcu: bool,
    /// That section has ended.
    pub untrusted: bool,
}

/// A saved IRQ flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IrqSlot {
    /// The reference of the section.
    pub ref_obj_id: ValueId,
    /// Who saved it.
    pub class: IrqClass,
}

/// What a slot holds besides its byte marks.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum SlotContent {
    /// Plain bytes.
    #[default]
    Bytes,
    /// A register was stored here (the byte marks say how many of its bytes are left).
    Spilled(Register),
    /// Half of a dynptr.
    Dynptr(DynptrSlot),
    /// A slot of an iterator.
    Iter(IterSlot),
    /// A saved IRQ flag.
    Irq(IrqSlot),
}

/// One 8-byte slot.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct StackSlot {
    /// Byte marks; index 0 is the highest address.
    pub bytes: [SlotByte; 8],
    /// What they are part of.
    pub content: SlotContent,
}

impl StackSlot {
    /// A slot that holds a spilled register: its lowest byte is marked so.
    pub fn spilled(&self) -> Option<&Register> {
        match &self.content {
            SlotContent::Spilled(r) if self.bytes[7] == SlotByte::Spill => Some(r),
            _ => None,
        }
    }
    /// The same, to change.
    pub fn spilled_mut(&mut self) -> Option<&mut Register> {
        match &mut self.content {
            SlotContent::Spilled(r) if self.bytes[7] == SlotByte::Spill => Some(r),
            _ => None,
        }
    }
    /// A spill of all 8 bytes.
    pub fn full_spill(&self) -> Option<&Register> {
        if self.bytes[0] == SlotByte::Spill {
            self.spilled()
        } else {
            None
        }
    }
    /// Whether nothing was ever written here.
    pub fn is_untouched(&self) -> bool {
        self.bytes == [SlotByte::Invalid; 8]
    }
}

/// A frame's stack: slot 0 is the one below the frame pointer. Grows to the deepest access.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Stack {
    /// The slots known so far.
    pub slots: Vec<StackSlot>,
}

impl Stack {
    /// Bytes known so far.
    pub fn allocated(&self) -> i32 {
        self.slots.len() as i32 * SLOT_SIZE
    }
    /// Makes slot `idx` and all above it known.
    pub fn grow_to(&mut self, idx: SlotIdx) {
        if self.slots.len() <= idx.index() {
            self.slots.resize(idx.index() + 1, StackSlot::default());
        }
    }
    /// A slot, if known.
    pub fn get(&self, idx: SlotIdx) -> Option<&StackSlot> {
        self.slots.get(idx.index())
    }
    /// A slot to change, if known.
    pub fn get_mut(&mut self, idx: SlotIdx) -> Option<&mut StackSlot> {
        self.slots.get_mut(idx.index())
    }
}
