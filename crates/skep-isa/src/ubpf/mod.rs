//! The assembly of the RFC 9669 conformance vectors, as the ubpf assembler reads it.
//!
//! ```text
//! mov32 %r0, 0          # comments start with #
//! lddw %r1, 0x1122334455667788
//! stxdw [%r10-8], %r1
//! lock fetch add [%r10-8], %r0
//! jne %r0, 1, exit      ; exit is a label at the first exit instruction; also +1 and labels of one's own
//! call local func
//! exit
//! ```
//!
//! [`Vector`] reads a whole vector file, of which the program is one section.

mod mnemonic;
mod vector;

pub use vector::{Vector, VectorError};

use crate::asm::{AsmError, Assembly, Builder};

/// Assembles a program in the dialect of the vectors.
///
/// `call %r2` (`callx`), which Linux refuses, assembles to its code 8d.
///
/// # Errors
/// The first line that is wrong, and why.
pub fn assemble(text: &str) -> Result<Assembly, AsmError> {
    let mut builder = Builder::default();
    for (line, text) in (1u32..).zip(text.lines()) {
        builder.set_line(line);
        let code = text.split(['#', ';']).next().unwrap_or_default();
        mnemonic::line(code, &mut builder).map_err(|kind| AsmError { line, kind })?;
    }
    builder.finish()
}
