//! `skep objects`: what is in the session this command is in, and who holds it.

use anyhow::{Result, bail};
use comfy_table::{ContentArrangement, Table, presets};
use skep_intercept::Inside;
use skep_intercept::control::{ControlError, Holder, ObjectRow, Reply, Request};

use crate::Verdict;

/// List what is in the session, inside `skep run`: maps, programs, links, BTF, their holders and memory
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Drop an object: its pins and descriptors go, unless another object holds it
    Rm {
        /// `map:3`, or `3` where only one kind of object has this id
        id: String,
    },
}

/// Columns where there is no terminal.
const WIDTH: u16 = 110;

pub(crate) fn run(args: &Args) -> Result<Verdict> {
    let request = match &args.action {
        None => Request::Objects,
        Some(Action::Rm { id }) => removal(id)?,
    };
    let inside = Inside::find()?.ok_or(ControlError::Outside)?;
    match inside.ask(&request)? {
        Reply::Objects(rows) if args.json => println!("{}", serde_json::to_string_pretty(&rows)?),
        Reply::Removed(row) if args.json => println!("{}", serde_json::to_string_pretty(&row)?),
        Reply::Objects(rows) => print(&rows),
        Reply::Removed(row) => {
            println!(
                "removed {}:{}, held by: {}",
                row.kind,
                row.id,
                holders(&row)
            );
        }
        _ => bail!("the supervisor answers something else"),
    }
    Ok(Verdict::Accepted)
}

fn removal(name: &str) -> Result<Request> {
    let (kind, id) = match name.split_once(':') {
        Some((kind, id)) => (Some(kind.to_owned()), id),
        None => (None, name),
    };
    match id.parse() {
        Ok(id) => Ok(Request::Remove { kind, id }),
        Err(_) => bail!("{name} is no object: give KIND:ID, such as map:3"),
    }
}

fn print(rows: &[ObjectRow]) {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(["ID", "TYPE", "NAME", "MEMORY", "HOLDERS"]);
    for row in rows {
        table.add_row([
            format!("{}:{}", row.kind, row.id),
            row.of_type.to_lowercase(),
            row.name.clone(),
            row.memory.to_string(),
            holders(row),
        ]);
    }
    if table.width().is_none() {
        table.set_width(WIDTH);
    }
    for line in table.lines() {
        println!("{}", line.trim_end());
    }
}

fn holders(row: &ObjectRow) -> String {
    let texts: Vec<String> = row.holders.iter().map(text).collect();
    texts.join(", ")
}

fn text(holder: &Holder) -> String {
    match holder {
        Holder::Fd { pid, comm, fd } => format!("{comm}[{pid}] fd {fd}"),
        Holder::Handle => "a descriptor in flight or a mapping".to_owned(),
        Holder::Pin { path } => path.clone(),
        Holder::Prog { id } => format!("prog:{id}"),
        Holder::Map { id } => format!("map:{id}"),
        Holder::Link { id } => format!("link:{id}"),
        Holder::Btf { id } => format!("btf:{id}"),
    }
}
