//! Several objects at once, with progress on a terminal.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Result, anyhow};
use indicatif::{ProgressBar, ProgressStyle};

/// What `each` makes of every path, in their order. Nothing is shown where standard error is no terminal.
pub(super) fn all<T: Send + Sync>(
    paths: &[PathBuf],
    jobs: usize,
    each: impl Fn(&Path) -> T + Sync,
) -> Result<Vec<T>> {
    let progress = ProgressBar::new(paths.len() as u64);
    if let Ok(style) = ProgressStyle::with_template("{pos}/{len} {wide_bar} {elapsed} {msg}") {
        progress.set_style(style);
    }
    let next = AtomicUsize::new(0);
    let done: Vec<OnceLock<T>> = paths.iter().map(|_| OnceLock::new()).collect();
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let (Some(path), Some(place)) = (paths.get(index), done.get(index)) else {
                return;
            };
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            progress.set_message(name.into_owned());
            // Only this thread was given the index.
            let _ = place.set(each(path));
            progress.inc(1);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, paths.len().max(1)) {
            scope.spawn(work);
        }
    });
    progress.finish_and_clear();
    done.into_iter()
        .zip(paths)
        .map(|(place, path)| {
            let missing = || anyhow!("{} was not looked at", path.display());
            place.into_inner().ok_or_else(missing)
        })
        .collect()
}
