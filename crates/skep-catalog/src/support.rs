//! How far skep has each feature of Linux 6.18: the one source of `skep features`.
//!
//! Edited by hand in `data/support.json`, where each section lists the names that are `full` and those that are
//! `partial`, with a note; everything else is absent.

use skep_uapi::{Cmd, HelperId, MapType, ProgType};

use crate::generated::support as table;

/// How far a feature is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// As in Linux.
    Full,
    /// In part; the note says what or what not.
    Partial(&'static str),
    /// Answered as by a kernel that lacks it.
    Absent,
}

/// Kinds of features.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FeatureKind {
    /// Commands of bpf(2).
    Command,
    /// Map types.
    MapType,
    /// Program types.
    ProgType,
    /// Helpers.
    Helper,
    /// Kfuncs.
    Kfunc,
    /// Link types.
    LinkType,
    /// Flags of MAP_CREATE.
    MapFlag,
    /// Flags of PROG_LOAD.
    ProgFlag,
    /// Flags of element commands.
    ElemFlag,
    /// Flags of PROG_TEST_RUN.
    TestRunFlag,
}

impl FeatureKind {
    /// Every kind, in the order of `skep features`.
    pub const ALL: [Self; 10] = [
        Self::Command,
        Self::MapType,
        Self::ProgType,
        Self::Helper,
        Self::Kfunc,
        Self::LinkType,
        Self::MapFlag,
        Self::ProgFlag,
        Self::ElemFlag,
        Self::TestRunFlag,
    ];

    /// The section of `data/support.json`, and the key in `skep features --json`.
    pub const fn section(self) -> &'static str {
        match self {
            Self::Command => "commands",
            Self::MapType => "map_types",
            Self::ProgType => "prog_types",
            Self::Helper => "helpers",
            Self::Kfunc => "kfuncs",
            Self::LinkType => "link_types",
            Self::MapFlag => "map_flags",
            Self::ProgFlag => "prog_flags",
            Self::ElemFlag => "elem_flags",
            Self::TestRunFlag => "test_run_flags",
        }
    }
}

/// One feature and its state. Enum values are in the order of their numbers, names are short C names
/// (`MAP_CREATE`, `HASH`, `map_lookup_elem`, `NO_PREALLOC`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feature {
    /// Name.
    pub name: &'static str,
    /// State.
    pub state: Support,
}

/// Every feature of a kind.
pub fn features(kind: FeatureKind) -> &'static [Feature] {
    match kind {
        FeatureKind::Command => &table::COMMANDS,
        FeatureKind::MapType => &table::MAP_TYPES,
        FeatureKind::ProgType => &table::PROG_TYPES,
        FeatureKind::Helper => &table::HELPERS,
        FeatureKind::Kfunc => &table::KFUNCS,
        FeatureKind::LinkType => &table::LINK_TYPES,
        FeatureKind::MapFlag => &table::MAP_FLAGS,
        FeatureKind::ProgFlag => &table::PROG_FLAGS,
        FeatureKind::ElemFlag => &table::ELEM_FLAGS,
        FeatureKind::TestRunFlag => &table::TEST_RUN_FLAGS,
    }
}

/// State of a command.
pub fn command(cmd: Cmd) -> Support {
    at(&table::COMMANDS, cmd.raw())
}

/// State of a map type.
pub fn map_type(map_type: MapType) -> Support {
    map_type
        .raw()
        .checked_sub(1)
        .map_or(Support::Absent, |index| at(&table::MAP_TYPES, index))
}

/// State of a program type.
pub fn prog_type(prog_type: ProgType) -> Support {
    prog_type
        .raw()
        .checked_sub(1)
        .map_or(Support::Absent, |index| at(&table::PROG_TYPES, index))
}

/// State of a helper.
pub fn helper(id: HelperId) -> Support {
    id.0.checked_sub(1)
        .map_or(Support::Absent, |index| at(&table::HELPERS, index))
}

/// State of a kfunc.
pub fn kfunc(name: &str) -> Support {
    let found = table::KFUNCS.binary_search_by(|feature| feature.name.cmp(name));
    found
        .ok()
        .and_then(|index| table::KFUNCS.get(index))
        .map_or(Support::Absent, |feature| feature.state)
}

fn at(features: &'static [Feature], index: u32) -> Support {
    usize::try_from(index)
        .ok()
        .and_then(|index| features.get(index))
        .map_or(Support::Absent, |feature| feature.state)
}
