//! `MapType`: a kind of map.
//!
//! Generated from `data/uapi.json` by `cargo xtask codegen`; do not edit.

/// A kind of map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum MapType {
    /// `BPF_MAP_TYPE_UNSPEC`.
    Unspec = 0,
    /// `BPF_MAP_TYPE_HASH`, since Linux 3.19.
    Hash = 1,
    /// `BPF_MAP_TYPE_ARRAY`, since Linux 3.19.
    Array = 2,
    /// `BPF_MAP_TYPE_PROG_ARRAY`, since Linux 4.2.
    ProgArray = 3,
    /// `BPF_MAP_TYPE_PERF_EVENT_ARRAY`, since Linux 4.3.
    PerfEventArray = 4,
    /// `BPF_MAP_TYPE_PERCPU_HASH`, since Linux 4.6.
    PercpuHash = 5,
    /// `BPF_MAP_TYPE_PERCPU_ARRAY`, since Linux 4.6.
    PercpuArray = 6,
    /// `BPF_MAP_TYPE_STACK_TRACE`, since Linux 4.6.
    StackTrace = 7,
    /// `BPF_MAP_TYPE_CGROUP_ARRAY`, since Linux 4.8.
    CgroupArray = 8,
    /// `BPF_MAP_TYPE_LRU_HASH`, since Linux 4.10.
    LruHash = 9,
    /// `BPF_MAP_TYPE_LRU_PERCPU_HASH`, since Linux 4.10.
    LruPercpuHash = 10,
    /// `BPF_MAP_TYPE_LPM_TRIE`, since Linux 4.11.
    LpmTrie = 11,
    /// `BPF_MAP_TYPE_ARRAY_OF_MAPS`, since Linux 4.12.
    ArrayOfMaps = 12,
    /// `BPF_MAP_TYPE_HASH_OF_MAPS`, since Linux 4.12.
    HashOfMaps = 13,
    /// `BPF_MAP_TYPE_DEVMAP`, since Linux 4.14.
    Devmap = 14,
    /// `BPF_MAP_TYPE_SOCKMAP`, since Linux 4.14.
    Sockmap = 15,
    /// `BPF_MAP_TYPE_CPUMAP`, since Linux 4.15.
    Cpumap = 16,
    /// `BPF_MAP_TYPE_XSKMAP`, since Linux 4.18.
    Xskmap = 17,
    /// `BPF_MAP_TYPE_SOCKHASH`, since Linux 4.18.
    Sockhash = 18,
    /// `BPF_MAP_TYPE_CGROUP_STORAGE`, since Linux 4.19.
    CgroupStorage = 19,
    /// `BPF_MAP_TYPE_REUSEPORT_SOCKARRAY`, since Linux 4.19.
    ReuseportSockarray = 20,
    /// `BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE`, since Linux 4.20.
    PercpuCgroupStorage = 21,
    /// `BPF_MAP_TYPE_QUEUE`, since Linux 4.20.
    Queue = 22,
    /// `BPF_MAP_TYPE_STACK`, since Linux 4.20.
    Stack = 23,
    /// `BPF_MAP_TYPE_SK_STORAGE`, since Linux 5.2.
    SkStorage = 24,
    /// `BPF_MAP_TYPE_DEVMAP_HASH`, since Linux 5.4.
    DevmapHash = 25,
    /// `BPF_MAP_TYPE_STRUCT_OPS`, since Linux 5.6.
    StructOps = 26,
    /// `BPF_MAP_TYPE_RINGBUF`, since Linux 5.8.
    Ringbuf = 27,
    /// `BPF_MAP_TYPE_INODE_STORAGE`, since Linux 5.10.
    InodeStorage = 28,
    /// `BPF_MAP_TYPE_TASK_STORAGE`, since Linux 5.11.
    TaskStorage = 29,
    /// `BPF_MAP_TYPE_BLOOM_FILTER`, since Linux 5.16.
    BloomFilter = 30,
    /// `BPF_MAP_TYPE_USER_RINGBUF`, since Linux 6.1.
    UserRingbuf = 31,
    /// `BPF_MAP_TYPE_CGRP_STORAGE`, since Linux 6.2.
    CgrpStorage = 32,
    /// `BPF_MAP_TYPE_ARENA`, since Linux 6.9.
    Arena = 33,
}

impl MapType {
    /// What precedes [`Self::name`] in C.
    pub const PREFIX: &'static str = "BPF_MAP_TYPE_";

    /// Every value, at the index of its number.
    pub const ALL: [Self; 34] = [
        Self::Unspec,
        Self::Hash,
        Self::Array,
        Self::ProgArray,
        Self::PerfEventArray,
        Self::PercpuHash,
        Self::PercpuArray,
        Self::StackTrace,
        Self::CgroupArray,
        Self::LruHash,
        Self::LruPercpuHash,
        Self::LpmTrie,
        Self::ArrayOfMaps,
        Self::HashOfMaps,
        Self::Devmap,
        Self::Sockmap,
        Self::Cpumap,
        Self::Xskmap,
        Self::Sockhash,
        Self::CgroupStorage,
        Self::ReuseportSockarray,
        Self::PercpuCgroupStorage,
        Self::Queue,
        Self::Stack,
        Self::SkStorage,
        Self::DevmapHash,
        Self::StructOps,
        Self::Ringbuf,
        Self::InodeStorage,
        Self::TaskStorage,
        Self::BloomFilter,
        Self::UserRingbuf,
        Self::CgrpStorage,
        Self::Arena,
    ];

    /// `BPF_MAP_TYPE_CGROUP_STORAGE_DEPRECATED`, another name of the same number.
    pub const CGROUP_STORAGE_DEPRECATED: Self = Self::CgroupStorage;

    /// `BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE_DEPRECATED`, another name of the same number.
    pub const PERCPU_CGROUP_STORAGE_DEPRECATED: Self = Self::PercpuCgroupStorage;

    /// The value of this number, if Linux 6.18 has one.
    pub const fn from_raw(raw: u32) -> Option<Self> {
        if raw < 34 { Some(Self::ALL[raw as usize]) } else { None }
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

impl core::fmt::Display for MapType {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}

static NAMES: [&str; 34] = [
    "UNSPEC",
    "HASH",
    "ARRAY",
    "PROG_ARRAY",
    "PERF_EVENT_ARRAY",
    "PERCPU_HASH",
    "PERCPU_ARRAY",
    "STACK_TRACE",
    "CGROUP_ARRAY",
    "LRU_HASH",
    "LRU_PERCPU_HASH",
    "LPM_TRIE",
    "ARRAY_OF_MAPS",
    "HASH_OF_MAPS",
    "DEVMAP",
    "SOCKMAP",
    "CPUMAP",
    "XSKMAP",
    "SOCKHASH",
    "CGROUP_STORAGE",
    "REUSEPORT_SOCKARRAY",
    "PERCPU_CGROUP_STORAGE",
    "QUEUE",
    "STACK",
    "SK_STORAGE",
    "DEVMAP_HASH",
    "STRUCT_OPS",
    "RINGBUF",
    "INODE_STORAGE",
    "TASK_STORAGE",
    "BLOOM_FILTER",
    "USER_RINGBUF",
    "CGRP_STORAGE",
    "ARENA",
];
