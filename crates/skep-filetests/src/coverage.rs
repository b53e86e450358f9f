//! Which kinds of rejection have a file that shows them, and one that just avoids them.

use crate::format::Filetest;
use crate::{Malformed, directory};
use skep_verifier::reject::RuleKind;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The list of kinds that have no files, each with the reason.
pub const ALLOWED: &str = "allowed.txt";

/// The files of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// How many show it.
    pub shown: usize,
    /// How many just avoid it.
    pub avoided: usize,
}

/// What the directory covers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Every kind there is.
    pub kinds: BTreeMap<String, Files>,
    /// Kinds that files name and that are none: file and name.
    pub unknown: Vec<(PathBuf, String)>,
    /// Files that cannot be read.
    pub malformed: Vec<(PathBuf, Malformed)>,
    /// Kinds that need no files, with the reason.
    pub allowed: BTreeMap<String, String>,
}

impl Coverage {
    /// Reads the files below [`directory`].
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn read() -> std::io::Result<Self> {
        let root = directory();
        let mut coverage = Self {
            kinds: RuleKind::all()
                .map(|kind| (kind.to_string(), Files::default()))
                .collect(),
            ..Self::default()
        };
        for line in fs::read_to_string(root.join(ALLOWED))?.lines() {
            if let Some((kind, why)) = line.split_once(": ") {
                coverage.allowed.insert(kind.to_owned(), why.to_owned());
            }
        }
        for path in paths(&root)? {
            match Filetest::parse(&fs::read_to_string(&path)?) {
                Ok(file) => coverage.add(&path, &file),
                Err(error) => coverage.malformed.push((path, error)),
            }
        }
        Ok(coverage)
    }

    fn add(&mut self, path: &Path, file: &Filetest) {
        let shown = file.shows().map(|kind| (kind, 1, 0));
        let avoided = file.values("avoids").map(|kind| (kind, 0, 1));
        for (kind, shown, avoided) in shown.chain(avoided) {
            match self.kinds.get_mut(kind) {
                Some(files) => {
                    files.shown += shown;
                    files.avoided += avoided;
                }
                None => self.unknown.push((path.to_owned(), kind.to_owned())),
            }
        }
    }

    /// Kinds that lack one of the two files.
    pub fn lacking(&self) -> impl Iterator<Item = (&str, &Files)> {
        self.kinds
            .iter()
            .filter(|(_, files)| files.shown == 0 || files.avoided == 0)
            .map(|(kind, files)| (kind.as_str(), files))
    }
}

/// Every test file below a directory, in the order of their names.
///
/// # Errors
/// A directory cannot be read.
pub fn paths(root: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            found.extend(paths(&path)?);
        } else if path.extension().is_some_and(|end| end == "skep") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
