//! Words of the texts that are made of several parts: names of helpers, sections, lists of types, bounds.

use crate::register::TypeName;
use alloc::vec::Vec;
use core::fmt;
use skep_uapi::HelperId;

/// A helper as messages name it: `bpf_map_lookup_elem#1`, `unknown#4711`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HelperName(pub HelperId);

impl HelperName {
    /// Whether it stands for a CO-RE relocation that matched nothing; loaders put this number there.
    pub fn is_poison(&self) -> bool {
        self.0.0 == 195_896_080
    }

    /// Whether it stands for a weak kernel function that is not there; loaders put such numbers there.
    pub fn is_missing_kfunc(&self) -> bool {
        (2_002_000_000..2_003_000_000).contains(&self.0.0)
    }
}

impl fmt::Display for HelperName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}#{}",
            self.0.name().unwrap_or("unknown"),
            self.0.0.cast_signed()
        )
    }
}

/// A part of a program in which nothing may sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Between bpf_rcu_read_lock and unlock.
    RcuReadLock,
    /// Between bpf_preempt_disable and enable.
    NonPreemptible,
    /// Between bpf_local_irq_save and restore.
    IrqDisabled,
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Section::RcuReadLock => "rcu_read_lock",
            Section::NonPreemptible => "non-preemptible",
            Section::IrqDisabled => "IRQ-disabled",
        })
    }
}

/// Where a program leaves while it may still hold something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeakSite {
    /// EXIT of an outermost frame.
    Exit,
    /// bpf_throw.
    Throw,
    /// bpf_tail_call.
    TailCall,
    /// LD_ABS and LD_IND, which may end the program.
    LdAbs,
}

impl fmt::Display for LeakSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LeakSite::Exit => "BPF_EXIT instruction in main prog",
            LeakSite::Throw => "bpf_throw",
            LeakSite::TailCall => "tail_call",
            LeakSite::LdAbs => "BPF_LD_[ABS|IND]",
        })
    }
}

/// The register types an argument accepts: numbers, or these pointers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArgTypeNames {
    /// A number.
    Scalar,
    /// One of these.
    Pointers(Vec<TypeName>),
}

impl fmt::Display for ArgTypeNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ArgTypeNames::Scalar => f.write_str("scalar"),
            ArgTypeNames::Pointers(names) => names.iter().enumerate().try_for_each(|(i, name)| {
                let separator = if i == 0 { "" } else { ", " };
                write!(f, "{separator}{name}")
            }),
        }
    }
}

/// Signed bounds as the return value messages print them: each only where it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedBounds {
    /// Least value.
    pub min: i64,
    /// Greatest value.
    pub max: i64,
}

impl fmt::Display for SignedBounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.min > i64::MIN {
            write!(f, " smin={}", self.min)?;
        }
        if self.max < i64::MAX {
            write!(f, " smax={}", self.max)?;
        }
        if self.min == i64::MIN && self.max == i64::MAX {
            f.write_str(" unknown scalar value")?;
        }
        Ok(())
    }
}

/// Known bits as some messages print them: always as a pair of hexadecimal numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HexPair(pub crate::scalar::Tnum);

impl fmt::Display for HexPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({:#x}; {:#x})", self.0.value, self.0.mask)
    }
}

/// A kernel function as some messages name it: `bpf_obj_drop_impl#4711`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KfuncName {
    /// Its name.
    pub name: alloc::string::String,
    /// Its id in the kernel BTF.
    pub id: u32,
}

impl fmt::Display for KfuncName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.name, self.id)
    }
}
