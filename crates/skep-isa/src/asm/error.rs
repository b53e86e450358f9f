//! What can be wrong with assembly text.

use alloc::string::String;
use core::fmt;

/// A line that does not assemble.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AsmError {
    /// Its number, from 1.
    pub line: u32,
    /// What is wrong.
    pub kind: AsmErrorKind,
}

/// Why a line does not assemble.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AsmErrorKind {
    /// Something else was needed where `found` stands.
    Expected {
        /// What was needed.
        what: &'static str,
        /// The rest of the line.
        found: String,
    },
    /// No statement or mnemonic begins with this word.
    UnknownStatement(String),
    /// Text behind a complete instruction.
    Trailing(String),
    /// A register number above 10.
    NoSuchRegister(String),
    /// A number that does not fit its field of that many bits.
    TooLarge {
        /// The number as written.
        value: i128,
        /// Bits of the field.
        bits: u32,
    },
    /// Operands that do not go together.
    Mismatch(&'static str),
    /// A helper name nobody knows, and no label either.
    UnknownFunction(String),
    /// A jump to a label that is nowhere.
    UnknownLabel(String),
    /// A label defined before.
    DuplicateLabel(String),
    /// The label is too far for the 16 bits of the jump.
    TooFar(String),
}

impl fmt::Display for AsmErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AsmErrorKind::Expected { what, found } if found.is_empty() => {
                write!(f, "expected {what}, found the end of the line")
            }
            AsmErrorKind::Expected { what, found } => {
                write!(f, "expected {what}, found `{found}`")
            }
            AsmErrorKind::UnknownStatement(word) => write!(f, "no instruction begins `{word}`"),
            AsmErrorKind::Trailing(text) => {
                write!(f, "`{text}` follows a complete instruction")
            }
            AsmErrorKind::NoSuchRegister(name) => {
                write!(f, "no register {name}, there are r0 to r10 and w0 to w10")
            }
            AsmErrorKind::TooLarge { value, bits: 32 } => {
                write!(
                    f,
                    "{value} does not fit in 32 bits, add ` ll` to load 64 bits"
                )
            }
            AsmErrorKind::TooLarge { value, bits } => {
                write!(f, "{value} does not fit in {bits} bits")
            }
            AsmErrorKind::Mismatch(why) => f.write_str(why),
            AsmErrorKind::UnknownFunction(name) => {
                write!(
                    f,
                    "`{name}` is no known helper and no label, write `call kfunc {name}` for a kernel function"
                )
            }
            AsmErrorKind::UnknownLabel(name) => write!(f, "no label `{name}`"),
            AsmErrorKind::DuplicateLabel(name) => {
                write!(f, "label `{name}` is defined twice")
            }
            AsmErrorKind::TooFar(name) => {
                write!(f, "label `{name}` is more than 32767 slots away, use gotol")
            }
        }
    }
}

impl fmt::Display for AsmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.kind)
    }
}

impl core::error::Error for AsmError {}
