//! Looking up tags: DECL_TAGs of a declaration, TYPE_TAGs in a pointer's chain.

use alloc::vec::Vec;

use skep_uapi::btf::BtfKind;

use crate::btf::Btf;
use crate::id::BtfTypeId;
use crate::types::Type;

/// Own DECL_TAGs by what they are on.
#[derive(Default)]
pub(crate) struct TagIndex(Vec<(BtfTypeId, u32, BtfTypeId)>);

impl TagIndex {
    pub(crate) fn new(btf: &Btf) -> Self {
        let mut tags: Vec<_> = btf
            .own_ids()
            .filter_map(|id| {
                let record = btf
                    .record(id)
                    .filter(|record| record.kind() == BtfKind::DeclTag)?;
                Some((BtfTypeId(record.head.size_or_type), record.word(), id))
            })
            .collect();
        tags.sort_unstable();
        Self(tags)
    }

    fn of(&self, target: BtfTypeId, component: Option<u32>) -> impl Iterator<Item = BtfTypeId> {
        // Without component the word is -1.
        let on = (target, component.unwrap_or(u32::MAX));
        let first = self
            .0
            .partition_point(|&(target, component, _)| (target, component) < on);
        let from_first = self.0.get(first..).unwrap_or_default().iter();
        from_first
            .take_while(move |&&(target, component, _)| (target, component) == on)
            .map(|&(_, _, tag)| tag)
    }
}

impl Btf {
    /// Values of the own decl tags on a type (`component` `None`) or on its n-th member or parameter, ascending by id.
    pub fn decl_tags(
        &self,
        target: BtfTypeId,
        component: Option<u32>,
    ) -> impl Iterator<Item = &[u8]> {
        self.tags
            .of(target, component)
            .map(|tag| self.name_bytes(tag))
    }

    /// Whether a declaration carries exactly this tag.
    pub fn has_decl_tag(&self, target: BtfTypeId, component: Option<u32>, tag: &str) -> bool {
        self.decl_tags(target, component)
            .any(|value| value == tag.as_bytes())
    }

    /// What follows `prefix` in the one tag that begins with it; [`ManyTags`] if several do.
    pub fn decl_tag_value(
        &self,
        target: BtfTypeId,
        component: Option<u32>,
        prefix: &str,
    ) -> Result<Option<&[u8]>, ManyTags> {
        let mut found = self
            .decl_tags(target, component)
            .filter_map(|tag| tag.strip_prefix(prefix.as_bytes()));
        let first = found.next();
        if found.next().is_some() {
            Err(ManyTags)
        } else {
            Ok(first)
        }
    }

    /// Type tags between a pointer and its pointee, outermost first (`int __a __b *` gives both); typedefs end the search.
    pub fn type_tags(&self, pointer: BtfTypeId) -> impl Iterator<Item = &str> {
        let mut next = self
            .resolve(pointer)
            .and_then(|ty| Some(ty.as_ptr()?.target()));
        core::iter::from_fn(move || {
            match self.type_by_id(next?)? {
                Type::TypeTag(tag) => {
                    next = Some(tag.target());
                    Some(tag.name())
                }
                // The kernel writes tags directly after the pointer; anything else ends them.
                _ => None,
            }
        })
        // A cycle of tags is possible in unchecked BTF.
        .take(32)
    }
}

/// More than one tag begins with the prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManyTags;
