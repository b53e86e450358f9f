//! Text to slots: the assembler of the kernel's dialect.
//!
//! One instruction per line, in the words of the verifier's log; [`crate::disasm`] prints what this reads.
//!
//! ```text
//! start:                          ; labels end in a colon, comments start with ; or //
//!   r1 = *(u32 *)(r1 +0)
//!   if w1 > 7 goto +1             ; also goto pc+1, goto start
//!   r1 <<= 1
//!   r2 = 0x1122334455667788 ll    ; ll: the two-slot form
//!   r3 = map[NAME]                ; a relocation by name, also map_value[NAME]+8
//!   r4 = func[start]
//!   lock *(u64 *)(r10 -8) += r2
//!   call bpf_map_lookup_elem      ; also call 1, call bpf_map_lookup_elem#1
//!   call kfunc bpf_rcu_read_lock  ; a relocation by name, or with an id: bpf_rcu_read_lock#123
//!   call start                    ; also call pc-9
//!   raw 0xb7 1 0 0 5              ; any slot: code, dst, src, off, imm
//!   exit
//! ```
//!
//! A line may begin with its index and code byte as in a log (`5: (18) r1 = 0x7`); the code byte 18 makes `ll` unnecessary.
//! Numbers are decimal or `0x`; a 32-bit field takes -2^31 to 2^32 - 1.

mod builder;
mod cursor;
mod error;
mod operand;
mod statement;
mod value;

pub use error::{AsmError, AsmErrorKind};

pub(crate) use builder::{Builder, FixupSlot};
pub(crate) use cursor::{Cursor, Target};

use crate::{InsnIdx, RawInsn};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

/// Who knows the numbers behind names.
pub trait Symbols {
    /// The number of the helper of that name.
    fn helper(&self, name: &str) -> Option<i32> {
        let _ = name;
        None
    }

    /// The BTF id of the kernel function of that name; without one, the call becomes a [`RelocTarget::Kfunc`].
    fn kfunc(&self, name: &str) -> Option<i32> {
        let _ = name;
        None
    }
}

/// Knows no names.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSymbols;

impl Symbols for NoSymbols {}

/// A place whose value is known by name only.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reloc {
    /// The slot, the first one of `ld_imm64`.
    pub at: InsnIdx,
    /// What belongs there.
    pub target: RelocTarget,
}

/// What a [`Reloc`] names. The slot's `imm` is 0 and waits for the number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RelocTarget {
    /// A map: `ld_imm64` with `PSEUDO_MAP_FD`, `imm` becomes the fd.
    Map(String),
    /// The value of a map: `ld_imm64` with `PSEUDO_MAP_VALUE`, `imm` becomes the fd; the offset is in place.
    MapValue(String),
    /// A kernel function: `imm` becomes its BTF id.
    Kfunc(String),
}

/// An assembled program.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Assembly {
    /// Its slots.
    pub insns: Vec<RawInsn>,
    /// Source line of each slot, from 1.
    pub lines: Vec<u32>,
    /// Names to resolve before the program can be loaded.
    pub relocs: Vec<Reloc>,
    /// Slot index of each label; it may be the end of the program.
    pub labels: BTreeMap<String, InsnIdx>,
}

/// Assembles a program in the kernel's dialect.
///
/// # Errors
/// The first line that is wrong, and why.
pub fn assemble(text: &str, symbols: &(impl Symbols + ?Sized)) -> Result<Assembly, AsmError> {
    let mut builder = Builder::default();
    for (line, text) in (1u32..).zip(text.lines()) {
        builder.set_line(line);
        let code = text.split(';').next().unwrap_or_default();
        let code = code.split("//").next().unwrap_or_default();
        statement::line(code, &mut builder, symbols).map_err(|kind| AsmError { line, kind })?;
    }
    builder.finish()
}
