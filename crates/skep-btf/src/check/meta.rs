//! Each type by itself: names, counts, sizes, offsets.

use alloc::vec::Vec;

use skep_uapi::btf::{
    BTF_INT_BOOL, BTF_INT_CHAR, BTF_INT_SIGNED, BtfEnum, BtfEnum64, BtfKind, BtfLinkage, BtfMember,
    BtfType, BtfVarSecinfo,
};
use skep_uapi::limits::{BTF_MAX_NAME_OFFSET, BTF_MAX_TYPE};
use zerocopy::FromBytes;

use super::problem::Message;
use super::{LoadError, Place, Problem};
use crate::btf::Btf;
use crate::header::{self, Base};
use crate::id::BtfTypeId;
use crate::record::{CutError, HEAD, Record};
use crate::types::split_offset;

/// Longest identifier or section name, without its NUL.
const NAME_MAX: usize = 511;

/// Cuts a client's blob into types and checks each by itself.
pub(crate) fn cut_and_check(raw: &[u8]) -> Result<Btf, LoadError> {
    let header = header::read(raw).map_err(LoadError::header)?;
    let sections = header::sections(raw, &header, Base::Alone).map_err(LoadError::header)?;
    let types = raw.get(sections.types.clone()).unwrap_or_default();
    let strings = Strings(raw.get(sections.strings.clone()).unwrap_or_default());

    let mut offsets = Vec::with_capacity(types.len() / 16);
    let mut at = 0_usize;
    while let Some(left) = types.get(at..).filter(|left| !left.is_empty()) {
        let id = BtfTypeId((offsets.len() as u32).saturating_add(1));
        let (record, len) = cut_one(id, left, strings)?;
        check_type(&record, strings).map_err(|at| at.of(id))?;
        offsets.push(at as u32);
        at = at.saturating_add(len);
    }
    Ok(Btf::assemble(raw, sections, None, offsets))
}

/// Linux looks at the name before the length of what follows the head.
fn cut_one<'a>(
    id: BtfTypeId,
    left: &'a [u8],
    strings: Strings<'_>,
) -> Result<(Record<'a>, usize), LoadError> {
    let cut = Record::cut(left);
    let head_is_good = match &cut {
        Ok(_) => true,
        Err(CutError::Short { .. }) => left.len() >= HEAD,
        Err(CutError::Info(_) | CutError::Kind(_)) => false,
    };
    if head_is_good
        && let Ok((head, _)) = BtfType::read_from_prefix(left)
        && !strings.holds(head.name_off)
    {
        let problem = Problem::NameOffset(head.name_off);
        return Err(LoadError {
            place: Place::Meta(id),
            problem,
        });
    }
    cut.map_err(|error| LoadError::cut(id, error))
}

/// A failed check before the id of the type is known.
struct Failure {
    item: Option<u32>,
    problem: Problem,
}

impl Failure {
    fn of(self, id: BtfTypeId) -> LoadError {
        let place = match self.item {
            Some(item) => Place::MetaItem(id, item),
            None => Place::Meta(id),
        };
        LoadError {
            place,
            problem: self.problem,
        }
    }
}

impl From<Message> for Failure {
    fn from(message: Message) -> Self {
        Self {
            item: None,
            problem: message.into(),
        }
    }
}

fn fail_if(bad: bool, message: Message) -> Result<(), Failure> {
    if bad { Err(message.into()) } else { Ok(()) }
}

/// The string section of the blob being checked.
#[derive(Clone, Copy)]
struct Strings<'a>(&'a [u8]);

impl<'a> Strings<'a> {
    fn holds(self, offset: u32) -> bool {
        offset <= BTF_MAX_NAME_OFFSET && (offset as usize) < self.0.len()
    }

    fn get(self, offset: u32) -> &'a [u8] {
        let rest = self.0.get(offset as usize..).unwrap_or_default();
        rest.split(|&byte| byte == 0).next().unwrap_or_default()
    }

    /// An identifier; `.` counts as a letter (module and section names).
    fn is_identifier(self, offset: u32) -> bool {
        let name = self.get(offset);
        let letter = |byte: u8| is_alpha(byte) || byte == b'_' || byte == b'.';
        match name.split_first() {
            Some((&first, rest)) => {
                letter(first)
                    && rest
                        .iter()
                        .all(|&byte| letter(byte) || byte.is_ascii_digit())
                    && name.len() <= NAME_MAX
            }
            None => false,
        }
    }

    fn is_anonymous_or_identifier(self, offset: u32) -> bool {
        offset == 0 || self.is_identifier(offset)
    }

    fn is_section(self, offset: u32) -> bool {
        let name = self.get(offset);
        !name.is_empty() && name.len() <= NAME_MAX && name.iter().all(|&byte| is_print(byte))
    }
}

/// Whether a string of a section is an identifier.
pub(super) fn is_identifier_at(strings: &[u8], offset: u32) -> bool {
    Strings(strings).is_identifier(offset)
}

/// The kernel's ctype table is Latin-1: letters from 0xC0 on, except the two signs.
fn is_alpha(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || (byte >= 0xc0 && byte != 0xd7 && byte != 0xf7)
}

/// Also Latin-1: everything from the no-break space on prints.
fn is_print(byte: u8) -> bool {
    matches!(byte, 0x20..=0x7e | 0xa0..=0xff)
}

fn is_loadable(linkage: Option<BtfLinkage>) -> bool {
    matches!(linkage, Some(BtfLinkage::Static | BtfLinkage::Global))
}

fn is_type_id(id: u32) -> bool {
    id <= BTF_MAX_TYPE
}

fn check_type(record: &Record<'_>, strings: Strings<'_>) -> Result<(), Failure> {
    let named = record.head.name_off != 0;
    let (size, target) = (record.head.size_or_type, record.head.size_or_type);
    match record.kind() {
        BtfKind::Int => check_int(record),
        BtfKind::Ptr | BtfKind::Volatile | BtfKind::Const | BtfKind::Restrict => {
            check_reference(record)?;
            fail_if(named, Message::Name)
        }
        BtfKind::Typedef => {
            check_reference(record)?;
            fail_if(!strings.is_identifier(record.head.name_off), Message::Name)
        }
        BtfKind::TypeTag => {
            fail_if(record.vlen() != 0, Message::Vlen)?;
            fail_if(!is_type_id(target), Message::TypeId)?;
            fail_if(strings.get(record.head.name_off).is_empty(), Message::Name)
        }
        BtfKind::Array => {
            fail_if(named, Message::Name)?;
            check_plain(record)?;
            fail_if(size != 0, Message::ArraySize)?;
            let array = record.array();
            let bad = |id: u32| id == 0 || !is_type_id(id);
            fail_if(bad(array.elem_type), Message::Element)?;
            fail_if(bad(array.index_type), Message::Index)
        }
        BtfKind::Struct | BtfKind::Union => check_composite(record, strings),
        BtfKind::Enum => {
            let names = record.items::<BtfEnum>().map(|value| value.name_off);
            check_enum(record, strings, names)
        }
        BtfKind::Enum64 => {
            let names = record.items::<BtfEnum64>().map(|value| value.name_off);
            check_enum(record, strings, names)
        }
        BtfKind::Fwd => {
            fail_if(record.vlen() != 0, Message::Vlen)?;
            fail_if(target != 0, Message::FwdType)?;
            fail_if(!strings.is_identifier(record.head.name_off), Message::Name)
        }
        BtfKind::Func => {
            fail_if(!strings.is_identifier(record.head.name_off), Message::Name)?;
            // libbpf rewrites extern functions before it loads.
            let linkage = BtfLinkage::from_raw(record.vlen());
            fail_if(!is_loadable(linkage), Message::FuncLinkage)?;
            fail_if(record.kind_flag(), Message::KindFlag)
        }
        BtfKind::FuncProto => {
            fail_if(named, Message::Name)?;
            fail_if(record.kind_flag(), Message::KindFlag)
        }
        BtfKind::Var => {
            check_plain(record)?;
            fail_if(!strings.is_identifier(record.head.name_off), Message::Name)?;
            fail_if(target == 0 || !is_type_id(target), Message::TypeId)?;
            fail_if(
                !is_loadable(BtfLinkage::from_raw(record.word())),
                Message::VarLinkage,
            )
        }
        BtfKind::Datasec => check_datasec(record, strings),
        BtfKind::Float => {
            check_plain(record)?;
            fail_if(!matches!(size, 2 | 4 | 8 | 12 | 16), Message::FloatSize)
        }
        BtfKind::DeclTag => {
            fail_if(
                strings.get(record.head.name_off).is_empty(),
                Message::TagValue,
            )?;
            fail_if(record.vlen() != 0, Message::Vlen)?;
            fail_if((record.word() as i32) < -1, Message::Component)
        }
    }
}

/// Neither vlen nor kind flag.
fn check_plain(record: &Record<'_>) -> Result<(), Failure> {
    fail_if(record.vlen() != 0, Message::Vlen)?;
    fail_if(record.kind_flag(), Message::KindFlag)
}

fn check_reference(record: &Record<'_>) -> Result<(), Failure> {
    check_plain(record)?;
    fail_if(!is_type_id(record.head.size_or_type), Message::TypeId)
}

fn check_int(record: &Record<'_>) -> Result<(), Failure> {
    check_plain(record)?;
    let word = record.word();
    if word & 0xf000_0000 != 0 {
        return Err(Failure {
            item: None,
            problem: Problem::IntData(word),
        });
    }
    let bits = crate::types::int_bits(word).saturating_add(crate::types::int_offset(word));
    fail_if(bits > 128, Message::IntBits)?;
    fail_if(
        bits.div_ceil(8) > record.head.size_or_type,
        Message::IntSize,
    )?;
    let encoding = crate::types::int_encoding(word);
    let known = matches!(encoding, 0 | BTF_INT_SIGNED | BTF_INT_CHAR | BTF_INT_BOOL);
    fail_if(!known, Message::IntEncoding)
}

fn check_composite(record: &Record<'_>, strings: Strings<'_>) -> Result<(), Failure> {
    fail_if(
        !strings.is_anonymous_or_identifier(record.head.name_off),
        Message::Name,
    )?;
    let is_union = record.kind() == BtfKind::Union;
    let mut last_offset = 0;
    for (index, member) in (0_u32..).zip(record.items::<BtfMember>()) {
        let (offset, _) = split_offset(member.offset, record.kind_flag());
        let problem = if !strings.holds(member.name_off) {
            Problem::MemberNameOffset(member.name_off)
        } else if !strings.is_anonymous_or_identifier(member.name_off) {
            Message::Name.into()
        } else if member.type_id == 0 || !is_type_id(member.type_id) {
            Message::TypeId.into()
        } else if (is_union && offset != 0) || last_offset > offset {
            Message::MemberOffset.into()
        } else if offset.div_ceil(8) > record.head.size_or_type {
            Message::MemberBeyond.into()
        } else {
            last_offset = offset;
            continue;
        };
        return Err(Failure {
            item: Some(index),
            problem,
        });
    }
    Ok(())
}

fn check_enum(
    record: &Record<'_>,
    strings: Strings<'_>,
    names: impl Iterator<Item = u32>,
) -> Result<(), Failure> {
    let size = record.head.size_or_type;
    fail_if(size > 8 || !size.is_power_of_two(), Message::EnumSize)?;
    fail_if(
        !strings.is_anonymous_or_identifier(record.head.name_off),
        Message::Name,
    )?;
    for (index, name) in (0..).zip(names) {
        let problem = if !strings.holds(name) {
            Problem::EnumNameOffset(name)
        } else if !strings.is_identifier(name) {
            Message::Name.into()
        } else {
            continue;
        };
        return Err(Failure {
            item: Some(index),
            problem,
        });
    }
    Ok(())
}

fn check_datasec(record: &Record<'_>, strings: Strings<'_>) -> Result<(), Failure> {
    let size = u64::from(record.head.size_or_type);
    fail_if(size == 0, Message::SectionEmpty)?;
    fail_if(record.kind_flag(), Message::KindFlag)?;
    fail_if(!strings.is_section(record.head.name_off), Message::Name)?;
    let mut last_end = 0_u64;
    let mut sum = 0_u64;
    for (index, entry) in (0..).zip(record.items::<BtfVarSecinfo>()) {
        let (offset, len) = (u64::from(entry.offset), u64::from(entry.size));
        let end = offset.saturating_add(len);
        let message = if entry.type_id == 0 || !is_type_id(entry.type_id) {
            Message::TypeId
        } else if offset < last_end || offset >= size {
            Message::EntryOffset
        } else if len == 0 || len > size {
            Message::EntrySize
        } else if end > size {
            Message::EntryEnd
        } else {
            last_end = end;
            sum = sum.saturating_add(len);
            continue;
        };
        return Err(Failure {
            item: Some(index),
            problem: message.into(),
        });
    }
    fail_if(size < sum, Message::SectionSize)
}
