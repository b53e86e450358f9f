//! Test runs of raw tracepoint programs: the arguments are the task's bytes, once, on a CPU of its choice.

use skep_memory::Region;
use skep_object::{Errno, Ref, SysError, SysResult};
use skep_uapi::TestRunFlags;

use super::run::Test;
use super::state::{RunState, Subject};
use super::{TestRunArgs, TestRunReply};
use crate::{Kernel, Prog, Task};

/// As many arguments as a probe has at most, 8 bytes each.
const CONTEXT_MAX: u32 = 12 * 8;

pub(super) fn test_run(
    kernel: &Kernel,
    task: &Task<'_>,
    prog: &Ref<Prog>,
    args: &TestRunArgs,
) -> SysResult<TestRunReply> {
    let pointers = [args.data_in, args.data_out, args.ctx_out];
    let numbers = [args.duration, args.repeat, args.batch_size];
    if pointers.iter().any(|at| !at.is_null()) || numbers.iter().any(|number| *number != 0) {
        return SysError::err(
            Errno::EINVAL,
            "raw tracepoint programs are run once, on arguments only",
        );
    }
    let needed = prog.verified().traits().max_ctx_offset;
    if args.ctx_size_in < needed || args.ctx_size_in > CONTEXT_MAX {
        return SysError::err(
            Errno::EINVAL,
            format!("arguments must have {needed} to {CONTEXT_MAX} bytes"),
        );
    }
    // Other flags are not looked at, as in Linux.
    let flags = TestRunFlags::from_bits_retain(args.flags);
    let on_cpu = flags.contains(TestRunFlags::RUN_ON_CPU);
    if !on_cpu && args.cpu != 0 {
        return SysError::err(Errno::EINVAL, "cpu without BPF_F_TEST_RUN_ON_CPU");
    }
    let given = task
        .memory()
        .read_vec(args.ctx_in, args.ctx_size_in as usize)?;
    let no_memory = |_| SysError::new(Errno::ENOMEM, "no memory for the arguments");
    let region = Region::new(CONTEXT_MAX as usize).map_err(no_memory)?;
    // Not more than the region has.
    let _ = region.copy_in(0, &given);
    let context = region.base();
    let state = RunState::new(
        Subject::Bytes(region),
        task.credentials().ids.clone(),
        kernel.strong(),
    );
    let test = Test {
        kernel,
        cancel: task.cancel(),
        prog,
        state: &state,
        context,
    };
    let retval = if on_cpu {
        test.once_on(args.cpu)?
    } else {
        test.repeat(1)?.retval
    };
    Ok(TestRunReply {
        retval: Some(retval),
        duration_ns: None,
        data_size_out: None,
        ctx_size_out: None,
        outcome: Ok(()),
    })
}
