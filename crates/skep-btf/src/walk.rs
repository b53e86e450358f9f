//! What lies at an offset of a kernel struct: the walk behind loads through BTF pointers.

use crate::btf::Btf;
use crate::id::BtfTypeId;
use crate::types::{Composite, Member, Type};
use crate::walk_error::WalkError;

/// Structs nested in structs that one walk descends; C nests far less.
const MAX_NESTING: u32 = 64;

bitflags::bitflags! {
    /// What a loaded pointer's declaration says of it.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
    pub struct PointerTags: u8 {
        /// Tagged `user`.
        const USER = 1;
        /// Tagged `percpu`.
        const PERCPU = 1 << 1;
        /// Tagged `rcu`.
        const RCU = 1 << 2;
        /// Reached through a union of several members.
        const UNTRUSTED = 1 << 3;
    }
}

/// What an access reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access<'a> {
    /// A number, or bytes of one.
    Scalar,
    /// A whole pointer to a struct or union.
    Pointer {
        /// The struct.
        target: BtfTypeId,
        /// What is known of the pointer.
        tags: PointerTags,
        /// The member's name.
        field: &'a str,
    },
    /// A whole pointer to anything else.
    OpaquePointer,
    /// The start of a struct inside the struct; a longer walk goes on there at offset 0.
    Struct(BtfTypeId, PointerTags),
}

/// What one struct answers.
enum Step<'a> {
    Found(Access<'a>),
    /// Inside this struct at this offset.
    Inside(BtfTypeId, u32),
}

impl Btf {
    /// What `size` bytes at `offset` of a struct are; the struct may stand behind modifiers.
    ///
    /// Stops where a nested struct begins exactly at `offset` ([`Access::Struct`]).
    pub fn walk_struct(
        &self,
        id: BtfTypeId,
        offset: u32,
        size: u32,
    ) -> Result<Access<'_>, WalkError> {
        let (mut id, mut offset) = (id, offset);
        let mut tags = PointerTags::empty();
        for _ in 0..MAX_NESTING {
            match self.walk_step(id, offset, size, &mut tags)? {
                Step::Found(access) => return Ok(access),
                Step::Inside(inner, at) => (id, offset) = (inner, at),
            }
        }
        Err(WalkError::NoField {
            structure: id,
            offset,
        })
    }

    /// What a load of `size` bytes at `offset` gives: like [`Btf::walk_struct`], into nested structs to the end.
    pub fn load_from_struct(
        &self,
        id: BtfTypeId,
        offset: u32,
        size: u32,
    ) -> Result<Access<'_>, WalkError> {
        let (mut id, mut offset) = (id, offset);
        let mut through = PointerTags::empty();
        for _ in 0..MAX_NESTING {
            match self.walk_struct(id, offset, size)? {
                Access::Struct(inner, tags) => {
                    (id, offset) = (inner, 0);
                    through |= tags;
                }
                Access::Pointer {
                    target,
                    tags,
                    field,
                } => {
                    return Ok(Access::Pointer {
                        target,
                        tags: tags | through,
                        field,
                    });
                }
                access @ (Access::Scalar | Access::OpaquePointer) => return Ok(access),
            }
        }
        Err(WalkError::NoField {
            structure: id,
            offset,
        })
    }

    fn walk_step<'a>(
        &'a self,
        id: BtfTypeId,
        offset: u32,
        size: u32,
        tags: &mut PointerTags,
    ) -> Result<Step<'a>, WalkError> {
        let composite = self
            .resolve(id)
            .as_ref()
            .and_then(Type::as_composite)
            .ok_or(WalkError::NotStruct(id))?;
        let id = composite.id();
        if composite.is_union() && composite.member_count() != 1 {
            *tags |= PointerTags::UNTRUSTED;
        }
        let end = u64::from(offset).saturating_add(u64::from(size));
        if end > u64::from(composite.size()) {
            return self
                .flexible_tail(&composite, offset)
                .ok_or(WalkError::BeyondStruct {
                    structure: id,
                    offset,
                    size,
                });
        }
        for (index, member) in (0..).zip(composite.members()) {
            if end <= u64::from(member.byte_offset()) {
                break;
            }
            if let Some(bits) = member.bitfield_bits() {
                let last = member.bit_offset().saturating_add(bits).div_ceil(8);
                if offset <= member.byte_offset() && u64::from(last) <= end {
                    return Ok(Step::Found(Access::Scalar));
                }
                continue;
            }
            if offset < member.byte_offset() {
                break;
            }
            if let Some(step) = self.walk_member(id, index, &member, offset, size, *tags)? {
                return Ok(step);
            }
        }
        Err(WalkError::NoField {
            structure: id,
            offset,
        })
    }

    /// `Ok(None)` if the member ends before `offset`.
    fn walk_member<'a>(
        &'a self,
        structure: BtfTypeId,
        index: u32,
        member: &Member<'a>,
        offset: u32,
        size: u32,
        tags: PointerTags,
    ) -> Result<Option<Step<'a>>, WalkError> {
        let total = self.size_of(member.type_id()).ok_or(WalkError::Unsized {
            structure,
            member: index,
        })?;
        let end = member.byte_offset().saturating_add(total);
        if offset >= end {
            return Ok(None);
        }
        let (element, element_size) =
            self.element_of(member.type_id())
                .ok_or(WalkError::Unsized {
                    structure,
                    member: index,
                })?;
        // The access is relative to the element that contains it.
        let into = offset
            .saturating_sub(member.byte_offset())
            .checked_rem(element_size)
            .unwrap_or(0);
        let start = offset.saturating_sub(into);
        let found = match element {
            Type::Struct(inner) | Type::Union(inner) if into == 0 => {
                Access::Struct(inner.id(), tags)
            }
            Type::Struct(inner) | Type::Union(inner) => {
                return Ok(Some(Step::Inside(inner.id(), into)));
            }
            Type::Ptr(_) if element_size != size || into != 0 => {
                return Err(WalkError::PartOfPointer {
                    structure,
                    member: index,
                    member_offset: start,
                    offset,
                    size,
                });
            }
            Type::Ptr(pointer) => match self.resolve(pointer.target()) {
                Some(Type::Struct(target) | Type::Union(target)) => Access::Pointer {
                    target: target.id(),
                    tags: tags | self.pointer_tag(pointer.target()),
                    field: member.name(),
                },
                _ => Access::OpaquePointer,
            },
            _ if offset.saturating_add(size) > end && !tags.contains(PointerTags::UNTRUSTED) => {
                return Err(WalkError::BeyondMember {
                    structure,
                    member: index,
                    member_end: end,
                    offset,
                    size,
                });
            }
            _ => Access::Scalar,
        };
        Ok(Some(Step::Found(found)))
    }

    /// Past the end is allowed into a last member declared `[]` or `[0]`.
    fn flexible_tail<'a>(&'a self, composite: &Composite<'a>, offset: u32) -> Option<Step<'a>> {
        let last = composite.member(composite.member_count().checked_sub(1)?)?;
        let Type::Array(array) = self.resolve(last.type_id())? else {
            return None;
        };
        let into = offset
            .checked_sub(last.byte_offset())
            .filter(|_| array.is_empty())?;
        match self.resolve(array.element())? {
            Type::Int(_) => Some(Step::Found(Access::Scalar)),
            Type::Struct(inner) | Type::Union(inner) => {
                Some(Step::Inside(inner.id(), into.checked_rem(inner.size())?))
            }
            _ => None,
        }
    }

    /// The element of an array of arrays, or the type itself, with its size.
    fn element_of(&self, id: BtfTypeId) -> Option<(Type<'_>, u32)> {
        let mut id = id;
        for _ in 0..MAX_NESTING {
            match self.resolve(id)? {
                Type::Array(array) => id = array.element(),
                ty => return Some((ty, self.size_of(ty.id())?)),
            }
        }
        None
    }

    /// Only a tag directly behind the pointer counts.
    fn pointer_tag(&self, target: BtfTypeId) -> PointerTags {
        match self.type_by_id(target) {
            Some(Type::TypeTag(tag)) if !tag.is_attribute() => match tag.name() {
                "user" => PointerTags::USER,
                "percpu" => PointerTags::PERCPU,
                "rcu" => PointerTags::RCU,
                _ => PointerTags::empty(),
            },
            _ => PointerTags::empty(),
        }
    }
}
