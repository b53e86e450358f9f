//! Test runs of XDP programs.

use skep_object::{Errno, Ref, SysError, SysResult, unsupported};
use skep_uapi::context::XdpMd;
use skep_uapi::{AttachType, TestRunFlags};
use zerocopy::{FromBytes, IntoBytes};

use super::context_io::{context_in, context_out, data_out, size_after};
use super::packet::{
    ETH_HLEN, FRAME_HEADROOM, FRAME_SIZE, FRAME_TAILROOM, XDP_FRAME, XdpBuff, invalid_meta_len,
};
use super::run::Test;
use super::state::{RunState, Subject};
use super::{TestRunArgs, TestRunReply};
use crate::{Kernel, Prog, Task};

/// TEST_XDP_MAX_BATCH.
const BATCH_MAX: u32 = 256;
/// More than all fragments hold.
const INPUT_MAX: usize = 18 * FRAME_SIZE;

pub(super) fn test_run(
    kernel: &Kernel,
    task: &Task<'_>,
    prog: &Ref<Prog>,
    args: &TestRunArgs,
) -> SysResult<TestRunReply> {
    let attach = AttachType::from_raw(prog.request().expected_attach_type);
    if matches!(attach, Some(AttachType::XdpDevmap | AttachType::XdpCpumap)) {
        return Err(bad("programs of device and CPU maps are not run"));
    }
    let flags = TestRunFlags::from_bits_retain(args.flags);
    if !TestRunFlags::XDP_LIVE_FRAMES.contains(flags) {
        return Err(bad("flag that XDP runs do not have"));
    }
    if flags.contains(TestRunFlags::XDP_LIVE_FRAMES) {
        if args.batch_size > BATCH_MAX {
            return SysError::err(Errno::E2BIG, "more than 256 frames in one go");
        }
        return Err(unsupported!(EINVAL, "XDP test runs with live frames"));
    }
    if args.batch_size != 0 {
        return Err(bad("batch size without live frames"));
    }
    let context = match context_in(task, args, size_of::<XdpMd>())? {
        Some(bytes) => {
            Some(XdpMd::read_from_bytes(&bytes).map_err(|_| bad("context of another size"))?)
        }
        None => None,
    };
    let frame = frame(task, args, context.as_ref())?;
    if let Some(context) = &context {
        check_devices(context)?;
    }

    let address = frame.address();
    let state = RunState::new(
        Subject::Xdp(frame),
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
    let Subject::Xdp(frame) = state.subject() else {
        return Err(bad("the run lost its frame"));
    };
    let data = frame.to_vec();
    let linear = frame.linear().len();
    let mut outcome = data_out(task, args, &data, data.len() - linear)?;
    let mut ctx_size_out = None;
    if let Some(context) = context
        && outcome.is_ok()
        && !args.ctx_out.is_null()
    {
        let after = XdpMd {
            data: frame.meta_len() as u32,
            data_end: linear as u32,
            ..context
        };
        outcome = context_out(task, args, after.as_bytes());
        ctx_size_out = size_after(&outcome, size_of::<XdpMd>());
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

/// The length of the metadata the context asks for. EINVAL.
fn meta_len(context: &XdpMd, args: &TestRunArgs) -> SysResult<usize> {
    let meta_len = context.data as usize;
    let outside = context.data_end > args.data_size_in || context.data > context.data_end;
    if context.data_meta != 0 || outside || invalid_meta_len(meta_len) {
        return Err(bad("pointers of the context are no offsets into the data"));
    }
    Ok(meta_len)
}

/// The device fields: there is one device, loopback, with one queue. EINVAL, ENODEV.
fn check_devices(context: &XdpMd) -> SysResult<()> {
    if context.egress_ifindex != 0 {
        return Err(bad("egress_ifindex may not be given"));
    }
    match (context.ingress_ifindex, context.rx_queue_index) {
        (0 | 1, 0) => Ok(()),
        (0 | 1, _) => Err(bad("no such receive queue")),
        _ => SysError::err(
            Errno::ENODEV,
            "only the loopback device, number 1, is there",
        ),
    }
}

/// The frame of the input. A context says how much of it is in the first page: what is before its `data_end`.
/// EINVAL, EFAULT, ENOMEM.
fn frame(task: &Task<'_>, args: &TestRunArgs, context: Option<&XdpMd>) -> SysResult<XdpBuff> {
    let size = args.data_size_in as usize;
    let meta_len = context.map_or(Ok(0), |context| meta_len(context, args))?;
    if meta_len > FRAME_HEADROOM - XDP_FRAME {
        return Err(bad("metadata does not fit into the headroom"));
    }
    if size.checked_sub(meta_len).is_none_or(|len| len < ETH_HLEN) {
        return Err(bad("packet is shorter than an Ethernet header"));
    }
    let most = FRAME_SIZE - FRAME_HEADROOM - FRAME_TAILROOM + meta_len;
    let linear = context
        .map_or(size, |context| context.data_end as usize)
        .min(most);
    // More than fragments can hold is refused by the frame; do not copy it all for that.
    let bytes = task
        .memory()
        .read_vec(args.data_in, size.min(most + INPUT_MAX))?;
    XdpBuff::new(&bytes, linear, meta_len)
        .map_err(|errno| SysError::new(errno, "no frame of this data"))
}
