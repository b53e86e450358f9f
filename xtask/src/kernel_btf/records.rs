//! The records of a BTF blob, as far as cutting needs them: which other types one names, and where its names are.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Context, Result, bail};
use skep_btf::{Btf, BtfKind, BtfTypeId};

/// Bytes before a record's own data.
const HEAD: usize = 12;
const HEADER_LEN: u32 = 24;
const MAGIC: u16 = 0xeb9f;

/// What a 32-bit word of a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Name,
    Type,
    Number,
}

/// One type.
#[derive(Clone, Debug)]
pub(super) struct Record {
    kind: u8,
    /// The head and the data behind it.
    words: Vec<u32>,
}

impl Record {
    pub(super) fn kind(&self) -> Option<BtfKind> {
        BtfKind::from_raw(u32::from(self.kind))
    }

    /// What each word is, in order.
    fn shape(&self) -> Result<Vec<Word>> {
        use Word::{Name, Number, Type};
        let third = match self.kind() {
            Some(
                BtfKind::Ptr
                | BtfKind::Typedef
                | BtfKind::Volatile
                | BtfKind::Const
                | BtfKind::Restrict
                | BtfKind::Func
                | BtfKind::FuncProto
                | BtfKind::Var
                | BtfKind::DeclTag
                | BtfKind::TypeTag,
            ) => Type,
            _ => Number,
        };
        let data: &[Word] = match self.kind() {
            Some(BtfKind::Array) => &[Type, Type, Number],
            Some(BtfKind::Struct | BtfKind::Union) => &[Name, Type, Number],
            Some(BtfKind::FuncProto) => &[Name, Type],
            Some(BtfKind::Enum) => &[Name, Number],
            Some(BtfKind::Enum64) => &[Name, Number, Number],
            Some(BtfKind::Datasec) => &[Type, Number, Number],
            Some(BtfKind::Int | BtfKind::Var | BtfKind::DeclTag) => &[Number],
            Some(_) => &[],
            None => bail!("unknown kind {}", self.kind),
        };
        let head = [Name, Number, third];
        let shape = head.into_iter().chain(data.iter().copied().cycle());
        Ok(shape.take(self.words.len()).collect())
    }

    fn types(&self) -> Result<Vec<u32>> {
        let shape = self.shape()?;
        let words = self.words.iter().zip(shape);
        let types = words.filter(|(_, word)| *word == Word::Type);
        Ok(types.map(|(id, _)| *id).filter(|id| *id != 0).collect())
    }
}

/// Records by id, and the names they refer to.
pub(super) struct Table {
    records: BTreeMap<u32, Record>,
    names: HashMap<u32, String>,
}

impl Table {
    pub(super) fn parse(raw: &[u8]) -> Result<Self> {
        let btf = Btf::parse(raw)?;
        let word = |at: usize| -> Result<u32> {
            let bytes = raw.get(at..at + 4).context("cut off")?;
            Ok(u32::from_le_bytes(bytes.try_into()?))
        };
        let types = (word(4)? + word(8)?) as usize;
        let end = types + word(12)? as usize;
        let (mut at, mut id) = (types, 1);
        let mut table = Self {
            records: BTreeMap::new(),
            names: HashMap::new(),
        };
        while at < end {
            let info = word(at + 4)?;
            let (kind, count) = ((info >> 24 & 0x1f) as u8, (info & 0xffff) as usize);
            let data = match BtfKind::from_raw(u32::from(kind)) {
                Some(BtfKind::Int | BtfKind::Var | BtfKind::DeclTag) => 4,
                Some(BtfKind::Array) => 12,
                Some(BtfKind::Struct | BtfKind::Union | BtfKind::Datasec | BtfKind::Enum64) => {
                    12 * count
                }
                Some(BtfKind::Enum | BtfKind::FuncProto) => 8 * count,
                _ => 0,
            };
            let words = (at..at + HEAD + data).step_by(4).map(word);
            let record = Record {
                kind,
                words: words.collect::<Result<_>>()?,
            };
            for (offset, word) in record.words.iter().zip(record.shape()?) {
                if word == Word::Name {
                    let name = btf.text(*offset).to_owned();
                    table.names.insert(*offset, name);
                }
            }
            debug_assert!(btf.kind(BtfTypeId(id)) == record.kind());
            table.records.insert(id, record);
            at += HEAD + data;
            id += 1;
        }
        Ok(table)
    }

    fn name(&self, record: &Record) -> &str {
        let offset = record.words.first().copied().unwrap_or(0);
        self.names.get(&offset).map_or("", String::as_str)
    }

    /// The records for which `is_root`, all they lead to, and the declaration tags of those.
    pub(super) fn reachable_from(mut self, is_root: impl Fn(&Record, &str) -> bool) -> Self {
        let roots = self
            .records
            .iter()
            .filter(|(_, record)| is_root(record, self.name(record)));
        let mut open: Vec<u32> = roots.map(|(id, _)| *id).collect();
        let mut kept = BTreeSet::new();
        while let Some(id) = open.pop() {
            if kept.insert(id) {
                let types = self.records.get(&id).map(Record::types);
                open.extend(types.into_iter().flatten().flatten());
            }
        }
        let tags = self.records.iter().filter(|(_, record)| {
            let target = record.words.get(2);
            record.kind() == Some(BtfKind::DeclTag) && target.is_some_and(|id| kept.contains(id))
        });
        let tags: Vec<u32> = tags.map(|(id, _)| *id).collect();
        kept.extend(tags);
        self.records.retain(|id, _| kept.contains(id));
        self
    }

    /// A blob with ids and names counted anew.
    pub(super) fn write(&self) -> Vec<u8> {
        let ids: HashMap<u32, u32> = self.records.keys().copied().zip(1..).collect();
        let mut strings = vec![0_u8];
        let mut offsets = HashMap::from([("", 0_u32)]);
        let mut types = Vec::new();
        for record in self.records.values() {
            let shape = record.shape().unwrap_or_default();
            for (value, word) in record.words.iter().zip(shape) {
                let value = match word {
                    Word::Number => *value,
                    Word::Type => ids.get(value).copied().unwrap_or(0),
                    Word::Name => {
                        let name = self.names.get(value).map_or("", String::as_str);
                        *offsets.entry(name).or_insert_with(|| {
                            let at = strings.len() as u32;
                            strings.extend_from_slice(name.as_bytes());
                            strings.push(0);
                            at
                        })
                    }
                };
                types.extend_from_slice(&value.to_le_bytes());
            }
        }
        let mut raw = Vec::new();
        raw.extend_from_slice(&MAGIC.to_le_bytes());
        raw.extend_from_slice(&[1, 0]);
        let sizes = [
            HEADER_LEN,
            0,
            types.len() as u32,
            types.len() as u32,
            strings.len() as u32,
        ];
        for size in sizes {
            raw.extend_from_slice(&size.to_le_bytes());
        }
        raw.extend(types);
        raw.extend(strings);
        raw
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use skep_btf::{BtfBuilder, BtfLinkage, IntEncoding, MemberSpec};

    #[test]
    fn what_is_reachable_is_kept_with_new_ids() {
        let mut builder = BtfBuilder::new();
        let unused = builder.int("unused", 8, IntEncoding::Unsigned);
        let int = builder.int("int", 4, IntEncoding::Signed);
        let pair = builder.structure("pair", 4, &[MemberSpec::at("a", int, 0)]);
        let pointer = builder.ptr(pair);
        let proto = builder.func_proto(BtfTypeId(0), &[("p", pointer)]);
        let func = builder.func("hook", proto, BtfLinkage::Static);
        builder.decl_tag("bpf_kfunc", func, None);
        builder.decl_tag("other", unused, None);
        let table = Table::parse(&builder.finish()).unwrap();
        let cut = table
            .reachable_from(|record, name| record.kind() == Some(BtfKind::Func) && name == "hook");
        let cut = Btf::parse(&cut.write()).unwrap();
        assert_eq!(cut.type_count(), 7);
        let hook = cut.find_by_name_kind("hook", BtfKind::Func).unwrap();
        assert!(cut.has_decl_tag(hook, None, "bpf_kfunc"));
        assert!(cut.find_by_name_kind("pair", BtfKind::Struct).is_some());
        assert!(cut.find_by_name_kind("unused", BtfKind::Int).is_none());
    }
}
