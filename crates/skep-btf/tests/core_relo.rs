//! CO-RE over compiled objects: every relocation must give the instruction libbpf gave when the corpus was recorded.

#[allow(dead_code, reason = "each test uses a part")]
mod common;

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use object::{Object, ObjectSection, ObjectSymbol};
use skep_btf::core_relo::{Outcome, Relocator};
use skep_btf::{Btf, BtfExt};

/// Corpora whose objects are in the archive.
const CORPORA: [&str; 2] = ["selftests-v3", "distro"];

struct Unit {
    program: String,
    section: String,
    insns: Vec<u8>,
}

fn units(corpus: &Path, name: &str) -> HashMap<String, Vec<Unit>> {
    let file = std::fs::File::open(corpus.join(format!("units/{name}.jsonl.gz"))).unwrap();
    let mut by_object: HashMap<String, Vec<Unit>> = HashMap::new();
    for line in BufReader::new(flate2::read::GzDecoder::new(file)).lines() {
        let unit: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        let text = |key: &str| unit[key].as_str().unwrap_or_default().to_owned();
        let hex = text("insns");
        let insns = (0..hex.len() / 2)
            .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
            .collect();
        let unit = Unit {
            program: text("program"),
            section: text("section"),
            insns,
        };
        by_object.entry(text("object")).or_default().push(unit);
    }
    by_object
}

fn kernel_btf(corpus: &Path) -> Btf {
    let file = std::fs::File::open(corpus.join("vmlinux-6.18.44.btf.gz")).unwrap();
    let mut raw = Vec::new();
    flate2::read::GzDecoder::new(file)
        .read_to_end(&mut raw)
        .unwrap();
    Btf::parse(&raw).unwrap()
}

/// `SKEP_OBJECTS` names the folder into which the corpus's objects were unpacked.
#[test]
fn relocations_give_libbpfs_instructions() {
    let Some(corpus) = common::corpus() else {
        println!("skipped: no corpus");
        return;
    };
    let Some(objects) = std::env::var_os("SKEP_OBJECTS").map(PathBuf::from) else {
        println!("skipped: SKEP_OBJECTS does not name the unpacked objects");
        return;
    };
    let kernel = kernel_btf(&corpus);
    let mut counts = BTreeMap::<&str, u32>::new();
    let mut by_kind = BTreeMap::<&str, u32>::new();
    for name in CORPORA {
        for (object, units) in units(&corpus, name) {
            let path = objects.join(name).join(&object);
            let Ok(elf) = std::fs::read(&path) else {
                continue;
            };
            check_object(&object, &elf, &units, &kernel, &mut counts, &mut by_kind);
        }
    }
    println!("{counts:?}\n{by_kind:?}");
    assert_eq!(counts.get("different"), None);
}

fn check_object<'a>(
    name: &str,
    elf: &[u8],
    units: &[Unit],
    kernel: &Btf,
    counts: &mut BTreeMap<&'a str, u32>,
    by_kind: &mut BTreeMap<&'a str, u32>,
) {
    let elf = object::File::parse(elf).unwrap();
    let section = |name: &str| Some(elf.section_by_name(name)?.data().unwrap().to_vec());
    let (Some(btf), Some(ext)) = (section(".BTF"), section(".BTF.ext")) else {
        return;
    };
    let btf = Btf::parse(&btf).unwrap();
    let ext = BtfExt::parse(&ext).unwrap();
    let mut relocator = Relocator::new(&btf, kernel);
    for part in &ext.core_relo {
        let section_name = btf.text(part.name_off).to_owned();
        let code = section(&section_name).unwrap();
        let section_index = elf.section_by_name(&section_name).unwrap().index();
        for record in &part.records {
            let at = record.insn_off as usize;
            let outcome = relocator.relocate(record, btf.text(record.access_str_off));
            let mut patched = code[at..].to_vec();
            patched.truncate(if patched[0] == 0x18 { 16 } else { 8 });
            if let Ok(relocation) = &outcome {
                *by_kind.entry(relocation.kind.name()).or_default() += 1;
                if relocation.outcome == Outcome::Poison {
                    *counts.entry("poisoned").or_default() += 1;
                }
            }
            let result = outcome.and_then(|relocation| relocation.patch(&mut patched));
            // The program whose own code has the instruction; subprograms move when they are linked.
            let owner = elf.symbols().find(|symbol| {
                symbol.section_index() == Some(section_index)
                    && symbol.kind() == object::SymbolKind::Text
                    && (symbol.address()..symbol.address() + symbol.size()).contains(&(at as u64))
            });
            let Some(owner) = owner else { continue };
            let symbol = owner.name().unwrap();
            let unit = units
                .iter()
                .find(|unit| unit.program == symbol && unit.section == section_name);
            let Some(unit) = unit else {
                *counts.entry("not in a unit").or_default() += 1;
                continue;
            };
            let at = at - owner.address() as usize;
            let theirs = &unit.insns[at..at + patched.len()];
            if let Err(error) = result {
                println!("{name} {symbol}+{at}: {error}");
                *counts.entry("failed").or_default() += 1;
            } else if patched == theirs {
                *counts.entry("same").or_default() += 1;
            } else {
                println!(
                    "{name} {symbol}+{at} {record:?}: {patched:02x?} here, {theirs:02x?} there"
                );
                *counts.entry("different").or_default() += 1;
            }
        }
    }
}
