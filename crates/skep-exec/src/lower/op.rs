//! The lowered form: what both executors run.
//!
//! Registers are BPF's. Everything that depended on types, maps or fields is gone: an address is an address, a call
//! names its body, a jump names an operation. Semantics are total: division by zero, shift counts and 32-bit
//! results are defined as RFC 9669 does.

use std::fmt;
use std::sync::Arc;

use skep_isa::{AluOp, AtomicOp, CondOp, EndianWidth, Extend, InsnIdx, Reg, Size, SxFrom, Width};
use skep_maps::InlineLookup;
use skep_uapi::HelperId;

use crate::bound_map::BoundMap;
use crate::helper::HelperFn;

/// A function of the lowered program; 0 is the main program.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FunctionIdx(pub u16);

impl FunctionIdx {
    /// The main program.
    pub const MAIN: Self = Self(0);

    /// As an index.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// An operation of the same function, by index. While a function is being lowered, the instruction it stands for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Label(pub u32);

impl Label {
    /// As an index.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A second operand: constants are extended to the width of the operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Value {
    /// A register.
    Reg(Reg),
    /// A constant.
    Const(u64),
}

/// Who else may touch the bytes of an access.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sharing {
    /// The function's own stack, addressed by R10.
    Stack,
    /// Anyone: map values, packets, contexts, stacks of callers. Such accesses are never merged, dropped or moved.
    Shared,
}

/// An address: a register and a distance in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// Base.
    pub base: Reg,
    /// Distance.
    pub off: i32,
    /// Who else touches it.
    pub sharing: Sharing,
}

/// One operation.
#[derive(Clone, Copy, Debug)]
pub enum Op {
    /// `dst = src`, 64 bits.
    Mov {
        /// Destination.
        dst: Reg,
        /// Source.
        src: Value,
    },
    /// `dst = src & mask of the width`; a 32-bit move, a truncation.
    Truncate {
        /// Destination.
        dst: Reg,
        /// Source.
        src: Reg,
        /// Bits kept.
        bits: u8,
    },
    /// `dst = sign extended low part of src`.
    MovSx {
        /// Width of the result; the upper half is zero for 32.
        width: Width,
        /// Part taken.
        from: SxFrom,
        /// Destination.
        dst: Reg,
        /// Source.
        src: Reg,
    },
    /// `dst = dst op src`. A constant divisor is neither 0 nor, if signed, -1; a constant count is below the width.
    Alu {
        /// Operation.
        op: AluOp,
        /// Width.
        width: Width,
        /// First operand and destination.
        dst: Reg,
        /// Second operand.
        src: Value,
    },
    /// `dst = -dst`.
    Neg {
        /// Width.
        width: Width,
        /// Operand and destination.
        dst: Reg,
    },
    /// Reverses the low bytes, zeroes the others.
    Swap {
        /// How many bits.
        width: EndianWidth,
        /// Operand and destination.
        dst: Reg,
    },
    /// `dst = address of a function of this program`, in the executor's own form.
    FunctionPointer {
        /// Destination.
        dst: Reg,
        /// Which function.
        function: FunctionIdx,
    },
    /// A load.
    Load {
        /// Bytes read.
        size: Size,
        /// Extension to 64 bits.
        extend: Extend,
        /// Destination.
        dst: Reg,
        /// From where.
        from: Place,
    },
    /// A store of the low bytes.
    Store {
        /// Bytes written.
        size: Size,
        /// Where to.
        to: Place,
        /// Value.
        src: Value,
    },
    /// An atomic read-modify-write.
    Atomic {
        /// Operation.
        op: AtomicOp,
        /// `W` or `DW`.
        size: Size,
        /// Where.
        at: Place,
        /// Operand, and destination of fetching operations (R0 for compare and exchange).
        src: Reg,
    },
    /// A load that later accesses do not pass.
    LoadAcquire {
        /// Bytes read.
        size: Size,
        /// Destination.
        dst: Reg,
        /// From where.
        from: Place,
    },
    /// A store that earlier accesses do not pass.
    StoreRelease {
        /// Bytes written.
        size: Size,
        /// Where to.
        to: Place,
        /// Value.
        src: Reg,
    },
    /// An unconditional jump.
    Goto(Label),
    /// A conditional jump.
    Branch {
        /// Comparison.
        op: CondOp,
        /// Width compared.
        width: Width,
        /// Left side.
        left: Reg,
        /// Right side.
        right: Value,
        /// Where to if it holds.
        to: Label,
    },
    /// Jumps if the loop budget of this call of the function is used up or the run must stop.
    MayGoto(Label),
    /// `r0 = function(r1..r5)`.
    Call(FunctionIdx),
    /// `r0 = body(r1..r5)`.
    Helper(HelperOp),
    /// `r0 = number of the CPU`, what bpf_get_smp_processor_id does.
    CpuNumber,
    /// Goes on in the program at index R3 of the prog array R2 with context R1 and returns its result from this
    /// function; falls through where there is none.
    TailCall,
    /// Returns R0.
    Exit,
    /// Code the verifier found dead.
    Unreachable,
}

/// A call of a helper or kernel function.
#[derive(Clone, Copy, Debug)]
pub struct HelperOp {
    /// Which helper; `None` for kernel functions.
    pub id: Option<HelperId>,
    /// Its body.
    pub body: HelperFn,
    /// [`Bindings::program_btf`](super::Bindings::program_btf) of the program that calls.
    pub program_btf: u32,
    /// For a look-up in a map that is always the same: how it can be done without a call.
    pub inline: InlineLookup,
}

/// One function.
#[derive(Clone, Debug)]
pub struct Function {
    /// Operations; the last never falls through.
    pub ops: Vec<Op>,
    /// The instruction each operation stands for.
    pub at: Vec<InsnIdx>,
    /// Bytes of stack, a multiple of 8.
    pub stack: u32,
    /// How many of R1 to R5 it reads before it writes them, counted up to the last such one.
    pub arity: u8,
    /// Is its address taken, or is it the main program? Then it is entered with all five arguments.
    pub entered_from_outside: bool,
    /// Its name, where BTF gives one.
    pub name: String,
}

/// A lowered program, bound to its maps and helpers.
pub struct Lowered {
    pub(crate) functions: Vec<Function>,
    pub(crate) maps: Vec<Arc<BoundMap>>,
}

impl Lowered {
    /// The functions; the main program is first.
    pub fn functions(&self) -> &[Function] {
        &self.functions
    }

    /// The maps the program names; it keeps them alive.
    pub fn maps(&self) -> &[Arc<BoundMap>] {
        &self.maps
    }

    /// A function by index.
    pub fn function(&self, index: FunctionIdx) -> Option<&Function> {
        self.functions.get(index.index())
    }
}

impl fmt::Debug for Lowered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lowered")
            .field("functions", &self.functions)
            .finish_non_exhaustive()
    }
}
