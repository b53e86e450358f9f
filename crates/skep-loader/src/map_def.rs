//! Maps defined by BTF: variables in `.maps`, each a struct whose members are the attributes.
//!
//! ```text
//! __uint(name, n)      int (*name)[n];               a number is the length of an array
//! __ulong(name, n)     enum { unique = n } name;
//! __type(name, T)      T *name;
//! __array(values, T)   T *values[];                  T: a struct like this one, or a function
//! ```

use skep_btf::{Btf, BtfKind, BtfLinkage, BtfTypeId, Composite, Member, Type};
use skep_uapi::limits::PAGE_SIZE;
use skep_uapi::{MapFlags, MapType};

use crate::OpenError;
use crate::elf::{Elf, SectionIdx};
use crate::function::Functions;
use crate::map::{MapSpec, Maps, Pinning, Slot};
use crate::types::Types;

const SECTION: &str = ".maps";

/// Adds the maps of `.maps`.
pub(crate) fn collect(elf: &Elf<'_>, types: &Types, maps: &mut Maps) -> Result<(), OpenError> {
    if let Some(section) = elf.sections.iter().find(|section| section.name == "maps") {
        return Err(OpenError::LegacyMaps(section.name.to_owned()));
    }
    let Some((index, _)) = elf.section_by_name(SECTION) else {
        return Ok(());
    };
    let btf = &types.btf;
    let id = btf.find_by_name_kind(SECTION, BtfKind::Datasec);
    let datasec = id.and_then(|id| btf.type_by_id(id)?.as_datasec());
    let Some(datasec) = datasec else {
        return Err(OpenError::Types(
            "it has no types for section '.maps'".into(),
        ));
    };
    for entry in datasec.entries() {
        let Some(Type::Var(var)) = btf.type_by_id(entry.var) else {
            return Err(OpenError::Types(
                "'.maps' lists something that is no variable".into(),
            ));
        };
        if var.linkage() != Some(BtfLinkage::Global) {
            return Err(OpenError::map(var.name(), "maps must be global variables"));
        }
        let Some(Type::Struct(definition)) = btf.resolve(var.type_id()) else {
            return Err(OpenError::map(var.name(), "it is not defined by a struct"));
        };
        let map = parse(btf, var.name(), &definition, Nesting::Outer)?;
        maps.define(index, u64::from(entry.offset), map);
    }
    Ok(())
}

/// Whether a definition stands alone or is the template in another one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nesting {
    Outer,
    Inner,
}

fn parse(
    btf: &Btf,
    name: &str,
    definition: &Composite<'_>,
    nesting: Nesting,
) -> Result<MapSpec, OpenError> {
    let mut map = MapSpec::new(name, MapType::Unspec);
    for member in definition.members() {
        attribute(btf, &mut map, &member, nesting)?;
    }
    if map.map_type == MapType::Unspec {
        return Err(OpenError::map(name, "it has no type"));
    }
    if matches!(map.map_type, MapType::Ringbuf | MapType::UserRingbuf) {
        map.max_entries = ring_size(map.max_entries);
    }
    Ok(map)
}

fn attribute(
    btf: &Btf,
    map: &mut MapSpec,
    member: &Member<'_>,
    nesting: Nesting,
) -> Result<(), OpenError> {
    let name = map.name.clone();
    let number = || {
        let why = || OpenError::map(&name, format!("'{}' is no number", member.name()));
        number_of(btf, member).ok_or_else(why)
    };
    let word = || {
        let why = |_| OpenError::map(&name, format!("'{}' is too large", member.name()));
        u32::try_from(number()?).map_err(why)
    };
    match member.name() {
        "type" => {
            let raw = word()?;
            let why = || OpenError::map(&name, format!("there is no map type {raw}"));
            map.map_type = MapType::from_raw(raw).ok_or_else(why)?;
        }
        "max_entries" => map.max_entries = word()?,
        "map_flags" => map.flags = MapFlags::from_bits_retain(word()?),
        "numa_node" => map.numa_node = word()?,
        "map_extra" => map.map_extra = number()?,
        "key_size" => set_size(&name, &mut map.key_size, word()?, "key")?,
        "value_size" => set_size(&name, &mut map.value_size, word()?, "value")?,
        "key" => {
            let (id, size) = pointee(btf, &name, member)?;
            set_size(&name, &mut map.key_size, size, "key")?;
            map.key_type = id;
        }
        "value" => {
            let (id, size) = pointee(btf, &name, member)?;
            set_size(&name, &mut map.value_size, size, "value")?;
            map.value_type = id;
        }
        "values" => values(btf, map, member, nesting)?,
        "pinning" => {
            map.pinning = match (nesting, word()?) {
                (_, 0) => Pinning::None,
                (Nesting::Outer, 1) => Pinning::ByName,
                (Nesting::Inner, _) => {
                    return Err(OpenError::map(name, "inner maps cannot be pinned"));
                }
                (Nesting::Outer, _) => {
                    return Err(OpenError::map(name, "'pinning' has an unknown value"));
                }
            };
        }
        other => {
            return Err(OpenError::map(
                name,
                format!("there is no map attribute '{other}'"),
            ));
        }
    }
    Ok(())
}

fn set_size(map: &str, size: &mut u32, new: u32, what: &str) -> Result<(), OpenError> {
    if *size != 0 && *size != new {
        return Err(OpenError::map(
            map,
            format!("{what} has two sizes, {size} and {new}"),
        ));
    }
    *size = new;
    Ok(())
}

/// `int (*name)[n]` or `enum { x = n } name`.
fn number_of(btf: &Btf, member: &Member<'_>) -> Option<u64> {
    match btf.resolve(member.type_id())? {
        Type::Ptr(pointer) => match btf.type_by_id(pointer.target())? {
            Type::Array(array) => Some(u64::from(array.len())),
            _ => None,
        },
        Type::Enum(ty) if ty.value_count() == 1 => {
            // ENUM values are sign-extended here; the macro means the bits.
            Some(u64::from(ty.value(0)?.value as u32))
        }
        Type::Enum64(ty) if ty.value_count() == 1 => Some(ty.value(0)?.value as u64),
        _ => None,
    }
}

fn pointee(btf: &Btf, map: &str, member: &Member<'_>) -> Result<(BtfTypeId, u32), OpenError> {
    let Some(Type::Ptr(pointer)) = btf.type_by_id(member.type_id()) else {
        let why = format!("'{}' is no pointer to a type", member.name());
        return Err(OpenError::map(map, why));
    };
    let id = pointer.target();
    let size = btf.size_of(id);
    let why = || OpenError::map(map, format!("the type of '{}' has no size", member.name()));
    Ok((id, size.ok_or_else(why)?))
}

fn values(
    btf: &Btf,
    map: &mut MapSpec,
    member: &Member<'_>,
    nesting: Nesting,
) -> Result<(), OpenError> {
    let wrong = |why: &str| OpenError::map(&map.name, why);
    if nesting == Nesting::Inner {
        return Err(wrong("maps nest in two levels only"));
    }
    if map.value_size != 0 && map.value_size != 4 {
        return Err(wrong("values of maps of maps and programs have 4 bytes"));
    }
    let Some(Type::Array(array)) = btf.type_by_id(member.type_id()) else {
        return Err(wrong("'values' is no array"));
    };
    let element = match btf.resolve(array.element()) {
        Some(Type::Ptr(pointer)) => btf.resolve(pointer.target()),
        _ => None,
    };
    match (map.map_type, element) {
        (MapType::ArrayOfMaps | MapType::HashOfMaps, Some(Type::Struct(definition))) => {
            let name = format!("{}.inner", map.name);
            map.inner = Some(Box::new(parse(btf, &name, &definition, Nesting::Inner)?));
        }
        (MapType::ProgArray, Some(Type::FuncProto(_))) => {}
        _ => {
            return Err(wrong(
                "'values' must be maps in a map of maps, or functions in a prog array",
            ));
        }
    }
    map.value_size = 4;
    Ok(())
}

/// Ring buffers have a power of two of pages.
fn ring_size(bytes: u32) -> u32 {
    let page = PAGE_SIZE as u32;
    if bytes == 0 || (bytes.is_multiple_of(page) && bytes.is_power_of_two()) {
        return bytes;
    }
    bytes
        .checked_next_power_of_two()
        .map_or(bytes, |size| size.max(page))
}

/// Adds the elements that `values` names: relocations of `.maps`.
pub(crate) fn fill_slots(
    elf: &Elf<'_>,
    types: &Types,
    functions: &Functions,
    maps: &mut Maps,
) -> Result<(), OpenError> {
    let Some((index, section)) = elf.section_by_name(SECTION) else {
        return Ok(());
    };
    let btf = &types.btf;
    let id = btf.find_by_name_kind(SECTION, BtfKind::Datasec);
    let Some(datasec) = id.and_then(|id| btf.type_by_id(id)?.as_datasec()) else {
        return Ok(());
    };
    for relocation in &section.relocations {
        let entry = datasec.entries().find(|entry| {
            let offset = relocation.offset.checked_sub(u64::from(entry.offset));
            offset.is_some_and(|offset| offset < u64::from(entry.size))
        });
        let Some(entry) = entry else {
            return Err(OpenError::section(SECTION, "a relocation lies in no map"));
        };
        let Some(number) = maps.defined_at(index, u64::from(entry.offset)) else {
            continue;
        };
        let Some(map) = maps.list.get(number) else {
            continue;
        };
        let inside = relocation.offset.saturating_sub(u64::from(entry.offset));
        let slot = slot_at(btf, entry.var, inside)
            .ok_or_else(|| OpenError::map(&map.name, "only 'values' can hold addresses"))?;
        let target = elf.symbol(relocation.symbol);
        let target = target.and_then(|symbol| Some((symbol, symbol.section?)));
        let held =
            target.and_then(|(symbol, section)| held(maps, functions, map, section, symbol.value));
        let Some(held) = held else {
            let name = target.map_or("", |(symbol, _)| symbol.name);
            let why = format!("slot {slot} cannot hold '{name}'");
            return Err(OpenError::map(&map.name, why));
        };
        if let Some(map) = maps.list.get_mut(number) {
            map.slots.push((slot, held));
        }
    }
    Ok(())
}

fn held(
    maps: &Maps,
    functions: &Functions,
    map: &MapSpec,
    section: SectionIdx,
    value: u64,
) -> Option<Slot> {
    if map.map_type == MapType::ProgArray {
        let insn = usize::try_from(value / 8).ok()?;
        let function = functions.get(functions.beginning_at(section, insn)?)?;
        return Some(Slot::Program(function.name.clone()));
    }
    maps.defined_at(section, value).map(Slot::Map)
}

/// The number of the element of `values` at an offset of a map's variable.
fn slot_at(btf: &Btf, var: BtfTypeId, inside: u64) -> Option<u32> {
    let Type::Var(var) = btf.type_by_id(var)? else {
        return None;
    };
    let Type::Struct(definition) = btf.resolve(var.type_id())? else {
        return None;
    };
    let values = definition.member_by_name("values")?;
    let bytes = inside.checked_sub(u64::from(values.byte_offset()))?;
    u32::try_from(bytes / 8).ok()
}
