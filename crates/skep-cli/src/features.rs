//! `skep features`: what this skep has of Linux's eBPF.

use anyhow::Result;
use comfy_table::{ContentArrangement, Table, presets};
use serde_json::{Map, Value, json};
use skep_catalog::support::{FeatureKind, Support, features};

use crate::Verdict;

/// List commands, map types, program types, helpers, kfuncs and flags: full, partial or absent
///
/// What is absent answers as a kernel that lacks it; nothing is faked.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Also list what is absent, name by name
    #[arg(long)]
    all: bool,
}

/// Columns where there is no terminal.
const WIDTH: u16 = 110;

pub(crate) fn run(args: &Args) -> Result<Verdict> {
    if args.json {
        println!("{}", serde_json::to_string_pretty(&as_json())?);
    } else {
        for kind in FeatureKind::ALL {
            print(kind, args);
        }
    }
    Ok(Verdict::Accepted)
}

fn as_json() -> Value {
    let kinds = FeatureKind::ALL.map(|kind| {
        let states = features(kind).iter().map(|feature| {
            let state = match feature.state {
                Support::Full => json!({"state": "full"}),
                Support::Partial(note) => json!({"state": "partial", "note": note}),
                Support::Absent => json!({"state": "absent"}),
            };
            (feature.name.to_owned(), state)
        });
        (
            kind.section().to_owned(),
            Value::Object(states.collect::<Map<_, _>>()),
        )
    });
    Value::Object(kinds.into_iter().collect())
}

fn print(kind: FeatureKind, args: &Args) {
    let all = features(kind);
    let named = |wanted: fn(&Support) -> bool| -> Vec<&str> {
        let chosen = all.iter().filter(|feature| wanted(&feature.state));
        chosen.map(|feature| feature.name).collect()
    };
    let full = named(|state| *state == Support::Full);
    let absent = named(|state| *state == Support::Absent);
    let partial = all
        .len()
        .saturating_sub(full.len())
        .saturating_sub(absent.len());
    println!(
        "{}: {} full, {partial} partial, {} absent",
        kind.section().replace('_', " "),
        full.len(),
        absent.len()
    );
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic);
    if !full.is_empty() {
        table.add_row(["full", full.join(", ").as_str()]);
    }
    for feature in all {
        if let Support::Partial(note) = feature.state {
            table.add_row(["partial", format!("{}: {note}", feature.name).as_str()]);
        }
    }
    if args.all && !absent.is_empty() {
        table.add_row(["absent", absent.join(", ").as_str()]);
    }
    if table.width().is_none() {
        table.set_width(WIDTH);
    }
    for line in table.lines() {
        println!("{}", line.trim_end());
    }
    println!();
}
