//! Tables of `skep-catalog`.

use std::path::Path;

use super::output::Generated;

/// All generated files of `skep-catalog`.
pub(super) fn generate(_root: &Path) -> anyhow::Result<Vec<Generated>> {
    Ok(Vec::new())
}
