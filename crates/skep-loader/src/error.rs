//! [`OpenError`]: why bytes are no object that can be opened, in one sentence each.

use skep_btf::core_relo::CoreError;
use skep_btf::{ExtError, LoadError as BtfError};

/// Why an object, or one of its programs, cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The magic number is not that of ELF.
    #[error("not an ELF file")]
    NotElf,
    /// ELF of another kind of file, or for another machine.
    #[error("not an eBPF object: {0}")]
    NotBpf(&'static str),
    /// A part of the file lies beyond its end.
    #[error("the ELF file is truncated or damaged: {0}")]
    Damaged(String),
    /// No `.BTF` section.
    #[error("the object has no BTF; compile it with clang -g")]
    NoBtf,
    /// `.BTF` is damaged.
    #[error("the object's BTF is damaged: {0}")]
    Btf(BtfError),
    /// `.BTF.ext` is damaged.
    #[error("the object's BTF.ext is damaged: {0}")]
    BtfExt(#[from] ExtError),
    /// BTF that contradicts the ELF file.
    #[error("BTF does not fit the object: {0}")]
    Types(String),
    /// A `maps` section.
    #[error("section '{0}' defines maps in the old way; define them by BTF in SEC(\".maps\")")]
    LegacyMaps(String),
    /// A wrong map definition.
    #[error("map '{map}': {why}")]
    Map {
        /// Name of the map.
        map: String,
        /// What is wrong.
        why: String,
    },
    /// A function or section that cannot hold a program.
    #[error("section '{section}': {why}")]
    Section {
        /// Name of the section.
        section: String,
        /// What is wrong.
        why: String,
    },
    /// An instruction refers to something it cannot refer to.
    #[error("function '{function}', instruction {insn}: {why}")]
    Reference {
        /// The function.
        function: String,
        /// Instruction, counted from the start of the function.
        insn: usize,
        /// What is wrong.
        why: String,
    },
    /// CO-RE failed.
    #[error("function '{function}', instruction {insn}: CO-RE: {why}")]
    CoreRelo {
        /// The function.
        function: String,
        /// Instruction, counted from the start of the function.
        insn: usize,
        /// What is wrong.
        why: CoreError,
    },
    /// CO-RE or kernel symbols without kernel BTF.
    #[error("{0} needs the BTF of a kernel; name one with --kernel-btf FILE")]
    NoKernelBtf(String),
    /// An extern that is not there.
    #[error("extern '{name}': {why}")]
    Extern {
        /// Its name.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// What a program attaches to is not there.
    #[error("program '{program}': {why}")]
    Attach {
        /// The program.
        program: String,
        /// What is wrong.
        why: String,
    },
    /// A feature this loader does not have.
    #[error("{0} is not supported yet")]
    Unsupported(String),
}

impl OpenError {
    pub(crate) fn map(map: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Map {
            map: map.into(),
            why: why.into(),
        }
    }

    pub(crate) fn section(section: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Section {
            section: section.into(),
            why: why.into(),
        }
    }
}
