//! `Cmd`: a command of bpf(2), its first argument.
//!
//! Generated from `data/uapi.json` by `cargo xtask codegen`; do not edit.

/// A command of bpf(2), its first argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum Cmd {
    /// `BPF_MAP_CREATE`, since Linux 3.18.
    MapCreate = 0,
    /// `BPF_MAP_LOOKUP_ELEM`, since Linux 3.18.
    MapLookupElem = 1,
    /// `BPF_MAP_UPDATE_ELEM`, since Linux 3.18.
    MapUpdateElem = 2,
    /// `BPF_MAP_DELETE_ELEM`, since Linux 3.18.
    MapDeleteElem = 3,
    /// `BPF_MAP_GET_NEXT_KEY`, since Linux 3.18.
    MapGetNextKey = 4,
    /// `BPF_PROG_LOAD`, since Linux 3.18.
    ProgLoad = 5,
    /// `BPF_OBJ_PIN`, since Linux 4.4.
    ObjPin = 6,
    /// `BPF_OBJ_GET`, since Linux 4.4.
    ObjGet = 7,
    /// `BPF_PROG_ATTACH`, since Linux 4.10.
    ProgAttach = 8,
    /// `BPF_PROG_DETACH`, since Linux 4.10.
    ProgDetach = 9,
    /// `BPF_PROG_TEST_RUN`, since Linux 4.12.
    ProgTestRun = 10,
    /// `BPF_PROG_GET_NEXT_ID`, since Linux 4.13.
    ProgGetNextId = 11,
    /// `BPF_MAP_GET_NEXT_ID`, since Linux 4.13.
    MapGetNextId = 12,
    /// `BPF_PROG_GET_FD_BY_ID`, since Linux 4.13.
    ProgGetFdById = 13,
    /// `BPF_MAP_GET_FD_BY_ID`, since Linux 4.13.
    MapGetFdById = 14,
    /// `BPF_OBJ_GET_INFO_BY_FD`, since Linux 4.13.
    ObjGetInfoByFd = 15,
    /// `BPF_PROG_QUERY`, since Linux 4.15.
    ProgQuery = 16,
    /// `BPF_RAW_TRACEPOINT_OPEN`, since Linux 4.17.
    RawTracepointOpen = 17,
    /// `BPF_BTF_LOAD`, since Linux 4.18.
    BtfLoad = 18,
    /// `BPF_BTF_GET_FD_BY_ID`, since Linux 4.18.
    BtfGetFdById = 19,
    /// `BPF_TASK_FD_QUERY`, since Linux 4.18.
    TaskFdQuery = 20,
    /// `BPF_MAP_LOOKUP_AND_DELETE_ELEM`, since Linux 4.20.
    MapLookupAndDeleteElem = 21,
    /// `BPF_MAP_FREEZE`, since Linux 5.2.
    MapFreeze = 22,
    /// `BPF_BTF_GET_NEXT_ID`, since Linux 5.4.
    BtfGetNextId = 23,
    /// `BPF_MAP_LOOKUP_BATCH`, since Linux 5.6.
    MapLookupBatch = 24,
    /// `BPF_MAP_LOOKUP_AND_DELETE_BATCH`, since Linux 5.6.
    MapLookupAndDeleteBatch = 25,
    /// `BPF_MAP_UPDATE_BATCH`, since Linux 5.6.
    MapUpdateBatch = 26,
    /// `BPF_MAP_DELETE_BATCH`, since Linux 5.6.
    MapDeleteBatch = 27,
    /// `BPF_LINK_CREATE`, since Linux 5.7.
    LinkCreate = 28,
    /// `BPF_LINK_UPDATE`, since Linux 5.7.
    LinkUpdate = 29,
    /// `BPF_LINK_GET_FD_BY_ID`, since Linux 5.8.
    LinkGetFdById = 30,
    /// `BPF_LINK_GET_NEXT_ID`, since Linux 5.8.
    LinkGetNextId = 31,
    /// `BPF_ENABLE_STATS`, since Linux 5.8.
    EnableStats = 32,
    /// `BPF_ITER_CREATE`, since Linux 5.8.
    IterCreate = 33,
    /// `BPF_LINK_DETACH`, since Linux 5.9.
    LinkDetach = 34,
    /// `BPF_PROG_BIND_MAP`, since Linux 5.10.
    ProgBindMap = 35,
    /// `BPF_TOKEN_CREATE`, since Linux 6.9.
    TokenCreate = 36,
    /// `BPF_PROG_STREAM_READ_BY_FD`, since Linux 6.17.
    ProgStreamReadByFd = 37,
}

impl Cmd {
    /// What precedes [`Self::name`] in C.
    pub const PREFIX: &'static str = "BPF_";

    /// Every value, at the index of its number.
    pub const ALL: [Self; 38] = [
        Self::MapCreate,
        Self::MapLookupElem,
        Self::MapUpdateElem,
        Self::MapDeleteElem,
        Self::MapGetNextKey,
        Self::ProgLoad,
        Self::ObjPin,
        Self::ObjGet,
        Self::ProgAttach,
        Self::ProgDetach,
        Self::ProgTestRun,
        Self::ProgGetNextId,
        Self::MapGetNextId,
        Self::ProgGetFdById,
        Self::MapGetFdById,
        Self::ObjGetInfoByFd,
        Self::ProgQuery,
        Self::RawTracepointOpen,
        Self::BtfLoad,
        Self::BtfGetFdById,
        Self::TaskFdQuery,
        Self::MapLookupAndDeleteElem,
        Self::MapFreeze,
        Self::BtfGetNextId,
        Self::MapLookupBatch,
        Self::MapLookupAndDeleteBatch,
        Self::MapUpdateBatch,
        Self::MapDeleteBatch,
        Self::LinkCreate,
        Self::LinkUpdate,
        Self::LinkGetFdById,
        Self::LinkGetNextId,
        Self::EnableStats,
        Self::IterCreate,
        Self::LinkDetach,
        Self::ProgBindMap,
        Self::TokenCreate,
        Self::ProgStreamReadByFd,
    ];

    /// `BPF_PROG_RUN`, another name of the same number.
    pub const PROG_RUN: Self = Self::ProgTestRun;

    /// The value of this number, if Linux 6.18 has one.
    pub const fn from_raw(raw: u32) -> Option<Self> {
        if raw < 38 { Some(Self::ALL[raw as usize]) } else { None }
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

impl core::fmt::Display for Cmd {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}

static NAMES: [&str; 38] = [
    "MAP_CREATE",
    "MAP_LOOKUP_ELEM",
    "MAP_UPDATE_ELEM",
    "MAP_DELETE_ELEM",
    "MAP_GET_NEXT_KEY",
    "PROG_LOAD",
    "OBJ_PIN",
    "OBJ_GET",
    "PROG_ATTACH",
    "PROG_DETACH",
    "PROG_TEST_RUN",
    "PROG_GET_NEXT_ID",
    "MAP_GET_NEXT_ID",
    "PROG_GET_FD_BY_ID",
    "MAP_GET_FD_BY_ID",
    "OBJ_GET_INFO_BY_FD",
    "PROG_QUERY",
    "RAW_TRACEPOINT_OPEN",
    "BTF_LOAD",
    "BTF_GET_FD_BY_ID",
    "TASK_FD_QUERY",
    "MAP_LOOKUP_AND_DELETE_ELEM",
    "MAP_FREEZE",
    "BTF_GET_NEXT_ID",
    "MAP_LOOKUP_BATCH",
    "MAP_LOOKUP_AND_DELETE_BATCH",
    "MAP_UPDATE_BATCH",
    "MAP_DELETE_BATCH",
    "LINK_CREATE",
    "LINK_UPDATE",
    "LINK_GET_FD_BY_ID",
    "LINK_GET_NEXT_ID",
    "ENABLE_STATS",
    "ITER_CREATE",
    "LINK_DETACH",
    "PROG_BIND_MAP",
    "TOKEN_CREATE",
    "PROG_STREAM_READ_BY_FD",
];
