//! A generated file and the small text helpers the generators share.

use anyhow::Context as _;
use serde_json::Value;

/// One generated file: its path below the workspace folder and its whole text.
pub(super) struct Generated {
    pub(super) path: String,
    pub(super) text: String,
}

/// Starts a generated file: what it holds (one sentence) and from which data file.
pub(super) fn header(what: &str, data: &str) -> String {
    format!(
        "//! {what}\n//!\n//! Generated from `{data}` by `cargo xtask codegen`; do not edit.\n\n"
    )
}

/// `LPM_TRIE` to `LpmTrie`; digits stay where they are.
pub(super) fn camel(screaming: &str) -> String {
    let mut out = String::new();
    for word in screaming.split('_') {
        let mut chars = word.chars();
        out.extend(chars.next().map(|c| c.to_ascii_uppercase()));
        out.extend(chars.map(|c| c.to_ascii_lowercase()));
    }
    out
}

/// The array at a key.
pub(super) fn list<'a>(value: &'a Value, key: &str) -> anyhow::Result<&'a [Value]> {
    value[key]
        .as_array()
        .map(Vec::as_slice)
        .with_context(|| format!("no list {key} in {value:.60}"))
}

/// The string at a key.
pub(super) fn text<'a>(value: &'a Value, key: &str) -> anyhow::Result<&'a str> {
    value[key]
        .as_str()
        .with_context(|| format!("no string {key} in {value:.200}"))
}

/// The truth at a key; absent is false.
pub(super) fn flag(value: &Value, key: &str) -> bool {
    value[key].as_bool().unwrap_or(false)
}

/// The strings of a list; an absent list is empty.
pub(super) fn strings(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// `Some("x")` or `None`.
pub(super) fn option_str(value: Option<&str>) -> String {
    value.map_or_else(|| "None".to_owned(), |text| format!("Some({text:?})"))
}

/// A set of flags as a constant expression: `F::A.union(F::B)`.
pub(super) fn flag_set(short: &str, names: &[&str]) -> String {
    let mut names = names.iter();
    let Some(first) = names.next() else {
        return format!("{short}::empty()");
    };
    names.fold(format!("{short}::{first}"), |set, name| {
        format!("{set}.union({short}::{name})")
    })
}

/// A register type such as `PTR_TO_BTF_ID|PTR_TRUSTED:sk_buff` as a constant expression and its struct; none is a scalar.
pub(super) fn reg_type(value: &Value) -> (String, Option<&str>) {
    let Some(whole) = value.as_str() else {
        return ("RegType::SCALAR".to_owned(), None);
    };
    let (reg, btf) = whole
        .split_once(':')
        .map_or((whole, None), |(reg, btf)| (reg, Some(btf)));
    let mut parts = reg.split('|');
    let base = camel(parts.next().unwrap_or_default());
    let flags: Vec<_> = parts.map(type_flag).collect();
    (
        format!("RegType::new(B::{base}, {})", flag_set("F", &flags)),
        btf,
    )
}

/// The name of a type flag in Rust.
pub(super) fn type_flag(name: &str) -> &str {
    match name {
        "PTR_MAYBE_NULL" => "MAYBE_NULL",
        "DYNPTR_TYPE_RINGBUF" => "DYNPTR_RINGBUF",
        "DYNPTR_TYPE_LOCAL" => "DYNPTR_LOCAL",
        other => other,
    }
}

/// An attach type in full (`BPF_XDP`) or null as `Option<AttachType>`.
pub(super) fn attach_type(value: &Value) -> String {
    match value.as_str() {
        Some(name) => format!(
            "Some(A::{})",
            camel(name.strip_prefix("BPF_").unwrap_or(name))
        ),
        None => "None".to_owned(),
    }
}
