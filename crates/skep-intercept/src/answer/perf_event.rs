//! perf_event_open(2) and ioctl(2) of its files: the event that programs write to, and no other.
//!
//! All other events are those of a kernel without them (ENOENT): a client's hardware counters and tracepoints would be
//! the host's, and programs cannot be attached to them here.

use std::sync::Arc;

use skep_kernel::{Caps, Fd, FdEntry, FdObject, FdTable, UserMemory};
use skep_maps::perf_event::{PerfAttr, PerfEvent, SampleType, WakeupAfter};
use skep_uapi::UserPtr;

use super::failed;
use crate::carrier::{ClientCall, Give, OnExec, Verdict};
use crate::client_fds::ClientFds;
use crate::session::Session;
use crate::sys::process_memory::ProcessMemory;

/// PERF_TYPE_SOFTWARE, PERF_COUNT_SW_BPF_OUTPUT.
const BPF_OUTPUT: (u32, u64) = (1, 10);
/// PERF_ATTR_SIZE_VER0, and what Linux 6.18 knows.
const ATTR_SIZES: std::ops::RangeInclusive<u32> = 64..=136;
/// The bits of the attr that we look at.
const DISABLED: u64 = 1;
const WATERMARK: u64 = 1 << 14;
const SAMPLE_ID_ALL: u64 = 1 << 18;
const WRITE_BACKWARD: u64 = 1 << 27;
/// PERF_FLAG_FD_CLOEXEC, and all flags.
const CLOEXEC: u64 = 8;
const FLAGS: u64 = 15;

/// What we look at of a `struct perf_event_attr`.
struct Asked {
    event: (u32, u64),
    sample_type: u64,
    bits: u64,
    wakeup: u32,
}

/// perf_event_open(attr, pid, cpu, group, flags). `None`: given and answered in one step.
pub(super) fn open(session: &Session, call: &ClientCall) -> Option<Verdict> {
    let opened = prepare(session, call).and_then(|event| {
        let exec = if call.arg(4) & CLOEXEC == 0 {
            OnExec::Keep
        } else {
            OnExec::Close
        };
        let object = FdObject::PerfEvent(Arc::new(event));
        session
            .give(call, object, Give::AndAnswer, exec)
            .map_err(|error| i32::from(error.errno.0))
    });
    let answer = opened.map(i64::from);
    session.trace.answered(call, &described(call), answer);
    answer.err().map(failed)
}

/// The call as the trace has it.
fn described(call: &ClientCall) -> String {
    let attr = match asked(call) {
        Ok(Asked { event, .. }) if event == BPF_OUTPUT => {
            "{type=SOFTWARE, config=BPF_OUTPUT}".to_owned()
        }
        // Which skep does not have.
        Ok(Asked {
            event: (kind, config),
            ..
        }) => format!("{{type={kind}, config={config:#x}}}"),
        Err(_) => format!("{:#x}", call.arg(0)),
    };
    let [_, pid, cpu, group, ..] = call.args.map(|arg| arg as i32);
    let flags = call.arg(4);
    format!("perf_event_open({attr}, {pid}, {cpu}, {group}, {flags:#x})")
}

fn prepare(session: &Session, call: &ClientCall) -> Result<PerfEvent, i32> {
    let (pid, cpu) = (call.arg(1) as i32, call.arg(2) as i32);
    if call.arg(4) & !FLAGS != 0 {
        return Err(libc::EINVAL);
    }
    let asked = asked(call)?;
    // As with perf_event_paranoid at 2: a client sees its own events, and of them not the kernel's.
    if !session.caps.of(call.thread).grant(Caps::PERFMON) {
        return Err(libc::EACCES);
    }
    if asked.event != BPF_OUTPUT {
        return Err(libc::ENOENT);
    }
    let cpu = match u32::try_from(cpu) {
        Ok(cpu) if cpu < session.kernel.slots().possible() => Some(cpu),
        Ok(_) => return Err(libc::EINVAL),
        Err(_) if pid == -1 || cpu != -1 => return Err(libc::EINVAL),
        Err(_) => None,
    };
    if asked.bits & (WRITE_BACKWARD | SAMPLE_ID_ALL) != 0 {
        return Err(libc::EOPNOTSUPP);
    }
    let event = PerfEvent::new(PerfAttr {
        sample_type: SampleType::from_raw(asked.sample_type).ok_or(libc::EOPNOTSUPP)?,
        wakeup: if asked.bits & WATERMARK == 0 {
            WakeupAfter::Records(asked.wakeup)
        } else {
            WakeupAfter::Bytes(asked.wakeup)
        },
        cpu,
    });
    let event = event.map_err(|error| i32::from(error.errno.0))?;
    if asked.bits & DISABLED == 0 {
        event.enable();
    }
    Ok(event)
}

fn asked(call: &ClientCall) -> Result<Asked, i32> {
    let memory = ProcessMemory(call.thread);
    let at = UserPtr(call.arg(0));
    let mut attr = [0; 64];
    memory.read(at, &mut attr).map_err(|_| libc::EFAULT)?;
    let half = |offset: usize| {
        let bytes = attr.get(offset..).and_then(|rest| rest.first_chunk());
        u32::from_ne_bytes(bytes.copied().unwrap_or_default())
    };
    let word = |offset: usize| {
        let bytes = attr.get(offset..).and_then(|rest| rest.first_chunk());
        u64::from_ne_bytes(bytes.copied().unwrap_or_default())
    };
    let size = match half(4) {
        0 => *ATTR_SIZES.start(),
        size => size,
    };
    if !ATTR_SIZES.contains(&size) {
        // Linux says how much it knows.
        let known = ATTR_SIZES.end().to_ne_bytes();
        let _ = memory.write(at.wrapping_add(4), &known);
        return Err(libc::E2BIG);
    }
    Ok(Asked {
        event: (half(0), word(8)),
        sample_type: word(24),
        bits: word(40),
        wakeup: half(48),
    })
}

/// PERF_EVENT_IOC_*, by number.
const ENABLE: u8 = 0;
const DISABLE: u8 = 1;
const REFRESH: u8 = 2;
const RESET: u8 = 3;
const ID: u8 = 7;

/// ioctl(fd, PERF_EVENT_IOC_..., argument).
pub(super) fn ioctl(session: &Session, call: &ClientCall) -> Verdict {
    let fds = ClientFds { session, call };
    let FdEntry::Object(FdObject::PerfEvent(event)) = fds.get(Fd(call.arg(0) as i32)) else {
        return Verdict::Continue;
    };
    match call.arg(1) as u8 {
        ENABLE => event.enable(),
        DISABLE => event.disable(),
        RESET => {}
        ID => {
            let id = event.id().to_ne_bytes();
            let written = ProcessMemory(call.thread).write(UserPtr(call.arg(2)), &id);
            if written.is_err() {
                return failed(libc::EFAULT);
            }
        }
        // It counts overflows, which this event has none of.
        REFRESH => return failed(libc::EINVAL),
        _ => return failed(libc::ENOTTY),
    }
    Verdict::Return(0)
}
