//! Firing a hook: its programs run as in a test run, on arguments that the caller makes up.

use skep_memory::Region;
use skep_object::{CancelToken, Errno, ObjectId, Ref, SysError, SysResult, unsupported};
use skep_uapi::ProgType;

use super::{Attached, Tracepoint};
use crate::object::{Link, LinkKind};
use crate::test_run::run::Test;
use crate::test_run::state::{RunState, Subject};
use crate::{Kernel, TaskIds};

/// What one program made of an event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fired {
    /// Id of the program.
    pub prog: Option<ObjectId>,
    /// What it returned, which nothing looks at; or why it did not run.
    pub retval: SysResult<u32>,
}

impl Kernel {
    /// Runs the program of one link, as if its hook were reached by this task with these arguments: 8 bytes each, as
    /// many as the tracepoint has; missing ones are 0.
    ///
    /// ENOTSUPP: nothing fires links of this type, or the program cannot be run here. EINVAL: more bytes than the
    /// tracepoint has arguments for. EINTR: cancelled.
    pub fn fire_link(
        &self,
        task: &TaskIds,
        cancel: &CancelToken,
        link: &Ref<Link>,
        args: &[u8],
    ) -> SysResult<Fired> {
        let LinkKind::RawTracepoint { name, cookie } = link.kind() else {
            return Err(unsupported!(ENOTSUPP, "firing {} links", link.link_type()));
        };
        let event = Event {
            kernel: self,
            task,
            cancel,
            context: self.arguments(name, args)?,
        };
        let prog = link.prog();
        Ok(event.reach(&Attached {
            number: 0,
            prog,
            cookie: *cookie,
        }))
    }

    /// Runs every program at a tracepoint, in order of attaching, as [`Self::fire_link`] does.
    ///
    /// ENOENT: no such tracepoint. EINVAL: more bytes than it has arguments for.
    pub fn fire_tracepoint(
        &self,
        task: &TaskIds,
        cancel: &CancelToken,
        name: &str,
        args: &[u8],
    ) -> SysResult<Vec<Fired>> {
        let event = Event {
            kernel: self,
            task,
            cancel,
            context: self.arguments(name, args)?,
        };
        let attached = self.hooks().at_tracepoint(name);
        Ok(attached.iter().map(|here| event.reach(here)).collect())
    }

    /// The arguments of a tracepoint, filled up with zeros.
    fn arguments(&self, name: &str, args: &[u8]) -> SysResult<Vec<u8>> {
        let btf = self.kernel_btf();
        let Some(tracepoint) = btf.and_then(|btf| Tracepoint::by_name(btf.btf(), name)) else {
            return SysError::err(Errno::ENOENT, "the kernel's BTF has no such tracepoint");
        };
        let size = tracepoint.args.saturating_mul(size_of::<u64>());
        if args.len() > size {
            return SysError::err(
                Errno::EINVAL,
                format!("{name} has {} arguments of 8 bytes", tracepoint.args),
            );
        }
        let mut context = args.to_vec();
        context.resize(size, 0);
        Ok(context)
    }
}

/// One event.
struct Event<'e> {
    kernel: &'e Kernel,
    task: &'e TaskIds,
    cancel: &'e CancelToken,
    context: Vec<u8>,
}

impl Event<'_> {
    /// The event reaches a program. Each gets arguments of its own.
    fn reach(&self, attached: &Attached) -> Fired {
        Fired {
            prog: attached.prog.id(),
            retval: self.run(attached),
        }
    }

    fn run(&self, attached: &Attached) -> SysResult<u32> {
        let prog = &attached.prog;
        if prog.prog_type() != ProgType::RawTracepoint {
            // Their arguments are kernel objects, or memory to write to: bytes of a caller are neither.
            return Err(unsupported!(
                ENOTSUPP,
                "firing {} programs",
                prog.prog_type()
            ));
        }
        let no_memory = |_| SysError::new(Errno::ENOMEM, "no memory for the arguments");
        let region = Region::new(self.context.len().max(size_of::<u64>())).map_err(no_memory)?;
        // As many bytes as the region has.
        let _ = region.copy_in(0, &self.context);
        let context = region.base();
        let state = RunState::new(
            Subject::Bytes(region),
            self.task.clone(),
            self.kernel.strong(),
        )
        .with_cookie(attached.cookie);
        let test = Test {
            kernel: self.kernel,
            cancel: self.cancel,
            prog,
            state: &state,
            context,
        };
        Ok(test.repeat(1)?.retval)
    }
}
