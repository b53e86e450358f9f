//! Copying bytes out of and into the packet.

use skep_exec::{HelperCall, HelperResult};
use skep_memory::RacyBytes;
use skep_object::Errno;

use crate::helpers::call::{answer, done, ensure, negative, size, skb, word};
use crate::helpers::checksum::{add, partial, sub};
use crate::test_run::packet::{Checksum, SkBuff};

const RECOMPUTE_CSUM: u64 = 1;
const INVALIDATE_HASH: u64 = 2;
/// BPF_HDR_START_*.
const HDR_START_MAC: u32 = 0;
const HDR_START_NET: u32 = 1;
/// Offsets from here on are relative to the network header, from the next to the link header.
const SKF_NET_OFF: i64 = -0x10_0000;
const SKF_LL_OFF: i64 = -0x20_0000;

pub(crate) fn load_bytes(call: &HelperCall<'_, '_>) -> HelperResult {
    let skb = skb(call)?;
    let offset = word(call, 1);
    let target = call.write(2, size(call, 3))?;
    let part = i32::try_from(offset)
        .ok()
        .and_then(|_| skb.packet().part(offset as usize, target.len()));
    Ok(copy_or_zero(target, part))
}

pub(crate) fn load_bytes_relative(call: &HelperCall<'_, '_>) -> HelperResult {
    let skb = skb(call)?;
    let offset = i64::from(word(call, 1));
    let target = call.write(2, size(call, 3))?;
    let start = match word(call, 4) {
        HDR_START_MAC => Some(skb.mac_offset()),
        HDR_START_NET => Some(skb.network_offset()),
        _ => None,
    };
    let start = start.filter(|_| offset <= 0xffff);
    let part = start.and_then(|start| skb.packet().around(start + offset, target.len()));
    Ok(copy_or_zero(target, part))
}

fn copy_or_zero(target: RacyBytes<'_>, part: Option<RacyBytes<'_>>) -> u64 {
    match part {
        Some(part) => {
            target.copy_from(part);
            0
        }
        None => {
            target.zero();
            negative(Errno::EFAULT)
        }
    }
}

pub(crate) fn store_bytes(call: &HelperCall<'_, '_>) -> HelperResult {
    let skb = skb(call)?;
    let source = call.read(2, size(call, 3))?;
    let result = store(skb, word(call, 1), &source.to_vec(), call.arg(4));
    skb.moved(call.run());
    done(result)
}

/// Stores bytes as bpf_skb_store_bytes does. EINVAL, EFAULT.
pub(crate) fn store(skb: &SkBuff, offset: u32, bytes: &[u8], flags: u64) -> Result<(), Errno> {
    ensure(
        flags & !(RECOMPUTE_CSUM | INVALIDATE_HASH) == 0,
        Errno::EINVAL,
    )?;
    ensure(i32::try_from(offset).is_ok(), Errno::EFAULT)?;
    let target = skb
        .packet()
        .part(offset as usize, bytes.len())
        .ok_or(Errno::EFAULT)?;
    if flags & RECOMPUTE_CSUM != 0 {
        replace_in_sum(skb, offset, &target.to_vec(), bytes);
    }
    // As many bytes as the range has.
    let _ = target.copy_in(0, bytes);
    if flags & INVALIDATE_HASH != 0 {
        skb.clear_hash();
    }
    Ok(())
}

/// Keeps a complete checksum true while bytes at `offset` change.
fn replace_in_sum(skb: &SkBuff, offset: u32, old: &[u8], new: &[u8]) {
    if let Checksum::Complete(sum) = skb.checksum.get() {
        let less = sub(sum, at_parity(partial(old, 0), offset));
        skb.checksum.set(Checksum::Complete(add(
            less,
            at_parity(partial(new, 0), offset),
        )));
    }
}

/// The share of a block's sum in a sum in which it begins at `offset`.
fn at_parity(sum: u32, offset: u32) -> u32 {
    if offset & 1 == 0 {
        sum
    } else {
        sum.rotate_right(8)
    }
}

pub(crate) fn pull_data(call: &HelperCall<'_, '_>) -> HelperResult {
    let skb = skb(call)?;
    let result = ensure(size(call, 1) <= skb.packet().len(), Errno::ENOMEM);
    skb.moved(call.run());
    done(result)
}

/// LD_ABS and LD_IND: the bytes at an offset, in host order.
pub(crate) fn load_packet(call: &HelperCall<'_, '_>) -> HelperResult {
    let skb = skb(call)?;
    let offset = i64::from(call.arg(1) as i32);
    let (start, offset) = if offset >= 0 {
        (0, offset)
    } else if offset >= SKF_NET_OFF {
        (skb.network_offset(), offset - SKF_NET_OFF)
    } else {
        (skb.mac_offset(), offset - SKF_LL_OFF)
    };
    let part = skb
        .packet()
        .around(start + offset, size(call, 2))
        .filter(|_| offset >= 0);
    answer(part.ok_or(Errno::EFAULT).map(|part| {
        part.to_vec()
            .iter()
            .fold(0, |value, byte| (value << 8) | u64::from(*byte))
    }))
}
