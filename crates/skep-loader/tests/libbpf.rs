//! Real objects: what we make of them against what libbpf 1.7 made of them when the shared corpus was recorded.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use serde_json::Value;
use skep_btf::Btf;
use skep_isa::{RawInsn, encode_program, opcode};
use skep_loader::{AttachBtf, MapSpec, MissingExterns, Object, ProgramSpec, Target};
use skep_uapi::ProgFlags;

const CORPORA: [&str; 2] = ["distro", "selftests-v3"];
/// Flags that loaders of tests add.
const OWN_FLAGS: ProgFlags = ProgFlags::SLEEPABLE.union(ProgFlags::XDP_HAS_FRAGS);

fn corpus() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let found = path.join("objects.tar.zst").exists();
    if !found {
        println!("skipped: no shared corpus");
    }
    found.then_some(path)
}

fn from_hex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits
        .map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap())
        .collect()
}

fn gunzip(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    GzDecoder::new(File::open(path).unwrap())
        .read_to_end(&mut bytes)
        .unwrap();
    bytes
}

/// Recorded loads by object; of several of one program the last.
fn units(corpus: &Path, name: &str) -> HashMap<String, BTreeMap<String, Value>> {
    let file = File::open(corpus.join(format!("units/{name}.jsonl.gz"))).unwrap();
    let mut units: HashMap<String, BTreeMap<String, Value>> = HashMap::new();
    for line in BufReader::new(GzDecoder::new(file)).lines() {
        let unit: Value = serde_json::from_str(&line.unwrap()).unwrap();
        if unit["mode"] == "priv" {
            let text = |key: &str| unit[key].as_str().unwrap().to_owned();
            units
                .entry(text("object"))
                .or_default()
                .insert(text("program"), unit);
        }
    }
    units
}

/// Counts by what was compared, and the first few differences.
#[derive(Default)]
struct Tally {
    counts: BTreeMap<&'static str, (usize, usize)>,
    shown: BTreeMap<&'static str, usize>,
}

impl Tally {
    fn add(&mut self, what: &'static str, same: bool, why: impl FnOnce() -> String) {
        let count = self.counts.entry(what).or_default();
        count.0 += usize::from(same);
        count.1 += 1;
        let shown = self.shown.entry(what).or_default();
        if !same && *shown < 12 {
            *shown += 1;
            println!("{what}: {}", why());
        }
    }

    fn share(&self, what: &str) -> f64 {
        let (same, all) = self.counts[what];
        same as f64 / all as f64
    }
}

#[test]
fn objects_become_what_libbpf_makes_of_them() {
    let Some(corpus) = corpus() else { return };
    let kernel = Btf::parse(&gunzip(&corpus.join("vmlinux-6.18.44.btf.gz"))).unwrap();
    let target = Target {
        btf: Some(&kernel),
        release: "6.18.44",
        missing: MissingExterns::AsWeak,
        ..Target::default()
    };
    let units: HashMap<&str, _> = CORPORA
        .iter()
        .map(|name| (*name, units(&corpus, name)))
        .collect();
    let mut tally = Tally::default();
    let packed = BufReader::new(File::open(corpus.join("objects.tar.zst")).unwrap());
    let unpacked = ruzstd::decoding::StreamingDecoder::new(packed).unwrap();
    for entry in tar::Archive::new(unpacked).entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_string_lossy().into_owned();
        let Some((corpus_name, file)) = path.split_once('/').filter(|_| path.ends_with(".o"))
        else {
            continue;
        };
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        let opened = Object::open(file, &bytes, &target);
        tally.add("opens", opened.is_ok(), || {
            format!("{path}: {}", opened.as_ref().unwrap_err())
        });
        let (Ok(object), Some(recorded)) = (opened, units[corpus_name].get(file)) else {
            continue;
        };
        for (name, unit) in recorded {
            compare(
                &mut tally,
                &corpus,
                &format!("{path}/{name}"),
                &object,
                name,
                unit,
            );
        }
    }
    println!("{:#?}", tally.counts);
    assert!(tally.share("opens") >= 0.99);
    assert!(tally.share("instructions") >= 0.99);
    assert!(tally.share("attach") >= 0.97);
    assert!(tally.share("btf") >= 0.99);
    assert!(tally.share("func_info") >= 0.99);
    assert!(tally.share("maps") >= 0.94);
}

fn compare(tally: &mut Tally, corpus: &Path, at: &str, object: &Object, name: &str, unit: &Value) {
    let Some(program) = object.program(name) else {
        let broken = object.broken.iter().find(|broken| broken.name == name);
        let why = broken.map_or("no such program".to_owned(), |broken| {
            broken.why.to_string()
        });
        return tally.add("instructions", false, || format!("{at}: {why}"));
    };
    let theirs = from_hex(unit["insns"].as_str().unwrap());
    let maps = unit["maps"].as_array().cloned().unwrap_or_default();
    let difference = first_difference(program, &object.maps, &theirs, &maps);
    tally.add("instructions", difference.is_none(), || {
        format!("{at}: {}", difference.unwrap())
    });

    let number = |key: &str| unit[key].as_u64().unwrap_or(0) as u32;
    let attach_id = match &program.attach {
        AttachBtf::Kernel(id) => id.get(),
        AttachBtf::None | AttachBtf::Program(_) | AttachBtf::Unknown(_) => 0,
    };
    let flags = number("prog_flags") & OWN_FLAGS.bits();
    let ours = (
        program.prog_type.raw(),
        program.attach_type,
        attach_id,
        program.flags.bits(),
    );
    let recorded = (
        number("prog_type"),
        number("expected_attach_type"),
        number("attach_btf_id"),
        flags,
    );
    tally.add("attach", ours == recorded, || {
        format!("{at}: {ours:?}, libbpf {recorded:?}")
    });

    let records = |hex: &str| from_hex(unit[hex].as_str().unwrap_or_default());
    let func_info: Vec<u8> = program
        .func_info
        .iter()
        .flat_map(|info| [info.insn_off, info.type_id])
        .flat_map(u32::to_le_bytes)
        .collect();
    tally.add("func_info", func_info == records("func_info"), || {
        at.to_owned()
    });
    let line_info: Vec<u8> = program
        .line_info
        .iter()
        .flat_map(|info| {
            [
                info.insn_off,
                info.file_name_off,
                info.line_off,
                info.line_col,
            ]
        })
        .flat_map(u32::to_le_bytes)
        .collect();
    tally.add("line_info", line_info == records("line_info"), || {
        at.to_owned()
    });
    if let Some(hash) = unit["btf"].as_str() {
        let theirs = std::fs::read(corpus.join(format!("btf/{hash}.btf"))).unwrap();
        let same = theirs == object.btf.raw_bytes();
        tally.add("btf", same, || format!("{at}: {hash}"));
    }
    for map in &maps {
        let name = map["name"].as_str().unwrap();
        let Some(ours) = object
            .maps
            .iter()
            .find(|map| short(&map.kernel_name) == name)
        else {
            continue;
        };
        let number = |key: &str| map[key].as_u64().unwrap_or(0);
        let mine = [
            ours.map_type.raw(),
            ours.key_size,
            ours.value_size,
            ours.max_entries,
            ours.flags.bits(),
        ];
        let mine = (mine.map(u64::from), ours.map_extra);
        let theirs = (
            ["type", "key_size", "value_size", "max_entries", "flags"].map(number),
            number("map_extra"),
        );
        tally.add("maps", mine == theirs, || {
            format!("{at} {name}: {mine:?}, libbpf {theirs:?}")
        });
    }
}

fn short(name: &str) -> &str {
    name.get(..15).unwrap_or(name)
}

fn first_difference(
    program: &ProgramSpec,
    maps: &[MapSpec],
    theirs: &[u8],
    their_maps: &[Value],
) -> Option<String> {
    let ours = encode_program(&program.insns);
    if ours.len() != theirs.len() {
        return Some(format!(
            "{} instructions, libbpf {}",
            ours.len() / 8,
            theirs.len() / 8
        ));
    }
    let (ours, theirs) = (ours.as_chunks::<8>().0, theirs.as_chunks::<8>().0);
    let mut second_half = false;
    for (index, (a, b)) in ours.iter().zip(theirs).enumerate() {
        let (a, b) = (RawInsn::from_bytes(*a), RawInsn::from_bytes(*b));
        let wide = !std::mem::take(&mut second_half) && a.is_ld_imm64();
        second_half = wide;
        let map = wide && matches!(a.src(), opcode::PSEUDO_MAP_FD | opcode::PSEUDO_MAP_VALUE);
        let ours = maps.get(a.imm as usize).map(|map| short(&map.kernel_name));
        let same = if map {
            let theirs = their_maps
                .get(b.imm as usize)
                .and_then(|map| map["name"].as_str());
            RawInsn { imm: b.imm, ..a } == b && ours == theirs
        } else {
            a == b
        };
        if !same {
            return Some(format!(
                "instruction {index}: {a:?} ({ours:?}), libbpf {b:?}"
            ));
        }
    }
    None
}
