//! The command as a user has it: every example, and each kind of bad input.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use skep_btf::BtfBuilder;

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

fn skep(args: &[&str]) -> Output {
    let command = Command::new(env!("CARGO_BIN_EXE_skep"))
        .args(args)
        .current_dir(examples())
        .output();
    command.unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn expected(name: &str) -> Value {
    let path = examples().join(format!("expected/{name}.json"));
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn test_run_json(name: &str, executor: &str) -> Value {
    let object = format!("{name}.bpf.o");
    let output = skep(&[
        "test-run",
        &object,
        "--pcap",
        "mixed.pcap",
        "--executor",
        executor,
        "--json",
    ]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What Linux answered, packet by packet, and what it made of the packets.
#[test]
fn examples_run_as_on_linux() {
    for name in ["packet_counter", "dispatcher", "block_list"] {
        let linux = expected(name);
        for executor in ["jit", "check"] {
            let ours = test_run_json(name, executor);
            for key in ["program", "retvals", "retval_counts", "changed_packets"] {
                assert_eq!(ours[key], linux[key], "{name} {executor} {key}");
            }
        }
    }
}

#[test]
fn maps_are_decoded() {
    let maps = &test_run_json("packet_counter", "jit")["maps"];
    assert_eq!(maps[".bss"]["variables"]["total_packets"], 61);
    let sizes: Vec<&Value> = maps["by_size"]["entries"]
        .as_array()
        .unwrap()
        .iter()
        .collect();
    let sums: Vec<u64> = sizes
        .iter()
        .map(|entry| entry["value"].as_u64().unwrap())
        .collect();
    assert_eq!(sums, [22, 27, 7, 2, 1, 2]);
    let first = &maps["by_protocol"]["entries"][0];
    assert_eq!(first["key"]["ethertype"], 2048);
    assert_eq!(first["value"]["packets"], 6);

    let maps = &test_run_json("block_list", "check")["maps"];
    assert_eq!(maps["events"]["records"].as_array().unwrap().len(), 8);
    assert_eq!(maps[".rodata"]["variables"]["trap_ports"][1], 2323);
    let maps = &test_run_json("dispatcher", "jit")["maps"];
    assert_eq!(maps[".bss"]["variables"]["stats"]["dns"], 14);
    assert_eq!(maps["handlers"]["slots"]["2"], "handle_icmp");
}

#[test]
fn both_executors_print_the_same() {
    let run = |executor| {
        let args = [
            "test-run",
            "packet_counter.bpf.o",
            "--pcap",
            "mixed.pcap",
            "--executor",
            executor,
        ];
        let output = skep(&args);
        assert_eq!(output.status.code(), Some(0));
        text(&output.stdout)
    };
    let jit = run("jit");
    assert!(jit.contains("58  XDP_PASS (2)"), "{jit}");
    assert!(
        jit.contains("{ethertype: 2048, ip_protocol: 1, vlan_tags: 0}"),
        "{jit}"
    );
    assert_eq!(jit, run("check"));
}

#[test]
fn rejections_are_explained() {
    let cases = [
        (
            "missing_null_check",
            "usage->packets += 1;",
            "map_value_or_null(id=1,map=by_source",
            "NULL",
        ),
        (
            "missing_bounds_check",
            "if (tcp->dest == bpf_htons(443)) {",
            "R1   = pkt(id=1,off=14,r=0",
            "data_end",
        ),
        (
            "leaked_record",
            "line 31, insn 6: call bpf_ringbuf_reserve#131: taken here",
            "refs = ",
            "bpf_ringbuf_submit or _discard",
        ),
        (
            "endless_loop",
            "while (!ready)",
            "map_value(map=endless_.bss",
            "count towards a constant bound",
        ),
    ];
    for (name, line, known, hint) in cases {
        let output = skep(&["verify", &format!("{name}.bpf.o")]);
        assert_eq!(output.status.code(), Some(1));
        let stdout = text(&output.stdout);
        for wanted in [line, known, hint] {
            assert!(
                stdout.contains(wanted),
                "{name}: no '{wanted}' in\n{stdout}"
            );
        }
        let linux = expected(name);
        let log: Vec<&str> = linux["log"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        // The lines after the guilty instruction, statistics included, are Linux's.
        let guilty = log.iter().rposition(|line| line.contains(": (")).unwrap();
        let last: Vec<&str> = stdout.lines().rev().take(log.len() - guilty - 1).collect();
        let theirs: Vec<&str> = log[guilty + 1..].iter().rev().copied().collect();
        assert_eq!(last, theirs, "{name}");
    }
}

/// Addresses differ from boot to boot; everything else of the log is Linux's.
#[test]
fn the_log_is_linuxs() {
    for name in [
        "missing_null_check",
        "missing_bounds_check",
        "leaked_record",
        "endless_loop",
    ] {
        let stdout = text(&skep(&["verify", &format!("{name}.bpf.o"), "-v"]).stdout);
        for line in expected(name)["log"].as_array().unwrap() {
            let line = line.as_str().unwrap();
            if !line.contains("= 0xffff") {
                assert!(
                    stdout.lines().any(|ours| ours == line),
                    "{name}: no '{line}' in\n{stdout}"
                );
            }
        }
    }
}

#[test]
fn verdicts_are_exit_codes() {
    assert_eq!(
        skep(&["verify", "packet_counter.bpf.o"]).status.code(),
        Some(0)
    );
    assert_eq!(
        skep(&["verify", "dispatcher.bpf.o", "--prog", "handle_tcp"])
            .status
            .code(),
        Some(0)
    );
    assert_eq!(
        skep(&["verify", "missing_null_check.bpf.o", "--json"])
            .status
            .code(),
        Some(1)
    );
    assert_eq!(
        skep(&["verify", "packet_counter.bpf.o", "--unprivileged"])
            .status
            .code(),
        Some(1)
    );
    assert_eq!(skep(&["features"]).status.code(), Some(0));
    let features: Value = serde_json::from_slice(&skep(&["features", "--json"]).stdout).unwrap();
    assert_eq!(features["map_types"]["HASH"]["state"], "full");
}

fn scratch(name: &str, bytes: &[u8]) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Bad input is one clear sentence and status 2.
#[test]
fn bad_input_is_one_sentence() {
    let object = fs::read(examples().join("packet_counter.bpf.o")).unwrap();
    let half = scratch("half.bpf.o", &object[..object.len() / 2]);
    let stub = scratch("stub.bpf.o", &object[..20]);
    let text_file = scratch("text.bpf.o", b"hello");
    let mut capture = fs::read(examples().join("mixed.pcap")).unwrap();
    capture[20] = 113;
    let other_link = scratch("other.pcap", &capture);
    let cut = scratch(
        "cut.pcap",
        &fs::read(examples().join("mixed.pcap")).unwrap()[..100],
    );
    let own = std::env::current_exe().unwrap();
    let cases: &[(&[&str], &str)] = &[
        (&["verify", "missing.bpf.o"], "cannot read missing.bpf.o"),
        (
            &["verify", own.to_str().unwrap()],
            "compiled for another machine",
        ),
        (&["verify", &half], "truncated or damaged"),
        (&["verify", &stub], "cut off"),
        (&["verify", &text_file], "not an ELF file"),
        (
            &["verify", "packet_counter.bpf.o", "--prog", "x"],
            "there is no program 'x'",
        ),
        (
            &["verify", "packet_counter.bpf.o", "--kernel-btf", &text_file],
            "is no kernel BTF",
        ),
        (
            &["verify", "expected"],
            "there is no object (*.o) below expected",
        ),
        (
            &["verify", "--compare", &text_file, &text_file],
            "is no run",
        ),
        (
            &["verify", "--compare", "a.csv", "b.csv"],
            "cannot read a.csv",
        ),
        (
            &["test-run", "packet_counter.bpf.o"],
            "there is nothing to run",
        ),
        (
            &["test-run", "packet_counter.bpf.o", "--pcap", &other_link],
            "only captures of Ethernet",
        ),
        (
            &["test-run", "packet_counter.bpf.o", "--pcap", &text_file],
            "no capture file",
        ),
        (
            &["test-run", "packet_counter.bpf.o", "--pcap", &cut],
            "ends inside a packet",
        ),
        (
            &["test-run", "packet_counter.bpf.o", "--data", "0"],
            "odd number",
        ),
    ];
    for (args, sentence) in cases {
        let output = skep(args);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {stderr}");
        assert!(stderr.contains(sentence), "{args:?}: {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{args:?}: {stderr}");
        assert!(output.stdout.is_empty(), "{args:?}");
    }
}

/// Several objects are a table, a run as CSV, and two runs a comparison.
#[test]
fn many_objects_and_runs() {
    let output = skep(&["verify", ".", "-j", "2"]);
    assert_eq!(output.status.code(), Some(1));
    let table = text(&output.stdout);
    assert!(table.starts_with("rules of Linux 6.18"), "{table}");
    assert!(
        table.contains("leaked_record.bpf.o leaked_record: BPF_EXIT"),
        "{table}"
    );
    assert!(
        table.contains("7 programs accepted, 4 rejected, 0 not tried"),
        "{table}"
    );

    let run = skep(&["verify", ".", "--csv"]).stdout;
    let old = scratch("old.csv", &run);
    let changed = text(&run).replace(",success,", ",failure,");
    let new = scratch("new.csv", changed.as_bytes());
    let output = skep(&["verify", "--compare", &old, &old]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        text(&output.stdout),
        "11 programs: 0 differ, 0 in their verdict\n"
    );
    let output = skep(&["verify", "--compare", &old, &new, "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let lines: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(lines.as_array().unwrap().len(), 7);
    assert_eq!(lines[0]["a"]["verdict"], "accepted");
    assert_eq!(lines[0]["b"]["verdict"], "rejected");

    let few = skep(&[
        "verify", ".", "--csv", "-f", "missing*", "-f", "insns>18", "--sort", "insns",
    ]);
    assert_eq!(text(&few.stdout).lines().count(), 2);
    let both: Value = serde_json::from_slice(&skep(&["verify", ".", "--json"]).stdout).unwrap();
    assert_eq!(both["rules"], "6.18");
    assert_eq!(both["objects"].as_array().unwrap().len(), 8);
}

/// An older kernel lacks what its BTF does not list; the rules stay.
#[test]
fn a_kernel_is_chosen_by_its_types() {
    let mut builder = BtfBuilder::new();
    builder.enumeration(
        "bpf_func_id",
        4,
        &[
            ("BPF_FUNC_map_lookup_elem", 1),
            ("BPF_FUNC_map_update_elem", 2),
        ],
    );
    builder.enumeration(
        "bpf_map_type",
        4,
        &[("BPF_MAP_TYPE_HASH", 1), ("BPF_MAP_TYPE_ARRAY", 2)],
    );
    builder.enumeration("bpf_prog_type", 4, &[("BPF_PROG_TYPE_XDP", 6)]);
    let old = scratch("old.btf", &builder.finish());
    let lacks = |object: &str| {
        let output = skep(&["verify", object, "--kernel-btf", &old, "--json"]);
        assert_eq!(output.status.code(), Some(1), "{object}");
        let value: Value = serde_json::from_slice(&output.stdout).unwrap();
        value["programs"][0]["lacks"].to_string()
    };
    let record = lacks("leaked_record.bpf.o");
    assert!(
        record.contains("map type RINGBUF (map 'events')"),
        "{record}"
    );
    assert!(record.contains("helper bpf_ringbuf_reserve"), "{record}");
    assert!(lacks("block_list.bpf.o").contains("program type SCHED_CLS"));
    let output = skep(&["verify", "missing_null_check.bpf.o", "--kernel-btf", &old]);
    let stdout = text(&output.stdout);
    assert!(
        stdout.starts_with("rules of Linux 6.18, types of "),
        "{stdout}"
    );
    assert!(!stdout.contains("lacks"), "{stdout}");

    let builtin = skep(&["verify", "packet_counter.bpf.o", "--kernel-btf", "builtin"]);
    assert_eq!(builtin.status.code(), Some(0));
}

/// No cut of an object makes the loader fall over.
#[test]
fn every_prefix_of_an_object_is_survived() {
    let object = fs::read(examples().join("dispatcher.bpf.o")).unwrap();
    for len in (0..object.len()).step_by(object.len() / 25) {
        let path = scratch("prefix.bpf.o", &object[..len]);
        assert_eq!(
            skep(&["verify", &path]).status.code(),
            Some(2),
            "{len} bytes"
        );
    }
}
