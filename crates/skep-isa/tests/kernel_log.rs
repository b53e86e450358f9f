//! The disassembler against recorded verifier logs: every instruction line of every log must come out again.
//!
//! Needs the shared corpus (`SKEP_SHARED`, or `../shared` beside the repository); skipped without it.

mod common;

use common::{gzip_json_lines, hex, shared};
use skep_isa::disasm::{Names, write_kernel};
use skep_isa::{InsnIdx, Program, RawInsn, parse_program};
use std::collections::HashMap;

/// Helper names from the uapi table. A kfunc's name is not in the unit, so the log's own is taken after its form is checked.
struct Table {
    helpers: HashMap<i32, String>,
}

impl Names for Table {
    fn helper(&self, id: i32) -> Option<&str> {
        self.helpers.get(&id).map(String::as_str)
    }

    fn kfunc(&self, _: i32, _: i16) -> Option<&str> {
        Some("KFUNC")
    }
}

fn helpers() -> HashMap<i32, String> {
    let path = shared("reference/uapi.json").unwrap();
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let entry = |h: &serde_json::Value| {
        (
            h["id"].as_i64().unwrap() as i32,
            h["name"].as_str().unwrap().to_owned(),
        )
    };
    json["helpers"]
        .as_array()
        .unwrap()
        .iter()
        .map(entry)
        .collect()
}

/// `12: (b7) r0 = 0   ; R0=0` to (12, `(b7) r0 = 0`); with live-register columns or `mark_precise: ...` before it too.
fn insn_line(line: &str) -> Option<(u32, &str)> {
    if line.starts_with(';') {
        return None;
    }
    let open = line.find(": (").or_else(|| line.find(" ("))?;
    let code = line.get(open..)?.trim_start_matches([':', ' ']);
    if code.as_bytes().get(3) != Some(&b')')
        || !code.as_bytes()[1..3].iter().all(u8::is_ascii_hexdigit)
    {
        return None;
    }
    let (before, _) = line.split_at(line.len() - code.len());
    let before = before.trim();
    let at = match before.strip_suffix(':') {
        Some(before) => before.rsplit(' ').next()?,
        None => {
            let (index, live) = before.split_once(": ")?;
            (live.len() == 10).then(|| index.rsplit(' ').next())??
        }
    };
    let text = match code
        .find(" ; ")
        .or_else(|| code.strip_suffix(" ;").map(str::len))
    {
        Some(end) => code.get(..end)?,
        None => code,
    };
    Some((at.parse().ok()?, text.trim_end()))
}

/// Takes out what the unit cannot know: addresses of maps and BTF symbols, kfunc names and ids given at load time.
fn normal(text: &str, insn: RawInsn) -> String {
    let cut = |at: &str| text.split(at).next().unwrap().to_owned();
    if insn.is_ld_imm64() && insn.src() != 0 {
        cut("0x")
    } else if insn.is_kfunc_call() {
        let number = text.rsplit('#').next().unwrap();
        format!("{}call KFUNC#{number}", cut("call "))
    } else {
        text.to_owned()
    }
}

#[test]
fn log_lines_come_out_again() {
    let Some(log_dir) = shared("corpus/log2") else {
        println!("skipped: no shared corpus");
        return;
    };
    let names = Table { helpers: helpers() };
    let (mut lines, mut matched, mut programs) = (0u32, 0u32, 0u32);
    let mut misses = Vec::new();
    for corpus in ["distro", "kernel-extra", "selftests-v3", "test_verifier"] {
        let file = format!("{corpus}.jsonl.gz");
        let key = |row: &serde_json::Value| {
            ["object", "program", "idx"]
                .map(|field| row[field].to_string())
                .join("/")
        };
        let units: HashMap<String, Vec<RawInsn>> =
            gzip_json_lines(&shared(&format!("corpus/units/{file}")).unwrap())
                .map(|unit| {
                    (
                        key(&unit),
                        parse_program(&hex(unit["insns"].as_str().unwrap())).unwrap(),
                    )
                })
                .collect();
        for row in gzip_json_lines(&log_dir.join(&file)) {
            // This program is random in each build of its test: its log belongs to another one than its unit.
            if row["program"].as_str().unwrap().contains("semi-random") {
                continue;
            }
            let insns = units
                .get(&key(&row))
                .unwrap_or_else(|| panic!("no unit {}", key(&row)));
            programs += 1;
            for line in row["log"].as_str().unwrap().lines() {
                let Some((at, text)) = insn_line(line) else {
                    continue;
                };
                lines += 1;
                let Some((first, second)) = Program::new(insns).pair(InsnIdx(at)) else {
                    misses.push(format!("{}: no insn {at}: {line}", key(&row)));
                    continue;
                };
                let mut ours = String::new();
                write_kernel(&mut ours, first, second, &names).unwrap();
                if normal(&ours, first) == normal(text, first) {
                    matched += 1;
                } else {
                    misses.push(format!("{}: {line}\n   ours {ours}", key(&row)));
                }
            }
        }
    }
    println!("{matched} of {lines} log lines of {programs} programs");
    for miss in misses.iter().take(40) {
        println!("{miss}");
    }
    assert!(lines > 100_000, "the logs have instruction lines");
    assert_eq!(matched, lines);
}
