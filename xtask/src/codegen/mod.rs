//! `cargo xtask codegen [--check]`: writes the generated tables of `skep-uapi` and `skep-catalog`.
//!
//! The facts are JSON files in the `data/` folder of each crate; the tables are Rust files in `src/generated/`,
//! checked in, so that building skep needs no generator. [`run`] writes them, or says which are stale.

mod catalog;
mod output;
mod uapi;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};

/// Write the generated tables of skep-uapi and skep-catalog
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Change nothing; fail when a generated file is stale.
    #[arg(long)]
    check: bool,
}

/// The subcommand.
pub(crate) fn command(args: &Args) -> anyhow::Result<ExitCode> {
    run(if args.check { Mode::Check } else { Mode::Write })?;
    Ok(ExitCode::SUCCESS)
}

/// What to do with the generated text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Write files that differ.
    Write,
    /// Change nothing; fail when a file on disk differs.
    Check,
}

/// Generates every table; in [`Mode::Check`] an error names the stale files.
pub(crate) fn run(mode: Mode) -> anyhow::Result<()> {
    let root = crate::root::root();
    let mut files = uapi::generate(&root)?;
    files.extend(catalog::generate(&root)?);
    let mut stale = Vec::new();
    for file in &files {
        let path = root.join(&file.path);
        if std::fs::read_to_string(&path).ok().as_deref() == Some(&file.text) {
            continue;
        }
        stale.push(file.path.clone());
        if mode == Mode::Write {
            std::fs::write(&path, &file.text)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    match mode {
        Mode::Check if !stale.is_empty() => {
            bail!(
                "stale generated files, run `cargo xtask codegen`: {}",
                stale.join(", ")
            )
        }
        Mode::Check => println!("codegen: {} generated files are fresh", files.len()),
        Mode::Write => println!("codegen: {} of {} files written", stale.len(), files.len()),
    }
    Ok(())
}

/// Reads a JSON file below the workspace folder.
fn read_json(root: &Path, path: &str) -> anyhow::Result<serde_json::Value> {
    let text =
        std::fs::read_to_string(root.join(path)).with_context(|| format!("cannot read {path}"))?;
    serde_json::from_str(&text).with_context(|| format!("{path} is not valid JSON"))
}

#[cfg(test)]
mod tests {
    use super::{Mode, run};

    #[test]
    fn generated_files_are_fresh() {
        run(Mode::Check).unwrap();
    }
}
