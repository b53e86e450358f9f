//! [`MapSpec`]: a map as an object defines it; [`Maps`]: all of them, and where the object's sections have them.

use std::collections::HashMap;

use skep_btf::BtfTypeId;
use skep_uapi::{MapFlags, MapType};

use crate::elf::SectionIdx;

/// A map to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapSpec {
    /// Name: the variable's, or of the section for global variables (`.bss`).
    pub name: String,
    /// Name as the kernel shows it, before it is cut to 15 bytes: with the object's name for global variables.
    pub kernel_name: String,
    /// Type.
    pub map_type: MapType,
    /// Bytes of a key.
    pub key_size: u32,
    /// Bytes of a value.
    pub value_size: u32,
    /// Elements; bytes of a ring buffer. 0 of a perf event array: one for each CPU.
    pub max_entries: u32,
    /// Flags.
    pub flags: MapFlags,
    /// Type-specific.
    pub map_extra: u64,
    /// Node, with `NUMA_NODE`.
    pub numa_node: u32,
    /// Whether the object wants it pinned.
    pub pinning: Pinning,
    /// Type of the key in the object's BTF; 0 is none.
    pub key_type: BtfTypeId,
    /// Type of the value in the object's BTF; 0 is none.
    pub value_type: BtfTypeId,
    /// The template of a map of maps.
    pub inner: Option<Box<MapSpec>>,
    /// Elements given by name.
    pub slots: Vec<(u32, Slot)>,
    /// What it holds at first.
    pub contents: Contents,
}

/// Whether a map is pinned when it is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Pinning {
    /// No.
    #[default]
    None,
    /// Under its name.
    ByName,
}

/// An element of a map of maps or of a prog array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Slot {
    /// A map, by its number in the object.
    Map(usize),
    /// A program, by name.
    Program(String),
}

/// What a map holds at first.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Contents {
    /// Nothing, or zeros.
    #[default]
    Nothing,
    /// The only value.
    Value(Vec<u8>),
    /// The only value, which nobody can change later.
    FrozenValue(Vec<u8>),
}

impl MapSpec {
    /// A map with nothing but a name and a type.
    pub(crate) fn new(name: &str, map_type: MapType) -> Self {
        Self {
            name: name.to_owned(),
            kernel_name: name.to_owned(),
            map_type,
            key_size: 0,
            value_size: 0,
            max_entries: 0,
            flags: MapFlags::empty(),
            map_extra: 0,
            numa_node: 0,
            pinning: Pinning::None,
            key_type: BtfTypeId::VOID,
            value_type: BtfTypeId::VOID,
            inner: None,
            slots: Vec::new(),
            contents: Contents::Nothing,
        }
    }
}

/// The maps of an object.
#[derive(Debug, Default)]
pub(crate) struct Maps {
    pub(crate) list: Vec<MapSpec>,
    /// Maps defined by variables, by their place.
    places: HashMap<(SectionIdx, u64), usize>,
    /// Maps whose value is a section.
    sections: HashMap<SectionIdx, usize>,
}

impl Maps {
    /// Adds a map that a variable defines.
    pub(crate) fn define(&mut self, section: SectionIdx, offset: u64, map: MapSpec) {
        self.places.insert((section, offset), self.list.len());
        self.list.push(map);
    }

    /// Adds a map that holds a section.
    pub(crate) fn hold(&mut self, section: SectionIdx, map: MapSpec) {
        self.sections.insert(section, self.list.len());
        self.list.push(map);
    }

    /// Lets a map hold a section too.
    pub(crate) fn also_hold(&mut self, section: SectionIdx, map: usize) {
        self.sections.insert(section, map);
    }

    /// Adds a map that no section has.
    pub(crate) fn add(&mut self, map: MapSpec) -> usize {
        self.list.push(map);
        self.list.len().saturating_sub(1)
    }

    pub(crate) fn defined_at(&self, section: SectionIdx, offset: u64) -> Option<usize> {
        self.places.get(&(section, offset)).copied()
    }

    pub(crate) fn of_section(&self, section: SectionIdx) -> Option<usize> {
        self.sections.get(&section).copied()
    }
}
