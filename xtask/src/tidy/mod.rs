//! `cargo xtask tidy`: the rules of the repository that a compiler does not check.
//!
//! Each rule is a function from a [`Repository`] to [`Problem`]s, so that it is tested on a made-up one.

mod files;
mod filetests;
mod functions;
mod layers;
mod manifests;
mod repository;
mod unsafe_list;

use std::process::ExitCode;

use anyhow::{Context, Result};
use skep_filetests::coverage::Coverage;

use self::repository::Repository;

/// Check the crate table, the list of unsafe files, file sizes and headers, manifests, the length of functions, that
/// every kind of rejection has filetests.
#[derive(clap::Args)]
pub(crate) struct Args {}

/// A rule that is broken, and where.
#[derive(Debug, PartialEq, Eq)]
struct Problem {
    weight: Weight,
    place: String,
    what: String,
}

/// What a problem does to the exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weight {
    Warning,
    Error,
}

impl Problem {
    fn error(place: &str, what: impl Into<String>) -> Self {
        Self {
            weight: Weight::Error,
            place: place.to_owned(),
            what: what.into(),
        }
    }

    fn warning(place: &str, what: impl Into<String>) -> Self {
        Self {
            weight: Weight::Warning,
            ..Self::error(place, what)
        }
    }
}

/// Prints every problem; answers 1 if one of them is more than a warning.
pub(crate) fn run(_: &Args) -> Result<ExitCode> {
    let repository = Repository::read(&crate::root::root())?;
    let coverage = Coverage::read().context("cannot read the filetests")?;
    let problems: Vec<Problem> = [
        files::check(&repository),
        filetests::check(&coverage),
        functions::check(&repository),
        layers::check(&repository),
        manifests::check(&repository),
        unsafe_list::check(&repository),
    ]
    .into_iter()
    .flatten()
    .collect();
    for problem in &problems {
        let weight = match problem.weight {
            Weight::Warning => "warning",
            Weight::Error => "error",
        };
        println!("{weight}: {}: {}", problem.place, problem.what);
    }
    let errors = problems
        .iter()
        .filter(|problem| problem.weight == Weight::Error)
        .count();
    println!(
        "tidy: {} files, {errors} errors, {} warnings",
        repository.files.len(),
        problems.len() - errors
    );
    Ok(ExitCode::from(u8::from(errors > 0)))
}
