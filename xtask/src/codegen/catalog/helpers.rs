//! Helper prototypes and the sets of helpers per configuration.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use super::super::output::{
    attach_type, camel, flag, flag_set, header, list, option_str, strings, text, type_flag,
};
use super::ByProgType;

/// The table of prototypes, every variant of every helper.
pub(super) fn protos(data: &Value) -> anyhow::Result<String> {
    let mut rows = String::new();
    let mut count = 0;
    let inlined = strings(&data["inlined_by_verifier"]);
    for helper in list(data, "helpers")? {
        for proto in list(helper, "protos")? {
            let row = proto_row(helper, proto, &inlined)
                .with_context(|| format!("helper {}", helper["name"]))?;
            rows.push_str(&row);
            count += 1;
        }
    }
    let mut out = header("Prototypes of all helpers.", "data/helpers.json");
    out.push_str(
        "use skep_uapi::HelperId as H;\n\n\
         use crate::helper::{AllowedRule, Arg, ArgType as A, Callback, HelperProto, ProtoFlags as P, Ret, RetRange, RetType as R};\n\
         use crate::{CapTier, TypeFlags as F};\n\n\
         const NONE: F = F::empty();\n\
         const N: Arg = Arg::NONE;\n\n\
         const fn arg(kind: A, flags: F) -> Arg {\n    Arg { kind, flags, size: 0, btf: None }\n}\n\n\
         const fn fixed(kind: A, flags: F, size: u32) -> Arg {\n    Arg { kind, flags, size, btf: None }\n}\n\n\
         const fn object(kind: A, flags: F, btf: &'static str) -> Arg {\n    Arg { kind, flags, size: 0, btf: Some(btf) }\n}\n\n",
    );
    writeln!(
        out,
        "pub(crate) static PROTOS: [HelperProto; {count}] = [\n{rows}];"
    )?;
    Ok(out)
}

fn proto_row(helper: &Value, proto: &Value, inlined: &[&str]) -> anyhow::Result<String> {
    let name = short_name(helper)?;
    let mut args = Vec::new();
    for arg in list(proto, "args")? {
        args.push(arg_text(arg)?);
    }
    ensure!(args.len() <= 5, "more than five arguments");
    args.resize(5, "N".to_owned());

    let (ret, ret_flags) = split_type(text(proto, "ret")?, "RET_")?;
    // A kptr's type follows the field, which the catalogue cannot name.
    let ret_btf = proto["ret_btf"]
        .as_str()
        .filter(|btf| !btf.starts_with('('));
    let flags = [
        ("GPL_ONLY", flag(proto, "gpl_only")),
        ("PKT_ACCESS", flag(proto, "pkt_access")),
        ("MIGHT_SLEEP", flag(proto, "might_sleep")),
        ("ALLOW_FASTCALL", flag(proto, "allow_fastcall")),
        ("CHANGES_PKT_DATA", flag(helper, "changes_pkt_data")),
        ("ACQUIRES", flag(helper, "acquires")),
        ("PTR_CAST", flag(helper, "ptr_cast")),
        ("STORAGE_GET", flag(helper, "storage_get")),
        ("INLINED", inlined.contains(&name)),
    ];
    let set: Vec<_> = flags
        .into_iter()
        .filter(|(_, set)| *set)
        .map(|(name, _)| name)
        .collect();
    let allowed = match proto["allowed_callback"].as_str() {
        None => "None",
        Some("bpf_d_path_allowed") => "Some(AllowedRule::DPath)",
        Some("bpf_ima_inode_hash_allowed") => "Some(AllowedRule::ImaHash)",
        Some("bpf_sk_storage_tracing_allowed") => "Some(AllowedRule::SkStorageTracing)",
        Some(other) => bail!("unknown condition {other}"),
    };
    let range = match strings(&helper["ret_range"])[..] {
        [] => "None",
        ["0", "nr_cpu_ids-1"] => "Some(RetRange::CpuNumber)",
        ["-4095", "size_arg_max"] => "Some(RetRange::ErrnoToSizeArg)",
        _ => bail!("unknown range {}", helper["ret_range"]),
    };
    let callback = match helper["callback"].as_str() {
        None => "None",
        Some("sync") => "Some(Callback::Sync)",
        Some("async") => "Some(Callback::Async)",
        Some(other) => bail!("unknown callback {other}"),
    };
    Ok(format!(
        "    HelperProto {{ id: H::{}, variant: {:?}, ret: Ret {{ kind: R::{}, flags: {}, btf: {} }}, args: [{}], flags: {}, cap: CapTier::{}, allowed: {allowed}, ret_range: {range}, callback: {callback} }},\n",
        name.to_uppercase(),
        text(proto, "proto")?,
        camel(ret),
        ret_flags,
        option_str(ret_btf),
        args.join(", "),
        flag_set("P", &set),
        tier(helper)?,
    ))
}

fn short_name(helper: &Value) -> anyhow::Result<&str> {
    let name = text(helper, "name")?;
    name.strip_prefix("bpf_")
        .with_context(|| format!("{name} lacks bpf_"))
}

fn arg_text(arg: &Value) -> anyhow::Result<String> {
    let (kind, flags) = split_type(text(arg, "type")?, "ARG_")?;
    let kind = format!("A::{}", camel(kind));
    Ok(match (arg["size"].as_u64(), arg["btf"].as_str()) {
        (Some(size), _) => format!("fixed({kind}, {flags}, {size})"),
        (None, Some(btf)) => format!("object({kind}, {flags}, {btf:?})"),
        (None, None) => format!("arg({kind}, {flags})"),
    })
}

/// `ARG_PTR_TO_MEM|MEM_RDONLY` to `PTR_TO_MEM` and the flag expression.
fn split_type<'a>(whole: &'a str, prefix: &str) -> anyhow::Result<(&'a str, String)> {
    let mut parts = whole.split('|');
    let base = parts.next().and_then(|base| base.strip_prefix(prefix));
    let flags: Vec<_> = parts.map(type_flag).collect();
    let flags = if flags.is_empty() {
        "NONE".to_owned()
    } else {
        flag_set("F", &flags)
    };
    Ok((
        base.with_context(|| format!("{whole} lacks {prefix}"))?,
        flags,
    ))
}

/// The capability tier. Those of the base set check CAP_BPF before CAP_PERFMON, the socket casts only CAP_PERFMON.
fn tier(helper: &Value) -> anyhow::Result<&'static str> {
    Ok(match helper["cap"].as_str() {
        None | Some("none") => "None",
        Some("CAP_BPF") => "Bpf",
        Some("CAP_PERFMON") if short_name(helper)?.starts_with("skc_to_") => "Perfmon",
        Some("CAP_PERFMON") => "BpfPerfmon",
        Some("CAP_SYS_ADMIN") => "SysAdmin",
        Some(other) => bail!("unknown tier {other}"),
    })
}

/// The sets: for each configuration the index of each helper's prototype.
pub(super) fn sets(data: &Value, availability: &Value, uapi: &Value) -> anyhow::Result<String> {
    let mut index = HashMap::new();
    let mut ids = HashMap::new();
    let mut next = 0_u16;
    for helper in list(data, "helpers")? {
        let id = usize::try_from(helper["id"].as_u64().context("helper without id")?)?;
        ids.insert(short_name(helper)?, id);
        for proto in list(helper, "protos")? {
            index.insert((id, text(proto, "proto")?), next);
            next += 1;
        }
    }
    let find = |helper: &str, variant: &str| -> anyhow::Result<(usize, u16)> {
        let id = *ids
            .get(helper)
            .with_context(|| format!("unknown helper {helper}"))?;
        let proto = index
            .get(&(id, variant))
            .with_context(|| format!("unknown variant {variant} of {helper}"))?;
        Ok((id, *proto))
    };

    let slots = ids.len() + 1;
    let mut base = vec![u16::MAX; slots];
    for row in list(availability, "base")? {
        let (id, proto) = find(text(row, "helper")?, text(row, "proto")?)?;
        base[id] = proto;
    }
    let mut distinct: BTreeMap<Vec<u16>, usize> = BTreeMap::new();
    let mut configs = ByProgType::new(uapi)?;
    for row in list(availability, "programs")? {
        let mut set = if flag(row, "no_helpers") {
            vec![u16::MAX; slots]
        } else {
            base.clone()
        };
        for section in ["adds", "replaces"] {
            for (helper, variant) in row[section].as_object().into_iter().flatten() {
                let (id, proto) = find(helper, variant.as_str().context("variant is no string")?)?;
                set[id] = proto;
            }
        }
        // Removed here, or in the source but refused by the kernel that was measured.
        for helper in strings(&row["removes"])
            .into_iter()
            .chain(strings(&row["source_only"]))
        {
            let id = *ids
                .get(helper)
                .with_context(|| format!("unknown helper {helper}"))?;
            set[id] = u16::MAX;
        }
        let number = distinct.len();
        let number = *distinct.entry(set).or_insert(number);
        let config = format!(
            "HelperConfig {{ attach_type: {}, sleepable: Sleepable::{}, target: {}, protos: &SET_{number} }}",
            attach_type(&row["attach_type"]),
            if flag(row, "sleepable") { "Yes" } else { "No" },
            option_str(row["target"].as_str()),
        );
        configs.push(uapi, text(row, "prog_type")?, config)?;
    }

    let mut out = header(
        "Which prototype each configuration of a program gets.",
        "data/helper_availability.json",
    );
    out.push_str(
        "use skep_uapi::AttachType as A;\n\nuse crate::helper::{HelperConfig, Sleepable};\n\n",
    );
    writeln!(
        out,
        "/// Stands for a helper that is not in the set.\nconst X: u16 = u16::MAX;\n"
    )?;
    writeln!(
        out,
        "pub(crate) static NONE: [u16; {slots}] = [X; {slots}];\n"
    )?;
    out.push_str(&configs.text("CONFIGS", "HelperConfig"));
    let mut by_number: Vec<_> = distinct.into_iter().collect();
    by_number.sort_by_key(|(_, number)| *number);
    for (set, number) in by_number {
        writeln!(out, "\nstatic SET_{number}: [u16; {slots}] = [")?;
        for chunk in set.chunks(16) {
            let cells: Vec<_> = chunk
                .iter()
                .map(|p| {
                    if *p == u16::MAX {
                        "X".to_owned()
                    } else {
                        p.to_string()
                    }
                })
                .collect();
            writeln!(out, "    {},", cells.join(", "))?;
        }
        writeln!(out, "];")?;
    }
    Ok(out)
}
