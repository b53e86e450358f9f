//! [`Btf`]: one blob of types.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use skep_uapi::btf::BtfKind;
use skep_uapi::limits::BTF_MAX_TYPE;

use crate::check::{self, LoadError, Place, Problem};
use crate::field::{FieldRecord, KernelTypes, StructRecords};
use crate::header::{self, Base, Sections};
use crate::id::{BtfIdentity, BtfTypeId};
use crate::names::NameIndex;
use crate::record::Record;
use crate::tags::TagIndex;
use crate::types::Type;

/// The types of one program, of the kernel or of one of its modules; immutable, shared as `Arc<Btf>`.
pub struct Btf {
    pub(crate) raw: Box<[u8]>,
    pub(crate) sections: Sections,
    base: Option<Arc<Btf>>,
    /// Where each own type begins in `raw`.
    offsets: Vec<u32>,
    names: NameIndex,
    pub(crate) tags: TagIndex,
    identity: BtfIdentity,
    /// Special fields of the structs of a loaded BTF; empty for a parsed one.
    records: StructRecords,
}

impl Btf {
    /// Parses bytes whose meaning is trusted: kernel BTF, or `.BTF` of an ELF object.
    ///
    /// Checks header, layout, and that every type lies inside; not that ids and names make sense.
    pub fn parse(raw: &[u8]) -> Result<Self, LoadError> {
        Self::cut(raw, None)
    }

    /// Parses split BTF (of a kernel module): ids and strings continue those of `base`.
    pub fn parse_split(raw: &[u8], base: Arc<Btf>) -> Result<Self, LoadError> {
        Self::cut(raw, Some(base))
    }

    /// Takes bytes from a client as `BPF_BTF_LOAD` does, with Linux's checks, order and errno ([`LoadError::errno`]).
    ///
    /// `kernel` answers which kptr targets are kernel types. The log is written from the outcome by [`crate::load_log`].
    pub fn load(raw: &[u8], kernel: &dyn KernelTypes) -> Result<Self, LoadError> {
        let mut btf = check::cut_and_check(raw)?;
        check::resolve(&btf)?;
        check::type_tags(&btf)?;
        btf.records = StructRecords::collect(&btf, kernel).map_err(|error| LoadError {
            place: Place::Structs,
            problem: Problem::Field(error),
        })?;
        Ok(btf)
    }

    fn cut(raw: &[u8], base: Option<Arc<Btf>>) -> Result<Self, LoadError> {
        let split = if base.is_some() {
            Base::Split
        } else {
            Base::Alone
        };
        let header = header::read(raw).map_err(LoadError::header)?;
        let sections = header::sections(raw, &header, split).map_err(LoadError::header)?;
        let first = base.as_deref().map_or(1, Btf::type_count);
        let types = raw.get(sections.types.clone()).unwrap_or_default();
        // A type has at least 12 bytes, most have a little more.
        let mut offsets = Vec::with_capacity(types.len() / 16);
        let mut left = types;
        while !left.is_empty() {
            let id = BtfTypeId(first.saturating_add(offsets.len() as u32));
            let (_, len) = Record::cut(left).map_err(|error| LoadError::cut(id, error))?;
            offsets.push((types.len().saturating_sub(left.len())) as u32);
            left = left.get(len..).unwrap_or_default();
        }
        Ok(Self::assemble(raw, sections, base, offsets))
    }

    /// Puts a checked blob together; `offsets` count from the start of the type section.
    pub(crate) fn assemble(
        raw: &[u8],
        sections: Sections,
        base: Option<Arc<Btf>>,
        mut offsets: Vec<u32>,
    ) -> Self {
        for offset in &mut offsets {
            *offset = offset.saturating_add(sections.types.start as u32);
        }
        // Linux accepts a blob with more types than it can name and forgets the rest.
        offsets.truncate((BTF_MAX_TYPE as usize).saturating_sub(1));
        let mut btf = Self {
            raw: raw.into(),
            sections,
            base,
            offsets,
            names: NameIndex::new(0, |_| &[]),
            tags: TagIndex::default(),
            identity: BtfIdentity::fresh(),
            records: StructRecords::default(),
        };
        btf.names = NameIndex::new(btf.offsets.len() as u32, |at| btf.name_at_position(at));
        btf.tags = TagIndex::new(&btf);
        btf
    }

    /// The bytes this was made from.
    pub fn raw_bytes(&self) -> &[u8] {
        &self.raw
    }

    /// Which object this is.
    pub fn identity(&self) -> BtfIdentity {
        self.identity
    }

    /// The BTF whose ids and strings this one continues.
    pub fn base(&self) -> Option<&Arc<Btf>> {
        self.base.as_ref()
    }

    /// Types including those of the base, without `void`; the highest id.
    pub fn nr_types(&self) -> u32 {
        self.first_own()
            .saturating_sub(1)
            .saturating_add(self.offsets.len() as u32)
    }

    /// One more than the highest id (what libbpf calls `btf__type_cnt`).
    pub fn type_count(&self) -> u32 {
        self.nr_types().saturating_add(1)
    }

    /// The lowest id that is not the base's.
    pub(crate) fn first_own(&self) -> u32 {
        self.base.as_deref().map_or(1, Btf::type_count)
    }

    /// Ids of own types, ascending (without the base's and without `void`).
    pub fn own_ids(&self) -> impl DoubleEndedIterator<Item = BtfTypeId> + Clone + use<> {
        (self.first_own()..self.type_count()).map(BtfTypeId)
    }

    /// Own types with their ids, ascending.
    pub fn types(&self) -> impl Iterator<Item = (BtfTypeId, Type<'_>)> {
        self.own_ids()
            .filter_map(|id| Some((id, self.type_by_id(id)?)))
    }

    /// The type with this id; `void` for 0, `None` past the end.
    pub fn type_by_id(&self, id: BtfTypeId) -> Option<Type<'_>> {
        if id.is_void() {
            return Some(Type::Void);
        }
        Some(Type::new(self, id, self.record(id)?))
    }

    /// The kind of a type; `None` for `void` and unknown ids.
    pub fn kind(&self, id: BtfTypeId) -> Option<BtfKind> {
        Some(self.record(id)?.kind())
    }

    /// The bytes of a type; `None` for `void` and unknown ids.
    pub(crate) fn record(&self, id: BtfTypeId) -> Option<Record<'_>> {
        match id.0.checked_sub(self.first_own()) {
            Some(position) => self.record_at(position),
            None => self.base.as_deref()?.record(id),
        }
    }

    fn record_at(&self, position: u32) -> Option<Record<'_>> {
        let offset = *self.offsets.get(position as usize)? as usize;
        let bytes = self.raw.get(offset..self.sections.types.end)?;
        Some(Record::cut(bytes).ok()?.0)
    }

    fn name_at_position(&self, position: u32) -> &[u8] {
        self.record_at(position)
            .and_then(|record| self.string(record.head.name_off))
            .unwrap_or_default()
    }

    /// Bytes of the own string section.
    pub(crate) fn own_strings(&self) -> &[u8] {
        self.raw
            .get(self.sections.strings.clone())
            .unwrap_or_default()
    }

    /// Bytes of all string sections together.
    pub(crate) fn strings_end(&self) -> u32 {
        let before = self.base.as_deref().map_or(0, Btf::strings_end);
        before.saturating_add(self.own_strings().len() as u32)
    }

    /// The string at an offset, without its NUL; `None` when the offset is outside.
    pub fn string(&self, offset: u32) -> Option<&[u8]> {
        let before = self.base.as_deref().map_or(0, Btf::strings_end);
        let Some(own) = offset.checked_sub(before) else {
            return self.base.as_deref()?.string(offset);
        };
        let rest = self
            .own_strings()
            .get(own as usize..)
            .filter(|rest| !rest.is_empty())?;
        let len = rest
            .iter()
            .position(|&byte| byte == 0)
            .unwrap_or(rest.len());
        rest.get(..len)
    }

    /// The string at an offset as text, up to the first byte that is not UTF-8; empty when the offset is outside.
    pub fn text(&self, offset: u32) -> &str {
        text(self.string(offset).unwrap_or_default())
    }

    /// The name of a type as bytes; empty for anonymous and unknown ones.
    pub fn name_bytes(&self, id: BtfTypeId) -> &[u8] {
        self.record(id)
            .and_then(|record| self.string(record.head.name_off))
            .unwrap_or_default()
    }

    /// The name of a type; empty for anonymous and unknown ones.
    pub fn name(&self, id: BtfTypeId) -> &str {
        text(self.name_bytes(id))
    }

    /// The first type of this name and kind, the base's before own ones.
    pub fn find_by_name_kind(&self, name: &str, kind: BtfKind) -> Option<BtfTypeId> {
        self.find_by_bytes(name.as_bytes(), kind)
    }

    pub(crate) fn find_by_bytes(&self, name: &[u8], kind: BtfKind) -> Option<BtfTypeId> {
        let in_base = self
            .base
            .as_deref()
            .and_then(|base| base.find_by_bytes(name, kind));
        in_base.or_else(|| {
            self.ids_by_essential_name(name)
                .find(|&id| self.kind(id) == Some(kind) && self.name_bytes(id) == name)
        })
    }

    /// Own types named `name` up to flavours (`name___x`), ascending.
    pub fn ids_by_essential_name(&self, name: &[u8]) -> impl Iterator<Item = BtfTypeId> {
        let first = self.first_own();
        self.names
            .positions(name, |at| self.name_at_position(at))
            .map(move |position| BtfTypeId(first.saturating_add(position)))
    }

    /// Special fields of a struct of this (loaded) BTF, as `bpf_obj_new` types have them.
    pub fn struct_record(&self, id: BtfTypeId) -> Option<&Arc<FieldRecord>> {
        self.records.get(id)
    }

    /// All structs with special fields, ascending.
    pub fn struct_records(&self) -> impl Iterator<Item = (BtfTypeId, &Arc<FieldRecord>)> {
        self.records.iter()
    }
}

impl fmt::Debug for Btf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Btf")
            .field("identity", &self.identity)
            .field("nr_types", &self.nr_types())
            .field("bytes", &self.raw.len())
            .finish_non_exhaustive()
    }
}

/// The longest prefix that is text.
pub(crate) fn text(bytes: &[u8]) -> &str {
    match core::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => bytes
            .get(..error.valid_up_to())
            .and_then(|valid| core::str::from_utf8(valid).ok())
            .unwrap_or_default(),
    }
}
