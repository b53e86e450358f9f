//! Corpora of recorded loads: what was handed to bpf(2) and what Linux answered.
//!
//! [`Folder`] reads a directory (`units/*.jsonl[.gz]`, `btf/HASH.btf`), [`Unit`] is one row, [`Loader`] re-issues
//! a row over a [`Border`], and [`log_lines`] picks the lines of a log that are compared. The folder format is
//! described in `corpus/README.md`.

mod attr;
mod border;
mod folder;
mod hex;
mod loader;
pub(crate) mod log_lines;
mod native;
pub(crate) mod pool;
pub(crate) mod request;
mod skep;
mod unit;

pub(crate) use attr::Attr;
pub(crate) use border::{Backend, Border, Caller, Session};
pub(crate) use folder::{Filter, Folder, Row};
pub(crate) use hex::decode as from_hex;
pub(crate) use loader::{Loader, SetupError};
pub(crate) use native::{Native, kernel_answers};
pub(crate) use unit::{MapSpec, Mode, Unit};
