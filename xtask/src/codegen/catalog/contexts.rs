//! Context tables and the tables of objects reached from contexts.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use super::super::output::{attach_type, header, list, option_str, reg_type, text};
use super::ByProgType;

/// All tables and which program has which.
pub(super) fn tables(data: &Value, uapi: &Value) -> anyhow::Result<String> {
    let mut out = header(
        "Fields of contexts and of objects reached from them.",
        "data/contexts.json",
    );
    out.push_str(
        "use skep_uapi::AttachType as A;\n\n\
         use crate::context::{ContextConfig, ContextRule, ContextTable, CtxField, Starts as S};\n\
         use crate::{CapTier as C, RegBase as B, RegType, TypeFlags as F};\n\n\
         const NONE: [S; 4] = [S::NONE; 4];\n\n",
    );
    let mut used: BTreeMap<&str, (&str, u64)> = BTreeMap::new();
    let mut configs = ByProgType::new(uapi)?;
    for row in list(data, "programs")? {
        let table = text(row, "table")?;
        let size = row["ctx_size"].as_u64().context("no ctx_size")?;
        let known = used.entry(table).or_insert((text(row, "ctx")?, size));
        ensure!(known.1 == size, "table {table} has two sizes");
        // Contexts of sleepable programs do not differ.
        if row["sleepable"].as_bool() == Some(true) {
            continue;
        }
        let config = format!(
            "ContextConfig {{ attach_type: {}, table: &TABLE_{} }}",
            attach_type(&row["attach_type"]),
            table.to_uppercase(),
        );
        configs.push(uapi, text(row, "prog_type")?, config)?;
    }
    out.push_str(&configs.text("CONFIGS", "ContextConfig"));
    for (table, (ctx, size)) in used {
        let rows = list(data, &format!("table {table}"))?;
        let name = format!("TABLE_{}", table.to_uppercase());
        push_table(
            &mut out,
            &Table {
                name: &name,
                vis: "",
                ctx,
                size,
                aligned: true,
            },
            rows,
        )
        .with_context(|| format!("table {table}"))?;
    }
    for key in data.as_object().into_iter().flat_map(|map| map.keys()) {
        let Some(object) = key.strip_prefix("object PTR_TO_") else {
            continue;
        };
        let (head, rows) = list(data, key)?
            .split_first()
            .context("empty object table")?;
        let size = head["size"].as_u64().context("no size")?;
        let name = format!("OBJECT_{object}");
        let table = Table {
            name: &name,
            vis: "pub(crate) ",
            ctx: text(head, "struct")?,
            size,
            aligned: false,
        };
        push_table(&mut out, &table, rows).with_context(|| key.clone())?;
    }
    Ok(out)
}

struct Table<'a> {
    name: &'a str,
    vis: &'a str,
    ctx: &'a str,
    size: u64,
    /// Every context refuses unaligned accesses; objects say so cell by cell.
    aligned: bool,
}

fn push_table(out: &mut String, table: &Table<'_>, rows: &[Value]) -> anyhow::Result<()> {
    let Table {
        name,
        vis,
        ctx,
        size,
        aligned,
    } = table;
    let mut rows: Vec<_> = rows.iter().collect();
    rows.sort_by_key(|row| row["off"].as_u64());
    writeln!(
        out,
        "\n{vis}static {name}: ContextTable =\n    ContextTable {{ struct_name: {ctx:?}, size: {size}, rule: ContextRule::Fields(&{name}_FIELDS), aligned: {aligned} }};\n"
    )?;
    writeln!(out, "static {name}_FIELDS: [CtxField; {}] = [", rows.len())?;
    for row in rows {
        let (reg, btf) = reg_type(&row["reg"]);
        let field_size = row["size"].as_u64().context("field without size")?;
        writeln!(
            out,
            "    CtxField {{ name: {:?}, offset: {}, size: {field_size}, elem_size: {}, read: {}, write: {}, reg: {reg}, btf: {}, read_cap: C::{}, write_cap: C::{} }},",
            text(row, "field")?,
            row["off"],
            elem_size(text(row, "c")?, field_size)?,
            starts(&row["read"])?,
            starts(&row["write"])?,
            option_str(btf),
            if row["cap"].is_null() { "None" } else { "Bpf" },
            if row["write_cap"].is_null() {
                "None"
            } else {
                "Bpf"
            },
        )?;
    }
    writeln!(out, "];")?;
    Ok(())
}

/// Bytes of one element: the field itself, or the elements of `__u32 [4]`; structs count as words.
fn elem_size(c_type: &str, size: u64) -> anyhow::Result<u64> {
    if let Some((_, rest)) = c_type.split_once('[') {
        let elements: u64 = rest
            .trim_end_matches(']')
            .parse()
            .with_context(|| format!("type {c_type}"))?;
        return Ok(size / elements);
    }
    Ok(if c_type == "padding" { 1 } else { size.min(8) })
}

/// `{"1": "*", "4": [0]}` to four sets of starts.
fn starts(sizes: &Value) -> anyhow::Result<String> {
    let Some(sizes) = sizes.as_object() else {
        return Ok("NONE".to_owned());
    };
    let mut cells = Vec::new();
    for size in ["1", "2", "4", "8"] {
        cells.push(match sizes.get(size) {
            None => "S::NONE".to_owned(),
            Some(Value::String(all)) if all == "*" => "S::ALIGNED".to_owned(),
            Some(list) => {
                let mut mask = 0_u32;
                for start in list.as_array().context("starts are no list")? {
                    let bit = u32::try_from(start.as_u64().context("start is no number")?)?;
                    mask |= 1_u32.checked_shl(bit).context("start beyond 31")?;
                }
                format!("S({mask:#x})")
            }
        });
    }
    Ok(format!("[{}]", cells.join(", ")))
}
