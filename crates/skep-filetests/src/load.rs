//! One program over a border: its BTF, its maps, the load, and the runs.

use crate::border::{self, Border, place, place_to_write};
use crate::format::Run;
use crate::program::{FdEntry, MapSpec, Program, Records};
use skep_isa::encode_program;
use skep_kernel::Caps;
use skep_uapi::attr::{BtfLoadAttr, MapCreateAttr, MapElemAttr, ProgLoadAttr, ProgTestRunAttr};
use skep_uapi::{Cmd, Errno, ProgType};
use skep_verifier::Reject;
use std::collections::BTreeMap;

/// Bytes of the log: messages and statistics, no instructions.
const LOG_SIZE: usize = 1 << 16;
/// Messages and statistics only: the last lines are the same, and a million instructions take no room.
const LOG_LEVEL: u32 = 4;
/// What is run where a file gives no data.
const PACKET: [u8; 64] = [0; 64];

/// What a program came to.
#[derive(Clone, Debug)]
pub struct Answer {
    /// `None` for an accepted program.
    pub errno: Option<Errno>,
    /// Log lines, statistics left out.
    pub log: Vec<String>,
    /// The rejection as data, where the border knows it.
    pub reject: Option<Reject>,
    /// What each run returned, or its errno.
    pub runs: Vec<Result<u32, Errno>>,
}

/// A BTF or map that could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} could not be made: {errno}")]
pub struct NoStage {
    what: String,
    errno: Errno,
}

/// Whether `PROG_TEST_RUN` takes programs of this type with a packet or with nothing.
pub fn runnable(prog_type: ProgType) -> bool {
    matches!(
        prog_type,
        ProgType::SocketFilter
            | ProgType::SchedCls
            | ProgType::SchedAct
            | ProgType::Xdp
            | ProgType::CgroupSkb
            | ProgType::LwtIn
            | ProgType::LwtOut
            | ProgType::LwtXmit
            | ProgType::Syscall
    )
}

/// Loads a program, and runs it once for each of `runs` if it is accepted.
///
/// # Errors
/// Its BTF or a map could not be made.
pub fn load(border: &dyn Border, program: &Program, runs: &[Run]) -> Result<Answer, NoStage> {
    let mut stage = Stage {
        border,
        fds: Vec::new(),
        maps: BTreeMap::new(),
        btf: 0,
    };
    if let Some(raw) = &program.btf {
        stage.btf(raw)?;
    }
    for spec in &program.maps {
        stage.map(program.caps, spec)?;
    }
    Ok(stage.program(program, runs))
}

/// What is open; closed when dropped.
struct Stage<'b> {
    border: &'b dyn Border,
    fds: Vec<i32>,
    maps: BTreeMap<String, i32>,
    btf: i32,
}

impl Drop for Stage<'_> {
    fn drop(&mut self) {
        for fd in &self.fds {
            self.border.close(*fd);
        }
    }
}

impl Stage<'_> {
    /// A call that sets the stage.
    fn make<T>(&self, caps: Caps, what: &str, cmd: Cmd, attr: &mut T) -> Result<i32, NoStage>
    where
        T: zerocopy::FromBytes + zerocopy::IntoBytes + zerocopy::Immutable,
    {
        border::call(self.border, caps, cmd, attr).map_err(|errno| NoStage {
            what: what.to_owned(),
            errno,
        })
    }

    fn btf(&mut self, raw: &[u8]) -> Result<(), NoStage> {
        let mut attr = BtfLoadAttr {
            btf: place(raw),
            btf_size: len(raw),
            ..BtfLoadAttr::default()
        };
        self.btf = self.make(Caps::all(), "the BTF", Cmd::BtfLoad, &mut attr)?;
        self.fds.push(self.btf);
        Ok(())
    }

    /// A map that the loader of the program made: a program without CAP_PERFMON trusts maps of others more.
    fn map(&mut self, caps: Caps, spec: &MapSpec) -> Result<(), NoStage> {
        let what = format!("map {}", spec.name);
        let inner = spec.inner.as_ref().and_then(|name| self.maps.get(name));
        let (key_type, value_type) = spec.types.unwrap_or_default();
        let mut attr = MapCreateAttr {
            map_type: spec.map_type,
            key_size: spec.key,
            value_size: spec.value,
            max_entries: spec.entries,
            map_flags: spec.flags,
            map_extra: spec.extra,
            inner_map_fd: inner.copied().unwrap_or_default().cast_unsigned(),
            map_name: name(&spec.name),
            btf_fd: spec.types.map_or(0, |_| self.btf.cast_unsigned()),
            btf_key_type_id: key_type,
            btf_value_type_id: value_type,
            ..MapCreateAttr::default()
        };
        let fd = self.make(caps, &what, Cmd::MapCreate, &mut attr)?;
        self.fds.push(fd);
        self.maps.insert(spec.name.clone(), fd);
        let key = [0_u8; 8];
        let mut elem = MapElemAttr {
            map_fd: fd.cast_unsigned(),
            ..MapElemAttr::default()
        };
        if let Some(first) = &spec.first {
            elem.key = place(&key);
            elem.value = place(first);
            self.make(caps, &what, Cmd::MapUpdateElem, &mut elem)?;
        }
        if spec.frozen {
            let mut freeze = MapElemAttr {
                map_fd: fd.cast_unsigned(),
                ..MapElemAttr::default()
            };
            self.make(caps, &what, Cmd::MapFreeze, &mut freeze)?;
        }
        Ok(())
    }

    fn program(&mut self, program: &Program, runs: &[Run]) -> Answer {
        let mut insns = program.insns.clone();
        for (slot, map) in &program.map_slots {
            if let (Some(insn), Some(fd)) = (insns.get_mut(slot.index()), self.maps.get(map)) {
                insn.imm = *fd;
            }
        }
        let code = encode_program(&insns);
        let license = format!("{}\0", program.license);
        let fd_array: Vec<u8> = program
            .fd_array
            .iter()
            .flat_map(|entry| {
                let fd = match entry {
                    FdEntry::Map(name) => self.maps.get(name).copied().unwrap_or(-1),
                    FdEntry::Btf => self.btf,
                    FdEntry::Number(number) => *number,
                };
                fd.to_ne_bytes()
            })
            .collect();
        let mut log = vec![0_u8; LOG_SIZE];
        let mut attr = ProgLoadAttr {
            prog_type: program.prog_type.raw(),
            insn_cnt: u32::try_from(insns.len()).unwrap_or(u32::MAX),
            insns: place(&code),
            license: place(license.as_bytes()),
            log_level: LOG_LEVEL,
            log_size: len(&log),
            log_buf: place_to_write(&mut log),
            prog_flags: program.flags,
            expected_attach_type: program.attach_type,
            attach_btf_id: program.attach_btf_id,
            prog_btf_fd: self.btf.cast_unsigned(),
            func_info_rec_size: program.func_info.size,
            func_info: place(&program.func_info.bytes),
            func_info_cnt: count(&program.func_info),
            line_info_rec_size: program.line_info.size,
            line_info: place(&program.line_info.bytes),
            line_info_cnt: count(&program.line_info),
            core_relo_rec_size: program.core_relo.size,
            core_relos: place(&program.core_relo.bytes),
            core_relo_cnt: count(&program.core_relo),
            fd_array: place(&fd_array),
            fd_array_cnt: program.fd_array_cnt,
            ..ProgLoadAttr::default()
        };
        let result = border::call(self.border, program.caps, Cmd::ProgLoad, &mut attr);
        let runs = match result {
            Ok(fd) => {
                self.fds.push(fd);
                runs.iter().map(|run| self.run(program, fd, run)).collect()
            }
            Err(_) => Vec::new(),
        };
        Answer {
            errno: result.err(),
            log: lines(&log),
            reject: result.err().and_then(|_| self.border.why()),
            runs,
        }
    }

    fn run(&self, program: &Program, fd: i32, run: &Run) -> Result<u32, Errno> {
        let data: &[u8] = match program.prog_type {
            ProgType::Syscall => &[],
            _ if run.data.is_empty() => &PACKET,
            _ => &run.data,
        };
        let mut attr = ProgTestRunAttr {
            prog_fd: fd.cast_unsigned(),
            data_size_in: len(data),
            data_in: place(data),
            ..ProgTestRunAttr::default()
        };
        border::call(self.border, Caps::all(), Cmd::ProgTestRun, &mut attr)?;
        Ok(attr.retval)
    }
}

fn len(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

fn count(records: &Records) -> u32 {
    let size = records.size.max(1);
    (len(&records.bytes) / size).max(u32::from(!records.bytes.is_empty()))
}

/// An object name: what fits of it, and a NUL.
fn name(text: &str) -> [u8; 16] {
    let mut name = [0; 16];
    for (to, from) in name.iter_mut().take(15).zip(text.bytes()) {
        *to = from;
    }
    name
}

/// The log without its statistics, which follow some messages on the same line.
fn lines(log: &[u8]) -> Vec<String> {
    let text = log.split(|byte| *byte == 0).next().unwrap_or_default();
    let text = String::from_utf8_lossy(text);
    let messages = text.split("verification time ").next().unwrap_or_default();
    messages
        .lines()
        .filter(|line| !line.starts_with("processed "))
        .map(|line| line.trim_end().to_owned())
        .collect()
}
