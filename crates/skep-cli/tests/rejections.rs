//! `docs/rejections.md` shows what the command prints today, beside what Linux logged. `SKEP_BLESS=1` writes it anew.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

const EXAMPLES: [&str; 4] = [
    "missing_null_check",
    "missing_bounds_check",
    "endless_loop",
    "leaked_record",
];

const HEAD: &str = "# Rejections, and how skep reports them

Four mistakes people make, in programs of `examples/`: what `skep verify --kernel-btf builtin` prints, and below it the log
Linux 6.18 wrote for the same program (addresses of maps blanked). A test keeps this page true.
";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn report(name: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_skep"))
        .args([
            "verify",
            &format!("{name}.bpf.o"),
            "--kernel-btf",
            "builtin",
        ])
        .current_dir(root().join("examples"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{name}");
    String::from_utf8(output.stdout).unwrap()
}

/// The log with the addresses of maps, which differ from boot to boot, blanked.
fn linux(name: &str) -> String {
    let path = root().join(format!("examples/expected/{name}.json"));
    let expected: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let mut log = String::new();
    for line in expected["log"].as_array().unwrap() {
        let mut line = line.as_str().unwrap().to_owned();
        if let Some(at) = line.find("0xffff")
            && line.contains("(18)")
        {
            line.replace_range(at..at + 18, "ADDRESS");
        }
        writeln!(log, "{line}").unwrap();
    }
    log
}

#[test]
fn the_page_of_rejections_is_true() {
    let mut page = HEAD.to_owned();
    for name in EXAMPLES {
        let (report, linux) = (report(name), linux(name));
        write!(
            page,
            "\n## {name}\n\n```text\n{report}```\n\nLinux:\n\n```text\n{linux}```\n"
        )
        .unwrap();
    }
    let path = root().join("docs/rejections.md");
    if std::env::var_os("SKEP_BLESS").is_some() {
        fs::create_dir_all(root().join("docs")).unwrap();
        fs::write(&path, &page).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == page,
        "docs/rejections.md is not what is printed: SKEP_BLESS=1 writes it"
    );
}
