//! epoll: clients get epolls of ours, into which rings can be added. See [`crate::polls`].

use skep_kernel::{Fd, UserMemory};
use skep_uapi::UserPtr;

use super::failed;
use crate::carrier::{ClientCall, Give, OnExec, Verdict};
use crate::client_fds::ClientFds;
use crate::polls::{Event, Operation, control};
use crate::session::Session;
use crate::sys::process_memory::ProcessMemory;

/// epoll_create(size).
#[cfg(target_arch = "x86_64")]
pub(super) fn create(session: &Session, call: &ClientCall) -> Option<Verdict> {
    if (call.arg(0) as i32) <= 0 {
        return Some(failed(libc::EINVAL));
    }
    make(session, call, OnExec::Keep)
}

/// epoll_create1(flags).
pub(super) fn create1(session: &Session, call: &ClientCall) -> Option<Verdict> {
    match call.arg(0) as i32 {
        0 => make(session, call, OnExec::Keep),
        libc::EPOLL_CLOEXEC => make(session, call, OnExec::Close),
        _ => Some(failed(libc::EINVAL)),
    }
}

/// `None`: given and answered in one step.
fn make(session: &Session, call: &ClientCall, exec: OnExec) -> Option<Verdict> {
    let give = |epoll: std::os::fd::BorrowedFd<'_>| {
        session.carrier.give(call, epoll, Give::AndAnswer, exec)
    };
    match session.polls.make(give) {
        Ok(_) => None,
        Err(error) => Some(failed(error.raw_os_error().unwrap_or(libc::ENOMEM))),
    }
}

/// epoll_ctl(epoll, operation, fd, event).
pub(super) fn ctl(session: &Session, call: &ClientCall) -> Verdict {
    let fds = ClientFds { session, call };
    let Some(key) = fds.key(Fd(call.arg(2) as i32)) else {
        return Verdict::Continue;
    };
    let Some((object, _)) = session.handles.find(key) else {
        return Verdict::Continue;
    };
    let Some(signal) = session.polls.signal(key, &object) else {
        return Verdict::Continue;
    };
    let operation = match operation(call) {
        Ok(operation) => operation,
        Err(verdict) => return verdict,
    };
    let done = session
        .polls
        .with_epoll(call.thread, call.arg(0) as i32, |epoll| {
            let signal = signal?;
            match operation {
                Operation::Add(_) | Operation::Modify(_) => signal.correct(),
                Operation::Delete | Operation::Unknown => {}
            }
            control(epoll, signal.file(), signal.adapt(operation))
        });
    // Not an epoll, or not one that was made here: the host says what is wrong with it.
    let Some(done) = done else {
        return Verdict::Continue;
    };
    let answer = done.map(|()| 0).map_err(|error| error.raw_os_error());
    session
        .trace
        .answered(call, &described(call, operation), answer);
    answer.map_or_else(failed, Verdict::Return)
}

/// The call as the trace has it.
fn described(call: &ClientCall, operation: Operation) -> String {
    let [epoll, _, fd, ..] = call.args.map(|arg| arg as i32);
    let event = |Event { events, data }| format!("{{events={events:#x}, data={data:#x}}}");
    match operation {
        Operation::Add(added) => format!("epoll_ctl({epoll}, ADD, {fd}, {})", event(added)),
        Operation::Modify(changed) => format!("epoll_ctl({epoll}, MOD, {fd}, {})", event(changed)),
        Operation::Delete => format!("epoll_ctl({epoll}, DEL, {fd})"),
        Operation::Unknown => format!("epoll_ctl({epoll}, {}, {fd})", call.arg(1) as i32),
    }
}

fn operation(call: &ClientCall) -> Result<Operation, Verdict> {
    Ok(match call.arg(1) as i32 {
        libc::EPOLL_CTL_ADD => Operation::Add(event(call)?),
        libc::EPOLL_CTL_MOD => Operation::Modify(event(call)?),
        libc::EPOLL_CTL_DEL => Operation::Delete,
        _ => Operation::Unknown,
    })
}

/// The event, in which the data follows at once on x86-64 and aligned elsewhere.
fn event(call: &ClientCall) -> Result<Event, Verdict> {
    let at = UserPtr(call.arg(3));
    let (mut events, mut data) = ([0; 4], [0; 8]);
    let memory = ProcessMemory(call.thread);
    let data_at = at.wrapping_add(std::mem::offset_of!(libc::epoll_event, u64) as u64);
    let read = memory
        .read(at, &mut events)
        .and_then(|()| memory.read(data_at, &mut data));
    match read {
        Ok(()) => Ok(Event {
            events: u32::from_ne_bytes(events),
            data: u64::from_ne_bytes(data),
        }),
        Err(_) => Err(failed(libc::EFAULT)),
    }
}

/// epoll_wait: the host's, after a look at the rings.
pub(super) fn wait(session: &Session) -> Verdict {
    session.polls.correct();
    Verdict::Continue
}
