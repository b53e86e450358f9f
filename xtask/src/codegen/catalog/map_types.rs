//! The table of map types.

use std::fmt::Write as _;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use super::super::output::{camel, flag, flag_set, header, list, strings, text};

/// All map types, by number.
pub(super) fn table(data: &Value, helpers: &Value) -> anyhow::Result<String> {
    let rows = list(data, "create")?;
    let mut out = header("Facts about map types.", "data/map_types.json");
    out.push_str(
        "use skep_uapi::{Errno as E, MapFlags as F, MapType as T};\n\n\
         use crate::map_type::{\n    BtfCheck, EntriesRule, FieldAnswer as A, InnerUse, MapCap, MapTypeInfo, MetaEqual, Mmap, OpAnswer as O, SizeRule as S,\n};\n\n",
    );
    writeln!(
        out,
        "pub(crate) static MAP_TYPES: [MapTypeInfo; {}] = [",
        rows.len()
    )?;
    for (index, row) in rows.iter().enumerate() {
        ensure!(
            row["id"].as_u64() == Some(index as u64 + 1),
            "map types are not in order at {}",
            row["type"]
        );
        let name = text(row, "type")?;
        out.push_str(
            &map_row(data, helpers, row, name).with_context(|| format!("map type {name}"))?,
        );
    }
    out.push_str("];\n");
    Ok(out)
}

fn map_row(data: &Value, helpers: &Value, row: &Value, name: &str) -> anyhow::Result<String> {
    let by_type = |section: &str| -> anyhow::Result<Option<&Value>> {
        Ok(list(data, section)?.iter().find(|row| row["type"] == name))
    };
    let ops = by_type("operations")?.context("no operations")?;
    let fields = by_type("special_fields")?;
    let accepted = by_type("helpers")?.context("no helpers")?;
    let sum_end = if row["key_size"]["sum_limit"].is_string() {
        "Some(4_194_256)"
    } else {
        "None"
    };
    Ok(format!(
        "    MapTypeInfo {{\n\
         \x20       map_type: T::{},\n\
         \x20       key_size: {}, value_size: {}, size_sum_end: {sum_end}, max_entries: {},\n\
         \x20       flags: {}, required_flags: {}, forced_flags: {}, flag_errors: &[{}],\n\
         \x20       cap: MapCap::{}, needs_inner_map: {}, takes_map_extra: {},\n\
         \x20       ops: [{}],\n\
         \x20       mmap: Mmap::{}, poll: {}, direct_value: {}, inlined_lookup: {}, for_each: {}, lookup_percpu: {}, sleepable: {},\n\
         \x20       inner: {}, meta_equal: MetaEqual::{}, btf_check: BtfCheck::{},\n\
         \x20       special_fields: [{}],\n\
         \x20       helpers: [{}],\n\
         \x20   }},\n",
        camel(name),
        size_rule(&row["key_size"])?,
        size_rule(&row["value_size"])?,
        entries_rule(&row["max_entries"])?,
        map_flags(&row["flags"]),
        map_flags(&row["required_flags"]),
        map_flags(&row["forced_flags"]),
        flag_errors(&row["flag_errors"])?,
        cap(text(row, "cap")?)?,
        !row["inner_map_fd"].is_null(),
        !row["map_extra"].is_null(),
        answers(ops)?,
        mmap(&ops["mmap"])?,
        ops["poll"] != Value::Bool(false),
        flag(ops, "direct_value"),
        flag(ops, "gen_lookup"),
        flag(ops, "for_each"),
        flag(ops, "lookup_percpu"),
        flag(ops, "sleepable_prog"),
        inner(text(ops, "inner_ok")?),
        meta_equal(text(ops, "meta_equal")?)?,
        btf_check(text(ops, "check_btf")?)?,
        special_fields(fields)?,
        helper_bits(helpers, &strings(&accepted["helpers"]))?,
    ))
}

fn map_flags(names: &Value) -> String {
    let names: Vec<_> = strings(names)
        .into_iter()
        .map(|name| name.trim_start_matches("BPF_F_"))
        .collect();
    flag_set("F", &names)
}

fn flag_errors(errors: &Value) -> anyhow::Result<String> {
    let mut cells = Vec::new();
    for (name, errno) in errors.as_object().into_iter().flatten() {
        let errno = errno.as_str().context("errno is no string")?;
        cells.push(format!(
            "(F::{}, E::{errno})",
            name.trim_start_matches("BPF_F_")
        ));
    }
    Ok(cells.join(", "))
}

/// A limit; prose such as "8 * perf_event_max_stack (1016)" gives the number in parentheses.
fn limit(value: &Value) -> anyhow::Result<Option<u64>> {
    if let Some(prose) = value.as_str() {
        let number = prose
            .split_once('(')
            .and_then(|(_, rest)| rest.split([')', ' ']).next());
        return Ok(Some(number.context("prose without a number")?.parse()?));
    }
    Ok(value.as_u64())
}

fn size_rule(rule: &Value) -> anyhow::Result<String> {
    if let Some(size) = rule["eq"].as_u64() {
        return Ok(format!("S::Exactly({size})"));
    }
    if rule["eq"].is_string() {
        return Ok("S::FromBtf".to_owned());
    }
    if let Some(sizes) = rule["in"].as_array() {
        let sizes: Vec<_> = sizes.iter().map(Value::to_string).collect();
        return Ok(format!("S::OneOf(&[{}])", sizes.join(", ")));
    }
    let errno = |key: &str| {
        rule[key]
            .as_str()
            .or(rule["err"].as_str())
            .unwrap_or("EINVAL")
    };
    let above = errno("err_max").split(' ').next().unwrap_or("EINVAL");
    Ok(format!(
        "S::Range {{ min: {}, max: {}, below: E::{}, above: E::{above}, multiple_of: {} }}",
        limit(&rule["min"])?.unwrap_or(0),
        limit(&rule["max"])?.unwrap_or(u64::from(u32::MAX)),
        errno("err0"),
        rule["multiple_of"].as_u64().unwrap_or(1),
    ))
}

fn entries_rule(rule: &Value) -> anyhow::Result<String> {
    if flag(rule, "power_of_two") {
        return Ok("EntriesRule::PowerOfTwoPages".to_owned());
    }
    if let Some(entries) = rule["eq"].as_u64() {
        return Ok(format!("EntriesRule::Exactly({entries})"));
    }
    if rule["max"]
        .as_str()
        .is_some_and(|max| max.starts_with("NR_CPUS"))
    {
        return Ok("EntriesRule::AtMostCpus".to_owned());
    }
    let max = limit(&rule["max"])?.unwrap_or(u64::from(u32::MAX));
    Ok(format!(
        "EntriesRule::AtMost({max}, E::{})",
        rule["err_max"].as_str().unwrap_or("EINVAL")
    ))
}

fn cap(name: &str) -> anyhow::Result<&'static str> {
    Ok(match name {
        "none" => "None",
        "CAP_BPF" => "Bpf",
        "CAP_NET_ADMIN" => "NetAdmin",
        other => bail!("unknown capability {other}"),
    })
}

fn answers(ops: &Value) -> anyhow::Result<String> {
    let names = [
        "lookup",
        "update",
        "delete",
        "next_key",
        "lookup_and_delete",
        "lookup_batch",
        "lookup_and_delete_batch",
        "update_batch",
        "delete_batch",
    ];
    let mut cells = Vec::new();
    for name in names {
        cells.push(match text(ops, name)? {
            "ok" => "O::Ok".to_owned(),
            errno => format!("O::Errno(E::{errno})"),
        });
    }
    Ok(cells.join(", "))
}

fn mmap(value: &Value) -> anyhow::Result<&'static str> {
    Ok(match value {
        Value::Bool(false) => "Never",
        Value::Bool(true) => "Yes",
        Value::String(flag) if flag == "MMAPABLE" => "WithFlag",
        other => bail!("unknown mmap {other}"),
    })
}

fn inner(answer: &str) -> String {
    if answer == "ok" {
        "InnerUse::Allowed".to_owned()
    } else {
        format!("InnerUse::Refused(E::{answer})")
    }
}

fn meta_equal(rule: &str) -> anyhow::Result<&'static str> {
    Ok(match rule {
        "none" => "None",
        "generic" => "Generic",
        "generic+max_entries" => "GenericAndEntries",
        "generic+max_entries unless INNER_MAP" => "GenericAndEntriesUnlessInner",
        other => bail!("unknown rule {other}"),
    })
}

fn btf_check(check: &str) -> anyhow::Result<&'static str> {
    Ok(match check {
        "none" => "Generic",
        "map_check_no_btf" => "Refused",
        "array_map_check_btf" => "Array",
        "trie_check_btf" => "Trie",
        "cgroup_storage_check_btf" => "CgroupStorage",
        "bpf_local_storage_map_check_btf" => "LocalStorage",
        "bloom_map_check_btf" => "VoidKey",
        "arena_map_check_btf" => "Any",
        other => bail!("unknown check {other}"),
    })
}

fn special_fields(row: Option<&Value>) -> anyhow::Result<String> {
    let names = [
        "bpf_spin_lock",
        "bpf_res_spin_lock",
        "bpf_timer",
        "bpf_wq",
        "bpf_task_work",
        "kptr_untrusted",
        "kptr",
        "percpu_kptr",
        "bpf_refcount",
        "uptr",
        "bpf_list_head",
        "bpf_rb_root",
    ];
    let mut cells = Vec::new();
    for name in names {
        // struct_ops maps are not in the table: their value is a kernel struct.
        let answer = row.map_or(Ok("EINVAL"), |row| text(row, name))?;
        cells.push(match answer {
            "ok" => "A::Ok".to_owned(),
            "ok(no record)" => "A::Ignored".to_owned(),
            errno => format!("A::Errno(E::{errno})"),
        });
    }
    Ok(cells.join(", "))
}

fn helper_bits(helpers: &Value, names: &[&str]) -> anyhow::Result<String> {
    let mut words = [0_u64; 4];
    for name in names {
        let full = format!("bpf_{name}");
        let row = list(helpers, "helpers")?
            .iter()
            .find(|row| row["name"] == full.as_str());
        let id = row
            .and_then(|row| row["id"].as_u64())
            .with_context(|| format!("unknown helper {name}"))?;
        let word = words
            .get_mut(usize::try_from(id / 64)?)
            .context("helper beyond 255")?;
        *word |= 1 << (id % 64);
    }
    Ok(words.map(|word| format!("{word:#x}")).join(", "))
}
