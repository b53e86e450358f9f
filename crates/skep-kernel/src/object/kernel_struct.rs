//! What a program reads through a map pointer: the kernel's `struct bpf_map`, filled by the names of its fields.

use skep_btf::{Btf, BtfKind, Composite};
use skep_exec::BoundMap;
use skep_object::Ref;

use crate::object::MapObject;

fn map_struct(btf: &Btf) -> Option<Composite<'_>> {
    let id = btf.find_by_name_kind("bpf_map", BtfKind::Struct)?;
    btf.type_by_id(id)?.as_composite()
}

/// Bytes of the struct; 0 where it is not known or larger than what a map keeps for it.
pub(crate) fn readable_size(btf: Option<&Btf>) -> u32 {
    let size = btf.and_then(map_struct).map_or(0, |it| it.size());
    if size <= BoundMap::KERNEL_STRUCT_SIZE {
        size
    } else {
        0
    }
}

/// Fills the fields that say what a map is; its id is known from now on.
pub(crate) fn describe(btf: Option<&Btf>, map: &Ref<MapObject>) {
    let Some(layout) = btf.and_then(map_struct) else {
        return;
    };
    let attr = *map.map().base().attr();
    let words = [
        ("map_type", attr.map_type.raw()),
        ("key_size", attr.key_size),
        ("value_size", attr.value_size),
        ("max_entries", attr.max_entries),
        ("map_flags", attr.flags.bits()),
        ("id", map.id().map_or(0, |id| id.get())),
        ("map_extra", attr.map_extra as u32),
    ];
    let at = |field: &str| {
        layout
            .member_by_name(field)
            .map(|member| member.byte_offset())
    };
    for (field, value) in words {
        if let Some(offset) = at(field) {
            map.bound().describe(offset, value);
        }
    }
    if let Some(offset) = at("map_extra") {
        map.bound()
            .describe(offset.saturating_add(4), (attr.map_extra >> 32) as u32);
    }
    if let Some(start) = at("name") {
        let name = map.name().bytes();
        for (offset, word) in (start..).step_by(4).zip(name.as_chunks::<4>().0) {
            map.bound().describe(offset, u32::from_ne_bytes(*word));
        }
    }
}
