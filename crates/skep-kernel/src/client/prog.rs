//! PROG_LOAD.

use std::cell::RefCell;

use skep_isa::{RawInsn, encode_program};
use skep_object::{Errno, SysResult};
use skep_uapi::attr::ProgLoadAttr;
use skep_uapi::{Cmd, LogLevel, ProgFlags, ProgType};
use skep_verifier::verified::{Failure, Outcome};
use skep_verifier::{LoadRequest, Statistics};

use super::{Client, log_text, place_or_null, room_or_null};
use crate::object::ObjectName;
use crate::{Buffers, Fd, LoadObserver};

/// Fixed-size records: func_info, line_info, CO-RE relocations.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RecordBytes {
    /// One after the other.
    pub bytes: Vec<u8>,
    /// Bytes of one.
    pub record_size: u32,
}

impl RecordBytes {
    fn count(&self) -> u32 {
        let count = self.bytes.len().checked_div(self.record_size as usize);
        u32::try_from(count.unwrap_or(0)).unwrap_or(u32::MAX)
    }
}

/// The arguments of PROG_LOAD.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProgSpec {
    /// Type.
    pub prog_type: ProgType,
    /// Attach type, a number of [`skep_uapi::AttachType`].
    pub expected_attach_type: u32,
    /// Flags.
    pub flags: ProgFlags,
    /// Instructions; maps are named by fd.
    pub insns: Vec<RawInsn>,
    /// Licence.
    pub license: String,
    /// Name, cut to 15 bytes.
    pub name: String,
    /// BTF of the program.
    pub btf: Option<Fd>,
    /// Functions.
    pub func_info: RecordBytes,
    /// Lines.
    pub line_info: RecordBytes,
    /// Relocations the kernel is to do.
    pub core_relo: RecordBytes,
    /// Kernel type the program attaches to; 0 for none.
    pub attach_btf_id: u32,
    /// Program or BTF it attaches to.
    pub attach_to: Option<Fd>,
    /// Fds that instructions name by index.
    pub fd_array: Vec<Fd>,
    /// How much is logged.
    pub log_level: LogLevel,
    /// Bytes of room for the log; 0 with a level only counts.
    pub log_size: u32,
}

impl ProgSpec {
    /// A GPL program without BTF and log.
    pub fn new(prog_type: ProgType, insns: Vec<RawInsn>) -> Self {
        Self {
            prog_type,
            expected_attach_type: 0,
            flags: ProgFlags::empty(),
            insns,
            license: "GPL".to_owned(),
            name: String::new(),
            btf: None,
            func_info: RecordBytes::default(),
            line_info: RecordBytes::default(),
            core_relo: RecordBytes::default(),
            attach_btf_id: 0,
            attach_to: None,
            fd_array: Vec::new(),
            log_level: LogLevel::empty(),
            log_size: 0,
        }
    }

    fn to_attr(&self, memory: &Buffers) -> ProgLoadAttr {
        let mut license = self.license.clone().into_bytes();
        license.push(0);
        let fd_array: Vec<u8> = self
            .fd_array
            .iter()
            .flat_map(|fd| fd.0.to_ne_bytes())
            .collect();
        ProgLoadAttr {
            prog_type: self.prog_type.raw(),
            insn_cnt: u32::try_from(self.insns.len()).unwrap_or(u32::MAX),
            insns: place_or_null(memory, &encode_program(&self.insns)),
            license: memory.place(license),
            log_level: self.log_level.bits(),
            log_size: self.log_size,
            log_buf: room_or_null(memory, self.log_size),
            prog_flags: self.flags.bits(),
            prog_name: ObjectName::truncated(&self.name).bytes(),
            expected_attach_type: self.expected_attach_type,
            prog_btf_fd: self.btf.map_or(0, Fd::to_attr),
            func_info_rec_size: self.func_info.record_size,
            func_info: place_or_null(memory, &self.func_info.bytes),
            func_info_cnt: self.func_info.count(),
            line_info_rec_size: self.line_info.record_size,
            line_info: place_or_null(memory, &self.line_info.bytes),
            line_info_cnt: self.line_info.count(),
            attach_btf_id: self.attach_btf_id,
            attach_fd: self.attach_to.map_or(0, Fd::to_attr),
            core_relo_cnt: self.core_relo.count(),
            fd_array: place_or_null(memory, &fd_array),
            core_relos: place_or_null(memory, &self.core_relo.bytes),
            core_relo_rec_size: self.core_relo.record_size,
            ..ProgLoadAttr::default()
        }
    }
}

/// What the verifier said, as data.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The errno and the broken rules; `None` for an accepted program.
    pub failure: Option<Failure>,
    /// What the load cost.
    pub statistics: Statistics,
}

/// What a load came to.
#[derive(Clone, Debug)]
pub struct LoadReply {
    /// The new descriptor.
    pub result: SysResult<Fd>,
    /// The log, as much as there was room for.
    pub log: String,
    /// Bytes the whole log takes.
    pub log_true_size: u32,
    /// What the verifier said; `None` if the load failed before it.
    pub verdict: Option<Verdict>,
}

/// Keeps the verdict.
#[derive(Default)]
struct Keep(RefCell<Option<Verdict>>);

impl LoadObserver for Keep {
    fn verified(&self, _request: &LoadRequest, outcome: &Outcome) {
        *self.0.borrow_mut() = Some(Verdict {
            failure: outcome.result.as_ref().err().cloned(),
            statistics: outcome.statistics.clone(),
        });
    }
}

/// Most room for a log that is asked for anew: what Linux allows.
const LOG_MAX: u32 = u32::MAX >> 2;

impl Client {
    /// PROG_LOAD.
    pub fn prog_load(&self, spec: &ProgSpec) -> LoadReply {
        let memory = Buffers::new();
        let keep = Keep::default();
        let task = self.task(&memory).with_observer(&keep);
        let mut attr = spec.to_attr(&memory);
        let result = self.call_as(&task, &memory, Cmd::ProgLoad, &mut attr);
        LoadReply {
            result: result.map(Fd::from_attr),
            log: log_text(&memory, attr.log_buf),
            log_true_size: attr.log_true_size,
            verdict: keep.0.into_inner(),
        }
    }

    /// PROG_LOAD with as much room for the log as it takes: tried again if there was too little, as libbpf does.
    pub fn prog_load_with_whole_log(&self, spec: &ProgSpec) -> LoadReply {
        let first = self.prog_load(spec);
        let too_small = first
            .result
            .as_ref()
            .is_err_and(|error| error.errno == Errno::ENOSPC);
        let needed = first.log_true_size;
        if !too_small || needed <= spec.log_size || needed > LOG_MAX {
            return first;
        }
        self.prog_load(&ProgSpec {
            log_size: needed,
            ..spec.clone()
        })
    }
}
