//! From functions to a program: the main function first, then each subprogram behind the code that first calls it.
//!
//! Subprograms are appended depth first, as libbpf does, so that the same object gives the same instructions:
//!
//! ```text
//! main calls b, then a; b calls c         main | b | c | a
//! ```

use std::collections::HashMap;
use std::sync::Arc;

use skep_isa::{RawInsn, opcode};
use skep_uapi::btf::{FuncInfo, LineInfo};

use crate::OpenError;
use crate::elf::SectionIdx;
use crate::externs::{Answer, Externs};
use crate::function::{Function, FunctionIdx, Functions};
use crate::reference::Reference;

/// A program in one piece.
#[derive(Debug, Default)]
pub(crate) struct Linked {
    pub(crate) insns: Vec<RawInsn>,
    pub(crate) func_info: Vec<FuncInfo>,
    pub(crate) line_info: Vec<LineInfo>,
}

/// Calls of missing kernel functions have this number plus the extern's.
const POISONED_KFUNC: i32 = 2_002_000_000;

/// Links the program that begins with `main`; `callback` is its exception handler.
pub(crate) fn link(
    functions: &Functions,
    externs: &Externs,
    main: FunctionIdx,
    callback: Option<FunctionIdx>,
) -> Result<Linked, Arc<OpenError>> {
    let mut linker = Linker {
        functions,
        externs,
        placed: HashMap::new(),
        linked: Linked::default(),
    };
    linker.add(main)?;
    if let Some(callback) = callback.filter(|callback| !linker.placed.contains_key(callback)) {
        linker.add(callback)?;
    }
    Ok(linker.linked)
}

struct Linker<'a> {
    functions: &'a Functions,
    externs: &'a Externs,
    /// Where each function begins.
    placed: HashMap<FunctionIdx, usize>,
    linked: Linked,
}

impl Linker<'_> {
    /// Appends a function and everything it calls.
    fn add(&mut self, first: FunctionIdx) -> Result<(), Arc<OpenError>> {
        self.append(first)?;
        // A stack of our own: how deep calls nest is the object's choice.
        let mut open = vec![(first, 0_usize)];
        while let Some((index, at)) = open.pop() {
            let Some(function) = self.functions.get(index) else {
                continue;
            };
            let Some(insn) = function.insns.get(at).copied() else {
                continue;
            };
            let width = if insn.is_ld_imm64() { 2 } else { 1 };
            open.push((index, at.saturating_add(width)));
            let called = self
                .resolve(function, index, at, insn)
                .map_err(|why| Arc::new(reference_error(function, at, why)))?;
            if let Some(called) = called {
                if !self.placed.contains_key(&called) {
                    self.append(called)?;
                    open.push((called, 0));
                }
                self.point(index, at, insn, called);
            }
        }
        Ok(())
    }

    fn append(&mut self, index: FunctionIdx) -> Result<(), Arc<OpenError>> {
        let Some(function) = self.functions.get(index) else {
            return Ok(());
        };
        if let Some(problem) = &function.problem {
            return Err(Arc::clone(problem));
        }
        let start = self.linked.insns.len();
        let base = u32::try_from(start).unwrap_or(u32::MAX);
        self.placed.insert(index, start);
        self.linked.insns.extend_from_slice(&function.insns);
        let moved = |offset: u32| offset.saturating_add(base);
        self.linked
            .func_info
            .extend(function.func_info.iter().map(|info| FuncInfo {
                insn_off: moved(info.insn_off),
                ..*info
            }));
        self.linked
            .line_info
            .extend(function.line_info.iter().map(|info| LineInfo {
                insn_off: moved(info.insn_off),
                ..*info
            }));
        Ok(())
    }

    /// Writes what an instruction refers to; a function is given back, to be placed first.
    fn resolve(
        &mut self,
        function: &Function,
        index: FunctionIdx,
        at: usize,
        insn: RawInsn,
    ) -> Result<Option<FunctionIdx>, String> {
        match function.references.get(&at).copied() {
            Some(Reference::Map(map)) => {
                self.write_wide(index, at, opcode::PSEUDO_MAP_FD, (index_of(map), None));
            }
            Some(Reference::MapValue { map, offset }) => {
                let offset = offset.wrapping_add_signed(insn.imm).cast_signed();
                let imm = (index_of(map), Some(offset));
                self.write_wide(index, at, opcode::PSEUDO_MAP_VALUE, imm);
            }
            Some(Reference::Call { section, insn } | Reference::Function { section, insn }) => {
                return self.function_at(section, insn).map(Some);
            }
            Some(Reference::Extern(number)) => self.write_extern(index, at, number, insn)?,
            None if insn.is_subprog_call() => {
                // The compiler knew the distance: both are in one section.
                let here = function.start.saturating_add(at).saturating_add(1);
                let target = here.checked_add_signed(insn.imm as isize);
                let target = target.ok_or("call of what lies before the section")?;
                return self.function_at(function.section, target).map(Some);
            }
            None => {}
        }
        Ok(None)
    }

    fn function_at(&self, section: SectionIdx, insn: usize) -> Result<FunctionIdx, String> {
        let found = self.functions.beginning_at(section, insn);
        found.ok_or_else(|| "no function begins where it points".to_owned())
    }

    /// Points a call or an address at a placed function.
    fn point(&mut self, index: FunctionIdx, at: usize, insn: RawInsn, called: FunctionIdx) {
        let here = self.place(index, at);
        let there = self.placed.get(&called).copied().unwrap_or_default();
        // Programs are far smaller than 2 GiB: they are parts of a file that was read.
        let distance = (there as i64).wrapping_sub(here as i64).wrapping_sub(1) as i32;
        if insn.is_ld_imm64() {
            self.write_wide(index, at, opcode::PSEUDO_FUNC, (distance, Some(0)));
        } else if let Some(slot) = self.linked.insns.get_mut(here) {
            slot.imm = distance;
        }
    }

    fn write_extern(
        &mut self,
        index: FunctionIdx,
        at: usize,
        number: usize,
        insn: RawInsn,
    ) -> Result<(), String> {
        let Some(found) = self.externs.list.get(number) else {
            return Err("no such extern".into());
        };
        let is_call = !insn.is_ld_imm64();
        match (&found.answer, is_call) {
            (Answer::Missing(why), _) => return Err(format!("extern '{}': {why}", found.name)),
            (Answer::Config { offset }, false) => {
                let map = self.externs_map()?;
                let imm = (index_of(map), Some(offset.cast_signed()));
                self.write_wide(index, at, opcode::PSEUDO_MAP_VALUE, imm);
            }
            (Answer::Function(id), true) => {
                let imm = id.get().cast_signed();
                let call = RawInsn::new(opcode::INSN_CALL, 0, opcode::PSEUDO_KFUNC_CALL, 0, imm);
                self.write(index, at, call);
            }
            (Answer::NoFunction, true) => {
                let imm = POISONED_KFUNC.saturating_add(index_of(number));
                self.write(index, at, RawInsn::new(opcode::INSN_CALL, 0, 0, 0, imm));
            }
            (Answer::Variable(id) | Answer::Function(id), false) => {
                let imm = (id.get().cast_signed(), Some(0));
                self.write_wide(index, at, opcode::PSEUDO_BTF_ID, imm);
            }
            (Answer::Address(address), false) => {
                let (low, high) = (*address as u32, (*address >> 32) as u32);
                self.write_wide(index, at, 0, (low.cast_signed(), Some(high.cast_signed())));
            }
            (Answer::NoFunction, false) => self.write_wide(index, at, 0, (0, Some(0))),
            (Answer::Config { .. } | Answer::Variable(_) | Answer::Address(_), true) => {
                return Err(format!(
                    "call of extern '{}', which is no function",
                    found.name
                ));
            }
        }
        Ok(())
    }

    fn externs_map(&self) -> Result<usize, String> {
        self.externs
            .map
            .ok_or_else(|| "there is no .kconfig map".to_owned())
    }

    fn place(&self, index: FunctionIdx, at: usize) -> usize {
        let start = self.placed.get(&index).copied().unwrap_or_default();
        start.saturating_add(at)
    }

    fn write(&mut self, index: FunctionIdx, at: usize, insn: RawInsn) {
        let here = self.place(index, at);
        if let Some(slot) = self.linked.insns.get_mut(here) {
            *slot = insn;
        }
    }

    /// Writes source and constants of an `ld_imm64`; a high half of `None` stays.
    fn write_wide(&mut self, index: FunctionIdx, at: usize, src: u8, imm: (i32, Option<i32>)) {
        let here = self.place(index, at);
        if let Some(slot) = self.linked.insns.get_mut(here) {
            slot.regs = (slot.regs & 0x0f) | (src << 4);
            slot.imm = imm.0;
        }
        let second = self.linked.insns.get_mut(here.saturating_add(1));
        if let (Some(slot), Some(high)) = (second, imm.1) {
            slot.imm = high;
        }
    }
}

/// A number of a map or extern as a constant of an instruction.
fn index_of(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn reference_error(function: &Function, insn: usize, why: String) -> OpenError {
    OpenError::Reference {
        function: function.name.clone(),
        insn,
        why,
    }
}
