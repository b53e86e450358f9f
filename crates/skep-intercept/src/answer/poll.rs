//! poll(2) on rings: the host would say that a memfd is always ready, so we wait in its place.
//!
//! Only where all files are rings of ours: we cannot wait for others of the client's. A call that mixes them is the
//! host's, and finds the rings ready.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use skep_kernel::{CancelToken, Fd, UserMemory};
use skep_maps::Awaited;
use skep_uapi::UserPtr;

use super::failed;
use crate::carrier::{ClientCall, Verdict};
use crate::client_fds::ClientFds;
use crate::identity;
use crate::polls::RingSignal;
use crate::session::Session;
use crate::sys::process_memory::ProcessMemory;

/// `struct pollfd`: fd, events, revents.
const ENTRY: usize = 8;
const REVENTS: usize = 6;
/// More files than this are never all rings.
const FILES_MAX: u64 = 256;
/// How often a waiting caller's signals and life are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A ring that the caller waits for.
struct Waited {
    signal: Arc<RingSignal>,
    events: u16,
}

impl Waited {
    /// What the caller asked for of what this ring may have.
    fn asked(&self) -> u16 {
        let possible = match self.signal.awaited() {
            Awaited::Records => libc::POLLIN | libc::POLLRDNORM,
            Awaited::Room => libc::POLLOUT | libc::POLLWRNORM,
        };
        possible as u16 & self.events
    }

    /// What to report of it now.
    fn revents(&self) -> u16 {
        if self.signal.is_ready() {
            self.asked()
        } else {
            0
        }
    }
}

/// poll(files, count, milliseconds).
#[cfg(target_arch = "x86_64")]
pub(super) fn poll(session: &Session, call: &ClientCall) -> Verdict {
    let timeout = u64::try_from(call.arg(2) as i32).map(Duration::from_millis);
    answer(session, call, |_| Ok(timeout.ok()))
}

/// ppoll(files, count, timeout, mask). The mask is not applied: a signal it lets in interrupts the call later.
pub(super) fn ppoll(session: &Session, call: &ClientCall) -> Verdict {
    answer(session, call, |memory| {
        let at = UserPtr(call.arg(2));
        if at.is_null() {
            return Ok(None);
        }
        let (mut seconds, mut nanos) = ([0; 8], [0; 8]);
        let read = memory
            .read(at, &mut seconds)
            .and_then(|()| memory.read(at.wrapping_add(8), &mut nanos));
        read.map_err(|_| failed(libc::EFAULT))?;
        let (seconds, nanos) = (u64::from_ne_bytes(seconds), u64::from_ne_bytes(nanos));
        match u32::try_from(nanos) {
            Ok(nanos @ 0..1_000_000_000) if i64::try_from(seconds).is_ok() => {
                Ok(Some(Duration::new(seconds, nanos)))
            }
            Ok(_) | Err(_) => Err(failed(libc::EINVAL)),
        }
    })
}

fn answer(
    session: &Session,
    call: &ClientCall,
    timeout: impl FnOnce(&ProcessMemory) -> Result<Option<Duration>, Verdict>,
) -> Verdict {
    let memory = ProcessMemory(call.thread);
    let Some((mut entries, waited)) = rings(session, call, &memory) else {
        return Verdict::Continue;
    };
    let deadline = match timeout(&memory) {
        // So far away that no clock has it: for ever.
        Ok(timeout) => timeout.and_then(|timeout| Instant::now().checked_add(timeout)),
        Err(verdict) => return verdict,
    };
    let ended = session.workers.long(|| {
        let wait = |cancel: &CancelToken| wait(call, &waited, deadline, cancel);
        session.long.run(call, wait)
    });
    if ended == Ended::Interrupted {
        return failed(libc::EINTR);
    }
    let mut count = 0;
    for (entry, waited) in entries.chunks_exact_mut(ENTRY).zip(&waited) {
        let revents = waited.as_ref().map_or(0, Waited::revents);
        count += i64::from(revents != 0);
        if let (Some(waited), 1..) = (waited, revents) {
            waited.signal.was_told();
        }
        if let Some(place) = entry.get_mut(REVENTS..) {
            place.copy_from_slice(&revents.to_ne_bytes());
        }
    }
    match memory.write(UserPtr(call.arg(0)), &entries) {
        Ok(()) => Verdict::Return(count),
        Err(_) => failed(libc::EFAULT),
    }
}

/// What the caller waits for, if that is rings only: entries as they stand in its memory, and the ring of each that
/// is not negative.
fn rings(
    session: &Session,
    call: &ClientCall,
    memory: &ProcessMemory,
) -> Option<(Vec<u8>, Vec<Option<Waited>>)> {
    let count = Some(call.arg(1)).filter(|count| *count <= FILES_MAX)?;
    let mut entries = vec![0; count as usize * ENTRY];
    memory.read(UserPtr(call.arg(0)), &mut entries).ok()?;
    let fds = ClientFds { session, call };
    let mut waited = Vec::new();
    for entry in entries.chunks_exact(ENTRY) {
        let [a, b, c, d, low, high, ..] = *entry else {
            return None;
        };
        let fd = i32::from_ne_bytes([a, b, c, d]);
        if fd < 0 {
            waited.push(None);
            continue;
        }
        let key = fds.key(Fd(fd))?;
        let (object, _) = session.handles.find(key)?;
        let signal = session.polls.signal(key, &object)?.ok()?;
        let events = u16::from_ne_bytes([low, high]);
        waited.push(Some(Waited { signal, events }));
    }
    waited
        .iter()
        .any(Option::is_some)
        .then_some((entries, waited))
}

/// Why waiting ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// A ring is ready, or the time is over.
    Look,
    /// A signal wants to be delivered, or the caller is gone.
    Interrupted,
}

fn wait(
    call: &ClientCall,
    waited: &[Option<Waited>],
    deadline: Option<Instant>,
    cancel: &CancelToken,
) -> Ended {
    let waited: Vec<&Waited> = waited.iter().flatten().collect();
    loop {
        if waited.iter().any(|ring| ring.revents() != 0) {
            return Ended::Look;
        }
        waited.iter().for_each(|ring| ring.signal.correct());
        loop {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return Ended::Look;
            }
            let part = left.map_or(LOOK_EVERY, |left| left.min(LOOK_EVERY));
            if woken(&waited, part) {
                break;
            }
            if cancel.is_cancelled() || identity::has_signal(call.thread) {
                return Ended::Interrupted;
            }
        }
    }
}

/// Waits for a wake-up of one of the rings.
fn woken(waited: &[&Waited], at_most: Duration) -> bool {
    let mut files: Vec<PollFd<'_>> = waited
        .iter()
        .filter(|ring| ring.asked() != 0)
        .map(|ring| {
            let flags = match ring.signal.awaited() {
                Awaited::Records => PollFlags::IN,
                Awaited::Room => PollFlags::OUT,
            };
            PollFd::from_borrowed_fd(ring.signal.file(), flags)
        })
        .collect();
    let at_most = Timespec::try_from(at_most).ok();
    matches!(rustix::event::poll(&mut files, at_most.as_ref()), Ok(1..))
}
