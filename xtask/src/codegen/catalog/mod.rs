//! Tables of `skep-catalog`, one module per table.

mod attach_btf;
mod contexts;
mod helpers;
mod kfuncs;
mod map_types;
mod prog_types;
mod support;

use std::path::Path;

use anyhow::Context as _;
use serde_json::Value;

use super::output::Generated;

const CRATE: &str = "crates/skep-catalog";

/// All generated files of `skep-catalog`.
pub(super) fn generate(root: &Path) -> anyhow::Result<Vec<Generated>> {
    let data = |name: &str| super::read_json(root, &format!("{CRATE}/data/{name}.json"));
    let helpers = data("helpers")?;
    let availability = data("helper_availability")?;
    let kfuncs = data("kfuncs")?;
    let uapi = super::read_json(root, super::uapi::DATA)?;
    Ok(vec![
        file("helpers", helpers::protos(&helpers)?),
        file(
            "helper_sets",
            helpers::sets(&helpers, &availability, &uapi)?,
        ),
        file("contexts", contexts::tables(&data("contexts")?, &uapi)?),
        file("kfuncs", kfuncs::table(&kfuncs)?),
        file(
            "map_types",
            map_types::table(&data("map_types")?, &helpers)?,
        ),
        file(
            "prog_types",
            prog_types::tables(&data("prog_types")?, &uapi)?,
        ),
        file("attach_btf", attach_btf::tables(&data("attach_btf")?)?),
        file(
            "support",
            support::tables(&data("support")?, &uapi, &kfuncs)?,
        ),
    ])
}

fn file(name: &str, text: String) -> Generated {
    Generated {
        path: format!("{CRATE}/src/generated/{name}.rs"),
        text,
    }
}

/// The number of a name in a section of `uapi.json`.
fn number(uapi: &Value, section: &str, name: &str) -> Option<u64> {
    let row = uapi[section]
        .as_array()?
        .iter()
        .find(|row| row["name"] == name)?;
    row["id"].as_u64()
}

/// Rows grouped by program type, to be written as one slice per type number.
struct ByProgType {
    rows: Vec<Vec<String>>,
}

impl ByProgType {
    fn new(uapi: &Value) -> anyhow::Result<Self> {
        let types = uapi["prog_types"].as_array().context("no program types")?;
        Ok(Self {
            rows: vec![Vec::new(); types.len()],
        })
    }

    fn push(&mut self, uapi: &Value, prog_type: &str, row: String) -> anyhow::Result<()> {
        let name = format!("BPF_PROG_TYPE_{prog_type}");
        let id = number(uapi, "prog_types", &name)
            .and_then(|id| self.rows.get_mut(usize::try_from(id).ok()?));
        id.with_context(|| format!("unknown program type {prog_type}"))?
            .push(row);
        Ok(())
    }

    /// `static NAME: [&[ITEM]; N]`, the slice of a type at the index of its number.
    fn text(&self, name: &str, item: &str) -> String {
        let mut out = format!(
            "pub(crate) static {name}: [&[{item}]; {}] = [\n",
            self.rows.len()
        );
        for rows in &self.rows {
            if rows.is_empty() {
                out.push_str("    &[],\n");
                continue;
            }
            out.push_str("    &[\n");
            for row in rows {
                out.push_str(&format!("        {row},\n"));
            }
            out.push_str("    ],\n");
        }
        out.push_str("];\n");
        out
    }
}
