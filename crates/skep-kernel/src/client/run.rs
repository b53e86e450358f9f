//! PROG_TEST_RUN.

use skep_object::SysResult;
use skep_uapi::attr::ProgTestRunAttr;
use skep_uapi::{Cmd, TestRunFlags};

use super::{Client, place_or_null, room_or_null};
use crate::{Buffers, Fd};

/// The arguments of PROG_TEST_RUN.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TestRunSpec {
    /// Input data.
    pub data: Vec<u8>,
    /// Room for output data; 0 for none.
    pub data_out_size: u32,
    /// Input context; empty for none.
    pub ctx: Vec<u8>,
    /// Room for the output context; 0 for none.
    pub ctx_out_size: u32,
    /// Runs; 0 is 1.
    pub repeat: u32,
    /// Flags.
    pub flags: TestRunFlags,
    /// CPU, with `RUN_ON_CPU`.
    pub cpu: u32,
    /// Frames in one go, with `XDP_LIVE_FRAMES`.
    pub batch_size: u32,
}

/// What a test run came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TestRunOutput {
    /// What the call answers; the rest has values after some errors too (ENOSPC).
    pub result: SysResult<()>,
    /// What the last run returned.
    pub retval: u32,
    /// Mean nanoseconds of a run.
    pub duration_ns: u32,
    /// Output data, as much as there was room for.
    pub data: Vec<u8>,
    /// Bytes of output data.
    pub data_size: u32,
    /// Output context, as much as there was room for.
    pub ctx: Vec<u8>,
    /// The input context as it is afterwards: `SYSCALL` programs write to it.
    pub ctx_in: Vec<u8>,
}

impl Client {
    /// PROG_TEST_RUN.
    pub fn prog_test_run(&self, prog: Fd, spec: &TestRunSpec) -> TestRunOutput {
        let memory = Buffers::new();
        let mut attr = ProgTestRunAttr {
            prog_fd: prog.to_attr(),
            data_size_in: u32::try_from(spec.data.len()).unwrap_or(u32::MAX),
            data_size_out: spec.data_out_size,
            data_in: place_or_null(&memory, &spec.data),
            data_out: room_or_null(&memory, spec.data_out_size),
            repeat: spec.repeat,
            ctx_size_in: u32::try_from(spec.ctx.len()).unwrap_or(u32::MAX),
            ctx_size_out: spec.ctx_out_size,
            ctx_in: place_or_null(&memory, &spec.ctx),
            ctx_out: room_or_null(&memory, spec.ctx_out_size),
            flags: spec.flags.bits(),
            cpu: spec.cpu,
            batch_size: spec.batch_size,
            ..ProgTestRunAttr::default()
        };
        let result = self.call(&memory, Cmd::ProgTestRun, &mut attr).map(drop);
        let cut = |mut bytes: Vec<u8>, len: u32| {
            bytes.truncate(len as usize);
            bytes
        };
        TestRunOutput {
            result,
            retval: attr.retval,
            duration_ns: attr.duration,
            data: cut(memory.bytes(attr.data_out), attr.data_size_out),
            data_size: attr.data_size_out,
            ctx: cut(memory.bytes(attr.ctx_out), attr.ctx_size_out),
            ctx_in: memory.bytes(attr.ctx_in),
        }
    }
}
