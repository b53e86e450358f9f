//! [`Vector`]: one file of the conformance vectors.
//!
//! A file is sections, each begun by a line `-- NAME`; what stands before the first is a comment.

use super::assemble;
use crate::RawInsn;
use crate::asm::AsmError;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

/// A program, the memory it gets and what it must return.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Vector {
    /// The program: section `asm`, or `raw` in a file without one.
    pub insns: Vec<RawInsn>,
    /// The slots of section `raw`; empty without one.
    pub raw: Vec<RawInsn>,
    /// Initial memory; its address goes to r1 and its length to r2. Empty without a section `mem`.
    pub mem: Vec<u8>,
    /// r0 at the end; `None` if the program must not load or run.
    pub result: Option<u64>,
    /// The text of section `error`.
    pub error: Option<String>,
}

/// Why a file is no vector.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum VectorError {
    /// The program does not assemble; the line is the file's.
    Asm(AsmError),
    /// A line in a section of numbers is none.
    Number {
        /// The line, from 1.
        line: u32,
        /// The word that is no number.
        word: String,
    },
    /// There is neither a section `asm` nor `raw`.
    NoProgram,
}

impl fmt::Display for VectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VectorError::Asm(error) => error.fmt(f),
            VectorError::Number { line, word } => {
                write!(f, "line {line}: `{word}` is no number of this section")
            }
            VectorError::NoProgram => f.write_str("there is no section `-- asm` or `-- raw`"),
        }
    }
}

impl core::error::Error for VectorError {}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Asm,
    Raw,
    Mem,
    Result,
    Error,
    /// Before the first, and those that say nothing about the program.
    Other,
}

impl Vector {
    /// Reads the text of a vector file.
    ///
    /// # Errors
    /// As [`VectorError`] lists.
    pub fn parse(text: &str) -> Result<Vector, VectorError> {
        let mut vector = Vector::default();
        let mut section = Section::Other;
        // Lines of other sections stay in as empty ones, so that errors name the file's line.
        let mut asm = String::new();
        let mut has_asm = false;
        for (line, text) in (1u32..).zip(text.lines()) {
            asm.push('\n');
            if let Some(name) = text.strip_prefix("--") {
                section = match name.trim() {
                    "asm" => Section::Asm,
                    "raw" => Section::Raw,
                    "mem" => Section::Mem,
                    "result" => Section::Result,
                    "error" => Section::Error,
                    _ => Section::Other,
                };
                has_asm |= section == Section::Asm;
                continue;
            }
            if section == Section::Asm {
                asm.pop();
                asm.push_str(text);
                asm.push('\n');
                continue;
            }
            vector
                .section_line(section, text)
                .map_err(|word| VectorError::Number { line, word })?;
        }
        if has_asm {
            vector.insns = assemble(&asm).map_err(VectorError::Asm)?.insns;
        } else if vector.raw.is_empty() {
            return Err(VectorError::NoProgram);
        } else {
            vector.insns.clone_from(&vector.raw);
        }
        Ok(vector)
    }

    /// Reads a line of a section other than `asm`; the error is the word that is no number.
    fn section_line(&mut self, section: Section, text: &str) -> Result<(), String> {
        if section == Section::Error {
            let error = self.error.get_or_insert_default();
            error.push_str(text);
            return Ok(());
        }
        let text = text.split('#').next().unwrap_or_default();
        for word in text.split_whitespace() {
            let digits = word.strip_prefix("0x").unwrap_or(word);
            let number = |digits| u64::from_str_radix(digits, 16).map_err(|_| word.to_string());
            match section {
                Section::Raw => {
                    self.raw
                        .push(RawInsn::from_bytes(number(digits)?.to_le_bytes()));
                }
                Section::Mem => {
                    let byte = u8::try_from(number(digits)?).map_err(|_| word.to_string())?;
                    self.mem.push(byte);
                }
                Section::Result => self.result = Some(number(digits)?),
                Section::Asm | Section::Error | Section::Other => {}
            }
        }
        Ok(())
    }
}
