//! A generated file and the small text helpers the generators share.

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
