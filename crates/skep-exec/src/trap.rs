//! What the checking interpreter caught. A trap in a program that was accepted is a bug of the verifier (or of
//! lowering, or of a helper), never the program's.

use std::fmt;

use skep_isa::{InsnIdx, Reg};
use skep_memory::{Access, Fault};
use skep_uapi::HelperId;

/// Where and why a run was stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Trap {
    /// The instruction of the original program.
    pub at: InsnIdx,
    /// Tail calls made before it, to tell which program that is.
    pub tail_calls: u32,
    /// Why.
    pub kind: TrapKind,
}

/// Why a run was stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TrapKind {
    /// An access to memory that is not the program's, or not so.
    Memory(Fault),
    /// A register was read that nothing was written to.
    Uninitialised(Reg),
    /// Code the verifier called dead.
    Unreachable,
    /// A map pointer that is none.
    NoMap(u64),
    /// A function pointer that is none.
    NoFunction(u64),
    /// The run was made for the other executor.
    WrongEngine,
    /// Calls are nested too deeply.
    CallDepth,
    /// The instruction budget of the run is used up.
    Budget,
    /// No memory for a stack frame.
    NoMemory,
    /// A helper refuses its arguments though the verifier let them pass.
    Helper {
        /// Which helper, where it is known.
        id: Option<HelperId>,
        /// What it refuses.
        why: &'static str,
    },
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at insn {}", self.at)?;
        if self.tail_calls > 0 {
            write!(f, " after {} tail calls", self.tail_calls)?;
        }
        write!(f, ": {}", self.kind)
    }
}

impl std::error::Error for Trap {}

impl fmt::Display for TrapKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TrapKind::Memory(fault) => show_fault(fault, f),
            TrapKind::Uninitialised(reg) => write!(f, "{reg} is read before it is written"),
            TrapKind::Unreachable => f.write_str("code the verifier found unreachable was reached"),
            TrapKind::NoMap(value) => write!(f, "{value:#x} is not a map pointer"),
            TrapKind::NoFunction(value) => write!(f, "{value:#x} is not a function pointer"),
            TrapKind::WrongEngine => f.write_str("the run was made for the other executor"),
            TrapKind::CallDepth => f.write_str("calls are nested too deeply"),
            TrapKind::Budget => f.write_str("the instruction budget is used up"),
            TrapKind::NoMemory => f.write_str("no memory for a stack frame"),
            TrapKind::Helper { id, why } => match id.and_then(HelperId::name) {
                Some(name) => write!(f, "{name}: {why}"),
                None => f.write_str(why),
            },
        }
    }
}

fn show_fault(fault: &Fault, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let verb = |access: Access| match access {
        Access::Read => "read",
        Access::Write => "write",
    };
    match *fault {
        Fault::Unmapped { addr, len, access } => {
            write!(
                f,
                "{} of {len} bytes at {addr}, where nothing is live",
                verb(access)
            )
        }
        Fault::PastEnd { addr, len, span } => {
            write!(
                f,
                "access of {len} bytes at {addr} runs past the end of {} bytes at {}",
                span.len, span.start
            )
        }
        Fault::Forbidden { addr, access, span } => {
            write!(
                f,
                "{} at {addr} is not permitted in {} bytes at {}",
                verb(access),
                span.len,
                span.start
            )
        }
        Fault::Misaligned { addr, len } => {
            write!(f, "atomic operation of {len} bytes at misaligned {addr}")
        }
    }
}
