//! [`Insn`]: a decoded instruction, and the closed sets its fields come from.
//!
//! A value of these types is always well formed: registers exist, reserved fields are gone, widths are legal. What it is
//! not is verified: jump targets may leave the program, helpers may not exist.

use crate::Reg;

/// Width of arithmetic and comparisons.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Width {
    /// The low half; a result is zero extended.
    W32,
    /// The whole register.
    W64,
}

/// Size of a memory access.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Size {
    /// One byte.
    B,
    /// Two bytes.
    H,
    /// Four bytes.
    W,
    /// Eight bytes.
    DW,
}

impl Size {
    /// Number of bytes: 1, 2, 4 or 8.
    pub const fn bytes(self) -> u32 {
        match self {
            Size::B => 1,
            Size::H => 2,
            Size::W => 4,
            Size::DW => 8,
        }
    }
}

/// How a loaded value fills the register.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Extend {
    /// Upper bits are zero.
    Zero,
    /// Upper bits are the sign; not with [`Size::DW`].
    Sign,
}

/// Second operand of arithmetic and comparisons.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Operand {
    /// A register.
    Reg(Reg),
    /// A constant, sign extended to the width of the operation.
    Imm(i32),
}

/// Arithmetic with two operands, the first also the destination.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AluOp {
    /// Addition.
    Add,
    /// Subtraction.
    Sub,
    /// Multiplication.
    Mul,
    /// Unsigned division; by zero gives zero.
    Div,
    /// Signed division; by zero gives zero.
    SDiv,
    /// Bitwise or.
    Or,
    /// Bitwise and.
    And,
    /// Shift left, the count masked to the width.
    Lsh,
    /// Logical shift right, the count masked to the width.
    Rsh,
    /// Unsigned remainder; by zero leaves the first operand.
    Mod,
    /// Signed remainder; by zero leaves the first operand.
    SMod,
    /// Bitwise exclusive or.
    Xor,
    /// Arithmetic shift right, the count masked to the width.
    Arsh,
}

/// Source width of a sign-extending move.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SxFrom {
    /// The low 8 bits.
    S8,
    /// The low 16 bits.
    S16,
    /// The low 32 bits, only into 64.
    S32,
}

impl SxFrom {
    /// Number of bits: 8, 16 or 32.
    pub const fn bits(self) -> u8 {
        match self {
            SxFrom::S8 => 8,
            SxFrom::S16 => 16,
            SxFrom::S32 => 32,
        }
    }
}

/// Byte order operations.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum EndianOp {
    /// To or from little endian: truncates on this machine's order.
    Le,
    /// To or from big endian: swaps and truncates.
    Be,
    /// Swaps unconditionally and truncates.
    Swap,
}

/// Width of a byte order operation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum EndianWidth {
    /// 16 bits.
    B16,
    /// 32 bits.
    B32,
    /// 64 bits.
    B64,
}

impl EndianWidth {
    /// Number of bits: 16, 32 or 64.
    pub const fn bits(self) -> u8 {
        match self {
            EndianWidth::B16 => 16,
            EndianWidth::B32 => 32,
            EndianWidth::B64 => 64,
        }
    }

    /// The width written as `16`, `32` or `64`.
    pub(crate) fn from_digits(digits: &str) -> Option<EndianWidth> {
        Some(match digits {
            "16" => EndianWidth::B16,
            "32" => EndianWidth::B32,
            "64" => EndianWidth::B64,
            _ => return None,
        })
    }
}

/// What a two-slot `ld_imm64` loads.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Imm64 {
    /// A number.
    Plain(u64),
    /// A map by fd.
    MapFd(i32),
    /// An address in the only value of a map.
    MapValue {
        /// The map's fd.
        fd: i32,
        /// Byte offset into the value.
        off: u32,
    },
    /// A kernel variable or function.
    BtfId {
        /// Its type id.
        id: i32,
        /// Fd of the module's BTF, 0 for the kernel's own.
        module_fd: i32,
    },
    /// The address of a function of this program.
    Func {
        /// Distance in slots from the slot after the first.
        off: i32,
    },
    /// A map by index into the load request's `fd_array`.
    MapIdx(i32),
    /// An address in the only value of a map given by index.
    MapIdxValue {
        /// Index into `fd_array`.
        idx: i32,
        /// Byte offset into the value.
        off: u32,
    },
}

/// Atomic read-modify-write operations.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AtomicOp {
    /// `*p += src`.
    Add,
    /// `*p |= src`.
    Or,
    /// `*p &= src`.
    And,
    /// `*p ^= src`.
    Xor,
    /// `src = *p; *p += src`.
    FetchAdd,
    /// `src = *p; *p |= src`.
    FetchOr,
    /// `src = *p; *p &= src`.
    FetchAnd,
    /// `src = *p; *p ^= src`.
    FetchXor,
    /// `src = *p; *p = src`.
    Xchg,
    /// `old = *p; if old == r0 { *p = src }; r0 = old`.
    CmpXchg,
}

/// Comparisons of conditional jumps.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CondOp {
    /// `==`.
    Eq,
    /// `!=`.
    Ne,
    /// Unsigned `>`.
    Gt,
    /// Unsigned `>=`.
    Ge,
    /// Unsigned `<`.
    Lt,
    /// Unsigned `<=`.
    Le,
    /// `a & b != 0`.
    Set,
    /// Signed `>`.
    SGt,
    /// Signed `>=`.
    SGe,
    /// Signed `<`.
    SLt,
    /// Signed `<=`.
    SLe,
}

/// Which field of a plain jump holds the distance.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum JumpRange {
    /// `goto`, in the 16 bits of `off`.
    Near(i16),
    /// `gotol`, in the 32 bits of `imm`.
    Far(i32),
}

impl JumpRange {
    /// Distance in slots from the next slot.
    pub const fn offset(self) -> i32 {
        match self {
            JumpRange::Near(off) => off as i32,
            JumpRange::Far(off) => off,
        }
    }
}

/// Who is called.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CallTarget {
    /// A helper by number; negative and unknown numbers are possible.
    Helper(i32),
    /// A kernel function.
    Kfunc {
        /// Type id of the FUNC.
        btf_id: i32,
        /// 0 for the kernel's own BTF, else an index into `fd_array`.
        fd_idx: i16,
    },
    /// A function of this program.
    Subprog {
        /// Distance in slots from the next slot.
        off: i32,
    },
}

/// One decoded instruction.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Insn {
    /// `dst = dst op src`.
    Alu {
        /// Operation.
        op: AluOp,
        /// Width.
        width: Width,
        /// First operand and destination.
        dst: Reg,
        /// Second operand.
        src: Operand,
    },
    /// `dst = src`.
    Mov {
        /// Width.
        width: Width,
        /// Destination.
        dst: Reg,
        /// Source.
        src: Operand,
    },
    /// `dst = (s8)src` and the like.
    MovSx {
        /// Width of the result.
        width: Width,
        /// Width taken of the source.
        from: SxFrom,
        /// Destination.
        dst: Reg,
        /// Source.
        src: Reg,
    },
    /// `dst = addr_space_cast(src, to, from)`: an arena pointer to kernel form or back.
    AddrSpaceCast {
        /// Destination.
        dst: Reg,
        /// Source.
        src: Reg,
        /// High half of `imm`.
        to: u16,
        /// Low half of `imm`.
        from: u16,
    },
    /// `dst = -dst`.
    Neg {
        /// Width.
        width: Width,
        /// Operand and destination.
        dst: Reg,
    },
    /// `dst = be16 dst` and the like.
    Endian {
        /// Which order.
        op: EndianOp,
        /// Which width.
        width: EndianWidth,
        /// Operand and destination.
        dst: Reg,
    },
    /// `dst = constant ll`; takes two slots.
    LdImm64 {
        /// Destination.
        dst: Reg,
        /// What is loaded.
        value: Imm64,
    },
    /// `dst = *(size *)(src + off)`.
    Ldx {
        /// Size read.
        size: Size,
        /// Extension to 64 bits.
        extend: Extend,
        /// Destination.
        dst: Reg,
        /// Base address.
        src: Reg,
        /// Offset in bytes.
        off: i16,
    },
    /// `*(size *)(dst + off) = imm`.
    St {
        /// Size written.
        size: Size,
        /// Base address.
        dst: Reg,
        /// Offset in bytes.
        off: i16,
        /// Constant, sign extended then cut to the size.
        imm: i32,
    },
    /// `*(size *)(dst + off) = src`.
    Stx {
        /// Size written.
        size: Size,
        /// Base address.
        dst: Reg,
        /// Offset in bytes.
        off: i16,
        /// Value.
        src: Reg,
    },
    /// Atomic read-modify-write at `dst + off`.
    Atomic {
        /// Operation.
        op: AtomicOp,
        /// [`Size::W`] or [`Size::DW`].
        size: Size,
        /// Base address.
        dst: Reg,
        /// Offset in bytes.
        off: i16,
        /// Operand, and destination of fetching operations.
        src: Reg,
    },
    /// `dst = load_acquire((size *)(src + off))`.
    LoadAcquire {
        /// Size read.
        size: Size,
        /// Destination.
        dst: Reg,
        /// Base address.
        src: Reg,
        /// Offset in bytes.
        off: i16,
    },
    /// `store_release((size *)(dst + off), src)`.
    StoreRelease {
        /// Size written.
        size: Size,
        /// Base address.
        dst: Reg,
        /// Offset in bytes.
        off: i16,
        /// Value.
        src: Reg,
    },
    /// `r0 = *(size *)skb[imm]`: packet bytes in network order, the packet in r6.
    LdAbs {
        /// Not [`Size::DW`].
        size: Size,
        /// Offset into the packet.
        imm: i32,
    },
    /// `r0 = *(size *)skb[src + imm]`.
    LdInd {
        /// Not [`Size::DW`].
        size: Size,
        /// Variable part of the offset.
        src: Reg,
        /// Constant part of the offset.
        imm: i32,
    },
    /// `goto` and `gotol`.
    Ja(JumpRange),
    /// `if dst op src goto`.
    Jump {
        /// Comparison.
        op: CondOp,
        /// Width compared.
        width: Width,
        /// Left side.
        dst: Reg,
        /// Right side.
        src: Operand,
        /// Distance in slots from the next slot.
        off: i16,
    },
    /// `may_goto`: jumps when the loop budget is used up.
    MayGoto {
        /// Distance in slots from the next slot.
        off: i16,
    },
    /// A call of any kind.
    Call(CallTarget),
    /// Return from the function.
    Exit,
}

impl Insn {
    /// Slots it takes: 2 for `ld_imm64`, else 1.
    pub const fn slots(self) -> u32 {
        if let Insn::LdImm64 { .. } = self {
            2
        } else {
            1
        }
    }
}
