//! Tables of runs: one line a program, and one line a program that differs between two runs.

use comfy_table::{Cell, CellAlignment, Table, presets};
use serde_json::{Value, json};

use super::filter::{Line, percent};
use super::record::Record;
use super::stat::Stat;

/// The columns of a run.
const SHOWN: [Stat; 4] = [Stat::Insns, Stat::States, Stat::Stack, Stat::Duration];
/// The columns of a comparison.
const COMPARED: [Stat; 3] = [Stat::Insns, Stat::States, Stat::Duration];

fn empty() -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table
}

fn number(value: Option<u64>) -> Cell {
    let text = value.map_or("-".to_owned(), |value| value.to_string());
    Cell::new(text).set_alignment(CellAlignment::Right)
}

fn print(table: &Table) {
    for line in table.lines() {
        println!("{}", line.trim_end());
    }
}

/// Prints a run.
pub(super) fn run(lines: &[Line<'_>]) {
    let mut table = empty();
    table.set_header([
        "object", "program", "verdict", "insns", "states", "stack", "time us",
    ]);
    for record in lines.iter().filter_map(|line| line.b) {
        let names = [&record.file, &record.program, word(record)].map(Cell::new);
        let numbers = SHOWN.map(|stat| number(record.stat(stat)));
        table.add_row(names.into_iter().chain(numbers));
    }
    print(&table);
}

fn word(record: &Record) -> &str {
    match record.outcome {
        super::record::Outcome::Success => "accepted",
        super::record::Outcome::Failure => "rejected",
    }
}

/// Prints what differs between two runs.
pub(super) fn comparison(lines: &[Line<'_>]) {
    let mut table = empty();
    let numbers = COMPARED.iter().flat_map(|stat| {
        let name = stat.short();
        [
            format!("{name} A"),
            format!("{name} B"),
            format!("{name} diff"),
        ]
    });
    let head = ["object", "program", "verdict A", "verdict B"].map(str::to_owned);
    table.set_header(head.into_iter().chain(numbers));
    for line in lines {
        let Some(record) = line.b.or(line.a) else {
            continue;
        };
        let verdict = |record: Option<&Record>| Cell::new(record.map_or("missing", word));
        let names = [&record.file, &record.program].map(Cell::new);
        let names = names.into_iter().chain([verdict(line.a), verdict(line.b)]);
        let numbers = COMPARED.iter().flat_map(|stat| {
            let value = |record: Option<&Record>| record?.stat(*stat);
            let (a, b) = (value(line.a), value(line.b));
            let difference = Cell::new(difference(a, b)).set_alignment(CellAlignment::Right);
            [number(a), number(b), difference]
        });
        table.add_row(names.chain(numbers));
    }
    print(&table);
}

fn difference(a: Option<u64>, b: Option<u64>) -> String {
    let (Some(a), Some(b)) = (a, b) else {
        return "-".to_owned();
    };
    let change = i128::from(b) - i128::from(a);
    format!("{change:+} ({:+.2} %)", percent(a as f64, b as f64))
}

/// Two runs as JSON.
pub(super) fn comparison_json(lines: &[Line<'_>]) -> Value {
    let side = |record: Option<&Record>| {
        record.map(|record| {
            let numbers = Stat::ALL.map(|stat| (stat.short().to_owned(), json!(record.stat(stat))));
            let mut value = json!({"verdict": word(record)});
            if let Some(value) = value.as_object_mut() {
                value.extend(numbers);
            }
            value
        })
    };
    let lines = lines.iter().filter_map(|line| {
        let record = line.b.or(line.a)?;
        Some(json!({
            "object": record.file, "program": record.program,
            "a": side(line.a), "b": side(line.b),
        }))
    });
    Value::Array(lines.collect())
}
