//! What of the kernel around a program shows in its listing.

use skep_btf::{Btf, BtfKind, Composite};
use skep_catalog::MapMeta;
use skep_uapi::{MapFlags, MapType};
use skep_verifier::env::MapToken;
use skep_verifier::register::TypeRef;

/// What the layer above knows about the kernel that the listing is to look like.
pub trait Shape {
    /// The kernel's types; offsets of its structs come from here.
    fn btf(&self) -> Option<&Btf>;
    /// A map of the program.
    fn map(&self, token: MapToken) -> Option<ListedMap>;
    /// The name of a kernel function.
    fn kfunc(&self, function: TypeRef) -> &str;
    /// Whether programs are compiled: look-ups are inlined only then.
    fn jit(&self) -> bool;
}

/// What a listing shows of a map.
#[derive(Clone, Copy, Debug)]
pub struct ListedMap {
    /// Its id.
    pub id: u32,
    /// Its type.
    pub map_type: MapType,
    /// Bytes of a key.
    pub key_size: u32,
    /// Bytes of a value.
    pub value_size: u32,
    /// Entries.
    pub max_entries: u32,
    /// It may be used as inner map of any size (`BPF_F_INNER_MAP`).
    pub any_size: bool,
}

impl ListedMap {
    /// An inner map, of which only the template is known. Its id never shows.
    pub(super) fn template(meta: &MapMeta) -> Self {
        Self {
            id: 0,
            map_type: meta.map_type,
            key_size: meta.key_size,
            value_size: meta.value_size,
            max_entries: meta.max_entries,
            any_size: meta.map_flags.contains(MapFlags::INNER_MAP),
        }
    }
}

/// The offset of a field by the kernel's types, `None` where they do not have it.
///
/// `path` names members from the outside in, separated by dots; members of anonymous structs count as the outer one's.
pub(super) fn field_offset(btf: Option<&Btf>, name: &str, path: &str) -> Option<u32> {
    let btf = btf?;
    let id = btf.find_by_name_kind(name, BtfKind::Struct)?;
    let mut composite = btf.type_by_id(id)?.as_composite()?;
    let mut offset = 0u32;
    let mut names = path.split('.').peekable();
    while let Some(member) = names.next() {
        let (at, ty) = member_of(btf, composite, member, 0)?;
        offset = offset.checked_add(at)?;
        if names.peek().is_some() {
            composite = btf.resolve(ty)?.as_composite()?;
        }
    }
    Some(offset)
}

/// How deep anonymous structs are followed.
const MAX_NESTING: u32 = 8;

fn member_of(
    btf: &Btf,
    composite: Composite<'_>,
    name: &str,
    nesting: u32,
) -> Option<(u32, skep_btf::BtfTypeId)> {
    if nesting > MAX_NESTING {
        return None;
    }
    for member in composite.members() {
        if member.name() == name {
            return Some((member.byte_offset(), member.type_id()));
        }
        if member.name().is_empty()
            && let Some(inner) = btf
                .resolve(member.type_id())
                .and_then(|ty| ty.as_composite())
            && let Some((offset, ty)) = member_of(btf, inner, name, nesting.saturating_add(1))
        {
            return Some((member.byte_offset().checked_add(offset)?, ty));
        }
    }
    None
}
