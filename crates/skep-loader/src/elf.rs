//! [`Elf`]: sections, symbols and relocations of an object, with every index checked.

use std::collections::HashMap;

use object::elf::{self, FileHeader64};
use object::read::elf::{FileHeader, Rel, SectionHeader, Sym};
use object::{LittleEndian, SymbolIndex};

use crate::OpenError;

/// Number of a section in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SectionIdx(pub(crate) usize);

/// Number of a symbol in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SymbolIdx(pub(crate) usize);

/// The parts of an ELF file.
#[derive(Debug)]
pub(crate) struct Elf<'a> {
    pub(crate) sections: Vec<Section<'a>>,
    pub(crate) symbols: Vec<Symbol<'a>>,
    /// The first section of each name.
    by_name: HashMap<&'a str, SectionIdx>,
    /// The symbol that defines each name: a global one before local ones.
    definitions: HashMap<&'a str, SymbolIdx>,
}

/// What a section holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SectionKind {
    Code,
    /// Bytes in memory.
    Data,
    /// Zeros in memory.
    Zeros,
    /// What only tools read.
    Other,
}

#[derive(Debug)]
pub(crate) struct Section<'a> {
    pub(crate) name: &'a str,
    pub(crate) kind: SectionKind,
    pub(crate) size: u64,
    /// Empty for zeros.
    pub(crate) data: &'a [u8],
    pub(crate) relocations: Vec<Relocation>,
}

/// A place in a section that refers to a symbol.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Relocation {
    pub(crate) offset: u64,
    pub(crate) symbol: SymbolIdx,
}

/// What a symbol names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SymbolKind {
    Function,
    Object,
    Section,
    Other,
}

/// Who sees a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binding {
    Local,
    Global,
    Weak,
}

/// Whether a global symbol may be called from outside its file once linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Visibility {
    Default,
    Hidden,
}

#[derive(Debug)]
pub(crate) struct Symbol<'a> {
    pub(crate) name: &'a str,
    /// `None`: defined elsewhere, an extern.
    pub(crate) section: Option<SectionIdx>,
    pub(crate) value: u64,
    pub(crate) size: u64,
    pub(crate) kind: SymbolKind,
    pub(crate) binding: Binding,
    pub(crate) visibility: Visibility,
}

impl<'a> Elf<'a> {
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, OpenError> {
        let header = check_header(bytes)?;
        let damaged = |what: &str| OpenError::Damaged(what.to_owned());
        let table = header
            .sections(LittleEndian, bytes)
            .map_err(|_| damaged("section headers lie beyond the end of the file"))?;
        let symbol_table = table
            .symbols(LittleEndian, bytes, elf::SHT_SYMTAB)
            .map_err(|_| damaged("the symbol table lies beyond the end of the file"))?;
        let mut sections = Vec::new();
        for section in table.iter() {
            let name = table
                .section_name(LittleEndian, section)
                .unwrap_or_default();
            let name =
                std::str::from_utf8(name).map_err(|_| damaged("a section name is no text"))?;
            let data = section.data(LittleEndian, bytes).map_err(|_| {
                OpenError::Damaged(format!("section '{name}' lies beyond the end of the file"))
            })?;
            sections.push(Section {
                name,
                kind: kind_of(section),
                size: section.sh_size(LittleEndian),
                data,
                relocations: Vec::new(),
            });
        }
        let mut symbols = Vec::new();
        for (index, symbol) in symbol_table.iter().enumerate() {
            let name = symbol_table
                .symbol_name(LittleEndian, symbol)
                .unwrap_or_default();
            let name =
                std::str::from_utf8(name).map_err(|_| damaged("a symbol name is no text"))?;
            let section = symbol_table
                .symbol_section(LittleEndian, symbol, SymbolIndex(index))
                .map_err(|_| OpenError::Damaged(format!("symbol '{name}' is in no section")))?;
            let section = section.map(|section| SectionIdx(section.0));
            if section.is_some_and(|section| section.0 >= sections.len()) {
                return Err(OpenError::Damaged(format!(
                    "symbol '{name}' is in no section"
                )));
            }
            symbols.push(convert(symbol, name, section));
        }
        for section in table.iter() {
            let rel = section
                .rel(LittleEndian, bytes)
                .map_err(|_| damaged("relocations lie beyond the end of the file"))?;
            let Some((entries, _)) = rel else { continue };
            let target = usize::try_from(section.sh_info(LittleEndian)).ok();
            let Some(target) = target.and_then(|target| sections.get_mut(target)) else {
                return Err(damaged("relocations belong to no section"));
            };
            for entry in entries {
                let symbol = SymbolIdx(entry.r_sym(LittleEndian) as usize);
                if symbol.0 >= symbols.len() {
                    return Err(damaged("a relocation names no symbol"));
                }
                target.relocations.push(Relocation {
                    offset: entry.r_offset(LittleEndian),
                    symbol,
                });
            }
        }
        Ok(Self::index(sections, symbols))
    }

    fn index(sections: Vec<Section<'a>>, symbols: Vec<Symbol<'a>>) -> Self {
        let mut by_name = HashMap::new();
        for (index, section) in sections.iter().enumerate() {
            by_name.entry(section.name).or_insert(SectionIdx(index));
        }
        let mut definitions: HashMap<&str, SymbolIdx> = HashMap::new();
        let numbered = symbols.iter().enumerate();
        let defined = numbered.filter(|(_, symbol)| symbol.section.is_some());
        let (local, global): (Vec<_>, Vec<_>) =
            defined.partition(|(_, symbol)| symbol.binding == Binding::Local);
        for (index, symbol) in global.into_iter().chain(local) {
            definitions.entry(symbol.name).or_insert(SymbolIdx(index));
        }
        Self {
            sections,
            symbols,
            by_name,
            definitions,
        }
    }

    pub(crate) fn section(&self, index: SectionIdx) -> Option<&Section<'a>> {
        self.sections.get(index.0)
    }

    pub(crate) fn symbol(&self, index: SymbolIdx) -> Option<&Symbol<'a>> {
        self.symbols.get(index.0)
    }

    pub(crate) fn section_by_name(&self, name: &str) -> Option<(SectionIdx, &Section<'a>)> {
        let index = *self.by_name.get(name)?;
        Some((index, self.section(index)?))
    }

    /// The name of a section, for messages.
    pub(crate) fn section_name(&self, index: SectionIdx) -> &'a str {
        self.section(index).map_or("", |section| section.name)
    }

    /// Sections with their numbers.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (SectionIdx, &Section<'a>)> {
        let numbered = self.sections.iter().enumerate();
        numbered.map(|(index, section)| (SectionIdx(index), section))
    }

    /// The symbol that defines a name.
    pub(crate) fn definition(&self, name: &str) -> Option<&Symbol<'a>> {
        self.symbol(*self.definitions.get(name)?)
    }
}

fn check_header(bytes: &[u8]) -> Result<&FileHeader64<LittleEndian>, OpenError> {
    if !bytes.starts_with(&elf::ELFMAG) {
        return Err(OpenError::NotElf);
    }
    match (bytes.get(4), bytes.get(5)) {
        (Some(&elf::ELFCLASS64), Some(&elf::ELFDATA2LSB)) => {}
        (Some(&elf::ELFCLASS64), Some(&elf::ELFDATA2MSB)) => {
            return Err(OpenError::NotBpf(
                "its byte order is big-endian; compile with -target bpfel",
            ));
        }
        (Some(&elf::ELFCLASS32), Some(_)) => {
            return Err(OpenError::NotBpf("it is a 32-bit ELF file"));
        }
        (Some(_), Some(_)) => return Err(OpenError::Damaged("the header is wrong".to_owned())),
        _ => return Err(OpenError::Damaged("the header is cut off".to_owned())),
    }
    let header = FileHeader64::<LittleEndian>::parse(bytes)
        .map_err(|_| OpenError::Damaged("the header is cut off".to_owned()))?;
    let machine = header.e_machine(LittleEndian);
    // Old compilers left the machine out.
    if machine != elf::EM_BPF && machine != elf::EM_NONE {
        return Err(OpenError::NotBpf("it is compiled for another machine"));
    }
    if header.e_type(LittleEndian) != elf::ET_REL {
        return Err(OpenError::NotBpf("it is no relocatable file"));
    }
    Ok(header)
}

fn kind_of(section: &elf::SectionHeader64<LittleEndian>) -> SectionKind {
    let flags = section.sh_flags(LittleEndian);
    let allocated = flags & u64::from(elf::SHF_ALLOC) != 0;
    match section.sh_type(LittleEndian) {
        elf::SHT_PROGBITS if flags & u64::from(elf::SHF_EXECINSTR) != 0 => SectionKind::Code,
        elf::SHT_PROGBITS if allocated => SectionKind::Data,
        elf::SHT_NOBITS if allocated => SectionKind::Zeros,
        _ => SectionKind::Other,
    }
}

fn convert<'a>(
    symbol: &elf::Sym64<LittleEndian>,
    name: &'a str,
    section: Option<SectionIdx>,
) -> Symbol<'a> {
    Symbol {
        name,
        section,
        value: symbol.st_value(LittleEndian),
        size: symbol.st_size(LittleEndian),
        kind: match symbol.st_type() {
            elf::STT_FUNC => SymbolKind::Function,
            elf::STT_OBJECT => SymbolKind::Object,
            elf::STT_SECTION => SymbolKind::Section,
            _ => SymbolKind::Other,
        },
        binding: match symbol.st_bind() {
            elf::STB_LOCAL => Binding::Local,
            elf::STB_WEAK => Binding::Weak,
            _ => Binding::Global,
        },
        visibility: match symbol.st_visibility() {
            elf::STV_DEFAULT | elf::STV_PROTECTED => Visibility::Default,
            _ => Visibility::Hidden,
        },
    }
}
