//! The log of BTF_LOAD in the kernel's form, written from the blob and the outcome: header, each type as it was accepted, the
//! failure.

use alloc::string::String;
use core::fmt::{self, Write};

use skep_uapi::btf::{
    BTF_INT_BOOL, BTF_INT_CHAR, BTF_INT_SIGNED, BtfEnum, BtfEnum64, BtfHeader, BtfKind, BtfMember,
    BtfParam, BtfVarSecinfo,
};

use crate::btf::Btf;
use crate::check::{LoadError, Message, Place, Problem};
use crate::header::{self, HeaderError};
use crate::id::BtfTypeId;
use crate::record::Record;
use crate::types::{int_bits, int_encoding, int_offset, split_offset};

/// The whole log of loading `raw`, which came out as `outcome` ([`Btf::load`]).
///
/// Every level above 0 gives the same text. Cutting it to the client's buffer is the caller's part.
pub fn load_log(raw: &[u8], outcome: Result<&Btf, &LoadError>) -> String {
    let mut log = String::new();
    // Writing to a String cannot fail.
    let _ = Log {
        out: &mut log,
        strings: &[],
    }
    .write(raw, outcome.err());
    log
}

struct Log<'a> {
    out: &'a mut String,
    strings: &'a [u8],
}

impl<'a> Log<'a> {
    fn write(&mut self, raw: &'a [u8], error: Option<&LoadError>) -> fmt::Result {
        let header = match header::read(raw) {
            Ok(header) => header,
            Err(HeaderError::TooBig) => return Ok(()),
            Err(error) => return write!(self.out, "{error}"),
        };
        self.header(&header, raw.len())?;
        let sections = match header::sections(raw, &header, header::Base::Alone) {
            Ok(sections) => sections,
            Err(error) => return write!(self.out, "{error}"),
        };
        self.strings = raw.get(sections.strings).unwrap_or_default();
        let mut left = raw.get(sections.types).unwrap_or_default();
        let mut id = BtfTypeId(1);
        while !left.is_empty() {
            let cut = Record::cut(left);
            match error {
                Some(LoadError {
                    place: Place::Meta(at),
                    problem,
                }) if *at == id => {
                    return self.meta_failure(id, left, problem);
                }
                Some(LoadError {
                    place: Place::MetaItem(at, item),
                    problem,
                }) if *at == id => {
                    let Ok((record, _)) = cut else { return Ok(()) };
                    self.typed(id, &record, Some(*item))?;
                    return self.item_failure(id, &record, *item, problem);
                }
                _ => {}
            }
            let Ok((record, len)) = cut else {
                return Ok(());
            };
            self.typed(id, &record, None)?;
            left = left.get(len..).unwrap_or_default();
            id = BtfTypeId(id.0.saturating_add(1));
        }
        match error {
            Some(error) => self.late_failure(raw, error),
            None => Ok(()),
        }
    }

    fn header(&mut self, header: &BtfHeader, total: usize) -> fmt::Result {
        writeln!(self.out, "magic: 0x{:x}", header.magic)?;
        writeln!(self.out, "version: {}", header.version)?;
        writeln!(self.out, "flags: 0x{:x}", header.flags)?;
        writeln!(self.out, "hdr_len: {}", header.hdr_len)?;
        writeln!(self.out, "type_off: {}", header.type_off)?;
        writeln!(self.out, "type_len: {}", header.type_len)?;
        writeln!(self.out, "str_off: {}", header.str_off)?;
        writeln!(self.out, "str_len: {}", header.str_len)?;
        writeln!(self.out, "btf_total_size: {total}")
    }

    /// A type and its items, up to `stop`.
    fn typed(&mut self, id: BtfTypeId, record: &Record<'_>, stop: Option<u32>) -> fmt::Result {
        self.head(id, record)?;
        self.out.push('\n');
        let count = stop.unwrap_or(record.vlen());
        match record.kind() {
            BtfKind::Struct
            | BtfKind::Union
            | BtfKind::Enum
            | BtfKind::Enum64
            | BtfKind::Datasec => {
                for item in 0..count {
                    self.item(record, item)?;
                    self.out.push('\n');
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// `[id] KIND name details`
    fn head(&mut self, id: BtfTypeId, record: &Record<'_>) -> fmt::Result {
        self.brief(id, record)?;
        let head = &record.head;
        match record.kind() {
            BtfKind::Int => {
                let word = record.word();
                write!(
                    self.out,
                    " size={} bits_offset={} nr_bits={} encoding={}",
                    head.size_or_type,
                    int_offset(word),
                    int_bits(word),
                    encoding_name(int_encoding(word))
                )
            }
            BtfKind::Array => {
                let array = record.array();
                write!(
                    self.out,
                    " type_id={} index_type_id={} nr_elems={}",
                    array.elem_type, array.index_type, array.nelems
                )
            }
            BtfKind::Struct
            | BtfKind::Union
            | BtfKind::Enum
            | BtfKind::Enum64
            | BtfKind::Datasec => {
                write!(
                    self.out,
                    " size={} vlen={}",
                    head.size_or_type,
                    record.vlen()
                )
            }
            BtfKind::Float => write!(self.out, " size={}", head.size_or_type),
            BtfKind::Fwd => {
                self.out.push_str(if record.kind_flag() {
                    " union"
                } else {
                    " struct"
                });
                Ok(())
            }
            BtfKind::FuncProto => self.prototype(record),
            BtfKind::Var => {
                write!(
                    self.out,
                    " type_id={} linkage={}",
                    head.size_or_type,
                    record.word()
                )
            }
            BtfKind::DeclTag => write!(
                self.out,
                " type={} component_idx={}",
                head.size_or_type,
                record.word() as i32
            ),
            BtfKind::Ptr
            | BtfKind::Typedef
            | BtfKind::Volatile
            | BtfKind::Const
            | BtfKind::Restrict
            | BtfKind::Func
            | BtfKind::TypeTag => write!(self.out, " type_id={}", head.size_or_type),
        }
    }

    fn brief(&mut self, id: BtfTypeId, record: &Record<'_>) -> fmt::Result {
        write!(self.out, "[{id}] {} ", record.kind().name())?;
        self.name(record.head.name_off);
        Ok(())
    }

    fn prototype(&mut self, record: &Record<'_>) -> fmt::Result {
        write!(self.out, " return={} args=(", record.head.size_or_type)?;
        let count = record.vlen();
        if count == 0 {
            self.out.push_str("void");
        }
        for (number, param) in (1..).zip(record.items::<BtfParam>()) {
            if number > 1 {
                self.out.push_str(", ");
            }
            if number == count && param.type_id == 0 {
                self.out.push_str("vararg");
            } else {
                write!(self.out, "{} ", param.type_id)?;
                self.name(param.name_off);
            }
        }
        self.out.push(')');
        Ok(())
    }

    /// A member, enumerator or entry, with its tab.
    fn item(&mut self, record: &Record<'_>, item: u32) -> fmt::Result {
        self.out.push('\t');
        match record.kind() {
            BtfKind::Enum => {
                let value: BtfEnum = record.item(item).unwrap_or_default();
                self.name(value.name_off);
                if record.kind_flag() {
                    write!(self.out, " val={}", value.value)
                } else {
                    write!(self.out, " val={}", value.value as u32)
                }
            }
            BtfKind::Enum64 => {
                let value: BtfEnum64 = record.item(item).unwrap_or_default();
                let number = (u64::from(value.value_hi32) << 32) | u64::from(value.value_lo32);
                self.name(value.name_off);
                if record.kind_flag() {
                    write!(self.out, " val={}", number as i64)
                } else {
                    write!(self.out, " val={number}")
                }
            }
            BtfKind::Datasec => {
                let entry: BtfVarSecinfo = record.item(item).unwrap_or_default();
                write!(
                    self.out,
                    " type_id={} offset={} size={}",
                    entry.type_id, entry.offset, entry.size
                )
            }
            _ => {
                let member: BtfMember = record.item(item).unwrap_or_default();
                self.member(record, &member)
            }
        }
    }

    fn member(&mut self, record: &Record<'_>, member: &BtfMember) -> fmt::Result {
        self.name(member.name_off);
        write!(self.out, " type_id={}", member.type_id)?;
        let (bits, width) = split_offset(member.offset, record.kind_flag());
        if record.kind_flag() {
            write!(self.out, " bitfield_size={width}")?;
        }
        write!(self.out, " bits_offset={bits}")
    }

    fn meta_failure(&mut self, id: BtfTypeId, left: &[u8], problem: &Problem) -> fmt::Result {
        let record = Record::cut(left).ok().map(|(record, _)| record);
        match (problem, record) {
            (Problem::IntData(_), Some(record)) => self.brief(id, &record)?,
            (Problem::Text(Message::SectionSize), Some(record)) => {
                self.typed(id, &record, None)?;
                self.head(id, &record)?;
            }
            (Problem::Text(_), Some(record)) => self.head(id, &record)?,
            (Problem::MetaLeft { .. }, _) if left.len() >= crate::record::HEAD => {
                match Record::head_only(left) {
                    Some(record) => self.brief(id, &record)?,
                    None => write!(self.out, "[{id}]")?,
                }
            }
            // Linux ends these lines, like those of the header, without newline.
            _ => return write!(self.out, "[{id}] {problem}"),
        }
        writeln!(self.out, " {problem}")
    }

    fn item_failure(
        &mut self,
        id: BtfTypeId,
        record: &Record<'_>,
        item: u32,
        problem: &Problem,
    ) -> fmt::Result {
        let is_enum = matches!(record.kind(), BtfKind::Enum | BtfKind::Enum64);
        match problem {
            Problem::EnumNameOffset(_) => return write!(self.out, "\t{problem}"),
            _ if is_enum => self.head(id, record)?,
            _ => self.item(record, item)?,
        }
        writeln!(self.out, " {problem}")
    }

    /// Failures after all types were printed.
    fn late_failure(&mut self, raw: &[u8], error: &LoadError) -> fmt::Result {
        let record = |id: BtfTypeId| nth(raw, id);
        match error.place {
            Place::Chains(_) => write!(self.out, "{}", error.problem),
            Place::Resolve(id) => {
                if let Some(record) = record(id) {
                    self.head(id, &record)?;
                }
                writeln!(self.out, " {}", error.problem)
            }
            Place::ResolveItem(id, item) => {
                let Some(record) = record(id) else {
                    return Ok(());
                };
                self.head(id, &record)?;
                self.out.push('\n');
                self.item_resolved(raw, &record, item, error.problem)?;
                writeln!(self.out, " {}", error.problem)
            }
            Place::Header | Place::Meta(_) | Place::MetaItem(..) | Place::Structs => Ok(()),
        }
    }

    /// What is wrong with a member for its type is said of the type behind modifiers.
    fn item_resolved(
        &mut self,
        raw: &[u8],
        record: &Record<'_>,
        item: u32,
        problem: Problem,
    ) -> fmt::Result {
        let Some(mut member) = record
            .item::<BtfMember>(item)
            .filter(|_| record.is_composite())
        else {
            return self.item(record, item);
        };
        if problem != Problem::Text(Message::Member) {
            let mut left = crate::check::MAX_RESOLVE_DEPTH;
            while let Some(modifier) = nth(raw, BtfTypeId(member.type_id))
                .filter(|behind| behind.is_modifier() && left > 0)
            {
                member.type_id = modifier.head.size_or_type;
                left = left.saturating_sub(1);
            }
        }
        self.out.push('\t');
        self.member(record, &member)
    }

    fn name(&mut self, offset: u32) {
        if offset == 0 {
            self.out.push_str("(anon)");
            return;
        }
        let Some(rest) = self
            .strings
            .get(offset as usize..)
            .filter(|rest| !rest.is_empty())
        else {
            self.out.push_str("(invalid-name-offset)");
            return;
        };
        let name = rest.split(|&byte| byte == 0).next().unwrap_or_default();
        self.out.push_str(&String::from_utf8_lossy(name));
    }
}

/// The type with an id in a blob whose types can all be cut.
fn nth(raw: &[u8], id: BtfTypeId) -> Option<Record<'_>> {
    let header = header::read(raw).ok()?;
    let sections = header::sections(raw, &header, header::Base::Alone).ok()?;
    let mut left = raw.get(sections.types)?;
    for _ in 1..id.0 {
        let (_, len) = Record::cut(left).ok()?;
        left = left.get(len..)?;
    }
    Some(Record::cut(left).ok()?.0)
}

fn encoding_name(encoding: u32) -> &'static str {
    match encoding {
        0 => "(none)",
        BTF_INT_SIGNED => "SIGNED",
        BTF_INT_CHAR => "CHAR",
        BTF_INT_BOOL => "BOOL",
        _ => "UNKN",
    }
}
