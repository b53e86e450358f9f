//! [`Functions`]: the functions of an object, cut out of its code sections, each with its records of BTF.ext.

use std::collections::BTreeMap;
use std::sync::Arc;

use skep_btf::ExtSection;
use skep_isa::RawInsn;
use skep_uapi::btf::{FuncInfo, LineInfo};

use crate::OpenError;
use crate::elf::{Binding, Elf, SectionIdx, SectionKind, SymbolKind};
use crate::reference::Reference;
use crate::types::Types;

/// Number of a function in [`Functions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FunctionIdx(pub(crate) usize);

/// A function.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) section: SectionIdx,
    /// First instruction, counted from the start of the section.
    pub(crate) start: usize,
    pub(crate) insns: Vec<RawInsn>,
    /// By instruction, counted from the start of the function.
    pub(crate) references: BTreeMap<usize, Reference>,
    /// Instruction offsets count from the start of the function.
    pub(crate) func_info: Vec<FuncInfo>,
    pub(crate) line_info: Vec<LineInfo>,
    /// Why programs that contain it do not open.
    pub(crate) problem: Option<Arc<OpenError>>,
}

/// The functions of an object, in the order of their sections and symbols.
#[derive(Debug, Default)]
pub(crate) struct Functions {
    pub(crate) list: Vec<Function>,
    by_place: BTreeMap<(SectionIdx, usize), FunctionIdx>,
}

/// The section of functions that are called from other sections.
pub(crate) const TEXT: &str = ".text";

impl Functions {
    pub(crate) fn collect(elf: &Elf<'_>, types: &Types) -> Result<Self, OpenError> {
        let mut functions = Self::default();
        for (index, section) in elf.numbered() {
            if section.kind == SectionKind::Code && section.size != 0 {
                functions.cut(elf, index)?;
            }
        }
        functions.reject_overlaps(elf)?;
        functions.add_records(elf, types);
        Ok(functions)
    }

    fn cut(&mut self, elf: &Elf<'_>, index: SectionIdx) -> Result<(), OpenError> {
        let Some(section) = elf.section(index) else {
            return Ok(());
        };
        for symbol in &elf.symbols {
            if symbol.section != Some(index) || symbol.kind != SymbolKind::Function {
                continue;
            }
            let fail = |why: String| Err(OpenError::section(section.name, why));
            if section.name != TEXT && symbol.binding == Binding::Local {
                return fail(format!(
                    "function '{}' is static; only functions in .text can be",
                    symbol.name
                ));
            }
            let end = symbol.value.checked_add(symbol.size);
            let range = end.and_then(|end| {
                Some(usize::try_from(symbol.value).ok()?..usize::try_from(end).ok()?)
            });
            let Some(bytes) = range.and_then(|range| section.data.get(range)) else {
                return fail(format!("function '{}' lies outside of it", symbol.name));
            };
            let aligned = symbol.value.is_multiple_of(8) && symbol.size.is_multiple_of(8);
            if !aligned || bytes.is_empty() {
                return fail(format!(
                    "function '{}' is no list of instructions",
                    symbol.name
                ));
            }
            let (insns, _) = bytes.as_chunks::<8>();
            let start = usize::try_from(symbol.value / 8).unwrap_or(usize::MAX);
            let place = (index, start);
            if self
                .by_place
                .insert(place, FunctionIdx(self.list.len()))
                .is_some()
            {
                return fail(format!("two functions begin where '{}' does", symbol.name));
            }
            self.list.push(Function {
                name: symbol.name.to_owned(),
                section: index,
                start,
                insns: insns.iter().copied().map(RawInsn::from_bytes).collect(),
                references: BTreeMap::new(),
                func_info: Vec::new(),
                line_info: Vec::new(),
                problem: None,
            });
        }
        Ok(())
    }

    /// Each instruction belongs to one function: then no program can be larger than the file.
    fn reject_overlaps(&self, elf: &Elf<'_>) -> Result<(), OpenError> {
        let mut last: Option<&Function> = None;
        for function in self.by_place.values().filter_map(|index| self.get(*index)) {
            if let Some(last) = last {
                let end = last.start.saturating_add(last.insns.len());
                if last.section == function.section && function.start < end {
                    let why = format!("functions '{}' and '{}' overlap", last.name, function.name);
                    return Err(OpenError::section(elf.section_name(last.section), why));
                }
            }
            last = Some(function);
        }
        Ok(())
    }

    pub(crate) fn get(&self, index: FunctionIdx) -> Option<&Function> {
        self.list.get(index.0)
    }

    pub(crate) fn get_mut(&mut self, index: FunctionIdx) -> Option<&mut Function> {
        self.list.get_mut(index.0)
    }

    /// The function that holds an instruction of a section.
    pub(crate) fn at(&self, section: SectionIdx, insn: usize) -> Option<FunctionIdx> {
        let before = self.by_place.range((section, 0)..=(section, insn));
        let (_, index) = before.last()?;
        let function = self.get(*index)?;
        let inside = insn.checked_sub(function.start)? < function.insns.len();
        inside.then_some(*index)
    }

    /// The function that begins at an instruction of a section.
    pub(crate) fn beginning_at(&self, section: SectionIdx, insn: usize) -> Option<FunctionIdx> {
        self.by_place.get(&(section, insn)).copied()
    }

    fn add_records(&mut self, elf: &Elf<'_>, types: &Types) {
        self.each_record(
            elf,
            types,
            &types.ext.func_info,
            |record| &mut record.insn_off,
            |function| &mut function.func_info,
        );
        self.each_record(
            elf,
            types,
            &types.ext.line_info,
            |record| &mut record.insn_off,
            |function| &mut function.line_info,
        );
    }

    /// Gives records of sections to the functions they are about; offsets become instructions of the function.
    fn each_record<T: Copy>(
        &mut self,
        elf: &Elf<'_>,
        types: &Types,
        sections: &[ExtSection<T>],
        offset: impl Fn(&mut T) -> &mut u32,
        list: impl Fn(&mut Function) -> &mut Vec<T>,
    ) {
        for part in sections {
            let Some((section, _)) = elf.section_by_name(types.btf.text(part.name_off)) else {
                continue;
            };
            for record in &part.records {
                let mut record = *record;
                let insn = (*offset(&mut record) / 8) as usize;
                let Some(index) = self.at(section, insn) else {
                    continue;
                };
                if let Some(function) = self.get_mut(index) {
                    let inside = insn.saturating_sub(function.start);
                    *offset(&mut record) = u32::try_from(inside).unwrap_or(u32::MAX);
                    list(function).push(record);
                }
            }
        }
    }
}
