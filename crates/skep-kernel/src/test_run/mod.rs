//! PROG_TEST_RUN: a program on given data.
//!
//! | file | what it holds |
//! |---|---|
//! | `skb`, `xdp`, `raw_tp`, `syscall` | the handlers: what each checks, makes and gives back |
//! | `context_io` | the rules all handlers share for data and contexts in the task's memory |
//! | `run` | repeating, timing, interruption |
//! | `callback` | one function of a program on an element: timers and work items |
//! | `packet` | packets, and the context objects programs see |
//! | `state` | what a run carries for helper bodies |
//!
//! The command checks the attr, finds the program and calls [`test_run`]; what comes back is written to the attr even
//! if the outcome is an error, as Linux does for a data_out that is too small.

mod callback;
mod context_io;
pub(crate) mod packet;
mod raw_tp;
pub(crate) mod run;
mod skb;
pub(crate) mod state;
mod syscall;
mod xdp;

use skep_catalog::ObjectKind;
use skep_exec::ContextLayout;
use skep_object::{Ref, SysResult, unsupported};
use skep_uapi::{ProgType, UserPtr};

use crate::{Kernel, Prog, Task};

pub(crate) use callback::run_callback;

/// The arguments, as the attr has them; pointers are the task's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TestRunArgs {
    /// Input data.
    pub data_in: UserPtr,
    /// Bytes of it.
    pub data_size_in: u32,
    /// Where output data goes; may be NULL.
    pub data_out: UserPtr,
    /// Room there; 0 with a pointer means "as much as there is".
    pub data_size_out: u32,
    /// Input context; NULL exactly if its size is 0.
    pub ctx_in: UserPtr,
    /// Bytes of it.
    pub ctx_size_in: u32,
    /// Where the output context goes; NULL exactly if its size is 0.
    pub ctx_out: UserPtr,
    /// Room there.
    pub ctx_size_out: u32,
    /// Runs; 0 is 1.
    pub repeat: u32,
    /// A [`skep_uapi::TestRunFlags`].
    pub flags: u32,
    /// CPU, with `RUN_ON_CPU`.
    pub cpu: u32,
    /// Frames in one go.
    pub batch_size: u32,
    /// What the attr has where the duration comes out; syscall programs want 0.
    pub duration: u32,
}

/// What goes back into the attr.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TestRunReply {
    /// What the last run returned.
    pub retval: Option<u32>,
    /// Mean nanoseconds of a run.
    pub duration_ns: Option<u32>,
    /// Bytes of output data, also when they did not fit.
    pub data_size_out: Option<u32>,
    /// Bytes of output context.
    pub ctx_size_out: Option<u32>,
    /// What the call answers.
    pub outcome: SysResult<()>,
}

/// Runs a program as PROG_TEST_RUN asks. Types without a handler were refused by the command (ENOTSUPP).
///
/// Output data and context are written to the task's memory here; only the numbers are left to the command.
pub fn test_run(
    kernel: &Kernel,
    task: &Task<'_>,
    prog: &Ref<Prog>,
    args: &TestRunArgs,
) -> SysResult<TestRunReply> {
    match handler(prog.prog_type()) {
        Some(Handler::Skb) => skb::test_run(kernel, task, prog, args),
        Some(Handler::Xdp) => xdp::test_run(kernel, task, prog, args),
        Some(Handler::RawTp) => raw_tp::test_run(kernel, task, prog, args),
        Some(Handler::Syscall) => syscall::test_run(kernel, task, prog, args),
        None => Err(unsupported!(ENOTSUPP, "test runs of {}", prog.prog_type())),
    }
}

/// Who makes the context of a type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Handler {
    Skb,
    Xdp,
    RawTp,
    Syscall,
}

fn handler(prog_type: ProgType) -> Option<Handler> {
    match prog_type {
        ProgType::SocketFilter
        | ProgType::SchedCls
        | ProgType::SchedAct
        | ProgType::CgroupSkb
        | ProgType::LwtIn
        | ProgType::LwtOut
        | ProgType::LwtXmit => Some(Handler::Skb),
        ProgType::Xdp => Some(Handler::Xdp),
        ProgType::RawTracepoint => Some(Handler::RawTp),
        ProgType::Syscall => Some(Handler::Syscall),
        _ => None,
    }
}

/// Where the fields of a type's context live in the object its test run makes; `None`: the type cannot run here.
pub fn context_layout(prog_type: ProgType) -> Option<&'static ContextLayout> {
    static IDENTITY: ContextLayout = ContextLayout::identity();
    Some(match handler(prog_type)? {
        Handler::Skb => packet::skb_layout(),
        Handler::Xdp => packet::xdp_layout(),
        Handler::RawTp | Handler::Syscall => &IDENTITY,
    })
}

/// The layout of an object reached from a context; `None` where there are no such objects.
pub fn object_layout(kind: ObjectKind) -> Option<&'static ContextLayout> {
    match kind {
        // Neither TCP sockets nor AF_XDP ones exist: no program ever gets past its null check.
        ObjectKind::SockCommon | ObjectKind::Socket | ObjectKind::TcpSock | ObjectKind::XdpSock => {
            Some(packet::socket_layout())
        }
        ObjectKind::FlowKeys => None,
    }
}
