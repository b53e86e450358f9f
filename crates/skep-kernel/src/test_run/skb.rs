//! Test runs of skb types: socket filters, traffic control, cgroup_skb, light-weight tunnels.

use std::mem::offset_of;
use std::ops::Range;

use skep_object::{Errno, Ref, SysError, SysResult};
use skep_uapi::context::SkBuff as Uapi;
use skep_uapi::{ProgType, TestRunFlags};
use zerocopy::{FromBytes, IntoBytes};

use super::context_io::{context_in, context_out, data_in, data_out, size_after};
use super::packet::{Checksum, ETH_HLEN, Layer, SkBuff};
use super::run::Test;
use super::state::{RunState, Subject};
use super::{TestRunArgs, TestRunReply};
use crate::helpers::checksum::{fold, partial};
use crate::{Kernel, Prog, Task};

/// A page less 64 bytes of headroom and 320 for the shared info.
const DATA_MAX: usize = 4096 - 64 - 320;
/// GSO_LEGACY_MAX_SIZE.
const WIRE_LEN_MAX: u32 = 65_536;
/// GSO_MAX_SEGS.
const GSO_SEGS_MAX: u32 = 65_535;

/// What may be set in `ctx_in`; all else must be zero.
const SETTABLE: [Range<usize>; 6] = [
    offset_of!(Uapi, mark)..offset_of!(Uapi, queue_mapping),
    offset_of!(Uapi, priority)..offset_of!(Uapi, tc_index),
    offset_of!(Uapi, cb)..offset_of!(Uapi, hash),
    offset_of!(Uapi, tstamp)..offset_of!(Uapi, sk),
    offset_of!(Uapi, gso_size)..offset_of!(Uapi, tstamp_type),
    offset_of!(Uapi, hwtstamp)..size_of::<Uapi>(),
];

pub(super) fn test_run(
    kernel: &Kernel,
    task: &Task<'_>,
    prog: &Ref<Prog>,
    args: &TestRunArgs,
) -> SysResult<TestRunReply> {
    let flags = TestRunFlags::from_bits_retain(args.flags);
    if !TestRunFlags::SKB_CHECKSUM_COMPLETE.contains(flags) || args.cpu != 0 || args.batch_size != 0
    {
        return SysError::err(
            Errno::EINVAL,
            "flag, CPU or batch size that skb runs do not have",
        );
    }
    let frame = data_in(task, args, DATA_MAX)?;
    let context = match context_in(task, args, size_of::<Uapi>())? {
        Some(bytes) => {
            Some(Uapi::read_from_bytes(&bytes).map_err(|_| bad("context of another size"))?)
        }
        None => None,
    };
    let layer = layer(prog.prog_type());
    let skb =
        SkBuff::new(&frame, layer).map_err(|errno| SysError::new(errno, "no skb of this frame"))?;
    if let Some(context) = &context {
        if context.ifindex > 1 {
            return SysError::err(
                Errno::ENODEV,
                "only the loopback device, number 1, is there",
            );
        }
        take_context(&skb, context)?;
    }
    if flags.contains(TestRunFlags::SKB_CHECKSUM_COMPLETE) {
        skb.checksum.set(Checksum::Complete(network_sum(&skb)));
    }

    let address = skb.address();
    let state = RunState::new(
        Subject::Skb(skb),
        task.credentials().ids.clone(),
        kernel.strong(),
    );
    let test = Test {
        kernel,
        cancel: task.cancel(),
        prog,
        state: &state,
        context: address,
    };
    let runs = test.repeat(args.repeat)?;
    let Subject::Skb(skb) = state.subject() else {
        return SysError::err(Errno::EINVAL, "the run lost its skb");
    };
    if layer == Layer::Network {
        // The place of the Ethernet header comes back, but not the header.
        skb.packet()
            .push(ETH_HLEN)
            .map_err(|errno| SysError::new(errno, "no room for the Ethernet header"))?;
        let back = ETH_HLEN as i64;
        skb.set_header_offsets(skb.mac_offset() + back, skb.network_offset() + back);
    }
    check_sum(skb, flags)?;
    reply(task, args, skb, context, runs)
}

fn reply(
    task: &Task<'_>,
    args: &TestRunArgs,
    skb: &SkBuff,
    context: Option<Uapi>,
    runs: super::run::Runs,
) -> SysResult<TestRunReply> {
    let data = skb.packet().bytes().to_vec();
    let mut outcome = data_out(task, args, &data, 0)?;
    let mut ctx_size_out = None;
    if let Some(context) = context
        && outcome.is_ok()
        && !args.ctx_out.is_null()
    {
        outcome = context_out(task, args, give_context(skb, context).as_bytes());
        ctx_size_out = size_after(&outcome, size_of::<Uapi>());
    }
    Ok(TestRunReply {
        retval: Some(runs.retval),
        duration_ns: Some(runs.duration_ns),
        data_size_out: Some(data.len() as u32),
        ctx_size_out,
        outcome,
    })
}

fn bad(why: &'static str) -> SysError {
    SysError::new(Errno::EINVAL, why)
}

fn layer(prog_type: ProgType) -> Layer {
    if matches!(prog_type, ProgType::SchedCls | ProgType::SchedAct) {
        Layer::Link
    } else {
        Layer::Network
    }
}

/// Sets what the task gave. EINVAL.
fn take_context(skb: &SkBuff, context: &Uapi) -> SysResult<()> {
    let settable = |at: usize| SETTABLE.iter().any(|range| range.contains(&at));
    let foreign = context
        .as_bytes()
        .iter()
        .enumerate()
        .any(|(at, byte)| *byte != 0 && !settable(at));
    if foreign {
        return Err(bad("a field of the context may not be given"));
    }
    let len = skb.get(offset_of!(Uapi, len));
    let wire_len = if context.wire_len == 0 {
        len
    } else {
        context.wire_len
    };
    if wire_len < len || wire_len > WIRE_LEN_MAX {
        return Err(bad(
            "wire_len is shorter than the packet or longer than 65536",
        ));
    }
    if context.gso_segs > GSO_SEGS_MAX {
        return Err(bad("gso_segs is more than 65535"));
    }
    skb.set(offset_of!(Uapi, mark), context.mark);
    skb.set(offset_of!(Uapi, priority), context.priority);
    skb.set(offset_of!(Uapi, ingress_ifindex), context.ingress_ifindex);
    skb.set_u64(offset_of!(Uapi, tstamp), context.tstamp);
    for (index, word) in context.cb.iter().enumerate() {
        skb.set(offset_of!(Uapi, cb) + 4 * index, *word);
    }
    skb.set(offset_of!(Uapi, wire_len), wire_len);
    skb.set(offset_of!(Uapi, gso_segs), context.gso_segs);
    // 16 bits in Linux.
    skb.set(
        offset_of!(Uapi, gso_size),
        u32::from(context.gso_size as u16),
    );
    skb.set_u64(offset_of!(Uapi, hwtstamp), context.hwtstamp);
    Ok(())
}

/// The context after the runs: what was given, with what programs may have changed.
fn give_context(skb: &SkBuff, given: Uapi) -> Uapi {
    let mut cb = given.cb;
    for (index, word) in cb.iter_mut().enumerate() {
        *word = skb.get(offset_of!(Uapi, cb) + 4 * index);
    }
    Uapi {
        mark: skb.get(offset_of!(Uapi, mark)),
        priority: skb.get(offset_of!(Uapi, priority)),
        ingress_ifindex: skb.get(offset_of!(Uapi, ingress_ifindex)),
        ifindex: skb.get(offset_of!(Uapi, ifindex)),
        tstamp: skb.get_u64(offset_of!(Uapi, tstamp)),
        cb,
        wire_len: skb.get(offset_of!(Uapi, wire_len)),
        gso_segs: skb.get(offset_of!(Uapi, gso_segs)),
        hwtstamp: skb.get_u64(offset_of!(Uapi, hwtstamp)),
        ..given
    }
}

/// The sum of everything from the network header on.
fn network_sum(skb: &SkBuff) -> u32 {
    let packet = skb.packet();
    let from = usize::try_from(skb.network_offset()).unwrap_or(0);
    let len = packet.len().saturating_sub(from);
    packet
        .part(from, len)
        .map_or(0, |bytes| partial(&bytes.to_vec(), 0))
}

/// With CHECKSUM_COMPLETE the program must have kept the sum true. EBADMSG.
fn check_sum(skb: &SkBuff, flags: TestRunFlags) -> SysResult<()> {
    if !flags.contains(TestRunFlags::SKB_CHECKSUM_COMPLETE) {
        return Ok(());
    }
    let kept = match skb.checksum.get() {
        Checksum::Complete(sum) => sum,
        Checksum::None | Checksum::Unnecessary { .. } => 0,
    };
    if fold(kept) != fold(network_sum(skb)) {
        return SysError::err(Errno::EBADMSG, "the program did not keep the checksum true");
    }
    Ok(())
}
