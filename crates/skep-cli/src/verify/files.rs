//! Which files the arguments mean: a file is itself, a directory every object below it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Directories below each other at most: links may make them endless.
const DEEPEST: usize = 32;

/// What is to be verified.
pub(super) struct Files {
    pub(super) paths: Vec<PathBuf>,
    /// Whether there is one, named as such.
    pub(super) single: bool,
}

impl Files {
    /// Directories are searched for `*.o`, in alphabetical order.
    pub(super) fn named(arguments: &[PathBuf]) -> Result<Self> {
        let mut paths = Vec::new();
        let mut directories = false;
        for argument in arguments {
            if !argument.is_dir() {
                paths.push(argument.clone());
                continue;
            }
            directories = true;
            let before = paths.len();
            search(argument, DEEPEST, &mut paths)?;
            if paths.len() == before {
                bail!("there is no object (*.o) below {}", argument.display());
            }
        }
        Ok(Self {
            single: paths.len() == 1 && !directories,
            paths,
        })
    }
}

fn search(directory: &Path, deepest: usize, paths: &mut Vec<PathBuf>) -> Result<()> {
    if deepest == 0 {
        return Ok(());
    }
    let failed = || format!("cannot read {}", directory.display());
    let entries = fs::read_dir(directory).with_context(failed)?;
    let mut entries: Vec<PathBuf> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .with_context(failed)?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            search(&path, deepest - 1, paths)?;
        } else if path.extension().is_some_and(|extension| extension == "o") {
            paths.push(path);
        }
    }
    Ok(())
}
