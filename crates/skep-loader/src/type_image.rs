//! [`TypeImage`]: the bytes of an object's BTF, changed in place word by word.
//!
//! clang leaves to the loader what only the ELF file knows: sizes of sections, offsets of variables, what externs become.

use skep_btf::{BtfKind, BtfTypeId, LoadError};

use crate::OpenError;

/// Types and strings of a blob, without its header.
pub(crate) struct TypeImage {
    types: Vec<u8>,
    strings: Vec<u8>,
    /// Where each type begins, the first (id 1) at 0.
    offsets: Vec<usize>,
}

/// Bytes of the header that is written.
const HEADER: u32 = 24;
const WORD: usize = 4;

/// Words of a type record.
pub(crate) mod word {
    pub(crate) const INFO: usize = 1;
    /// Size, or the type referred to.
    pub(crate) const SIZE: usize = 2;
    /// The first after the common ones: the linkage of a VAR, or what is listed.
    pub(crate) const FIRST: usize = 3;
}

impl TypeImage {
    /// Cuts a blob that [`skep_btf::Btf::parse`] takes.
    pub(crate) fn cut(raw: &[u8]) -> Result<Self, OpenError> {
        // Parsing checks the layout and every record's length.
        skep_btf::Btf::parse(raw).map_err(|error: LoadError| OpenError::Btf(error))?;
        let field = |at: usize| read(raw, at).unwrap_or_default() as usize;
        let part = |offset: usize, len: usize| {
            let start = field(4).saturating_add(field(offset));
            let bytes = raw.get(start..start.saturating_add(field(len)));
            bytes.unwrap_or_default().to_vec()
        };
        let (types, strings) = (part(8, 12), part(16, 20));
        let mut offsets = Vec::new();
        let mut at = 0;
        while at < types.len() {
            offsets.push(at);
            at = at.saturating_add(record_len(
                read(&types, at.saturating_add(WORD)).unwrap_or_default(),
            ));
        }
        Ok(Self {
            types,
            strings,
            offsets,
        })
    }

    /// A word of a type; 0 outside.
    pub(crate) fn get(&self, id: BtfTypeId, index: usize) -> u32 {
        let at = self.position(id, index);
        at.and_then(|at| read(&self.types, at)).unwrap_or_default()
    }

    /// Changes a word of a type; nothing outside.
    pub(crate) fn set(&mut self, id: BtfTypeId, index: usize, value: u32) {
        let Some(at) = self.position(id, index) else {
            return;
        };
        if let Some(to) = self
            .types
            .get_mut(at..)
            .and_then(|rest| rest.first_chunk_mut())
        {
            *to = value.to_le_bytes();
        }
    }

    /// Changes the linkage of a FUNC, which is in the low half of its info word.
    pub(crate) fn set_func_linkage(&mut self, id: BtfTypeId, linkage: skep_btf::BtfLinkage) {
        let info = self.get(id, word::INFO) & 0xffff_0000;
        self.set(id, word::INFO, info | linkage.raw());
    }

    /// Adds a type.
    pub(crate) fn append(&mut self, words: &[u32]) -> BtfTypeId {
        self.offsets.push(self.types.len());
        for word in words {
            self.types.extend_from_slice(&word.to_le_bytes());
        }
        BtfTypeId(u32::try_from(self.offsets.len()).unwrap_or(u32::MAX))
    }

    /// Adds a string, or finds it.
    pub(crate) fn string(&mut self, text: &str) -> u32 {
        let mut wanted = text.as_bytes().to_vec();
        wanted.push(0);
        let mut at = 0_usize;
        for string in self.strings.split_inclusive(|&byte| byte == 0) {
            if string == wanted {
                return u32::try_from(at).unwrap_or_default();
            }
            at = at.saturating_add(string.len());
        }
        self.strings.extend_from_slice(&wanted);
        u32::try_from(at).unwrap_or_default()
    }

    /// The blob.
    pub(crate) fn finish(&self) -> Vec<u8> {
        let len = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let magic_version_flags = u32::from(skep_uapi::btf::BTF_MAGIC) | (1 << 16);
        let types = len(&self.types);
        let words = [
            magic_version_flags,
            HEADER,
            0,
            types,
            types,
            len(&self.strings),
        ];
        let mut raw: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        raw.extend_from_slice(&self.types);
        raw.extend_from_slice(&self.strings);
        raw
    }

    fn position(&self, id: BtfTypeId, index: usize) -> Option<usize> {
        let at = id.get().checked_sub(1)?;
        let start = *self.offsets.get(at as usize)?;
        let end = self.offsets.get((at as usize).saturating_add(1));
        let position = start.checked_add(index.checked_mul(WORD)?)?;
        (position < *end.unwrap_or(&self.types.len())).then_some(position)
    }
}

fn read(bytes: &[u8], at: usize) -> Option<u32> {
    let chunk = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes(*chunk))
}

/// Bytes of a record by its info word.
fn record_len(info: u32) -> usize {
    let count = (info & 0xffff) as usize;
    let extra = match BtfKind::from_raw((info >> 24) & 0x1f) {
        Some(BtfKind::Int | BtfKind::Var | BtfKind::DeclTag) => 4,
        Some(BtfKind::Array) => 12,
        Some(BtfKind::Struct | BtfKind::Union | BtfKind::Datasec | BtfKind::Enum64) => {
            count.saturating_mul(12)
        }
        Some(BtfKind::Enum | BtfKind::FuncProto) => count.saturating_mul(8),
        Some(
            BtfKind::Ptr
            | BtfKind::Fwd
            | BtfKind::Typedef
            | BtfKind::Volatile
            | BtfKind::Const
            | BtfKind::Restrict
            | BtfKind::Func
            | BtfKind::Float
            | BtfKind::TypeTag,
        )
        | None => 0,
    };
    extra.saturating_add(12)
}

#[cfg(test)]
mod tests {
    use skep_btf::{Btf, BtfBuilder, BtfLinkage, DatasecEntry};

    use super::*;

    #[test]
    fn words_change_and_types_are_added() {
        let mut builder = BtfBuilder::new();
        let int = builder.int("int", 4, skep_btf::IntEncoding::Signed);
        let var = builder.var("x", int, BtfLinkage::Global);
        let entry = DatasecEntry {
            var,
            offset: 0,
            size: 4,
        };
        let section = builder.datasec(".bss", 0, &[entry]);
        let mut image = TypeImage::cut(&builder.finish()).unwrap();
        image.set(section, word::SIZE, 12);
        image.set(section, word::FIRST + 1, 8);
        image.set(section, word::FIRST + 3, 77);
        image.set(BtfTypeId(99), word::SIZE, 1);
        let name = image.string("y");
        assert_eq!(image.string("y"), name);
        let added = image.append(&[name, (BtfKind::Var.raw()) << 24, int.get(), 1]);
        let btf = Btf::parse(&image.finish()).unwrap();
        assert_eq!(btf.find_var("y"), Some(added));
        let section = btf.type_by_id(section).unwrap().as_datasec().unwrap();
        assert_eq!(
            (section.size(), section.entries().next().unwrap().offset),
            (12, 8)
        );
    }
}
