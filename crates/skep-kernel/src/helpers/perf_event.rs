//! bpf_perf_event_output: bytes of the program, and of its packet, into the buffer of a perf event.

use skep_exec::{HelperCall, HelperResult, Trapped};
use skep_maps::perf_event::Writer;
use skep_object::{Clock, Errno};

use super::call::{done, negative, size, state};
use crate::test_run::state::Subject;

/// BPF_F_INDEX_MASK; all of it is BPF_F_CURRENT_CPU.
const INDEX: u64 = 0xffff_ffff;
/// BPF_F_CTXLEN_MASK.
const CONTEXT_LEN: u64 = 0xf_ffff << 32;

/// For programs whose context is no packet.
pub(super) fn output(call: &HelperCall<'_, '_>) -> HelperResult {
    if call.arg(2) & !INDEX != 0 {
        return Ok(negative(Errno::EINVAL));
    }
    write(call, &[])
}

/// For programs with a packet: the flags say how much of it follows.
pub(super) fn output_with_packet(call: &HelperCall<'_, '_>) -> HelperResult {
    let flags = call.arg(2);
    if flags & !(INDEX | CONTEXT_LEN) != 0 {
        return Ok(negative(Errno::EINVAL));
    }
    let len = ((flags & CONTEXT_LEN) >> 32) as usize;
    let packet = match state(call)?.subject() {
        Subject::Skb(skb) => skb.packet().part(0, len).map(|part| part.to_vec()),
        Subject::Xdp(frame) => {
            let mut bytes = frame.to_vec();
            let whole = bytes.len();
            bytes.truncate(len);
            (len <= whole).then_some(bytes)
        }
        Subject::Bytes(_) => None,
    };
    match packet {
        Some(bytes) => write(call, &bytes),
        None if len == 0 => write(call, &[]),
        None => Ok(negative(Errno::EFAULT)),
    }
}

fn write(call: &HelperCall<'_, '_>, packet: &[u8]) -> HelperResult {
    let Some(events) = call.map(1)?.map().as_perf_event_array() else {
        return Err(call.refuse("the map is no array of perf events"));
    };
    let data = call.read(3, size(call, 4))?.to_vec();
    let cpu = call.context().cpu();
    let index = match call.arg(2) & INDEX {
        INDEX => cpu,
        index => index as u32,
    };
    let writer = writer(call, cpu)?;
    let written = events
        .event(index)
        .and_then(|event| event.output(writer, &[&data, packet]));
    done(written)
}

fn writer(call: &HelperCall<'_, '_>, cpu: u32) -> Result<Writer, Trapped> {
    let task = state(call)?.task();
    Ok(Writer {
        tgid: task.tgid,
        pid: task.pid,
        cpu,
        time_ns: call.context().platform().now_ns(Clock::Monotonic),
    })
}
