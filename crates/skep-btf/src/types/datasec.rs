//! Views of VAR and DATASEC.

use skep_uapi::btf::{BtfLinkage, BtfVarSecinfo};

use super::{View, view};
use crate::id::BtfTypeId;

/// A VAR.
#[derive(Clone, Copy, Debug)]
pub struct Var<'a>(pub(crate) View<'a>);
view!(Var);

impl Var<'_> {
    /// Declared type.
    pub fn type_id(&self) -> BtfTypeId {
        BtfTypeId(self.0.record.head.size_or_type)
    }

    /// The linkage; `None` for a number without meaning.
    pub fn linkage(&self) -> Option<BtfLinkage> {
        BtfLinkage::from_raw(self.0.record.word())
    }
}

/// A DATASEC.
#[derive(Clone, Copy, Debug)]
pub struct Datasec<'a>(pub(crate) View<'a>);
view!(Datasec);

impl<'a> Datasec<'a> {
    /// Bytes; clang leaves 0 and the loader fills it in from the ELF section.
    pub fn size(&self) -> u32 {
        self.0.record.head.size_or_type
    }

    /// Variables in order.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = DatasecEntry> + Clone + use<'a> {
        self.0
            .record
            .items::<BtfVarSecinfo>()
            .map(|raw| DatasecEntry {
                var: BtfTypeId(raw.type_id),
                offset: raw.offset,
                size: raw.size,
            })
    }
}

/// One variable of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatasecEntry {
    /// The VAR (in ELF objects also a FUNC, in `.ksyms`).
    pub var: BtfTypeId,
    /// Bytes from the start of the section.
    pub offset: u32,
    /// Bytes.
    pub size: u32,
}
