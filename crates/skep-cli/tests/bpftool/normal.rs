//! What is left out when answers are compared. All of it, with reasons.

use serde_json::{Map, Value};

use crate::Answers;

/// Fields that no two machines or moments share: ids, times, sizes of memory and of native code, who runs what.
const LEFT_OUT: &[&str] = &[
    "id",
    "btf_id",
    "loaded_at",
    "uid",
    "pids",
    "duration",
    "bytes_memlock",
    "bytes_jited",
    "run_time_ns",
    "run_cnt",
];

/// Lists of ids: how many there are is compared.
const COUNTED: &[&str] = &["map_ids", "prog_ids"];

/// In lists of everything, objects of others on the machine are left out: maps are told by this prefix,
const OWN_MAPS: &str = "skt_";
/// programs by these names (the newest of each),
const OWN_PROGS: &[&str] = &["block_list", "packet_counter"];
/// BTF objects by being the kernel's, links not at all (none is made here; a system may have its own).
const KERNEL_BTF: &str = "vmlinux";

/// Of values per CPU, that of the first is compared: machines have more or fewer.
const PER_CPU: &str = "values";

/// Files that the first bpffs of a Linux system has, unless it was built without them.
const PRELOADED: &[&str] = &["maps.debug", "progs.debug"];

/// What `bpftool feature probe` finds on either side only, by field:
const FEATURES: &[(&str, &str)] = &[
    (
        "system_config",
        "settings of the running kernel; an ordinary user may not read some of them",
    ),
    (
        "have_tracing_prog_type",
        "refused on kernels whose policy forbids tracing",
    ),
    ("have_ext_prog_type", "the same"),
    (
        "have_lirc_mode2_prog_type",
        "kernels may be built without infrared devices",
    ),
    ("lirc_mode2_available_helpers", "the same"),
    ("have_struct_ops_map_type", "not there yet in skep"),
];

/// All answers, normalised.
pub(crate) fn answers(answers: Answers) -> Answers {
    answers.into_iter().map(answer).collect()
}

fn answer(mut answer: Value) -> Value {
    let step = answer["step"].as_str().unwrap_or_default().to_owned();
    let out = answer["out"].as_str().unwrap_or_default();
    let documents: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(out)
        .into_iter()
        .collect();
    answer["out"] = match documents {
        Ok(documents) if step.contains(" -j ") => {
            let documents = documents
                .into_iter()
                .map(|document| value(listed(&step, document)));
            Value::Array(documents.collect())
        }
        _ => Value::from(text(out)),
    };
    let err = text(answer["err"].as_str().unwrap_or_default());
    answer["err"] = Value::from(err);
    answer
}

/// Of lists of everything, what the sequence made.
fn listed(step: &str, document: Value) -> Value {
    let Value::Array(mut items) = document else {
        return document;
    };
    let name = |item: &Value| item["name"].as_str().unwrap_or_default().to_owned();
    match step {
        "bpftool -j map show" => items.retain(|item| name(item).starts_with(OWN_MAPS)),
        "bpftool -j prog show" => {
            items.retain(|item| OWN_PROGS.contains(&name(item).as_str()));
            let all = items.clone();
            let mut index = 0;
            items.retain(|item| {
                index += 1;
                !all[index..].iter().any(|later| name(later) == name(item))
            });
            items.sort_by_key(name);
        }
        "bpftool -j btf show" => {
            items.retain(|item| name(item) == KERNEL_BTF);
            // Kernels differ in how many types they have.
            let fields = items.iter_mut().filter_map(Value::as_object_mut);
            fields.for_each(|fields| drop(fields.remove("size")));
        }
        "bpftool -j link show" => items.clear(),
        _ => {}
    }
    Value::Array(items)
}

fn value(value: Value) -> Value {
    match value {
        Value::Object(mut fields) => {
            forget_map_id(&mut fields);
            Value::Object(fields.into_iter().filter_map(field).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(self::value).collect()),
        Value::String(text) => Value::String(self::text(&text)),
        other => other,
    }
}

/// An instruction of a listing that names a map holds its id.
fn forget_map_id(insn: &mut Map<String, Value>) {
    let names_map = insn
        .get("disasm")
        .and_then(Value::as_str)
        .is_some_and(|text| text.contains("map[id:"));
    if let Some(bytes) = insn
        .get_mut("opcodes")
        .filter(|_| names_map)
        .and_then(|opcodes| opcodes["imm"].as_array_mut())
    {
        // The offset in the map's value follows and stays.
        bytes.drain(..bytes.len().min(4));
    }
}

fn field((name, content): (String, Value)) -> Option<(String, Value)> {
    let key = name.as_str();
    if LEFT_OUT.contains(&key) || FEATURES.iter().any(|(feature, _)| *feature == key) {
        return None;
    }
    let content = match content {
        // An id of BTF types is the object's own and compared; that of an object is not.
        Value::Array(ids) if COUNTED.contains(&key) => Value::from(ids.len()),
        Value::Array(mut values) if key == PER_CPU => {
            values.truncate(1);
            value(Value::Array(values))
        }
        content => value(content),
    };
    Some((name, content))
}

/// Text without numbers that are left out: ids of maps in listings, kernel addresses in logs.
fn text(text: &str) -> String {
    let lines = text.lines().filter(|line| !PRELOADED.contains(line));
    let lines: Vec<String> = lines.map(line).collect();
    lines.join("\n")
}

fn line(line: &str) -> String {
    let mut line = line.to_owned();
    let mut from = 0;
    while let Some(at) = line[from..].find("map[id:") {
        let start = from + at + "map[id:".len();
        let digits = line[start..].bytes().take_while(u8::is_ascii_digit).count();
        line.replace_range(start..start + digits, "N");
        from = start;
    }
    // A logged ld_imm64 of a map: its address, and the column of the comment after it.
    match line
        .split_once(") r")
        .and_then(|(_, rest)| rest.split_once(" = 0x"))
    {
        Some(_) if line.contains("=map_ptr(") => {
            line.split_once(" = 0x")
                .map_or_else(String::new, |(insn, rest)| {
                    let comment = rest.split_once(';').map_or("", |(_, comment)| comment);
                    format!("{insn} = ADDRESS ;{comment}")
                })
        }
        _ => line,
    }
}

/// Where two sides differ, one line each.
pub(crate) fn differences(expected: &Answers, here: &Answers) -> Vec<String> {
    let mut found = Vec::new();
    if expected.len() != here.len() {
        found.push(format!("{} answers, Linux {}", here.len(), expected.len()));
    }
    for (want, got) in expected.iter().zip(here) {
        let step = want["step"].as_str().unwrap_or_default();
        compare(step, want, got, &mut found);
    }
    found
}

fn compare(path: &str, want: &Value, got: &Value, found: &mut Vec<String>) {
    match (want, got) {
        (Value::Object(a), Value::Object(b)) => {
            let names: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for name in names {
                let of = |side: &Map<String, Value>| side.get(name).cloned().unwrap_or(Value::Null);
                compare(&format!("{path}: {name}"), &of(a), &of(b), found);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (want, got)) in a.iter().zip(b).enumerate() {
                compare(&format!("{path}[{index}]"), want, got, found);
            }
        }
        (Value::String(a), Value::String(b)) if a.lines().count() == b.lines().count() => {
            for (a, b) in a.lines().zip(b.lines()).filter(|(a, b)| a != b) {
                found.push(format!("{path}\n  Linux {a}\n  skep  {b}"));
            }
        }
        (want, got) if want != got => found.push(format!("{path}\n  Linux {want}\n  skep  {got}")),
        _ => {}
    }
}
