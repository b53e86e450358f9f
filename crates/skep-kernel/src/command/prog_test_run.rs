//! PROG_TEST_RUN: checks the arguments and hands them to [`crate::test_run`].

use core::mem::offset_of;

use skep_catalog::prog_type;
use skep_object::{Errno, SysError, SysResult, unsupported};
use skep_uapi::UserPtr;
use skep_uapi::attr::ProgTestRunAttr;

use super::{Call, DONE, Reply};
use crate::Fd;
use crate::test_run::{TestRunArgs, test_run};

struct Args {
    prog: Fd,
    rest: TestRunArgs,
}

impl Args {
    fn of(call: &Call<'_>) -> SysResult<Self> {
        let attr: ProgTestRunAttr = call.parse()?;
        check_pair(attr.ctx_in, attr.ctx_size_in)?;
        check_pair(attr.ctx_out, attr.ctx_size_out)?;
        Ok(Self {
            prog: Fd::from_attr(attr.prog_fd),
            rest: TestRunArgs {
                data_in: attr.data_in,
                data_size_in: attr.data_size_in,
                data_out: attr.data_out,
                data_size_out: attr.data_size_out,
                ctx_in: attr.ctx_in,
                ctx_size_in: attr.ctx_size_in,
                ctx_out: attr.ctx_out,
                ctx_size_out: attr.ctx_size_out,
                repeat: attr.repeat,
                flags: attr.flags,
                cpu: attr.cpu,
                batch_size: attr.batch_size,
                duration: attr.duration,
            },
        })
    }
}

/// A context comes with its size or not at all. EINVAL.
fn check_pair(at: UserPtr, size: u32) -> SysResult<()> {
    if at.is_null() == (size == 0) {
        Ok(())
    } else {
        SysError::err(Errno::EINVAL, "context and its size do not go together")
    }
}

pub(super) fn run(call: &Call<'_>) -> SysResult<Reply> {
    let args = Args::of(call)?;
    let prog = call.fds().prog(args.prog)?;
    if prog_type(prog.prog_type()).is_none_or(|info| info.test_run.is_none()) {
        return Err(unsupported!(ENOTSUPP, "test runs of {}", prog.prog_type()));
    }
    let reply = test_run(call.kernel, call.task, &prog, &args.rest)?;
    let outs = [
        (offset_of!(ProgTestRunAttr, retval), reply.retval),
        (offset_of!(ProgTestRunAttr, duration), reply.duration_ns),
        (
            offset_of!(ProgTestRunAttr, data_size_out),
            reply.data_size_out,
        ),
        (
            offset_of!(ProgTestRunAttr, ctx_size_out),
            reply.ctx_size_out,
        ),
    ];
    for (offset, value) in outs {
        if let Some(value) = value {
            call.write_back(offset, value)?;
        }
    }
    reply.outcome.map(|()| DONE)
}
