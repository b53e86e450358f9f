//! The state of each feature, from the hand-kept `support.json`.

use std::fmt::Write as _;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use super::super::output::{header, list, strings, text};

/// A table of features: the Rust name, the section of `support.json`, and its names in order.
struct Section<'a> {
    rust: &'static str,
    key: &'static str,
    names: Vec<&'a str>,
}

/// All tables. A name in `support.json` that Linux does not have is an error.
pub(super) fn tables(data: &Value, uapi: &Value, kfuncs: &Value) -> anyhow::Result<String> {
    let mut kfunc_names = list(kfuncs, "kfuncs")?
        .iter()
        .map(|row| text(row, "name"))
        .collect::<anyhow::Result<Vec<_>>>()?;
    kfunc_names.sort_unstable();
    let sections = [
        Section {
            rust: "COMMANDS",
            key: "commands",
            names: numbered(uapi, "commands", "BPF_", 0)?,
        },
        Section {
            rust: "MAP_TYPES",
            key: "map_types",
            names: numbered(uapi, "map_types", "BPF_MAP_TYPE_", 1)?,
        },
        Section {
            rust: "PROG_TYPES",
            key: "prog_types",
            names: numbered(uapi, "prog_types", "BPF_PROG_TYPE_", 1)?,
        },
        Section {
            rust: "HELPERS",
            key: "helpers",
            names: numbered(uapi, "helpers", "bpf_", 1)?,
        },
        Section {
            rust: "KFUNCS",
            key: "kfuncs",
            names: kfunc_names,
        },
        Section {
            rust: "LINK_TYPES",
            key: "link_types",
            names: numbered(uapi, "link_types", "BPF_LINK_TYPE_", 1)?,
        },
        Section {
            rust: "MAP_FLAGS",
            key: "map_flags",
            names: keys(uapi, "map_create_flags"),
        },
        Section {
            rust: "PROG_FLAGS",
            key: "prog_flags",
            names: keys(uapi, "prog_load_flags"),
        },
        Section {
            rust: "ELEM_FLAGS",
            key: "elem_flags",
            names: keys(uapi, "update_flags"),
        },
        Section {
            rust: "TEST_RUN_FLAGS",
            key: "test_run_flags",
            names: keys(uapi, "test_run_flags"),
        },
    ];
    let mut out = header("How far skep has each feature.", "data/support.json");
    out.push_str(
        "use crate::support::{Feature, Support};\n\n\
         const fn full(name: &'static str) -> Feature {\n    Feature { name, state: Support::Full }\n}\n\n\
         const fn partial(name: &'static str, note: &'static str) -> Feature {\n    Feature { name, state: Support::Partial(note) }\n}\n\n\
         const fn absent(name: &'static str) -> Feature {\n    Feature { name, state: Support::Absent }\n}\n",
    );
    for section in sections {
        section_text(&mut out, &section, &data[section.key])
            .with_context(|| format!("section {}", section.key))?;
    }
    Ok(out)
}

fn section_text(out: &mut String, section: &Section<'_>, state: &Value) -> anyhow::Result<()> {
    let full = strings(&state["full"]);
    let partial = state["partial"].as_object();
    let rest = state["partial_rest"].as_str();
    let named = full
        .iter()
        .copied()
        .chain(partial.into_iter().flatten().map(|(name, _)| name.as_str()));
    for name in named {
        ensure!(section.names.contains(&name), "Linux has no {name}");
    }
    writeln!(
        out,
        "\npub(crate) static {}: [Feature; {}] = [",
        section.rust,
        section.names.len()
    )?;
    for name in &section.names {
        let note = partial.and_then(|partial| partial.get(*name));
        ensure!(
            note.is_none() || !full.contains(name),
            "{name} is both full and partial"
        );
        match note
            .map(|note| note.as_str().context("a note is no string"))
            .transpose()?
            .or(rest)
        {
            _ if full.contains(name) => writeln!(out, "    full({name:?}),")?,
            Some(note) => writeln!(out, "    partial({name:?}, {note:?}),")?,
            None => writeln!(out, "    absent({name:?}),")?,
        }
    }
    writeln!(out, "];")?;
    Ok(())
}

/// Names of an enum from number `first` on; of names that share a number the first that is not deprecated.
fn numbered<'a>(
    uapi: &'a Value,
    section: &str,
    prefix: &str,
    first: u64,
) -> anyhow::Result<Vec<&'a str>> {
    let mut names = Vec::new();
    let mut next = first;
    for row in list(uapi, section)? {
        let name = text(row, "name")?;
        if row["id"].as_u64() != Some(next) || name.ends_with("_DEPRECATED") {
            continue;
        }
        names.push(
            name.strip_prefix(prefix)
                .with_context(|| format!("{name} lacks {prefix}"))?,
        );
        next += 1;
    }
    Ok(names)
}

/// Names of flags, without `BPF_F_` or `BPF_`.
fn keys<'a>(uapi: &'a Value, section: &str) -> Vec<&'a str> {
    let keys = uapi[section]
        .as_object()
        .into_iter()
        .flat_map(|map| map.keys());
    keys.map(|name| {
        name.strip_prefix("BPF_F_")
            .or_else(|| name.strip_prefix("BPF_"))
            .unwrap_or(name)
    })
    .collect()
}
