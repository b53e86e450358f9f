//! Goes through the rows on several threads, each with a loader and a border of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, anyhow};

use super::border::Session;
use super::folder::{Folder, Row};
use super::loader::Loader;

/// What `each` makes of every row, in the order of the rows; `None` where it panicked.
///
/// After a panic the thread goes on with a fresh border.
pub(crate) fn map<T: Send + Sync>(
    folder: &Folder,
    rows: &[Row],
    session: &Session,
    jobs: usize,
    each: impl Fn(&mut Loader, &Row) -> T + Sync,
) -> Result<Vec<Option<T>>> {
    let next = AtomicUsize::new(0);
    let slots: Vec<OnceLock<Option<T>>> = rows.iter().map(|_| OnceLock::new()).collect();
    let work = || -> Result<()> {
        let open = || Loader::new(folder.clone(), session.open());
        let mut loader = open();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let (Some(row), Some(slot)) = (rows.get(index), slots.get(index)) else {
                return Ok(());
            };
            let made = catch_unwind(AssertUnwindSafe(|| each(&mut loader, row))).ok();
            if made.is_none() {
                eprintln!("panicked on {}", row.name);
                loader = open();
            }
            // Only this thread was given the index.
            let _ = slot.set(made);
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs.max(1)).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| {
            worker
                .join()
                .map_err(|_| anyhow!("a scoring thread panicked"))?
        })
    })?;
    slots
        .into_iter()
        .map(|slot| slot.into_inner().context("a row was not reached"))
        .collect()
}
