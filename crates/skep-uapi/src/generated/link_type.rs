//! `LinkType`: a kind of link.
//!
//! Generated from `data/uapi.json` by `cargo xtask codegen`; do not edit.

/// A kind of link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum LinkType {
    /// `BPF_LINK_TYPE_UNSPEC`.
    Unspec = 0,
    /// `BPF_LINK_TYPE_RAW_TRACEPOINT`, since Linux 5.8.
    RawTracepoint = 1,
    /// `BPF_LINK_TYPE_TRACING`, since Linux 5.8.
    Tracing = 2,
    /// `BPF_LINK_TYPE_CGROUP`, since Linux 5.8.
    Cgroup = 3,
    /// `BPF_LINK_TYPE_ITER`, since Linux 5.8.
    Iter = 4,
    /// `BPF_LINK_TYPE_NETNS`, since Linux 5.8.
    Netns = 5,
    /// `BPF_LINK_TYPE_XDP`, since Linux 5.9.
    Xdp = 6,
    /// `BPF_LINK_TYPE_PERF_EVENT`, since Linux 5.15.
    PerfEvent = 7,
    /// `BPF_LINK_TYPE_KPROBE_MULTI`, since Linux 5.18.
    KprobeMulti = 8,
    /// `BPF_LINK_TYPE_STRUCT_OPS`.
    StructOps = 9,
    /// `BPF_LINK_TYPE_NETFILTER`.
    Netfilter = 10,
    /// `BPF_LINK_TYPE_TCX`.
    Tcx = 11,
    /// `BPF_LINK_TYPE_UPROBE_MULTI`.
    UprobeMulti = 12,
    /// `BPF_LINK_TYPE_NETKIT`.
    Netkit = 13,
    /// `BPF_LINK_TYPE_SOCKMAP`.
    Sockmap = 14,
}

impl LinkType {
    /// What precedes [`Self::name`] in C.
    pub const PREFIX: &'static str = "BPF_LINK_TYPE_";

    /// Every value, at the index of its number.
    pub const ALL: [Self; 15] = [
        Self::Unspec,
        Self::RawTracepoint,
        Self::Tracing,
        Self::Cgroup,
        Self::Iter,
        Self::Netns,
        Self::Xdp,
        Self::PerfEvent,
        Self::KprobeMulti,
        Self::StructOps,
        Self::Netfilter,
        Self::Tcx,
        Self::UprobeMulti,
        Self::Netkit,
        Self::Sockmap,
    ];

    /// The value of this number, if Linux 6.18 has one.
    pub const fn from_raw(raw: u32) -> Option<Self> {
        if raw < 15 { Some(Self::ALL[raw as usize]) } else { None }
    }

    /// The number in the C header.
    pub const fn raw(self) -> u32 {
        self as u32
    }

    /// The C name without [`Self::PREFIX`].
    pub const fn name(self) -> &'static str {
        NAMES[self as usize]
    }

    /// The value of this C name, with or without the prefix.
    pub fn from_name(name: &str) -> Option<Self> {
        let short = name.strip_prefix(Self::PREFIX).unwrap_or(name);
        Self::ALL.into_iter().find(|value| value.name() == short)
    }
}

impl core::fmt::Display for LinkType {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}

static NAMES: [&str; 15] = [
    "UNSPEC",
    "RAW_TRACEPOINT",
    "TRACING",
    "CGROUP",
    "ITER",
    "NETNS",
    "XDP",
    "PERF_EVENT",
    "KPROBE_MULTI",
    "STRUCT_OPS",
    "NETFILTER",
    "TCX",
    "UPROBE_MULTI",
    "NETKIT",
    "SOCKMAP",
];
