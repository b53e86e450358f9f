//! An environment for tests: no kernel BTF, one map, capabilities by choice.
//!
//! # Safety
//! Implements an unsafe trait, for programs that are never run.
#![allow(unsafe_code)]
#![allow(dead_code, reason = "each test file uses a part")]

use skep_btf::{Btf, BtfTypeId};
use skep_catalog::MapMeta;
use skep_isa::asm::{NoSymbols, assemble};
use skep_uapi::{Errno, HelperId, MapFlags, MapType, ProgType};
use skep_verifier::env::{Capabilities, Environment, Machine, MapToken, MapView};
use skep_verifier::request::{LoadFlags, LoadRequest, LogRequest, Records};
use skep_verifier::{Outcome, verify};
use std::sync::Arc;

/// The only fd that is a map: an array of one 64-byte value.
pub(crate) const MAP_FD: i32 = 3;

struct TestEnvironment(Capabilities);

// SAFETY: nothing verified here is ever run, so no answer has to stay true.
unsafe impl Environment for TestEnvironment {
    fn capabilities(&self) -> Capabilities {
        self.0
    }
    fn machine(&self) -> Machine {
        Machine {
            possible_cpus: 2,
            efficient_unaligned: true,
            jit: true,
        }
    }
    fn kernel_btf(&self) -> Option<&Arc<Btf>> {
        None
    }
    fn map(&self, fd: i32) -> Result<MapView, Errno> {
        match fd {
            MAP_FD => Ok(MapView {
                token: MapToken(1),
                meta: Arc::new(array()),
                constant: false,
            }),
            0..=2 => Err(Errno::EINVAL),
            _ => Err(Errno::EBADF),
        }
    }
    fn btf(&self, _fd: i32) -> Result<Arc<Btf>, Errno> {
        Err(Errno::EBADF)
    }
    fn fd_array(&self, _index: u32) -> Result<i32, Errno> {
        Err(Errno::EFAULT)
    }
    fn read_constant(&self, _map: MapToken, _offset: u32, _size: u32) -> Option<u64> {
        None
    }
    fn kernel_symbol(&self, _name: &str) -> Option<u64> {
        None
    }
    fn interrupted(&self) -> Option<Errno> {
        None
    }
    fn has_helper(&self, _helper: HelperId) -> bool {
        true
    }
    fn now_ns(&self) -> u64 {
        0
    }
    fn has_kfunc(&self, _name: &str) -> bool {
        false
    }
}

fn array() -> MapMeta {
    MapMeta {
        map_type: MapType::Array,
        key_size: 4,
        value_size: 64,
        max_entries: 1,
        map_flags: MapFlags::empty(),
        map_extra: 0,
        name: *b"array\0\0\0\0\0\0\0\0\0\0\0",
        btf: None,
        btf_key_type_id: BtfTypeId::VOID,
        btf_value_type_id: BtfTypeId::VOID,
        btf_vmlinux_value_type_id: BtfTypeId::VOID,
        record: None,
        inner: None,
        frozen: false,
    }
}

/// One load of a socket filter.
pub(crate) struct Load {
    pub(crate) capabilities: Capabilities,
    pub(crate) request: LoadRequest,
}

/// A load by a fully capable client, with a roomy log at level 2. Map references are to [`MAP_FD`].
pub(crate) fn load(text: &str) -> Load {
    let mut program = assemble(text, &NoSymbols).expect("test program assembles");
    for reloc in &program.relocs {
        program.insns[reloc.at.index()].imm = MAP_FD;
    }
    raw(program.insns)
}

/// The same with instructions given.
pub(crate) fn raw(insns: Vec<skep_isa::RawInsn>) -> Load {
    let request = LoadRequest {
        prog_type: ProgType::SocketFilter,
        expected_attach_type: 0,
        flags: LoadFlags(0),
        insns,
        gpl_compatible: true,
        attach_btf_id: 0,
        prog_btf: None,
        func_info: Records::default(),
        line_info: Records::default(),
        core_relo: Records::default(),
        has_fd_array: false,
        fd_array_cnt: 0,
        log: LogRequest {
            level: 2,
            size: 1 << 20,
            has_buffer: true,
        },
    };
    Load {
        capabilities: Capabilities::all(),
        request,
    }
}

impl Load {
    pub(crate) fn flags(mut self, flags: u32) -> Self {
        self.request.flags = LoadFlags(flags);
        self
    }
    pub(crate) fn unprivileged(mut self) -> Self {
        self.capabilities = Capabilities::empty();
        self
    }
    pub(crate) fn log(mut self, level: u32, size: u32) -> Self {
        self.request.log = LogRequest {
            level,
            size,
            has_buffer: size != 0,
        };
        self
    }
    pub(crate) fn run(&self) -> Outcome {
        verify(&TestEnvironment(self.capabilities), &self.request)
    }
}

/// The log as text.
pub(crate) fn log_of(outcome: &Outcome) -> String {
    let bytes = outcome
        .log
        .bytes
        .strip_suffix(&[0])
        .unwrap_or(&outcome.log.bytes);
    String::from_utf8_lossy(bytes).into_owned()
}

/// Errno of a rejection and the log line that tells it, `None` for an accepted program.
pub(crate) fn rejection(outcome: &Outcome) -> Option<(Errno, String)> {
    let failure = outcome.result.as_ref().err()?;
    let log = log_of(outcome);
    let said = log
        .lines()
        .rfind(|l| !l.starts_with("processed "))
        .unwrap_or_default();
    Some((failure.errno, said.to_owned()))
}
