//! Running a program `repeat` times on one subject.
//!
//! As in Linux the runs of one test share context and packet: what one run changes the next one sees.

use std::sync::Arc;
use std::time::Instant;

use skep_exec::{BoundMap, Executor, Run};
use skep_memory::{Addr, Permissions, RacyBytes};
use skep_object::{CancelToken, Errno, Ref, RunContext, SysError, SysResult};

use super::state::RunState;
use crate::owned::deferred::Kind;
use crate::{Kernel, Prog};

/// What the runs of one test gave.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Runs {
    /// R0 of the last run.
    pub(crate) retval: u32,
    /// Mean time of a run.
    pub(crate) duration_ns: u32,
}

/// Where a run begins.
#[derive(Clone, Copy)]
enum Enter<'e> {
    /// At the main program, with the context.
    Main,
    /// At a function that gets an element of a map.
    Function(&'e Called<'e>),
}

/// A function that is called for an element of a map.
pub(crate) struct Called<'e> {
    /// The function pointer.
    pub(crate) function: u64,
    pub(crate) map: &'e Arc<BoundMap>,
    /// A copy of the key.
    pub(crate) key: RacyBytes<'e>,
    pub(crate) value: Addr,
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
            retval = self.once(executor, slot.cpu(), Enter::Main)?;
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
        self.once(executor, cpu, Enter::Main)
    }

    /// Runs once as a sleepable program. EINTR, EFAULT, ENOTSUPP.
    pub(crate) fn once_sleepable(&self) -> SysResult<u32> {
        let executor = self.executor()?;
        let cpu = self.kernel.slots().sleepable_cpu(self.kernel.platform());
        self.kernel
            .rcu()
            .trace
            .read(|_inside| self.once(executor, cpu, Enter::Main))
    }

    /// Calls one function once: a timer's on a vCPU, a work item's as a sleepable program. EINTR, EFAULT, ENOTSUPP.
    pub(crate) fn call_back(&self, kind: Kind, called: &Called<'_>) -> SysResult<u32> {
        let executor = self.executor()?;
        let enter = Enter::Function(called);
        match kind {
            Kind::Timer(_) => {
                let slot = self.kernel.slots().take(self.kernel.platform());
                let _nested = slot.nest();
                let _inside = slot.enter_rcu();
                self.once(executor, slot.cpu(), enter)
            }
            Kind::Work => {
                let cpu = self.kernel.slots().sleepable_cpu(self.kernel.platform());
                let trace = &self.kernel.rcu().trace;
                trace.read(|_inside| self.once(executor, cpu, enter))
            }
        }
    }

    /// Compiled before the clock starts.
    fn executor(&self) -> SysResult<&dyn Executor> {
        self.prog.executor(self.kernel.engine())
    }

    fn once(&self, executor: &dyn Executor, cpu: u32, enter: Enter<'_>) -> SysResult<u32> {
        let context =
            RunContext::new(self.kernel.platform(), self.cancel, cpu).with_upper(self.state);
        let run = Run::new(self.kernel.engine(), &context);
        self.state.lend(&run);
        run.allow_source(&**self.kernel.objects());
        let counted = self.kernel.statistics().are_on().then(Instant::now);
        let result = match enter {
            Enter::Main => executor.run(self.context, &run),
            Enter::Function(called) => {
                run.know_map(called.map);
                run.allow(called.key, Permissions::ReadOnly);
                let map = called.map.handle();
                let [map, key, value] = [map, called.key.start(), called.value].map(Addr::raw);
                executor.call_back(called.function, [map, key, value, 0, 0], &run)
            }
        };
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
