//! Tables of `skep-uapi`: the enums of bpf(2) and the helper ids.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use super::output::{Generated, camel, header};

pub(super) const DATA: &str = "crates/skep-uapi/data/uapi.json";
const OUT: &str = "crates/skep-uapi/src/generated";

/// One enum to write: where its rows are and how it is called in Rust.
struct EnumSpec {
    file: &'static str,
    rust: &'static str,
    rows: &'static str,
    prefix: &'static str,
    doc: &'static str,
}

const ENUMS: [EnumSpec; 5] = [
    EnumSpec {
        file: "cmd",
        rust: "Cmd",
        rows: "commands",
        prefix: "BPF_",
        doc: "A command of bpf(2), its first argument.",
    },
    EnumSpec {
        file: "map_type",
        rust: "MapType",
        rows: "map_types",
        prefix: "BPF_MAP_TYPE_",
        doc: "A kind of map.",
    },
    EnumSpec {
        file: "prog_type",
        rust: "ProgType",
        rows: "prog_types",
        prefix: "BPF_PROG_TYPE_",
        doc: "A kind of program.",
    },
    EnumSpec {
        file: "attach_type",
        rust: "AttachType",
        rows: "attach_types",
        prefix: "BPF_",
        doc: "Where a program attaches, within its type.",
    },
    EnumSpec {
        file: "link_type",
        rust: "LinkType",
        rows: "link_types",
        prefix: "BPF_LINK_TYPE_",
        doc: "A kind of link.",
    },
];

/// All generated files of `skep-uapi`.
pub(super) fn generate(root: &Path) -> anyhow::Result<Vec<Generated>> {
    let data = super::read_json(root, DATA)?;
    let mut files = Vec::new();
    for spec in &ENUMS {
        let text = enum_text(spec, rows(&data, spec.rows)?)
            .with_context(|| format!("section {}", spec.rows))?;
        files.push(Generated {
            path: format!("{OUT}/{}.rs", spec.file),
            text,
        });
    }
    files.push(Generated {
        path: format!("{OUT}/helper_id.rs"),
        text: helper_text(rows(&data, "helpers")?)?,
    });
    Ok(files)
}

fn rows<'a>(data: &'a Value, section: &str) -> anyhow::Result<&'a Vec<Value>> {
    data[section]
        .as_array()
        .with_context(|| format!("no section {section} in {DATA}"))
}

fn id_and_name(row: &Value) -> anyhow::Result<(usize, &str)> {
    let id = row["id"].as_u64().context("row without id")?;
    let name = row["name"].as_str().context("row without name")?;
    Ok((usize::try_from(id)?, name))
}

fn enum_text(spec: &EnumSpec, rows: &[Value]) -> anyhow::Result<String> {
    let EnumSpec {
        rust, prefix, doc, ..
    } = spec;
    // Where two C names share a number, the first one that is not marked deprecated is the variant.
    let mut variants: Vec<(&str, String)> = Vec::new();
    let mut aliases: Vec<(&str, usize)> = Vec::new();
    let mut pending_deprecated: Option<(&str, usize)> = None;
    for (index, row) in rows.iter().enumerate() {
        let (id, name) = id_and_name(row)?;
        let short = name
            .strip_prefix(prefix)
            .with_context(|| format!("{name} lacks {prefix}"))?;
        let next_same = rows
            .get(index + 1)
            .is_some_and(|next| next["id"] == row["id"]);
        if next_same && short.ends_with("_DEPRECATED") {
            pending_deprecated = Some((short, id));
            continue;
        }
        if id + 1 == variants.len() {
            aliases.push((short, id));
            continue;
        }
        ensure!(id == variants.len(), "{name} leaves a hole before {id}");
        let since = row["since"]
            .as_str()
            .map(|v| format!(", since Linux {v}"))
            .unwrap_or_default();
        variants.push((short, format!("`{name}`{since}.")));
        aliases.extend(pending_deprecated.take());
    }

    let mut out = header(
        &format!("`{rust}`: {}", doc.to_lowercase()),
        "data/uapi.json",
    );
    let max = variants.len();
    writeln!(
        out,
        "/// {doc}\n#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]\n#[repr(u32)]\npub enum {rust} {{"
    )?;
    for (id, (short, doc)) in variants.iter().enumerate() {
        writeln!(out, "    /// {doc}\n    {} = {id},", camel(short))?;
    }
    writeln!(out, "}}\n\nimpl {rust} {{")?;
    writeln!(
        out,
        "    /// What precedes [`Self::name`] in C.\n    pub const PREFIX: &'static str = \"{prefix}\";\n"
    )?;
    writeln!(
        out,
        "    /// Every value, at the index of its number.\n    pub const ALL: [Self; {max}] = ["
    )?;
    for (short, _) in &variants {
        writeln!(out, "        Self::{},", camel(short))?;
    }
    writeln!(out, "    ];")?;
    for (short, id) in &aliases {
        let (target, _) = &variants[*id];
        writeln!(
            out,
            "\n    /// `{prefix}{short}`, another name of the same number.\n    pub const {short}: Self = Self::{};",
            camel(target)
        )?;
    }
    writeln!(
        out,
        "\n    /// The value of this number, if Linux 6.18 has one.\n    pub const fn from_raw(raw: u32) -> Option<Self> {{\n        if raw < {max} {{ Some(Self::ALL[raw as usize]) }} else {{ None }}\n    }}"
    )?;
    writeln!(
        out,
        "\n    /// The number in the C header.\n    pub const fn raw(self) -> u32 {{\n        self as u32\n    }}"
    )?;
    writeln!(
        out,
        "\n    /// The C name without [`Self::PREFIX`].\n    pub const fn name(self) -> &'static str {{\n        NAMES[self as usize]\n    }}"
    )?;
    writeln!(
        out,
        "\n    /// The value of this C name, with or without the prefix.\n    pub fn from_name(name: &str) -> Option<Self> {{\n        let short = name.strip_prefix(Self::PREFIX).unwrap_or(name);\n        Self::ALL.into_iter().find(|value| value.name() == short)\n    }}\n}}"
    )?;
    writeln!(
        out,
        "\nimpl core::fmt::Display for {rust} {{\n    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {{\n        f.write_str(self.name())\n    }}\n}}"
    )?;
    writeln!(out, "\nstatic NAMES: [&str; {max}] = [")?;
    for (short, _) in &variants {
        writeln!(out, "    \"{short}\",")?;
    }
    writeln!(out, "];")?;
    Ok(out)
}

fn helper_text(rows: &[Value]) -> anyhow::Result<String> {
    let mut out = header(
        "The numbers and names of the 211 helpers.",
        "data/uapi.json",
    );
    writeln!(
        out,
        "use crate::HelperId;\n\n#[rustfmt::skip]\nimpl HelperId {{"
    )?;
    let mut names = Vec::new();
    for row in rows {
        let (id, name) = id_and_name(row)?;
        ensure!(id == names.len(), "{name} leaves a hole before {id}");
        let short = name
            .strip_prefix("bpf_")
            .with_context(|| format!("{name} lacks bpf_"))?;
        let since = row["since"]
            .as_str()
            .map(|v| format!(", since Linux {v}"))
            .unwrap_or_default();
        writeln!(
            out,
            "    /// `{name}`{since}.\n    pub const {}: Self = Self({id});",
            short.to_uppercase()
        )?;
        names.push(name);
    }
    writeln!(
        out,
        "}}\n\n/// Names at the index of their number.\npub(crate) static NAMES: [&str; {}] = [",
        names.len()
    )?;
    for name in names {
        writeln!(out, "    \"{name}\",")?;
    }
    writeln!(out, "];")?;
    Ok(out)
}
