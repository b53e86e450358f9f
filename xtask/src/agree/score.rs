//! Loads every row and compares the answer with the recorded one.

use std::time::Duration;

use anyhow::Result;

use super::states::{Recorded, StateMatch};
use crate::corpus::{Folder, Loader, Row, Session, SetupError, log_lines, pool};

/// How to score.
pub(super) struct Settings {
    pub(super) session: Session,
    pub(super) jobs: usize,
    pub(super) log_level: u32,
}

/// What came of one row.
#[derive(Debug)]
pub(super) enum Scored {
    /// BTF or maps could not be made.
    Setup(SetupError),
    /// The code under test panicked, which is a bug whatever the row says.
    Panicked,
    Loaded(Loaded),
}

/// The answer to one load, as far as it is compared.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) errno: i32,
    pub(super) log: String,
    pub(super) time: Duration,
    pub(super) states: Option<StateMatch>,
}

impl Loaded {
    pub(super) fn accepted(&self) -> bool {
        self.errno == 0
    }

    /// The line that says why a program was rejected.
    pub(super) fn reason(&self) -> Option<String> {
        log_lines::last_lines(&self.log, 1).pop()
    }
}

/// Scores `rows` on several threads; the answers stand in the order of the rows.
pub(super) fn all(
    folder: &Folder,
    rows: &[Row],
    logs: &Recorded,
    settings: &Settings,
) -> Result<Vec<Scored>> {
    let answers = pool::map(
        folder,
        rows,
        &settings.session,
        settings.jobs,
        |loader, row| one(loader, row, logs, settings.log_level),
    )?;
    Ok(answers
        .into_iter()
        .map(|answer| answer.unwrap_or(Scored::Panicked))
        .collect())
}

fn one(loader: &mut Loader, row: &Row, logs: &Recorded, log_level: u32) -> Scored {
    let answer = match loader.load(&row.unit, log_level, |_, _| ()) {
        Ok(answer) => answer,
        Err(why) => return Scored::Setup(why),
    };
    let states = logs.of(row).and_then(|want| {
        let answer = loader.load(&row.unit, 2, |_, _| ()).ok()?;
        Some(StateMatch::compare(want, &answer.log))
    });
    Scored::Loaded(Loaded {
        errno: answer.errno,
        log: answer.log,
        time: answer.time,
        states,
    })
}
