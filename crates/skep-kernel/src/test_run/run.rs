//! Running a program `repeat` times on one subject.
//!
//! As in Linux the runs of one test share context and packet: what one run changes the next one sees.

use std::time::Instant;

use skep_exec::{Executor, Run};
use skep_memory::Addr;
use skep_object::{Errno, RunContext, SysError, SysResult};

use super::state::RunState;
use crate::{Kernel, Task};

/// What the runs of one test gave.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Runs {
    /// R0 of the last run.
    pub(super) retval: u32,
    /// Mean time of a run.
    pub(super) duration_ns: u32,
}

/// What is the same for all runs of one test.
pub(super) struct Test<'t> {
    pub(super) kernel: &'t Kernel,
    pub(super) task: &'t Task<'t>,
    pub(super) executor: &'t dyn Executor,
    pub(super) state: &'t RunState,
    pub(super) context: Addr,
}

impl Test<'_> {
    /// Runs on a vCPU, `repeat` times (0 is once). EINTR: the task was interrupted. EFAULT: the checker trapped.
    pub(super) fn repeat(&self, repeat: u32) -> SysResult<Runs> {
        let repeat = repeat.max(1);
        let slot = self.kernel.slots().take(self.kernel.platform());
        let mut retval = 0;
        let begin = Instant::now();
        for _ in 0..repeat {
            let _nested = slot.nest();
            let _inside = slot.enter_rcu();
            retval = self.once(slot.cpu())?;
        }
        let mean = begin.elapsed().as_nanos() / u128::from(repeat);
        Ok(Runs {
            retval,
            duration_ns: u32::try_from(mean).unwrap_or(u32::MAX),
        })
    }

    /// Runs once as a sleepable program. EINTR, EFAULT.
    pub(super) fn once_sleepable(&self) -> SysResult<u32> {
        let cpu = self.kernel.slots().sleepable_cpu(self.kernel.platform());
        self.kernel.rcu().trace.read(|_inside| self.once(cpu))
    }

    fn once(&self, cpu: u32) -> SysResult<u32> {
        let context =
            RunContext::new(self.kernel.platform(), self.task.cancel(), cpu).with_upper(self.state);
        let run = Run::new(self.kernel.engine(), &context);
        self.state.lend(&run);
        let result = self.executor.run(self.context, &run);
        if context.should_stop() {
            return SysError::err(Errno::EINTR, "the run was interrupted");
        }
        match result {
            // As an unsigned int: the upper half of R0 is lost.
            Ok(retval) => Ok(retval as u32),
            Err(trap) => SysError::err(
                Errno::EFAULT,
                format!("the checking interpreter stopped the run {trap}"),
            ),
        }
    }
}
