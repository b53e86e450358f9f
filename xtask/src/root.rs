//! Where the repository is.

use std::path::{Path, PathBuf};

/// The root of the repository this xtask was built from.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// The corpus of real programs, which lies beside the repository where it is at hand.
pub(crate) fn shared_corpus() -> PathBuf {
    root().join("../shared/corpus")
}

/// Where cargo builds.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}
