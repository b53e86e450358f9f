//! View of DECL_TAG.

use super::{View, view};
use crate::id::BtfTypeId;

/// A DECL_TAG; its name is the tag.
#[derive(Clone, Copy, Debug)]
pub struct DeclTag<'a>(pub(crate) View<'a>);
view!(DeclTag);

impl DeclTag<'_> {
    /// What is tagged.
    pub fn target(&self) -> BtfTypeId {
        BtfTypeId(self.0.record.head.size_or_type)
    }

    /// Index of the tagged member or parameter; `None` when the whole declaration is tagged.
    pub fn component(&self) -> Option<u32> {
        let raw = self.0.record.word();
        (raw != u32::MAX).then_some(raw)
    }

    /// Whether it is any attribute, not a `btf_decl_tag`.
    pub fn is_attribute(&self) -> bool {
        self.0.record.kind_flag()
    }
}
