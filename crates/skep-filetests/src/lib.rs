//! Text tests: one file is one program and what Linux says about it.
//!
//! A file goes through every engine that applies: the verifier, the checking interpreter, the JIT, and the running kernel
//! where it is the reference. CONTRIBUTING.md has the format for those who write tests; the parts here are
//!
//! - [`format`]: a file into header, declarations, program, expectations;
//! - [`types`]: C declarations into BTF; [`program`]: the text into instructions, maps and records;
//! - [`border`]: who answers, skep or the running kernel; [`load`]: one program over a border, and what came of it;
//! - [`judge`]: expectations against answers, and writing them anew;
//! - [`coverage`]: which kinds of rejection have a file that shows them and one that just avoids them.

pub mod border;
pub mod coverage;
pub mod format;
pub mod judge;
pub mod load;
pub mod program;
pub mod types;

use std::path::PathBuf;

/// Where the files are.
pub fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../filetests")
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub String);

/// A file that cannot be understood.
pub(crate) fn malformed<T>(why: impl Into<String>) -> Result<T, Malformed> {
    Err(Malformed(why.into()))
}
