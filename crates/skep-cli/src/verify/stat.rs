//! The numbers of a program: what tables and CSV files show, filters and sorting use. Names are veristat's.

use std::str::FromStr;

/// One column of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stat {
    Duration,
    Insns,
    States,
    PeakStates,
    MaxStates,
    Size,
    Stack,
}

impl Stat {
    pub(crate) const ALL: [Self; 7] = [
        Self::Duration,
        Self::Insns,
        Self::States,
        Self::PeakStates,
        Self::MaxStates,
        Self::Size,
        Self::Stack,
    ];

    /// In the header of a CSV file.
    pub(crate) fn column(self) -> &'static str {
        match self {
            Self::Duration => "duration",
            Self::Insns => "total_insns",
            Self::States => "total_states",
            Self::PeakStates => "peak_states",
            Self::MaxStates => "max_states_per_insn",
            Self::Size => "prog_size",
            Self::Stack => "stack_depth",
        }
    }

    /// In tables, and what people type.
    pub(crate) fn short(self) -> &'static str {
        match self {
            Self::Duration => "duration",
            Self::Insns => "insns",
            Self::States => "states",
            Self::PeakStates => "peak_states",
            Self::MaxStates => "max_states",
            Self::Size => "size",
            Self::Stack => "stack",
        }
    }
}

impl FromStr for Stat {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = |stat: &&Self| stat.short() == text || stat.column() == text;
        Self::ALL.iter().find(named).copied().ok_or_else(|| {
            let names = Self::ALL.map(Self::short).join(", ");
            anyhow::anyhow!("there is no number '{text}'; there are {names}")
        })
    }
}
