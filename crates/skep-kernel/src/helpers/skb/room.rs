//! Growing and shrinking the packet.

use skep_exec::{HelperCall, HelperResult};
use skep_object::Errno;

use super::be16;
use crate::helpers::call::{done, ensure, int, skb, word};
use crate::test_run::packet::{Checksum, ETH_HLEN, ETH_P_IP, ETH_P_IPV6, SkBuff, Tunnel};

/// SKB_MAX_ALLOC: four pages less the shared info.
const LEN_MAX: usize = 4 * 4096 - 320;
/// bpf_skb_adjust_room moves less than this.
const DIFF_MAX: u32 = 0xfff;

const ADJ_ROOM_NET: u32 = 0;
const ADJ_ROOM_MAC: u32 = 1;
const FIXED_GSO: u64 = 1;
const ENCAP_L3_IPV4: u64 = 1 << 1;
const ENCAP_L3_IPV6: u64 = 1 << 2;
const ENCAP_L4_GRE: u64 = 1 << 3;
const ENCAP_L4_UDP: u64 = 1 << 4;
const NO_CSUM_RESET: u64 = 1 << 5;
const ENCAP_L2_ETH: u64 = 1 << 6;
const DECAP_L3_IPV4: u64 = 1 << 7;
const DECAP_L3_IPV6: u64 = 1 << 8;
const ENCAP_L2_SHIFT: u32 = 56;
const ENCAP_L2: u64 = 0xff << ENCAP_L2_SHIFT;
const ENCAP_L3: u64 = ENCAP_L3_IPV4 | ENCAP_L3_IPV6;
const DECAP_L3: u64 = DECAP_L3_IPV4 | DECAP_L3_IPV6;
const GROW: u64 =
    FIXED_GSO | ENCAP_L3 | ENCAP_L4_GRE | ENCAP_L4_UDP | ENCAP_L2 | ENCAP_L2_ETH | NO_CSUM_RESET;
const SHRINK: u64 = FIXED_GSO | DECAP_L3 | NO_CSUM_RESET;

const IPV4_HLEN: usize = 20;
const IPV6_HLEN: usize = 40;

pub(crate) fn change_tail(call: &HelperCall<'_, '_>) -> HelperResult {
    let skb = skb(call)?;
    let len = word(call, 1) as usize;
    let least = usize::try_from(skb.network_offset()).unwrap_or(0);
    let result = ensure(
        call.arg(2) == 0 && len <= LEN_MAX && len >= least,
        Errno::EINVAL,
    )
    .and_then(|()| {
        if len < skb.packet().len() {
            forget_sum(skb);
        }
        skb.packet().resize(len)
    });
    skb.moved(call.run());
    done(result)
}

/// A packet that loses its end has no known sum any more.
fn forget_sum(skb: &SkBuff) {
    if let Checksum::Complete(_) = skb.checksum.get() {
        skb.checksum.set(Checksum::None);
    }
}

pub(crate) fn change_head(call: &HelperCall<'_, '_>) -> HelperResult {
    let skb = skb(call)?;
    let room = word(call, 1);
    let fits = skb
        .packet()
        .len()
        .checked_add(room as usize)
        .is_some_and(|len| len <= LEN_MAX);
    let result = ensure(
        call.arg(2) == 0 && i32::try_from(room).is_ok() && fits,
        Errno::EINVAL,
    )
    .and_then(|()| skb.packet().push(room as usize))
    .map(|()| skb.set_header_offsets(0, skb.network_offset() + i64::from(room)));
    skb.moved(call.run());
    done(result)
}

pub(crate) fn change_proto(call: &HelperCall<'_, '_>) -> HelperResult {
    let skb = skb(call)?;
    let result =
        ensure(call.arg(2) == 0, Errno::EINVAL).and_then(|()| translate(skb, be16(call.arg(1))));
    skb.moved(call.run());
    done(result)
}

/// Makes room for the other IP header.
fn translate(skb: &SkBuff, proto: u16) -> Result<(), Errno> {
    let difference = IPV6_HLEN - IPV4_HLEN;
    let at = header_len(skb);
    match (skb.protocol(), proto) {
        (ETH_P_IP, ETH_P_IPV6) => push_at(skb, at, difference)?,
        (ETH_P_IPV6, ETH_P_IP) => pop_at(skb, at, difference)?,
        _ => return Err(Errno::ENOTSUPP),
    }
    skb.set_protocol(proto);
    skb.clear_hash();
    Ok(())
}

/// Bytes of the packet before the network header.
fn header_len(skb: &SkBuff) -> usize {
    usize::try_from(skb.mac_len()).unwrap_or(0)
}

/// Inserts zeros behind the first `at` bytes.
fn push_at(skb: &SkBuff, at: usize, count: usize) -> Result<(), Errno> {
    let packet = skb.packet();
    ensure(at <= packet.len(), Errno::ENOMEM)?;
    packet.push(count)?;
    packet.copy_within(count, 0, at);
    if let Some(room) = packet.part(at, count) {
        room.zero();
    }
    Ok(())
}

/// Takes bytes away behind the first `at`.
fn pop_at(skb: &SkBuff, at: usize, count: usize) -> Result<(), Errno> {
    let packet = skb.packet();
    let end = at.checked_add(count).ok_or(Errno::ENOMEM)?;
    ensure(end <= packet.len(), Errno::ENOMEM)?;
    packet.copy_within(0, count, at);
    packet.pull(count);
    Ok(())
}

pub(crate) fn adjust_room(call: &HelperCall<'_, '_>) -> HelperResult {
    let skb = skb(call)?;
    let result = adjust(skb, int(call, 1), word(call, 2), call.arg(3));
    skb.moved(call.run());
    done(result)
}

/// The length of the network header without options.
fn base_len(skb: &SkBuff) -> usize {
    match skb.protocol() {
        ETH_P_IPV6 => IPV6_HLEN,
        _ => IPV4_HLEN,
    }
}

fn adjust(skb: &SkBuff, difference: i32, mode: u32, flags: u64) -> Result<(), Errno> {
    ensure(flags & !(GROW | SHRINK) == 0, Errno::EINVAL)?;
    let count = difference.unsigned_abs();
    ensure(count <= DIFF_MAX, Errno::EFAULT)?;
    let count = count as usize;
    ensure(
        matches!(skb.protocol(), ETH_P_IP | ETH_P_IPV6),
        Errno::ENOTSUPP,
    )?;
    let at = match mode {
        ADJ_ROOM_NET => header_len(skb) + base_len(skb),
        ADJ_ROOM_MAC => header_len(skb),
        _ => return Err(Errno::ENOTSUPP),
    };
    let shrink = difference < 0;
    let least = match flags & DECAP_L3 {
        0 => base_len(skb),
        _ if !shrink => return Err(Errno::EINVAL),
        DECAP_L3_IPV4 => IPV4_HLEN,
        DECAP_L3_IPV6 => IPV6_HLEN,
        _ => return Err(Errno::EINVAL),
    };
    let len = skb.packet().len();
    if shrink {
        let network = usize::try_from(skb.network_offset()).unwrap_or(0);
        let left = len.saturating_sub(network).checked_sub(count);
        ensure(
            left.is_some_and(|left| left > 0 && left >= least),
            Errno::ENOTSUPP,
        )?;
    } else {
        ensure(len + count <= LEN_MAX, Errno::ENOTSUPP)?;
    }
    if flags & NO_CSUM_RESET == 0 && matches!(skb.checksum.get(), Checksum::Unnecessary { .. }) {
        skb.checksum.set(Checksum::None);
    }
    if shrink {
        net_shrink(skb, at, count, flags)
    } else {
        net_grow(skb, at, count, flags)
    }
}

fn net_shrink(skb: &SkBuff, at: usize, count: usize, flags: u64) -> Result<(), Errno> {
    ensure(flags & !SHRINK == 0, Errno::EINVAL)?;
    pop_at(skb, at, count)?;
    match (skb.protocol(), flags & DECAP_L3) {
        (ETH_P_IP, DECAP_L3_IPV6) => skb.set_protocol(ETH_P_IPV6),
        (ETH_P_IPV6, DECAP_L3_IPV4) => skb.set_protocol(ETH_P_IP),
        _ => {}
    }
    Ok(())
}

fn net_grow(skb: &SkBuff, at: usize, count: usize, flags: u64) -> Result<(), Errno> {
    ensure(flags & !GROW == 0, Errno::EINVAL)?;
    let encap = flags & ENCAP_L3;
    if encap != 0 {
        check_encap(skb, count, flags)?;
    }
    push_at(skb, at, count)?;
    if encap != 0 {
        skb.tunnel.set(Tunnel::Encapsulated);
        match (skb.protocol(), encap) {
            (ETH_P_IP, ENCAP_L3_IPV6) => skb.set_protocol(ETH_P_IPV6),
            (ETH_P_IPV6, ENCAP_L3_IPV4) => skb.set_protocol(ETH_P_IP),
            _ => {}
        }
    }
    Ok(())
}

fn check_encap(skb: &SkBuff, count: usize, flags: u64) -> Result<(), Errno> {
    let inner_mac_len = (flags >> ENCAP_L2_SHIFT) as usize;
    ensure(flags & ENCAP_L3 != ENCAP_L3, Errno::EINVAL)?;
    ensure(
        flags & ENCAP_L4_GRE == 0 || flags & ENCAP_L4_UDP == 0,
        Errno::EINVAL,
    )?;
    ensure(
        flags & ENCAP_L2_ETH == 0 || inner_mac_len >= ETH_HLEN,
        Errno::EINVAL,
    )?;
    ensure(skb.tunnel.get() == Tunnel::None, Errno::EALREADY)?;
    ensure(inner_mac_len <= count, Errno::EINVAL)
}
