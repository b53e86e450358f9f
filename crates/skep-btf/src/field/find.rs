//! The search for special fields, in Linux's order: its errors depend on what is met first. Unions are not searched.

use alloc::vec::Vec;

use skep_uapi::Errno;
use skep_uapi::btf::BtfKind;
use skep_uapi::limits::BTF_FIELDS_MAX;

use super::kind::{FieldKind, FieldSet, KptrMode};
use crate::btf::Btf;
use crate::check::MAX_RESOLVE_DEPTH;
use crate::id::BtfTypeId;
use crate::types::{Composite, Datasec, Type};

/// Members that may still be looked at. Linux has no such bound; structs of structs can make its search exponential.
pub(super) struct Budget(u32);

impl Budget {
    /// Enough for all structs of any real BTF.
    pub(super) fn new() -> Self {
        Self(1 << 20)
    }

    fn spend(&mut self) -> Result<(), Errno> {
        self.0 = self.0.checked_sub(1).ok_or(Errno::E2BIG)?;
        Ok(())
    }
}

/// A field before its target is looked up.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) kind: FieldKind,
    pub(super) offset: u32,
    pub(super) target: FoundTarget<'a>,
}

#[derive(Clone, Copy)]
pub(super) enum FoundTarget<'a> {
    None,
    /// The struct a kptr or uptr points to.
    Pointee(BtfTypeId),
    /// The struct in a collection and the name of its node member.
    Graph {
        value: BtfTypeId,
        node: &'a [u8],
    },
}

/// All fields of `wanted` kinds in the order they are met.
pub(super) fn fields<'a>(
    btf: &'a Btf,
    id: BtfTypeId,
    wanted: FieldSet,
    budget: &mut Budget,
) -> Result<Vec<Found<'a>>, Errno> {
    let mut search = Search {
        btf,
        wanted,
        found: Vec::new(),
        budget,
    };
    match btf.type_by_id(id) {
        Some(Type::Struct(composite)) => {
            search.composite(&composite, 0)?;
        }
        Some(Type::Datasec(datasec)) => search.datasec(&datasec)?,
        _ => return Err(Errno::EINVAL),
    }
    Ok(search.found)
}

struct Search<'a, 'b> {
    btf: &'a Btf,
    wanted: FieldSet,
    found: Vec<Found<'a>>,
    budget: &'b mut Budget,
}

/// A member or variable that may be a field or contain fields.
struct Place {
    /// The struct or VAR whose decl tags describe it.
    tagged: BtfTypeId,
    component: Option<u32>,
    offset: u32,
    /// Bytes a variable has in its section.
    expected_size: Option<u32>,
    depth: usize,
}

impl<'a> Search<'a, '_> {
    fn composite(&mut self, composite: &Composite<'a>, depth: usize) -> Result<(), Errno> {
        let mut seen = FieldSet::empty();
        for (index, member) in (0..).zip(composite.members()) {
            self.budget.spend()?;
            if !member.bit_offset().is_multiple_of(8) {
                return Err(Errno::EINVAL);
            }
            let place = Place {
                tagged: composite.id(),
                component: Some(index),
                offset: member.byte_offset(),
                expected_size: None,
                depth,
            };
            self.one(member.type_id(), &place, &mut seen)?;
        }
        Ok(())
    }

    fn datasec(&mut self, datasec: &Datasec<'a>) -> Result<(), Errno> {
        let mut seen = FieldSet::empty();
        for entry in datasec.entries() {
            let Some(Type::Var(var)) = self.btf.type_by_id(entry.var) else {
                continue;
            };
            let place = Place {
                tagged: entry.var,
                component: None,
                offset: entry.offset,
                expected_size: Some(entry.size),
                depth: 0,
            };
            self.one(var.type_id(), &place, &mut seen)?;
        }
        Ok(())
    }

    fn one(&mut self, id: BtfTypeId, place: &Place, seen: &mut FieldSet) -> Result<(), Errno> {
        let (ty, count) = self.flatten(id)?;
        if count == 0 {
            return Ok(());
        }
        let size_fits = |size: u32| {
            place
                .expected_size
                .is_none_or(|expected| expected == size.wrapping_mul(count))
        };
        let Some(kind) = self.kind_by_name(&ty, seen)? else {
            return match ty {
                Type::Struct(inner) if size_fits(inner.size()) => self.nested(&inner, place, count),
                Type::Struct(_) => Ok(()),
                _ if size_fits(8) && place.offset.is_multiple_of(8) => {
                    self.pointer(&ty, place, count)
                }
                _ => Ok(()),
            };
        };
        if !size_fits(kind.size()) || !place.offset.is_multiple_of(kind.align()) {
            return Ok(());
        }
        if !matches!(ty, Type::Struct(it) if it.size() == kind.size()) {
            return Ok(());
        }
        let target = match kind {
            FieldKind::ListHead | FieldKind::RbRoot => self.graph_target(place)?,
            _ => FoundTarget::None,
        };
        self.add(
            Found {
                kind,
                offset: place.offset,
                target,
            },
            count,
        )
    }

    /// The element type of an array of arrays and the number of elements.
    fn flatten(&self, id: BtfTypeId) -> Result<(Type<'a>, u32), Errno> {
        let mut count = 1_u32;
        let mut id = id;
        for _ in 0..MAX_RESOLVE_DEPTH {
            let ty = self.btf.type_by_id(id).ok_or(Errno::EINVAL)?;
            let Type::Array(array) = ty else {
                return Ok((ty, count));
            };
            count = count.wrapping_mul(array.len());
            id = array.element();
        }
        Err(Errno::E2BIG)
    }

    /// The wanted kind whose struct has this type's name.
    fn kind_by_name(&self, ty: &Type<'_>, seen: &mut FieldSet) -> Result<Option<FieldKind>, Errno> {
        let name = ty.name_bytes();
        let kind = FieldKind::NAMED
            .into_iter()
            .find(|kind| self.wanted.contains(kind.set()) && kind.name().as_bytes() == name);
        if let Some(kind) = kind.filter(|kind| kind.is_unique()) {
            if seen.contains(kind.set()) {
                return Err(Errno::E2BIG);
            }
            *seen |= kind.set();
        }
        Ok(kind)
    }

    fn nested(&mut self, inner: &Composite<'a>, place: &Place, count: u32) -> Result<(), Errno> {
        let depth = place.depth.saturating_add(1);
        if depth >= MAX_RESOLVE_DEPTH {
            return Err(Errno::E2BIG);
        }
        let first = self.found.len();
        self.composite(inner, depth)?;
        for field in self.found.iter_mut().skip(first) {
            field.offset = field.offset.wrapping_add(place.offset);
        }
        self.repeat(first, count, inner.size())
    }

    fn pointer(&mut self, ty: &Type<'a>, place: &Place, count: u32) -> Result<(), Errno> {
        if !self.wanted.intersects(FieldSet::KPTR | FieldSet::UPTR) {
            return Ok(());
        }
        match tagged_pointer(self.btf, ty, self.wanted)? {
            Some((kind, pointee)) => {
                let target = FoundTarget::Pointee(pointee);
                self.add(
                    Found {
                        kind,
                        offset: place.offset,
                        target,
                    },
                    count,
                )
            }
            None => Ok(()),
        }
    }

    /// What the decl tag `contains:STRUCT:MEMBER` says.
    fn graph_target(&self, place: &Place) -> Result<FoundTarget<'a>, Errno> {
        let value = self
            .btf
            .decl_tag_value(place.tagged, place.component, "contains:");
        let value = value.ok().flatten().ok_or(Errno::EINVAL)?;
        let colon = value
            .iter()
            .position(|&byte| byte == b':')
            .ok_or(Errno::EINVAL)?;
        let (name, rest) = value.split_at_checked(colon).ok_or(Errno::EINVAL)?;
        let value = self
            .btf
            .find_by_bytes(name, BtfKind::Struct)
            .ok_or(Errno::ENOENT)?;
        match rest.get(1..) {
            Some(node) if !node.is_empty() => Ok(FoundTarget::Graph { value, node }),
            _ => Err(Errno::EINVAL),
        }
    }

    fn add(&mut self, field: Found<'a>, count: u32) -> Result<(), Errno> {
        if self.found.len() >= BTF_FIELDS_MAX {
            return Err(Errno::E2BIG);
        }
        let first = self.found.len();
        self.found.push(field);
        self.repeat(first, count, field.kind.size())
    }

    /// Repeats the fields from `first` on for the other elements of an array.
    fn repeat(&mut self, first: usize, count: u32, element_size: u32) -> Result<(), Errno> {
        let group: Vec<Found<'a>> = self.found.get(first..).unwrap_or_default().to_vec();
        if count <= 1 || group.is_empty() {
            return Ok(());
        }
        if group.iter().any(|field| !field.kind.may_repeat()) {
            return Err(Errno::EINVAL);
        }
        let all = group
            .len()
            .saturating_mul(count as usize)
            .saturating_add(first);
        if all > BTF_FIELDS_MAX {
            return Err(Errno::E2BIG);
        }
        for element in 1..count {
            let shift = element.wrapping_mul(element_size);
            self.found.extend(group.iter().map(|field| Found {
                offset: field.offset.wrapping_add(shift),
                ..*field
            }));
        }
        Ok(())
    }
}

/// The kptr or uptr a type is: `[volatile] PTR -> TYPE_TAG -> modifiers -> STRUCT`.
pub(super) fn tagged_pointer(
    btf: &Btf,
    ty: &Type<'_>,
    wanted: FieldSet,
) -> Result<Option<(FieldKind, BtfTypeId)>, Errno> {
    let behind_volatile = match ty {
        Type::Volatile(next) => btf.type_by_id(next.target()),
        other => Some(*other),
    };
    let Some(Type::Ptr(pointer)) = behind_volatile else {
        return Ok(None);
    };
    let tag = match btf.type_by_id(pointer.target()) {
        Some(Type::TypeTag(tag)) if !tag.is_attribute() => tag,
        _ => return Ok(None),
    };
    if matches!(btf.type_by_id(tag.target()), Some(Type::TypeTag(_))) {
        return Err(Errno::EINVAL);
    }
    let kind = match tag.name() {
        "kptr_untrusted" => FieldKind::Kptr(KptrMode::Unref),
        "kptr" => FieldKind::Kptr(KptrMode::Ref),
        "percpu_kptr" => FieldKind::Kptr(KptrMode::Percpu),
        "uptr" => FieldKind::Uptr,
        _ => return Err(Errno::EINVAL),
    };
    if !wanted.contains(kind.set()) {
        return Ok(None);
    }
    match btf.resolve(tag.target()) {
        Some(Type::Struct(target)) => Ok(Some((kind, target.id()))),
        _ => Err(Errno::EINVAL),
    }
}

/// Byte offset of the node member by which a struct is in a collection.
pub(super) fn node_offset(
    btf: &Btf,
    value: BtfTypeId,
    node: &[u8],
    kind: FieldKind,
) -> Result<u32, Errno> {
    let value = btf
        .type_by_id(value)
        .as_ref()
        .and_then(Type::as_composite)
        .ok_or(Errno::EINVAL)?;
    let mut named = value.members().filter(|member| member.name_bytes() == node);
    let member = named.next().ok_or(Errno::ENOENT)?;
    let is_node = matches!(
        btf.type_by_id(member.type_id()),
        Some(Type::Struct(ty)) if ty.name() == kind.name()
    );
    if !is_node || !member.bit_offset().is_multiple_of(64) || named.next().is_some() {
        return Err(Errno::EINVAL);
    }
    Ok(member.byte_offset())
}
