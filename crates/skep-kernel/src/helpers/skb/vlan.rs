//! VLAN tags: the outermost is held apart from the packet, the others stand in it.

use skep_exec::{HelperCall, HelperResult};
use skep_object::Errno;

use super::be16;
use crate::helpers::call::{done, ensure, skb};
use crate::test_run::packet::{ETH_HLEN, SkBuff, encapsulated_type};

const ETH_P_8021Q: u16 = 0x8100;
const ETH_P_8021AD: u16 = 0x88a8;
/// Bytes of a tag.
const VLAN_HLEN: usize = 4;
/// Bytes of both MAC addresses.
const ADDRESSES: usize = 12;

pub(crate) fn push(call: &HelperCall<'_, '_>) -> HelperResult {
    let skb = skb(call)?;
    let proto = match be16(call.arg(1)) {
        ETH_P_8021AD => ETH_P_8021AD,
        _ => ETH_P_8021Q,
    };
    let result = push_tag(skb, proto, call.arg(2) as u16);
    skb.moved(call.run());
    done(result)
}

fn push_tag(skb: &SkBuff, proto: u16, tci: u16) -> Result<(), Errno> {
    if let Some((outer, outer_tci)) = skb.vlan_tag() {
        ensure(skb.mac_offset() == 0, Errno::EINVAL)?;
        let packet = skb.packet();
        packet.push(VLAN_HLEN)?;
        packet.copy_within(VLAN_HLEN, 0, ADDRESSES);
        if let Some(tag) = packet.part(ADDRESSES, VLAN_HLEN) {
            let [a, b] = outer.to_be_bytes();
            let [c, d] = outer_tci.to_be_bytes();
            // Four bytes.
            let _ = tag.copy_in(0, &[a, b, c, d]);
        }
        skb.set_protocol(outer);
    }
    skb.set_vlan_tag(Some((proto, tci)));
    Ok(())
}

pub(crate) fn pop(call: &HelperCall<'_, '_>) -> HelperResult {
    let skb = skb(call)?;
    let result = pop_tag(skb);
    skb.moved(call.run());
    done(result)
}

fn pop_tag(skb: &SkBuff) -> Result<(), Errno> {
    if skb.vlan_tag().is_some() {
        skb.set_vlan_tag(None);
    } else {
        if !is_vlan(skb.protocol()) {
            return Ok(());
        }
        take_tag(skb)?;
    }
    // The next tag takes its place.
    let proto = skb.protocol();
    if is_vlan(proto) {
        let tci = take_tag(skb)?;
        skb.set_vlan_tag(Some((proto, tci)));
    }
    Ok(())
}

fn is_vlan(proto: u16) -> bool {
    matches!(proto, ETH_P_8021Q | ETH_P_8021AD)
}

/// Takes the tag out of the packet; its control information.
fn take_tag(skb: &SkBuff) -> Result<u16, Errno> {
    ensure(skb.mac_offset() == 0, Errno::EINVAL)?;
    let packet = skb.packet();
    let tag = packet.part(ETH_HLEN, VLAN_HLEN).ok_or(Errno::ENOMEM)?;
    let mut bytes = [0; VLAN_HLEN];
    // Four bytes.
    let _ = tag.copy_out(0, &mut bytes);
    let [a, b, c, d] = bytes;
    let behind = packet
        .part(ETH_HLEN + VLAN_HLEN, 2)
        .map(skep_memory::RacyBytes::to_vec)
        .unwrap_or_default();
    packet.copy_within(0, VLAN_HLEN, ADDRESSES);
    packet.pull(VLAN_HLEN);
    skb.set_protocol(encapsulated_type(u16::from_be_bytes([c, d]), &behind));
    Ok(u16::from_be_bytes([a, b]))
}
