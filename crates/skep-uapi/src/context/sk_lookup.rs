//! `bpf_sk_lookup`, the context of socket lookup.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// `bpf_sk_lookup`: a socket being looked up. In `ctx_in` the first field is a cookie.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct SkLookup {
    /// Pointer to the selected socket; in `ctx_in` a cookie.
    pub cookie: u64,
    /// Address family.
    pub family: u32,
    /// IP protocol.
    pub protocol: u32,
    /// Peer, network order.
    pub remote_ip4: u32,
    /// Peer, network order.
    pub remote_ip6: [u32; 4],
    /// Peer port, network order.
    pub remote_port: u16,
    /// Padding.
    pub pad: [u8; 2],
    /// Own address, network order.
    pub local_ip4: u32,
    /// Own address, network order.
    pub local_ip6: [u32; 4],
    /// Own port, host order.
    pub local_port: u32,
    /// Device.
    pub ingress_ifindex: u32,
    /// Padding.
    pub pad1: [u8; 4],
}

const _: () = {
    assert!(size_of::<SkLookup>() == 72);
    assert!(offset_of!(SkLookup, family) == 8);
    assert!(offset_of!(SkLookup, protocol) == 12);
    assert!(offset_of!(SkLookup, remote_ip4) == 16);
    assert!(offset_of!(SkLookup, remote_ip6) == 20);
    assert!(offset_of!(SkLookup, remote_port) == 36);
    assert!(offset_of!(SkLookup, local_ip4) == 40);
    assert!(offset_of!(SkLookup, local_ip6) == 44);
    assert!(offset_of!(SkLookup, local_port) == 60);
    assert!(offset_of!(SkLookup, ingress_ifindex) == 64);
};
