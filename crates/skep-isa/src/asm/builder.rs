//! [`Builder`]: the program so far, and the labels it still waits for. Both assembly dialects use it.

use super::{AsmError, AsmErrorKind, Assembly, Reloc, RelocTarget, Target};
use crate::{Insn, InsnIdx, RawInsn};
use alloc::collections::btree_map::Entry;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// The field a label's distance goes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FixupSlot {
    /// `off`.
    Off,
    /// `imm`.
    Imm,
    /// `imm`, of a call to a name that may as well have been meant as a helper.
    Call,
}

#[derive(Debug)]
struct Fixup {
    at: InsnIdx,
    line: u32,
    label: String,
    slot: FixupSlot,
}

#[derive(Debug, Default)]
pub(crate) struct Builder {
    out: Assembly,
    fixups: Vec<Fixup>,
    line: u32,
}

impl Builder {
    /// What is added from now on comes from this line.
    pub(crate) fn set_line(&mut self, line: u32) {
        self.line = line;
    }

    /// Index of the next slot.
    pub(crate) fn here(&self) -> InsnIdx {
        InsnIdx(u32::try_from(self.out.insns.len()).unwrap_or(u32::MAX))
    }

    pub(crate) fn raw(&mut self, insn: RawInsn) {
        self.out.insns.push(insn);
        self.out.lines.push(self.line);
    }

    pub(crate) fn insn(&mut self, insn: Insn) {
        let (first, second) = insn.encode();
        self.raw(first);
        if let Some(second) = second {
            self.raw(second);
        }
    }

    /// Adds an instruction that waits for a name.
    pub(crate) fn reloc(&mut self, insn: Insn, target: RelocTarget) {
        let at = self.here();
        self.out.relocs.push(Reloc { at, target });
        self.insn(insn);
    }

    /// Adds an instruction whose distance is `target`; `make` gets the distance, or 0 until the label is known.
    pub(crate) fn jump(
        &mut self,
        target: Target<'_>,
        slot: FixupSlot,
        make: impl FnOnce(i32) -> Insn,
    ) -> Result<(), AsmErrorKind> {
        match target {
            Target::Distance(off) => {
                if slot == FixupSlot::Off && i16::try_from(off).is_err() {
                    return Err(AsmErrorKind::TooLarge {
                        value: off.into(),
                        bits: 16,
                    });
                }
                self.insn(make(off));
            }
            Target::Label(label) => {
                let label = label.to_string();
                self.fixups.push(Fixup {
                    at: self.here(),
                    line: self.line,
                    label,
                    slot,
                });
                self.insn(make(0));
            }
        }
        Ok(())
    }

    /// Defines a label at the next slot.
    pub(crate) fn label(&mut self, name: &str) -> Result<(), AsmErrorKind> {
        let here = self.here();
        match self.out.labels.entry(name.to_string()) {
            Entry::Vacant(entry) => {
                entry.insert(here);
                Ok(())
            }
            Entry::Occupied(_) => Err(AsmErrorKind::DuplicateLabel(name.to_string())),
        }
    }

    /// Defines a label at the next slot unless it is defined already.
    pub(crate) fn weak_label(&mut self, name: &str) {
        let here = self.here();
        self.out.labels.entry(name.to_string()).or_insert(here);
    }

    /// Fills in the labels.
    pub(crate) fn finish(mut self) -> Result<Assembly, AsmError> {
        for Fixup {
            at,
            line,
            label,
            slot,
        } in self.fixups
        {
            let fail = |kind| AsmError { line, kind };
            let Some(to) = self.out.labels.get(&label) else {
                return Err(fail(match slot {
                    FixupSlot::Call => AsmErrorKind::UnknownFunction(label),
                    FixupSlot::Off | FixupSlot::Imm => AsmErrorKind::UnknownLabel(label),
                }));
            };
            let distance = i64::from(to.0)
                .wrapping_sub(i64::from(at.0))
                .wrapping_sub(1);
            let Some(insn) = self.out.insns.get_mut(at.index()) else {
                continue;
            };
            let fits = match slot {
                FixupSlot::Off => i16::try_from(distance).map(|off| insn.off = off).is_ok(),
                FixupSlot::Imm | FixupSlot::Call => {
                    i32::try_from(distance).map(|imm| insn.imm = imm).is_ok()
                }
            };
            if !fits {
                return Err(fail(AsmErrorKind::TooFar(label)));
            }
        }
        Ok(self.out)
    }
}
