//! [`Reference`]: what an instruction refers to by a relocation of the ELF file.

use std::sync::Arc;

use skep_isa::{RawInsn, opcode};

use crate::OpenError;
use crate::elf::{Elf, SectionIdx, SectionKind, Symbol, SymbolIdx, SymbolKind};
use crate::externs::Externs;
use crate::function::Functions;
use crate::map::Maps;

/// What an instruction refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reference {
    /// The address of a map, by number.
    Map(usize),
    /// An address inside the only value of a map.
    MapValue { map: usize, offset: u32 },
    /// A call of the function at an instruction of a section.
    Call { section: SectionIdx, insn: usize },
    /// The address of the function at an instruction of a section.
    Function { section: SectionIdx, insn: usize },
    /// An extern, by number.
    Extern(usize),
}

/// Finds what every relocated instruction refers to; a function with a wrong one keeps the reason.
pub(crate) fn collect(elf: &Elf<'_>, functions: &mut Functions, maps: &Maps, externs: &Externs) {
    for (index, section) in elf.numbered() {
        if section.kind != SectionKind::Code {
            continue;
        }
        for relocation in &section.relocations {
            let insn = usize::try_from(relocation.offset / 8).unwrap_or(usize::MAX);
            let found = functions.at(index, insn);
            let Some(function) = found.and_then(|found| functions.get_mut(found)) else {
                continue;
            };
            let at = insn.saturating_sub(function.start);
            let Some(raw) = function.insns.get(at).copied() else {
                continue;
            };
            match of(elf, maps, externs, relocation.symbol, raw) {
                Ok(reference) => {
                    function.references.insert(at, reference);
                }
                Err(why) => {
                    let problem = OpenError::Reference {
                        function: function.name.clone(),
                        insn: at,
                        why,
                    };
                    function.problem.get_or_insert_with(|| Arc::new(problem));
                }
            }
        }
    }
}

fn of(
    elf: &Elf<'_>,
    maps: &Maps,
    externs: &Externs,
    index: SymbolIdx,
    insn: RawInsn,
) -> Result<Reference, String> {
    let Some(symbol) = elf.symbol(index) else {
        return Err("no such symbol".into());
    };
    if insn.code != opcode::INSN_CALL && !insn.is_ld_imm64() {
        return Err(format!(
            "instruction {:#04x} cannot refer to '{}'",
            insn.code, symbol.name
        ));
    }
    let Some(section) = symbol.section else {
        let number = externs.by_symbol(index);
        return number
            .map(Reference::Extern)
            .ok_or_else(|| format!("extern '{}' is not declared in BTF", symbol.name));
    };
    let in_code = elf
        .section(section)
        .is_some_and(|section| section.kind == SectionKind::Code);
    match (insn.is_ld_imm64(), in_code) {
        (false, true) => call(symbol, section, insn),
        (false, false) => Err(format!("call of '{}', which is no function", symbol.name)),
        (true, true) => {
            let bytes = offset(symbol, insn.imm)?;
            Ok(Reference::Function {
                section,
                insn: (bytes / 8) as usize,
            })
        }
        (true, false) => data(elf, maps, symbol, section),
    }
}

fn call(symbol: &Symbol<'_>, section: SectionIdx, insn: RawInsn) -> Result<Reference, String> {
    if insn.src() != opcode::PSEUDO_CALL {
        return Err(format!("wrong call of '{}'", symbol.name));
    }
    let start = i64::try_from(symbol.value / 8).unwrap_or(i64::MAX);
    let target = start.saturating_add(i64::from(insn.imm)).saturating_add(1);
    let insn = usize::try_from(target).map_err(|_| "call of what lies before the section")?;
    Ok(Reference::Call { section, insn })
}

fn data(
    elf: &Elf<'_>,
    maps: &Maps,
    symbol: &Symbol<'_>,
    section: SectionIdx,
) -> Result<Reference, String> {
    if let Some(map) = maps.defined_at(section, symbol.value) {
        return Ok(Reference::Map(map));
    }
    if let Some(map) = maps.of_section(section) {
        return Ok(Reference::MapValue {
            map,
            // The instruction adds its own constant when it is linked.
            offset: offset(symbol, 0)?,
        });
    }
    let what = match symbol.kind {
        SymbolKind::Section => "",
        SymbolKind::Function | SymbolKind::Object | SymbolKind::Other => symbol.name,
    };
    let section = elf.section_name(section);
    Err(format!(
        "'{what}' in section '{section}' is neither a map nor data of one"
    ))
}

fn offset(symbol: &Symbol<'_>, addend: i32) -> Result<u32, String> {
    let value = i64::try_from(symbol.value).unwrap_or(i64::MAX);
    u32::try_from(value.saturating_add(i64::from(addend)))
        .map_err(|_| format!("offset of '{}' is out of range", symbol.name))
}
