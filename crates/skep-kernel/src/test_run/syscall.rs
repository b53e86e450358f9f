//! Test runs of syscall programs: the context is the task's bytes, and goes back to where it came from.

use skep_memory::Region;
use skep_object::{Errno, Ref, SysError, SysResult};

use super::run::Test;
use super::state::{RunState, Subject};
use super::{TestRunArgs, TestRunReply};
use crate::{Kernel, Prog, Task};

/// The largest context.
const CONTEXT_MAX: u32 = u16::MAX as u32;

pub(super) fn test_run(
    kernel: &Kernel,
    task: &Task<'_>,
    prog: &Ref<Prog>,
    args: &TestRunArgs,
) -> SysResult<TestRunReply> {
    let pointers = [args.data_in, args.data_out, args.ctx_out];
    let numbers = [args.duration, args.repeat, args.flags, args.batch_size];
    if pointers.iter().any(|at| !at.is_null()) || numbers.iter().any(|number| *number != 0) {
        return SysError::err(
            Errno::EINVAL,
            "syscall programs are run once, on a context only",
        );
    }
    let needed = prog.verified().traits().max_ctx_offset;
    if args.ctx_size_in < needed || args.ctx_size_in > CONTEXT_MAX {
        return SysError::err(
            Errno::EINVAL,
            format!("context must have {needed} to {CONTEXT_MAX} bytes"),
        );
    }
    let size = args.ctx_size_in as usize;
    let given = task.memory().read_vec(args.ctx_in, size)?;
    let region =
        Region::new(size).map_err(|_| SysError::new(Errno::ENOMEM, "no memory for the context"))?;
    // As many bytes as the region has.
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
    let retval = test.once_sleepable()?;
    let outcome = match state.subject() {
        Subject::Bytes(region) => task
            .memory()
            .write(args.ctx_in, &region.bytes().to_vec())
            .map_err(SysError::from),
        Subject::Skb(_) | Subject::Xdp(_) => Ok(()),
    };
    Ok(TestRunReply {
        retval: Some(retval),
        duration_ns: None,
        data_size_out: None,
        ctx_size_out: None,
        outcome,
    })
}
