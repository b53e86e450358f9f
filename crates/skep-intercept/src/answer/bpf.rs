//! bpf(2): bytes in, the dispatcher, bytes and a descriptor out. Never handed on to the host.

use skep_kernel::{CancelToken, Credentials, Reply, Task, TaskIds, UserMemory};
use skep_object::SysResult;
use skep_uapi::{Cmd, UserPtr};

use crate::carrier::{ClientCall, Give, OnExec, Verdict};
use crate::client_fds::ClientFds;
use crate::near_memory::NearMemory;
use crate::pins::ClientBpffs;
use crate::session::Session;
use crate::sys::process_memory::ProcessMemory;
use crate::{control, identity};
use skep_kernel::{Fd, FdTable};

/// How much a command may do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Elements of maps: short, and of no interest to ids.
    Element,
    /// Makes an object: its id and all else about it are the same whatever was closed before.
    Create,
    /// Short, and sees what exists.
    Short,
    /// Verifies or runs programs, or goes through whole maps.
    Long,
}

fn kind(cmd: u32) -> Kind {
    match Cmd::from_raw(cmd) {
        Some(Cmd::MapLookupElem | Cmd::MapUpdateElem | Cmd::MapDeleteElem | Cmd::MapGetNextKey) => {
            Kind::Element
        }
        Some(Cmd::MapCreate) => Kind::Create,
        Some(
            Cmd::ProgLoad
            | Cmd::ProgTestRun
            | Cmd::BtfLoad
            | Cmd::MapLookupBatch
            | Cmd::MapLookupAndDeleteBatch
            | Cmd::MapUpdateBatch
            | Cmd::MapDeleteBatch,
        ) => Kind::Long,
        Some(_) | None => Kind::Short,
    }
}

/// Answers a bpf(2).
pub(super) fn answer(session: &Session, call: &ClientCall) {
    if call.arg(0) as u32 == control::COMMAND {
        return private(session, call);
    }
    let kind = kind(call.arg(0) as u32);
    let asked = session.trace.asked(call);
    let who = |ids: fn(u32) -> TaskIds| Credentials {
        caps: session.caps.of(call.thread),
        ids: ids(call.thread),
    };
    let memory = ProcessMemory(call.thread);
    let answered = match kind {
        Kind::Element => {
            let memory = NearMemory::new(memory);
            perform(session, call, &who(identity::of_thread), &memory, None)
        }
        Kind::Create => {
            session.settle_for_another();
            perform(session, call, &who(identity::of_thread), &memory, None)
        }
        Kind::Short => {
            session.settle();
            perform(session, call, &who(identity::of_thread), &memory, None)
        }
        Kind::Long => session.workers.long(|| {
            session.settle();
            let who = who(identity::of_process);
            session.long.run(call, |cancel| {
                perform(session, call, &who, &memory, Some(cancel))
            })
        }),
    };
    session.trace.bpf(call, asked, &answered);
}

/// What skep commands inside the session ask for. Programs may be run: it may take long.
fn private(session: &Session, call: &ClientCall) {
    let answered = session.workers.long(|| {
        session.settle();
        session
            .long
            .run(call, |cancel| control::answer(session, call, cancel))
    });
    let value = match &answered {
        Ok(value) => i64::from(*value),
        Err(error) => error.errno.as_return(),
    };
    let _ = session.carrier.answer(call, Verdict::Return(value));
}

/// Carries the command out and answers the caller.
fn perform(
    session: &Session,
    call: &ClientCall,
    who: &Credentials,
    memory: &dyn UserMemory,
    cancel: Option<&CancelToken>,
) -> SysResult<u32> {
    let fds = ClientFds { session, call };
    let bpffs = ClientBpffs { session, call };
    let mut task = Task::new(who, &fds, memory).with_bpffs(&bpffs);
    if let Some(cancel) = cancel {
        task = task.with_cancel(cancel);
    }
    let (cmd, attr, size) = (call.arg(0) as u32, UserPtr(call.arg(1)), call.arg(2) as u32);
    let reply = session.kernel.call(&task, cmd, attr, size);
    let answer = match reply {
        Ok(Reply::NewFd(object)) => {
            match session.give(call, object, Give::AndAnswer, OnExec::Close) {
                // Given and answered in one step.
                Ok(number) => return Ok(number),
                Err(error) => Err(error),
            }
        }
        Ok(Reply::Value(value)) => Ok(value),
        Err(error) => Err(error),
    };
    let value = match &answer {
        Ok(value) => i64::from(*value),
        Err(error) => error.errno.as_return(),
    };
    if cmd == Cmd::MapFreeze as u32 && answer.is_ok() {
        seal(&fds, memory, attr);
    }
    // Nobody waits any more: whatever was done stays done, as when a caller dies in the kernel.
    let _ = session.carrier.answer(call, Verdict::Return(value));
    answer
}

/// A frozen map gets no new writable mappings.
fn seal(fds: &ClientFds<'_>, memory: &dyn UserMemory, attr: UserPtr) {
    let mut fd = [0; 4];
    if memory.read(attr, &mut fd).is_err() {
        return;
    }
    let fd = Fd(i32::from_ne_bytes(fd));
    if let (skep_kernel::FdEntry::Object(_), Some(key)) = (fds.get(fd), fds.key(fd)) {
        fds.session.handles.seal_memory(key);
    }
}
