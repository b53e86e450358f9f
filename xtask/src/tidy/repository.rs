//! The files of the repository, as the rules see them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// What holds nothing of ours. In a worktree `.git` is a file.
const LEFT_OUT: [&str; 4] = [".git", "target", "__pycache__", "node_modules"];

/// Every text file by its path below the root, and what cargo says about the packages.
#[derive(Debug, Default)]
pub(super) struct Repository {
    pub(super) files: BTreeMap<String, String>,
    pub(super) packages: Vec<Package>,
}

/// A package of the workspace.
#[derive(Debug, Deserialize)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) license: Option<String>,
    pub(super) description: Option<String>,
    pub(super) dependencies: Vec<Dependency>,
}

/// A dependency of a package.
#[derive(Debug, Deserialize)]
pub(super) struct Dependency {
    pub(super) name: String,
    /// Null for an ordinary one, else `dev` or `build`.
    pub(super) kind: Option<String>,
}

impl Repository {
    /// Reads the repository at `root`.
    pub(super) fn read(root: &Path) -> Result<Self> {
        let mut files = BTreeMap::new();
        read_directory(root, "", &mut files)?;
        Ok(Self {
            files,
            packages: packages(root)?,
        })
    }

    /// The Rust sources: path and text.
    pub(super) fn rust(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .filter(|(path, _)| path.ends_with(".rs"))
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The cells of the table rows in ARCHITECTURE.md below the heading `heading`.
    pub(super) fn table(&self, heading: &str) -> Vec<Vec<&str>> {
        let text = self.files.get("ARCHITECTURE.md").map_or("", String::as_str);
        let mut below = text
            .lines()
            .skip_while(|line| line.trim_start_matches('#').trim() != heading);
        below.next();
        below
            .take_while(|line| !line.starts_with('#'))
            .filter(|line| line.starts_with('|'))
            // The head of the table and the rule under it.
            .skip(2)
            .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
            .collect()
    }
}

fn read_directory(
    directory: &Path,
    prefix: &str,
    files: &mut BTreeMap<String, String>,
) -> Result<()> {
    let entries =
        fs::read_dir(directory).with_context(|| format!("cannot read {}", directory.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        if LEFT_OUT.contains(&name.as_str()) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            read_directory(&entry.path(), &format!("{path}/"), files)?;
        } else if let Ok(text) = String::from_utf8(fs::read(entry.path())?) {
            files.insert(path, text);
        }
    }
    Ok(())
}

fn packages(root: &Path) -> Result<Vec<Package>> {
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Package>,
    }
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root)
        .output()
        .context("cannot run cargo metadata")?;
    if !output.status.success() {
        bail!(
            "cargo metadata: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    let metadata: Metadata = serde_json::from_slice(&output.stdout)?;
    Ok(metadata.packages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_by_heading() {
        let text = "# A\n## Crates\n\nwords\n\n| layer | crate |\n|---|---|\n| 0 | `a` |\n\n## Other\n| x |\n|-|\n| y |\n";
        let repository = Repository {
            files: [("ARCHITECTURE.md".to_owned(), text.to_owned())].into(),
            packages: Vec::new(),
        };
        assert_eq!(repository.table("Crates"), [["0", "`a`"]]);
        assert_eq!(repository.table("Other"), [["y"]]);
        assert!(repository.table("None").is_empty());
    }
}
