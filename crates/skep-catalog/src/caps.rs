//! Capabilities as BPF asks for them.

use bitflags::bitflags;

bitflags! {
    /// The capabilities bpf(2) looks at; a loader's set is what it effectively has.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct Caps: u8 {
        /// CAP_BPF.
        const BPF = 1 << 0;
        /// CAP_PERFMON.
        const PERFMON = 1 << 1;
        /// CAP_NET_ADMIN.
        const NET_ADMIN = 1 << 2;
        /// CAP_SYS_ADMIN, which stands for the three above.
        const SYS_ADMIN = 1 << 3;
        /// CAP_SYS_BOOT, for destructive kfuncs.
        const SYS_BOOT = 1 << 4;
    }
}

impl Caps {
    /// Whether these give each capability of `needed`, CAP_SYS_ADMIN standing for the BPF ones.
    pub const fn grant(self, needed: Self) -> bool {
        let implied = if self.contains(Self::SYS_ADMIN) {
            Self::BPF.union(Self::PERFMON).union(Self::NET_ADMIN)
        } else {
            Self::empty()
        };
        self.union(implied).contains(needed)
    }
}

/// What capability gate a helper or a context field stands behind, beyond loading the program type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CapTier {
    /// None.
    None,
    /// CAP_BPF.
    Bpf,
    /// CAP_BPF and CAP_PERFMON.
    BpfPerfmon,
    /// CAP_PERFMON alone.
    Perfmon,
    /// CAP_SYS_ADMIN.
    SysAdmin,
}

impl CapTier {
    /// The capabilities behind this tier.
    pub const fn caps(self) -> Caps {
        match self {
            Self::None => Caps::empty(),
            Self::Bpf => Caps::BPF,
            Self::BpfPerfmon => Caps::BPF.union(Caps::PERFMON),
            Self::Perfmon => Caps::PERFMON,
            Self::SysAdmin => Caps::SYS_ADMIN,
        }
    }
}
