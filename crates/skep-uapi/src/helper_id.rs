//! `HelperId`: the number of a helper, as it stands in the immediate of a call.

use crate::generated::helper_id::NAMES;

/// The number of a helper; any `u32` is a value, [`HelperId::exists`] says whether Linux 6.18 has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HelperId(pub u32);

impl HelperId {
    /// One past the highest helper of Linux 6.18 (`__BPF_FUNC_MAX_ID`).
    pub const MAX: u32 = NAMES.len() as u32;

    /// Whether Linux 6.18 defines this helper; 0 (`bpf_unspec`) is none.
    pub const fn exists(self) -> bool {
        self.0 != 0 && self.0 < Self::MAX
    }

    /// The C name (`bpf_map_lookup_elem`); 0 is `bpf_unspec`.
    pub fn name(self) -> Option<&'static str> {
        NAMES.get(self.0 as usize).copied()
    }

    /// The helper of this C name, with or without `bpf_`.
    pub fn from_name(name: &str) -> Option<Self> {
        let short = name.strip_prefix("bpf_").unwrap_or(name);
        let index = NAMES
            .iter()
            .position(|known| known.strip_prefix("bpf_") == Some(short))?;
        u32::try_from(index).ok().map(Self)
    }

    /// Every helper of Linux 6.18, by number.
    pub fn all() -> impl Iterator<Item = Self> {
        (1..Self::MAX).map(Self)
    }
}
