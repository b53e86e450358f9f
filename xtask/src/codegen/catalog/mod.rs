//! Tables of `skep-catalog`, one module per table.

mod attach_btf;
mod contexts;
mod helpers;
mod kfuncs;
mod map_types;
mod prog_types;
mod support;

use std::path::Path;

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
        file("helper_sets", helpers::sets(&helpers, &availability)?),
        file("contexts", contexts::tables(&data("contexts")?)?),
        file("kfuncs", kfuncs::table(&kfuncs)?),
        file("map_types", map_types::table(&data("map_types")?, &helpers)?),
        file("prog_types", prog_types::tables(&data("prog_types")?, &uapi)?),
        file("attach_btf", attach_btf::tables(&data("attach_btf")?)?),
        file("support", support::tables(&data("support")?, &uapi, &kfuncs)?),
    ])
}

fn file(name: &str, text: String) -> Generated {
    Generated { path: format!("{CRATE}/src/generated/{name}.rs"), text }
}

/// The number of a name in a section of `uapi.json`.
fn number(uapi: &Value, section: &str, name: &str) -> Option<u64> {
    let row = uapi[section].as_array()?.iter().find(|row| row["name"] == name)?;
    row["id"].as_u64()
}
