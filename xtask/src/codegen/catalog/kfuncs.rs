//! The table of kfuncs.

use std::fmt::Write as _;

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::super::output::{flag, flag_set, header, list, strings, text};

/// All kfuncs, by name.
pub(super) fn table(data: &Value) -> anyhow::Result<String> {
    let mut rows: Vec<_> = list(data, "kfuncs")?.iter().collect();
    rows.sort_by_key(|row| row["name"].as_str());
    let mut out = header("Kernel functions programs may call.", "data/kfuncs.json");
    out.push_str(
        "use crate::kfunc::{Kfunc, KfuncArg, KfuncFilter, KfuncFlags as K, KfuncHooks as H, KfuncSuffix as S};\n\n\
         const fn a(name: &'static str, c_type: &'static str, suffix: Option<S>) -> KfuncArg {\n    KfuncArg { name, c_type, suffix }\n}\n\n",
    );
    writeln!(out, "pub(crate) static KFUNCS: [Kfunc; {}] = [", rows.len())?;
    for row in rows {
        out.push_str(&kfunc_row(row).with_context(|| format!("kfunc {}", row["name"]))?);
    }
    out.push_str("];\n");
    Ok(out)
}

fn kfunc_row(row: &Value) -> anyhow::Result<String> {
    let flags: Vec<_> = strings(&row["flags"])
        .into_iter()
        .map(|name| name.trim_start_matches("KF_"))
        .collect();
    let filter = match row["filter"].as_str() {
        None => "None",
        Some("bpf_kprobe_multi_filter") => "Some(KfuncFilter::KprobeSession)",
        Some("bpf_fs_kfuncs_filter" | "bpf_get_fsverity_digest_filter") => {
            "Some(KfuncFilter::LsmOnly)"
        }
        Some("tracing_iter_filter") => "Some(KfuncFilter::IterOnly)",
        Some("bpf_qdisc_kfunc_filter") => "Some(KfuncFilter::QdiscMember)",
        Some(other) => bail!("unknown filter {other}"),
    };
    let mut args = Vec::new();
    for arg in list(row, "args")? {
        let suffix = match arg["suffix"].as_str() {
            None => "None".to_owned(),
            Some(suffix) => format!("Some(S::{})", suffix_name(suffix)?),
        };
        args.push(format!(
            "a({:?}, {:?}, {suffix})",
            text(arg, "name")?,
            text(arg, "type")?
        ));
    }
    Ok(format!(
        "    Kfunc {{ name: {:?}, flags: {}, hooks: {}, filter: {filter}, special: {}, ret: {:?}, args: &[{}] }},\n",
        text(row, "name")?,
        flag_set("K", &flags),
        flag_set("H", &strings(&row["hooks"])),
        flag(row, "special"),
        text(row, "ret")?,
        args.join(", "),
    ))
}

fn suffix_name(suffix: &str) -> anyhow::Result<&'static str> {
    Ok(match suffix {
        "__sz" => "Size",
        "__szk" => "ConstSize",
        "__k" => "Const",
        "__ign" => "Ignored",
        "__uninit" => "Uninit",
        "__alloc" => "Alloc",
        "__refcounted_kptr" => "RefcountedKptr",
        "__nullable" => "Nullable",
        "__opt" => "Optional",
        "__str" => "ConstStr",
        "__map" => "Map",
        "__prog" => "Prog",
        "__irq_flag" => "IrqFlag",
        "__iter" => "Iter",
        other => bail!("unknown suffix {other}"),
    })
}
