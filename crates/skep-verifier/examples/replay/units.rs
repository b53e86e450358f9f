//! Reading units and building what the verifier is asked with.

use crate::Options;
use crate::environment::{MapEntry, Recorded};
use flate2::read::GzDecoder;
use serde_json::Value;
use skep_btf::{Btf, BtfTypeId, FieldRecord, FieldSet, VmlinuxTypes};
use skep_catalog::MapMeta;
use skep_uapi::{Errno, MapFlags, MapType, ProgType};
use skep_verifier::request::{LoadFlags, LoadRequest, LogRequest, Records};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

/// One recorded load.
pub(crate) struct Unit(Value);

impl Unit {
    pub(crate) fn text(&self, key: &str) -> &str {
        self.0[key].as_str().unwrap_or("")
    }
    pub(crate) fn number(&self, key: &str) -> u64 {
        self.0[key].as_u64().unwrap_or(0)
    }
    pub(crate) fn errno(&self) -> u64 {
        self.number("errno")
    }
    pub(crate) fn name(&self) -> String {
        format!(
            "{}/{}/{}#{}",
            self.text("corpus"),
            self.text("object"),
            self.text("program"),
            self.number("idx")
        )
    }
    /// As the corpus' own tool names it.
    fn short_name(&self) -> String {
        format!(
            "{}/{}/{}",
            self.text("corpus"),
            self.text("object"),
            self.text("program")
        )
    }
    pub(crate) fn log_key(&self) -> (String, String, String, u64) {
        (
            self.text("corpus").into(),
            self.text("object").into(),
            self.text("program").into(),
            self.number("idx"),
        )
    }
    /// Last log lines Linux may have said.
    pub(crate) fn last_lines(&self) -> Vec<String> {
        ["last_error_line", "last_error_line2"]
            .iter()
            .filter_map(|k| crate::report::last_line(self.text(k)))
            .collect()
    }
    fn bytes(&self, key: &str) -> Vec<u8> {
        hex(self.text(key))
    }
}

fn hex(text: &str) -> Vec<u8> {
    let digit = |b: u8| (b as char).to_digit(16).unwrap_or(0) as u8;
    text.as_bytes()
        .as_chunks::<2>()
        .0
        .iter()
        .map(|[a, b]| digit(*a) << 4 | digit(*b))
        .collect()
}

/// A folder of recorded loads.
pub(crate) struct Corpus {
    dir: String,
    kernel: Option<Arc<Btf>>,
    btfs: HashMap<String, Option<Arc<Btf>>>,
}

pub(crate) fn lines_of(path: &std::path::Path) -> impl Iterator<Item = Value> {
    let file = BufReader::new(GzDecoder::new(
        File::open(path).expect("readable corpus file"),
    ));
    file.lines()
        .map_while(Result::ok)
        .filter_map(|line| serde_json::from_str(&line).ok())
}

pub(crate) fn files_in(dir: &str, folder: &str, corpora: &[String]) -> Vec<std::path::PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(format!("{dir}/{folder}"))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    files.retain(|path| {
        let name = path
            .file_name()
            .map(|n| n.to_string_lossy().into_owned())
            .unwrap_or_default();
        corpora.is_empty() || corpora.iter().any(|c| name == format!("{c}.jsonl.gz"))
    });
    files.sort();
    files
}

impl Corpus {
    pub(crate) fn open(dir: &str) -> Corpus {
        let kernel = std::fs::read_dir(dir)
            .into_iter()
            .flatten()
            .flatten()
            .map(|e| e.path());
        let kernel = kernel
            .filter(|p| p.to_string_lossy().ends_with(".btf.gz"))
            .min()
            .and_then(|path| {
                let mut bytes = Vec::new();
                GzDecoder::new(File::open(path).ok()?)
                    .read_to_end(&mut bytes)
                    .ok()?;
                Some(Arc::new(Btf::parse(&bytes).ok()?))
            });
        Corpus {
            dir: dir.into(),
            kernel,
            btfs: HashMap::new(),
        }
    }

    fn units(&self, options: &Options) -> Vec<Unit> {
        let mode = if options.unprivileged {
            "unpriv"
        } else {
            "priv"
        };
        let files = files_in(&self.dir, "units", &options.corpora);
        let units = files.iter().flat_map(|path| lines_of(path)).map(Unit);
        let scored = units.filter(|u| {
            u.text("mode") == mode
                && u.number("attach_prog_or_btf_fd") == 0
                && u.0
                    .get("env_limited")
                    .is_none_or(|l| l.is_null() || l == &Value::Bool(false))
        });
        scored
            .filter(|u| {
                options
                    .matching
                    .as_ref()
                    .is_none_or(|m| u.name().contains(m))
            })
            .collect()
    }

    /// The units to run: those of the corpus, or mutants of them.
    pub(crate) fn selected(&self, options: &Options) -> Vec<Unit> {
        let units = self.units(options);
        match &options.mutants {
            Some(file) => self.mutants(file, units),
            None => units,
        }
    }

    /// Units with other instructions and the answer Linux gave to those.
    fn mutants(&self, file: &str, units: Vec<Unit>) -> Vec<Unit> {
        let by_name: HashMap<String, Unit> =
            units.into_iter().map(|u| (u.short_name(), u)).collect();
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let rows = text
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let mutant = |row: Value| {
            let mut unit = by_name.get(row["unit"].as_str()?)?.0.clone();
            unit["insns"] = row["insns"].clone();
            unit["errno"] = row["errno"].clone();
            unit["last_error_line"] = row["reason"][0].clone();
            unit["last_error_line2"] = Value::Null;
            for cost in ["processed_insns", "total_states", "peak_states"] {
                unit[cost] = row[cost].clone();
            }
            row["errno"]
                .as_i64()
                .filter(|errno| *errno >= 0)
                .map(|_| Unit(unit))
        };
        rows.filter_map(mutant).collect()
    }

    fn btf(&mut self, name: &str) -> Option<Arc<Btf>> {
        if name.is_empty() {
            return None;
        }
        let path = format!("{}/btf/{name}.btf", self.dir);
        let kernel = self.kernel.clone();
        let load = || {
            let bytes = std::fs::read(path).ok()?;
            Some(Arc::new(
                Btf::load(&bytes, &VmlinuxTypes(kernel.as_deref()?)).ok()?,
            ))
        };
        self.btfs.entry(name.into()).or_insert_with(load).clone()
    }

    /// The environment and request of a unit; `None` if its maps or BTF cannot be made.
    pub(crate) fn prepare(&mut self, unit: &Unit, level: u32) -> Option<(Recorded, LoadRequest)> {
        let kernel = self.kernel.clone()?;
        let mut maps = Vec::new();
        let recorded = unit.0["maps"].as_array().cloned().unwrap_or_default();
        for map in &recorded {
            maps.push(self.map(map, &recorded, &kernel)?);
        }
        let mut btfs = Vec::new();
        let fd_array = unit.0["fd_array"].as_array().cloned().unwrap_or_default();
        let mut fds = Vec::new();
        for entry in &fd_array {
            match (entry["map"].as_i64(), entry["btf"].as_str()) {
                (Some(map), _) => fds.push(map as i32),
                (None, Some(name)) => {
                    btfs.push(self.btf(name)?);
                    fds.push(crate::environment::BTF_FDS + btfs.len() as i32 - 1);
                }
                (None, None) => fds.push(0),
            }
        }
        let func_info = records(unit, "func_info");
        let line_info = records(unit, "line_info");
        let prog_btf = match unit.text("btf") {
            "" => None,
            name => Some(Ok(self.btf(name)?)),
        };
        let gpl = [
            "GPL",
            "GPL v2",
            "GPL and additional rights",
            "Dual BSD/GPL",
            "Dual MIT/GPL",
            "Dual MPL/GPL",
        ];
        let request = LoadRequest {
            prog_type: ProgType::from_raw(unit.number("prog_type") as u32)?,
            expected_attach_type: attach_type(unit),
            flags: LoadFlags(unit.number("prog_flags") as u32),
            insns: skep_isa::parse_program(&unit.bytes("insns")).ok()?,
            gpl_compatible: gpl.contains(&unit.text("license")),
            attach_btf_id: unit.number("attach_btf_id") as u32,
            prog_btf,
            func_info,
            line_info,
            core_relo: Records::default(),
            has_fd_array: !fds.is_empty(),
            fd_array_cnt: 0,
            log: LogRequest {
                level,
                size: 1 << 26,
                has_buffer: true,
            },
        };
        let privileged = unit.text("mode") == "priv";
        Some((
            Recorded {
                kernel,
                maps,
                fds,
                btfs,
                privileged,
            },
            request,
        ))
    }

    fn map(&mut self, map: &Value, all: &[Value], kernel: &Btf) -> Option<MapEntry> {
        let number = |key: &str| map[key].as_u64().unwrap_or(0) as u32;
        let btf = self.btf(map["btf"].as_str().unwrap_or(""));
        let (key_type, value_type) = (
            BtfTypeId(number("btf_key_type_id")),
            BtfTypeId(number("btf_value_type_id")),
        );
        let map_type = MapType::from_raw(number("type"))?;
        let record = btf
            .as_ref()
            .filter(|_| !value_type.is_void())
            .and_then(|btf| {
                let record = FieldRecord::parse(
                    btf,
                    value_type,
                    FieldSet::MAP_VALUE,
                    number("value_size"),
                    &VmlinuxTypes(kernel),
                );
                record.ok().flatten().map(Arc::new)
            });
        let inner = map["inner"]
            .as_i64()
            .and_then(|i| all.get(usize::try_from(i).ok()?));
        let inner = match inner {
            Some(inner) => Some(self.map(inner, all, kernel)?.meta),
            None => None,
        };
        let mut name = [0; 16];
        for (place, byte) in name
            .iter_mut()
            .zip(map["name"].as_str().unwrap_or("").bytes().take(15))
        {
            *place = byte;
        }
        let arena = map_type == MapType::Arena;
        let extra = map["map_extra"].as_u64().unwrap_or(0);
        let meta = MapMeta {
            map_type,
            key_size: number("key_size"),
            value_size: number("value_size"),
            max_entries: number("max_entries"),
            map_flags: MapFlags::from_bits_retain(number("flags")),
            map_extra: if arena && extra == 0 {
                0x1000_0000
            } else {
                extra
            },
            name,
            btf,
            btf_key_type_id: key_type,
            btf_value_type_id: value_type,
            btf_vmlinux_value_type_id: BtfTypeId(number("btf_vmlinux_value_type_id")),
            record,
            inner,
            frozen: map["frozen"].as_bool().unwrap_or(false),
        };
        Some(MapEntry {
            meta: Arc::new(meta),
            value: hex(map["value0"].as_str().unwrap_or("")),
        })
    }
}

/// Attach types that PROG_LOAD fills in.
fn attach_type(unit: &Unit) -> u32 {
    let given = unit.number("expected_attach_type") as u32;
    match (ProgType::from_raw(unit.number("prog_type") as u32), given) {
        (Some(ProgType::CgroupSock), 0) => skep_uapi::AttachType::CgroupInetSockCreate.raw(),
        (Some(ProgType::SkReuseport), 0) => skep_uapi::AttachType::SkReuseportSelect.raw(),
        (_, given) => given,
    }
}

fn records(unit: &Unit, key: &str) -> Records {
    let bytes = unit.bytes(key);
    let record_size = unit.number(&format!("{key}_rec_size")) as u32;
    let count = (bytes.len() as u32).checked_div(record_size).unwrap_or(0);
    Records {
        bytes,
        record_size,
        count,
    }
}

/// Linux's answers to fds that are none.
pub(crate) fn closed_or_other(fd: i32) -> Errno {
    if fd == -2000 {
        Errno::EINVAL
    } else {
        Errno::EBADF
    }
}
