//! Lists keyed by names of kernel BTF.

use std::fmt::Write as _;

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::super::output::{flag, flag_set, header, list, option_str, reg_type, strings, text};

/// All lists.
pub(super) fn tables(data: &Value) -> anyhow::Result<String> {
    let mut out = header(
        "Lists keyed by names of kernel BTF.",
        "data/attach_btf.json",
    );
    out.push_str(
        "use crate::attach_btf::{CtxArg, Iterator, LsmFlags as L, LsmHook, SafeField, SafeList, StructOpsMember, TracepointArgs};\n\
         use crate::{RegBase as B, RegType, ReturnRange as R, TypeFlags as F};\n\n\
         const fn a(reg: RegType, btf: Option<&'static str>) -> CtxArg {\n    CtxArg { reg, btf }\n}\n\n",
    );
    lsm_hooks(&mut out, list(data, "lsm_hooks")?)?;
    for (rust, set, key) in [
        ("TRACE_DENIED", "btf_id_deny", "functions"),
        ("NORETURN", "noreturn_deny", "functions"),
        ("D_PATH_ALLOWED", "btf_allowlist_d_path", "functions"),
        ("RCU_PROTECTED", "rcu_protected_types", "structs"),
    ] {
        let row = list(data, "trace_deny")?
            .iter()
            .find(|row| row["set"] == set);
        let names = strings(&row.with_context(|| format!("no set {set}"))?[key]);
        writeln!(
            out,
            "pub(crate) static {rust}: [&str; {}] = {names:?};\n",
            names.len()
        )?;
    }
    safe_fields(&mut out, list(data, "type_safe")?)?;
    tracepoints(&mut out, list(data, "raw_tp_null_args")?)?;
    iterators(&mut out, list(data, "iterators")?)?;
    struct_ops(&mut out, list(data, "struct_ops")?)?;
    Ok(out)
}

fn lsm_hooks(out: &mut String, rows: &[Value]) -> anyhow::Result<()> {
    let mut rows: Vec<_> = rows.iter().collect();
    rows.sort_by_key(|row| row["hook"].as_str());
    writeln!(
        out,
        "pub(crate) static LSM_HOOKS: [LsmHook; {}] = [",
        rows.len()
    )?;
    for row in rows {
        let facts = [
            ("SLEEPABLE", flag(row, "sleepable")),
            ("DISABLED", flag(row, "disabled")),
            ("UNTRUSTED", flag(row, "untrusted")),
            ("CURRENT_CGROUP", flag(row, "current_shim")),
            ("SOCKOPT_LOCKED", row["sockopt"] == "locked"),
            ("SOCKOPT_UNLOCKED", row["sockopt"] == "unlocked"),
            ("VOID", row["ret"] == "void"),
        ];
        let set: Vec<_> = facts
            .into_iter()
            .filter(|(_, set)| *set)
            .map(|(name, _)| name)
            .collect();
        let returns = match row["ret_range"].as_array().map(Vec::as_slice) {
            None => "R::Any".to_owned(),
            Some([min, max]) => format!("R::Range({min}, {max})"),
            Some(_) => bail!("bad range of {}", row["hook"]),
        };
        writeln!(
            out,
            "    LsmHook {{ name: {:?}, flags: {}, returns: {returns} }},",
            text(row, "hook")?,
            flag_set("L", &set)
        )?;
    }
    writeln!(out, "];\n")?;
    Ok(())
}

fn safe_fields(out: &mut String, rows: &[Value]) -> anyhow::Result<()> {
    writeln!(
        out,
        "pub(crate) static SAFE_FIELDS: [SafeField; {}] = [",
        rows.len()
    )?;
    for row in rows {
        let list = match text(row, "list")? {
            "RCU" => "Rcu",
            "RCU_OR_NULL" => "RcuOrNull",
            "TRUSTED" => "Trusted",
            "TRUSTED_OR_NULL" => "TrustedOrNull",
            other => bail!("unknown list {other}"),
        };
        let (name, field) = (text(row, "struct")?, text(row, "field")?);
        writeln!(
            out,
            "    SafeField {{ struct_name: {name:?}, field: {field:?}, list: SafeList::{list} }},"
        )?;
    }
    writeln!(out, "];\n")?;
    Ok(())
}

fn tracepoints(out: &mut String, rows: &[Value]) -> anyhow::Result<()> {
    let mut rows: Vec<_> = rows.iter().collect();
    rows.sort_by_key(|row| row["tracepoint"].as_str());
    writeln!(
        out,
        "pub(crate) static TRACEPOINT_ARGS: [TracepointArgs; {}] = [",
        rows.len()
    )?;
    for row in rows {
        let mask = |key: &str| {
            let bits = row[key]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_u64);
            bits.fold(0_u64, |mask, bit| mask | 1 << bit)
        };
        writeln!(
            out,
            "    TracepointArgs {{ tracepoint: {:?}, nullable: {:#x}, err_ptr: {:#x} }},",
            text(row, "tracepoint")?,
            mask("nullable_args"),
            mask("err_ptr_args"),
        )?;
    }
    writeln!(out, "];\n")?;
    Ok(())
}

fn args_text(args: &[Value]) -> String {
    let cells = args.iter().map(|arg| {
        let (reg, btf) = reg_type(&arg["reg"]);
        format!("a({reg}, {})", option_str(btf))
    });
    cells.collect::<Vec<_>>().join(", ")
}

fn iterators(out: &mut String, rows: &[Value]) -> anyhow::Result<()> {
    writeln!(
        out,
        "pub(crate) static ITERATORS: [Iterator; {}] = [",
        rows.len()
    )?;
    for row in rows {
        writeln!(
            out,
            "    Iterator {{ target: {:?}, args: &[{}] }},",
            text(row, "target")?,
            args_text(list(row, "args")?)
        )?;
    }
    writeln!(out, "];\n")?;
    Ok(())
}

fn struct_ops(out: &mut String, rows: &[Value]) -> anyhow::Result<()> {
    writeln!(
        out,
        "pub(crate) static STRUCT_OPS: [StructOpsMember; {}] = [",
        rows.len()
    )?;
    for row in rows {
        writeln!(
            out,
            "    StructOpsMember {{ struct_name: {:?}, member: {:?}, args: &[{}], loadable: {}, sleepable: {} }},",
            text(row, "struct")?,
            text(row, "member")?,
            args_text(list(row, "args")?),
            flag(row, "loadable"),
            flag(row, "sleepable"),
        )?;
    }
    writeln!(out, "];")?;
    Ok(())
}
