//! Tables of program types and of the rules per attach type.

use std::fmt::Write as _;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use super::super::output::{attach_type, camel, flag, flag_set, header, list, strings, text};
use super::ByProgType;

/// Both tables.
pub(super) fn tables(data: &Value, uapi: &Value) -> anyhow::Result<String> {
    let types = list(data, "types")?;
    let programs = list(data, "programs")?;
    let mut out = header(
        "Facts about program types and the rules per attach type.",
        "data/prog_types.json",
    );
    out.push_str(
        "use skep_uapi::{AttachType as A, ProgType as T};\n\n\
         use crate::prog_type::{\n    ExpectedAttach, PacketAccess, PacketToHelper, ProgRules, ProgTypeInfo, ReturnRange as R, SleepRule, TestRun,\n};\n\
         use crate::{Caps, Sleepable};\n\n",
    );
    writeln!(
        out,
        "pub(crate) static PROG_TYPES: [ProgTypeInfo; {}] = [",
        types.len()
    )?;
    for (index, row) in types.iter().enumerate() {
        ensure!(
            row["id"].as_u64() == Some(index as u64 + 1),
            "program types are not in order at {}",
            row["type"]
        );
        out.push_str(
            &type_row(row, uapi).with_context(|| format!("program type {}", row["type"]))?,
        );
    }
    out.push_str("];\n\n");
    let mut rules = ByProgType::new(uapi)?;
    for row in programs {
        let text = rules_row(row).with_context(|| format!("rules of {row}"))?;
        rules.push(uapi, row["prog_type"].as_str().unwrap_or_default(), text)?;
    }
    out.push_str(&rules.text("PROG_RULES", "ProgRules"));
    Ok(out)
}

fn type_row(row: &Value, uapi: &Value) -> anyhow::Result<String> {
    let caps: Vec<_> = strings(&row["load_caps"])
        .into_iter()
        .map(|cap| cap.trim_start_matches("CAP_"))
        .collect();
    Ok(format!(
        "    ProgTypeInfo {{ prog_type: T::{}, load_caps: {}, test_run: {}, may_attach_btf_id: {}, may_attach_prog_fd: {}, expected_attach: {}, packet_access: PacketAccess::{}, packet_to_helper: PacketToHelper::{}, ld_abs: {}, sleepable: SleepRule::{}, gpl_required: {}, tracing_map_limits: {} }},\n",
        camel(text(row, "type")?),
        flag_set("Caps", &caps),
        test_run(&row["test_run"])?,
        flag(row, "may_attach_btf_id"),
        flag(row, "may_attach_prog_fd"),
        expected_attach(&row["expected_attach_type"], uapi)?,
        match row["packet_access"].as_str() {
            None => "None",
            Some("r") => "Read",
            Some("rw") => "ReadWrite",
            Some(other) => bail!("unknown packet access {other}"),
        },
        match row["packet_to_helper"].as_str() {
            None => "Never",
            Some("any memory argument") => "Any",
            Some(_) => "PktAccessProtos",
        },
        flag(row, "ld_abs"),
        match row["sleepable"].as_str() {
            None => "Never",
            Some("required") => "Must",
            Some(prose) if prose.starts_with("yes") => "May",
            Some(prose) if prose.starts_with("no ") => "Never",
            Some(prose) if prose.starts_with("hooks") => "LsmSome",
            Some(prose) if prose.starts_with("FENTRY") => "TracingSome",
            Some(other) => bail!("unknown sleep rule {other}"),
        },
        flag(row, "gpl_required"),
        flag(row, "tracing_map_limits"),
    ))
}

fn test_run(value: &Value) -> anyhow::Result<String> {
    let Some(prose) = value.as_str() else {
        return Ok("None".to_owned());
    };
    let kind = match prose.split([' ', ':']).next().unwrap_or_default() {
        "skb" => "Skb",
        "xdp" => "Xdp",
        "raw_tp" => "RawTp",
        "flow_dissector" => "FlowDissector",
        "tracing" => "Tracing",
        "per" => "StructOps",
        "sk_lookup" => "SkLookup",
        "syscall" => "Syscall",
        "nf" => "Netfilter",
        other => bail!("unknown handler {other}"),
    };
    Ok(format!("Some(TestRun::{kind})"))
}

fn expected_attach(value: &Value, uapi: &Value) -> anyhow::Result<String> {
    if let Some(prose) = value.as_str() {
        return Ok(if prose.starts_with("any") {
            "ExpectedAttach::Any"
        } else {
            "ExpectedAttach::StructOpsMember"
        }
        .to_owned());
    }
    let mut cells = Vec::new();
    for name in strings(value) {
        if name == "0" {
            cells.push("0".to_owned());
            continue;
        }
        let id = super::number(uapi, "attach_types", name)
            .with_context(|| format!("unknown attach type {name}"))?;
        cells.push(id.to_string());
    }
    Ok(format!("ExpectedAttach::OneOf(&[{}])", cells.join(", ")))
}

fn rules_row(row: &Value) -> anyhow::Result<String> {
    let prog_type = text(row, "prog_type")?;
    Ok(format!(
        "ProgRules {{ prog_type: T::{}, attach_type: {}, sleepable: Sleepable::{}, returns: {}, tail_call: {}, return_pointer: {} }}",
        camel(prog_type),
        attach_type(&row["attach_type"]),
        if flag(row, "sleepable") { "Yes" } else { "No" },
        returns(prog_type, &row["ret"])?,
        // Rows that could not be measured: only sleepable programs may not, as PROG_ARRAY is not among their maps.
        row["tail_call"]
            .as_bool()
            .unwrap_or_else(|| !flag(row, "sleepable")),
        flag(row, "ret_pointer_ok"),
    ))
}

fn returns(prog_type: &str, value: &Value) -> anyhow::Result<String> {
    Ok(match (prog_type, value) {
        ("LSM", _) | ("STRUCT_OPS", _) => "R::FollowsTarget".to_owned(),
        (_, Value::Null) => "R::Any".to_owned(),
        (_, Value::String(any)) if any == "any" => "R::Any".to_owned(),
        (_, Value::Array(range)) => match range.as_slice() {
            [min, max] => format!("R::Range({min}, {max})"),
            _ => bail!("range of {} numbers", range.len()),
        },
        (_, other) => bail!("unknown range {other}"),
    })
}
