//! The number a relocation gives, from a path in one BTF (local: what the compiler put there; target: what must stand there).

use skep_uapi::btf::{BTF_INT_SIGNED, CoreReloKind};

use super::error::CoreError;
use super::path::{Path, Subject, subject};
use crate::btf::Btf;
use crate::id::BtfTypeId;
use crate::types::{Member, Type};

/// A number and what is known of the place it is about.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Answer {
    pub(super) value: u64,
    /// For offsets: bytes a load of the field takes, and its type.
    pub(super) access: Option<(u32, BtfTypeId)>,
    /// Whether the compiler certainly put the local value there.
    pub(super) check: Check,
}

/// Whether the instruction must hold the local value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Check {
    #[default]
    Original,
    Nothing,
}

/// `Ok(None)`: there is no answer, the instruction must not run.
pub(super) fn answer(
    kind: CoreReloKind,
    path: Option<&Path<'_>>,
) -> Result<Option<Answer>, CoreError> {
    match subject(kind) {
        Subject::Field => field(kind, path),
        Subject::Type => types(kind, path).map(Some),
        Subject::Enumerator => Ok(enumerator(kind, path)),
    }
}

fn plain(value: u64) -> Answer {
    Answer {
        value,
        ..Answer::default()
    }
}

fn types(kind: CoreReloKind, path: Option<&Path<'_>>) -> Result<Answer, CoreError> {
    let Some(path) = path else {
        return Ok(plain(0));
    };
    Ok(match kind {
        CoreReloKind::TypeIdTarget | CoreReloKind::TypeIdLocal => {
            // Linking may have renumbered types without touching the instruction.
            Answer {
                value: u64::from(path.root.0),
                access: None,
                check: Check::Nothing,
            }
        }
        CoreReloKind::TypeSize => plain(u64::from(size(path.btf, path.root)?)),
        _ => plain(1),
    })
}

fn enumerator(kind: CoreReloKind, path: Option<&Path<'_>>) -> Option<Answer> {
    if kind == CoreReloKind::EnumvalExists {
        return Some(plain(u64::from(path.is_some())));
    }
    let path = path?;
    let step = path.steps.first()?;
    let value = path.btf.type_by_id(step.ty)?.as_enum()?.value(step.index)?;
    Some(plain(value.value as u64))
}

fn size(btf: &Btf, id: BtfTypeId) -> Result<u32, CoreError> {
    btf.size_of(id).ok_or(CoreError::Unsized(id))
}

fn field(kind: CoreReloKind, path: Option<&Path<'_>>) -> Result<Option<Answer>, CoreError> {
    if kind == CoreReloKind::FieldExists {
        return Ok(Some(plain(u64::from(path.is_some()))));
    }
    let Some(path) = path else { return Ok(None) };
    let step = path.steps.last().ok_or(CoreError::AccessString)?;
    if step.name.is_none() {
        return element(kind, path, step.ty).map(Some);
    }
    let member = path.composite(step.ty).and_then(|it| it.member(step.index));
    let member = member.ok_or(CoreError::AccessString)?;
    let place = Place::of(path, &member)?;
    let check = match (kind, member.bitfield_bits()) {
        (CoreReloKind::FieldSigned | CoreReloKind::FieldRshiftU64, _) | (_, None) => {
            Check::Original
        }
        // Compilers differ in the unit they load bit fields by.
        (_, Some(_)) => Check::Nothing,
    };
    let end = place.bit_offset.wrapping_add(place.bits);
    let first = place.byte_offset.wrapping_mul(8);
    let value = match kind {
        CoreReloKind::FieldByteOffset => place.byte_offset,
        CoreReloKind::FieldByteSize => place.bytes,
        CoreReloKind::FieldSigned => u32::from(is_signed(path.btf, member.type_id())),
        CoreReloKind::FieldLshiftU64 if cfg!(target_endian = "little") => {
            64_u32.wrapping_sub(end.wrapping_sub(first))
        }
        CoreReloKind::FieldLshiftU64 => {
            let unit = 8_u32.wrapping_sub(place.bytes).wrapping_mul(8);
            unit.wrapping_add(place.bit_offset.wrapping_sub(first))
        }
        CoreReloKind::FieldRshiftU64 => 64_u32.wrapping_sub(place.bits),
        _ => return Err(CoreError::UnknownKind(kind.raw())),
    };
    let access = match (kind, member.bitfield_bits()) {
        (CoreReloKind::FieldByteOffset, None) => {
            let element = element_type(path.btf, member.type_id());
            let field = path
                .btf
                .resolve(member.type_id())
                .map_or(BtfTypeId::VOID, |ty| ty.id());
            Some((size(path.btf, element)?, field))
        }
        _ => None,
    };
    Ok(Some(Answer {
        value: u64::from(value),
        access,
        check,
    }))
}

/// An element of an array has an offset and a size.
fn element(kind: CoreReloKind, path: &Path<'_>, ty: BtfTypeId) -> Result<Answer, CoreError> {
    let bytes = size(path.btf, ty)?;
    match kind {
        CoreReloKind::FieldByteOffset => Ok(Answer {
            value: u64::from(path.bit_offset / 8),
            access: Some((bytes, ty)),
            check: Check::Original,
        }),
        CoreReloKind::FieldByteSize => Ok(plain(u64::from(bytes))),
        _ => Err(CoreError::ArrayElement),
    }
}

/// Where a member lies, in the unit by which it is loaded.
struct Place {
    byte_offset: u32,
    bytes: u32,
    bit_offset: u32,
    bits: u32,
}

impl Place {
    fn of(path: &Path<'_>, member: &Member<'_>) -> Result<Self, CoreError> {
        let mut bytes = size(path.btf, member.type_id())?;
        let bit_offset = path.bit_offset;
        let Some(bits) = member.bitfield_bits() else {
            let bits = bytes.wrapping_mul(8);
            return Ok(Self {
                byte_offset: bit_offset / 8,
                bytes,
                bit_offset,
                bits,
            });
        };
        // The declared type's unit, doubled until it covers the field.
        loop {
            let units = (bit_offset / 8).checked_div(bytes);
            let byte_offset = units.ok_or(CoreError::WideBitfield)?.wrapping_mul(bytes);
            let end = bit_offset
                .wrapping_add(bits)
                .wrapping_sub(byte_offset.wrapping_mul(8));
            if end <= bytes.wrapping_mul(8) {
                return Ok(Self {
                    byte_offset,
                    bytes,
                    bit_offset,
                    bits,
                });
            }
            if bytes >= 8 {
                return Err(CoreError::WideBitfield);
            }
            bytes = bytes.wrapping_mul(2);
        }
    }
}

fn is_signed(btf: &Btf, id: BtfTypeId) -> bool {
    match btf.resolve(id) {
        Some(Type::Int(int)) => int.raw_encoding() & BTF_INT_SIGNED != 0,
        Some(Type::Enum(enumeration) | Type::Enum64(enumeration)) => enumeration.is_signed(),
        _ => false,
    }
}

/// The element of an array of arrays, else the type itself.
fn element_type(btf: &Btf, id: BtfTypeId) -> BtfTypeId {
    let mut id = id;
    for _ in 0..super::DEPTH {
        match btf.resolve(id) {
            Some(Type::Array(array)) => id = array.element(),
            Some(ty) => return ty.id(),
            None => break,
        }
    }
    id
}

/// Whether a load of another size reads the same number: pointers, and ints that are not signed.
pub(super) fn may_change_size(local: &Btf, one: BtfTypeId, target: &Btf, other: BtfTypeId) -> bool {
    match (local.type_by_id(one), target.type_by_id(other)) {
        (Some(Type::Ptr(_)), Some(Type::Ptr(_))) => true,
        (Some(Type::Int(one)), Some(Type::Int(other))) => {
            one.raw_encoding() != BTF_INT_SIGNED && other.raw_encoding() != BTF_INT_SIGNED
        }
        _ => false,
    }
}
