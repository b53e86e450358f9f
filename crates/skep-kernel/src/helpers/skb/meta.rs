//! What an skb carries beside its bytes: hash, type, time stamp, where it goes.

use std::mem::offset_of;

use skep_exec::{HelperCall, HelperResult};
use skep_object::Errno;
use skep_uapi::context::SkBuff as Uapi;

use crate::helpers::call::{done, ensure, negative, size, skb, word};
use crate::test_run::packet::{ETH_P_IP, ETH_P_IPV6, SkBuff};

/// PACKET_OTHERHOST, the last of those that may be changed.
const PACKET_TYPE_MAX: u32 = 3;
const CLOCK_REALTIME: u32 = 0;
const CLOCK_TAI: u32 = 2;
const REDIRECT_INGRESS: u64 = 1;
/// The loopback device.
const LOOPBACK: u32 = 1;

/// The flow hash, computed where there is none. Linux's has a secret key: only its being constant for a flow and never
/// 0 means anything.
pub(crate) fn get_hash_recalc(call: &HelperCall<'_, '_>) -> HelperResult {
    let skb = skb(call)?;
    let at = offset_of!(Uapi, hash);
    if skb.get(at) == 0 {
        skb.set(at, flow_hash(skb));
    }
    Ok(u64::from(skb.get(at)))
}

/// FNV-1a over protocol, addresses and, where they follow at once, ports.
fn flow_hash(skb: &SkBuff) -> u32 {
    let addresses = match skb.protocol() {
        ETH_P_IP => 12..24,
        ETH_P_IPV6 => 8..44,
        _ => 0..0,
    };
    let start = skb.network_offset() + addresses.start;
    let len = usize::try_from(addresses.end - addresses.start).unwrap_or(0);
    let flow = skb
        .packet()
        .around(start, len)
        .map(skep_memory::RacyBytes::to_vec)
        .unwrap_or_default();
    let seed = skb.protocol().to_be_bytes();
    let hash = seed
        .iter()
        .chain(&flow)
        .fold(0x811c_9dc5_u32, |hash, byte| {
            (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
        });
    hash.max(1)
}

pub(crate) fn set_hash(call: &HelperCall<'_, '_>) -> HelperResult {
    skb(call)?.set(offset_of!(Uapi, hash), word(call, 1));
    Ok(0)
}

pub(crate) fn set_hash_invalid(call: &HelperCall<'_, '_>) -> HelperResult {
    skb(call)?.clear_hash();
    Ok(0)
}

pub(crate) fn change_type(call: &HelperCall<'_, '_>) -> HelperResult {
    let skb = skb(call)?;
    let at = offset_of!(Uapi, pkt_type);
    let new = word(call, 1);
    let result = ensure(
        skb.get(at) <= PACKET_TYPE_MAX && new <= PACKET_TYPE_MAX,
        Errno::EINVAL,
    );
    if result.is_ok() {
        skb.set(at, new);
    }
    done(result)
}

pub(crate) fn set_tstamp(call: &HelperCall<'_, '_>) -> HelperResult {
    let skb = skb(call)?;
    let [_, stamp, kind, _, _] = call.args();
    let kind = kind as u32;
    if !matches!(skb.protocol(), ETH_P_IP | ETH_P_IPV6) {
        return Ok(negative(Errno::EOPNOTSUPP));
    }
    // A delivery time on another clock than the wall's must be given.
    if kind > CLOCK_TAI || (kind != CLOCK_REALTIME && stamp == 0) {
        return Ok(negative(Errno::EINVAL));
    }
    skb.set_u64(offset_of!(Uapi, tstamp), stamp);
    let rest = skb.get(offset_of!(Uapi, tstamp_type)) & !0xff;
    skb.set(offset_of!(Uapi, tstamp_type), rest | kind);
    Ok(0)
}

/// The run's only socket has the first cookie.
pub(crate) fn get_socket_cookie(call: &HelperCall<'_, '_>) -> HelperResult {
    skb(call)?;
    Ok(1)
}

/// The socket is the kernel's own, made for root.
pub(crate) fn get_socket_uid(call: &HelperCall<'_, '_>) -> HelperResult {
    skb(call)?;
    Ok(0)
}

/// Nothing sets a class. Most program types ask for the class of the task, and give no argument.
pub(crate) fn no_class(_call: &HelperCall<'_, '_>) -> HelperResult {
    Ok(0)
}

/// The packet came through no tunnel and no IPsec state: all zeros.
pub(crate) fn get_tunnel_key(call: &HelperCall<'_, '_>) -> HelperResult {
    skb(call)?;
    call.write(1, size(call, 2))?.zero();
    Ok(negative(Errno::EINVAL))
}

/// As for tunnel keys; Linux says ENOENT.
pub(crate) fn get_tunnel_opt(call: &HelperCall<'_, '_>) -> HelperResult {
    skb(call)?;
    call.write(1, size(call, 2))?.zero();
    Ok(negative(Errno::ENOENT))
}

/// As for tunnel keys.
pub(crate) fn get_xfrm_state(call: &HelperCall<'_, '_>) -> HelperResult {
    skb(call)?;
    call.write(2, size(call, 3))?.zero();
    Ok(negative(Errno::EINVAL))
}

/// Sends a copy: to the loopback device, which has nobody behind it here; there is no other.
pub(crate) fn clone_redirect(call: &HelperCall<'_, '_>) -> HelperResult {
    let skb = skb(call)?;
    let known = call.arg(2) & !REDIRECT_INGRESS == 0;
    let result = ensure(known && word(call, 1) == LOOPBACK, Errno::EINVAL);
    skb.moved(call.run());
    done(result)
}
