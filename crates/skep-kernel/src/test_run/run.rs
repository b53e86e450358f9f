//! Running a program `repeat` times on one subject.
//!
//! As in Linux the runs of one test share context and packet: what one run changes the next one sees.

use std::time::Instant;

use skep_exec::{Executor, Run};
use skep_memory::Addr;
use skep_object::{CancelToken, Errno, Ref, RunContext, SysError, SysResult};

use super::state::RunState;
use crate::{Kernel, Prog};

/// What the runs of one test gave.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Runs {
    /// R0 of the last run.
    pub(crate) retval: u32,
    /// Mean time of a run.
    pub(crate) duration_ns: u32,
}

/// What is the same for all runs of one test.
pub(crate) struct Test<'t> {
    pub(crate) kernel: &'t Kernel,
    pub(crate) cancel: &'t CancelToken,
    pub(crate) prog: &'t Ref<Prog>,
    pub(crate) state: &'t RunState,
    pub(crate) context: Addr,
}

impl Test<'_> {
    /// Runs on a vCPU, `repeat` times (0 is once). EINTR: interrupted. EFAULT: the checker trapped. ENOTSUPP: the
    /// program cannot be run here.
    pub(crate) fn repeat(&self, repeat: u32) -> SysResult<Runs> {
        let executor = self.executor()?;
        let repeat = repeat.max(1);
        let slot = self.kernel.slots().take(self.kernel.platform());
        let mut retval = 0;
        let begin = Instant::now();
        for _ in 0..repeat {
            let _nested = slot.nest();
            let _inside = slot.enter_rcu();
            retval = self.once(executor, slot.cpu())?;
        }
        let mean = begin.elapsed().as_nanos() / u128::from(repeat);
        Ok(Runs {
            retval,
            duration_ns: u32::try_from(mean).unwrap_or(u32::MAX),
        })
    }

    /// Runs once on this vCPU. ENXIO: there is no such CPU. EINTR, EFAULT, ENOTSUPP.
    pub(crate) fn once_on(&self, cpu: u32) -> SysResult<u32> {
        let executor = self.executor()?;
        let Some(slot) = self.kernel.slots().take_on(cpu) else {
            return SysError::err(Errno::ENXIO, "no such CPU");
        };
        let _nested = slot.nest();
        let _inside = slot.enter_rcu();
        self.once(executor, cpu)
    }

    /// Runs once as a sleepable program. EINTR, EFAULT, ENOTSUPP.
    pub(crate) fn once_sleepable(&self) -> SysResult<u32> {
        let executor = self.executor()?;
        let cpu = self.kernel.slots().sleepable_cpu(self.kernel.platform());
        self.kernel
            .rcu()
            .trace
            .read(|_inside| self.once(executor, cpu))
    }

    /// Compiled before the clock starts.
    fn executor(&self) -> SysResult<&dyn Executor> {
        self.prog.executor(self.kernel.engine())
    }

    fn once(&self, executor: &dyn Executor, cpu: u32) -> SysResult<u32> {
        let context =
            RunContext::new(self.kernel.platform(), self.cancel, cpu).with_upper(self.state);
        let run = Run::new(self.kernel.engine(), &context);
        self.state.lend(&run);
        let counted = self.kernel.statistics().are_on().then(Instant::now);
        let result = executor.run(self.context, &run);
        if let Some(begin) = counted {
            let time = u64::try_from(begin.elapsed().as_nanos()).unwrap_or(u64::MAX);
            self.prog.stats().add_runs(1, time);
        }
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
