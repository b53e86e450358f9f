//! Maps of global variables: one array with one element for each of `.data*`, `.rodata*`, `.bss*`, and for `.kconfig`.

use skep_btf::{Btf, BtfKind, BtfLinkage, BtfTypeId, Type};
use skep_uapi::limits::BPF_OBJ_NAME_LEN;
use skep_uapi::{MapFlags, MapType};

use crate::OpenError;
use crate::elf::{Elf, Section, SectionKind};
use crate::externs::Externs;
use crate::map::{Contents, MapSpec, Maps};
use crate::types::Types;

/// Variables of an arena, which the arena map holds.
const ARENA: &str = ".addr_space.1";

/// Adds the maps that hold sections of variables, and the one for options of the kernel.
pub(crate) fn collect(
    elf: &Elf<'_>,
    types: &Types,
    object: &str,
    externs: &mut Externs,
    maps: &mut Maps,
) -> Result<(), OpenError> {
    for (index, section) in elf.numbered() {
        if section.size == 0 {
            continue;
        }
        if section.name == ARENA {
            let arena = maps
                .list
                .iter()
                .position(|map| map.map_type == MapType::Arena);
            let Some(arena) = arena else {
                return Err(OpenError::section(
                    ARENA,
                    "there is no arena map to hold it",
                ));
            };
            maps.also_hold(index, arena);
            continue;
        }
        let Some(kind) = kind_of(section) else {
            continue;
        };
        let Ok(size) = u32::try_from(section.size) else {
            return Err(OpenError::section(section.name, "it is larger than 4 GiB"));
        };
        let mut map = data_map(&types.btf, object, section.name, size);
        match kind {
            Kind::Constants => {
                map.flags |= MapFlags::RDONLY_PROG;
                map.contents = Contents::FrozenValue(section.data.to_vec());
            }
            Kind::Variables => map.contents = Contents::Value(section.data.to_vec()),
            Kind::Zeros => {}
        }
        maps.hold(index, map);
    }
    if let Some(config) = &externs.config {
        let size = u32::try_from(config.len()).unwrap_or(u32::MAX);
        let mut map = data_map(&types.btf, object, ".kconfig", size);
        map.flags |= MapFlags::RDONLY_PROG;
        map.contents = Contents::FrozenValue(config.clone());
        externs.map = Some(maps.add(map));
    }
    Ok(())
}

enum Kind {
    Constants,
    Variables,
    Zeros,
}

fn kind_of(section: &Section<'_>) -> Option<Kind> {
    let is = |name: &str| {
        let rest = section.name.strip_prefix(name);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    match section.kind {
        SectionKind::Data if is(".rodata") => Some(Kind::Constants),
        SectionKind::Data if is(".data") => Some(Kind::Variables),
        SectionKind::Zeros if is(".bss") => Some(Kind::Zeros),
        SectionKind::Code | SectionKind::Data | SectionKind::Zeros | SectionKind::Other => None,
    }
}

fn data_map(btf: &Btf, object: &str, section: &str, size: u32) -> MapSpec {
    let id = btf.find_by_name_kind(section, BtfKind::Datasec);
    let mut map = MapSpec::new(section, MapType::Array);
    map.kernel_name = kernel_name(object, section);
    map.key_size = 4;
    map.value_size = size;
    map.max_entries = 1;
    map.value_type = id.unwrap_or(BtfTypeId::VOID);
    if id.is_some_and(|id| has_global(btf, id)) {
        map.flags |= MapFlags::MMAPABLE;
    }
    map
}

/// Only sections with variables that a client could name are mapped into it.
fn has_global(btf: &Btf, section: BtfTypeId) -> bool {
    let section = btf.type_by_id(section).and_then(|ty| ty.as_datasec());
    let mut entries = section.iter().flat_map(|section| section.entries());
    entries.any(|entry| match btf.type_by_id(entry.var) {
        Some(Type::Var(var)) => var.linkage() != Some(BtfLinkage::Static),
        _ => false,
    })
}

/// As much of the object's name as fits before the section's; sections named by the programmer (`.data.x`) stand alone.
fn kernel_name(object: &str, section: &str) -> String {
    let most = BPF_OBJ_NAME_LEN.saturating_sub(1);
    let section_len = section.len().clamp(7, most);
    let custom = section.get(1..).is_some_and(|rest| rest.contains('.'));
    let object_len = if custom {
        0
    } else {
        most.saturating_sub(section_len)
    };
    let named = object
        .chars()
        .take(object_len)
        .chain(section.chars().take(section_len));
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    named.map(|c| if allowed(c) { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::kernel_name;

    #[test]
    fn names_are_shortened_as_libbpf_does() {
        assert_eq!(kernel_name("packet_counter", ".bss"), "packet_c.bss");
        assert_eq!(kernel_name("packet_counter", ".rodata"), "packet_c.rodata");
        assert_eq!(kernel_name("a-b", ".data"), "a_b.data");
        assert_eq!(kernel_name("packet_counter", ".kconfig"), "packet_.kconfig");
        assert_eq!(kernel_name("obj", ".data.single_byte"), ".data.single_by");
        assert_eq!(kernel_name("obj", ".rodata.str1.1"), ".rodata.str1.1");
    }
}
