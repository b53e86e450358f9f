//! `__sk_buff`, the context of socket filters, traffic control and other skb types, and the keys of the flow dissector.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// `__sk_buff`: an skb as programs see it, and as `ctx_in` of PROG_TEST_RUN carries it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct SkBuff {
    /// Bytes of the packet.
    pub len: u32,
    /// `PACKET_HOST` and the like.
    pub pkt_type: u32,
    /// Mark.
    pub mark: u32,
    /// Queue, one-based.
    pub queue_mapping: u32,
    /// EtherType, network order in the low bytes.
    pub protocol: u32,
    /// Whether a VLAN tag is held apart.
    pub vlan_present: u32,
    /// That tag.
    pub vlan_tci: u32,
    /// Its protocol.
    pub vlan_proto: u32,
    /// Priority.
    pub priority: u32,
    /// Device it came in by.
    pub ingress_ifindex: u32,
    /// Device.
    pub ifindex: u32,
    /// Traffic control index.
    pub tc_index: u32,
    /// Scratch of the program.
    pub cb: [u32; 5],
    /// Flow hash.
    pub hash: u32,
    /// Traffic class.
    pub tc_classid: u32,
    /// Packet pointer.
    pub data: u32,
    /// End of the packet.
    pub data_end: u32,
    /// NAPI id.
    pub napi_id: u32,
    /// Address family of the socket.
    pub family: u32,
    /// Peer.
    pub remote_ip4: u32,
    /// Own address.
    pub local_ip4: u32,
    /// Peer.
    pub remote_ip6: [u32; 4],
    /// Own address.
    pub local_ip6: [u32; 4],
    /// Peer port, network order.
    pub remote_port: u32,
    /// Own port, host order.
    pub local_port: u32,
    /// Metadata before the packet.
    pub data_meta: u32,
    /// Pointer to [`FlowKeys`].
    pub flow_keys: u64,
    /// Time stamp.
    pub tstamp: u64,
    /// Bytes on the wire.
    pub wire_len: u32,
    /// Segments.
    pub gso_segs: u32,
    /// Pointer to a socket.
    pub sk: u64,
    /// Bytes of a segment.
    pub gso_size: u32,
    /// What `tstamp` is.
    pub tstamp_type: u8,
    /// Padding.
    pub pad: [u8; 3],
    /// Time stamp of the device.
    pub hwtstamp: u64,
}

const _: () = {
    assert!(size_of::<SkBuff>() == 192);
    assert!(offset_of!(SkBuff, pkt_type) == 4);
    assert!(offset_of!(SkBuff, mark) == 8);
    assert!(offset_of!(SkBuff, queue_mapping) == 12);
    assert!(offset_of!(SkBuff, protocol) == 16);
    assert!(offset_of!(SkBuff, vlan_present) == 20);
    assert!(offset_of!(SkBuff, vlan_tci) == 24);
    assert!(offset_of!(SkBuff, vlan_proto) == 28);
    assert!(offset_of!(SkBuff, priority) == 32);
    assert!(offset_of!(SkBuff, ingress_ifindex) == 36);
    assert!(offset_of!(SkBuff, ifindex) == 40);
    assert!(offset_of!(SkBuff, tc_index) == 44);
    assert!(offset_of!(SkBuff, cb) == 48);
    assert!(offset_of!(SkBuff, hash) == 68);
    assert!(offset_of!(SkBuff, tc_classid) == 72);
    assert!(offset_of!(SkBuff, data) == 76);
    assert!(offset_of!(SkBuff, data_end) == 80);
    assert!(offset_of!(SkBuff, napi_id) == 84);
    assert!(offset_of!(SkBuff, family) == 88);
    assert!(offset_of!(SkBuff, remote_ip4) == 92);
    assert!(offset_of!(SkBuff, local_ip4) == 96);
    assert!(offset_of!(SkBuff, remote_ip6) == 100);
    assert!(offset_of!(SkBuff, local_ip6) == 116);
    assert!(offset_of!(SkBuff, remote_port) == 132);
    assert!(offset_of!(SkBuff, local_port) == 136);
    assert!(offset_of!(SkBuff, data_meta) == 140);
    assert!(offset_of!(SkBuff, flow_keys) == 144);
    assert!(offset_of!(SkBuff, tstamp) == 152);
    assert!(offset_of!(SkBuff, wire_len) == 160);
    assert!(offset_of!(SkBuff, gso_segs) == 164);
    assert!(offset_of!(SkBuff, sk) == 168);
    assert!(offset_of!(SkBuff, gso_size) == 176);
    assert!(offset_of!(SkBuff, tstamp_type) == 180);
    assert!(offset_of!(SkBuff, hwtstamp) == 184);
};

/// `bpf_flow_keys`: what a flow dissector fills in.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct FlowKeys {
    /// Offset of the network header.
    pub nhoff: u16,
    /// Offset of the transport header.
    pub thoff: u16,
    /// EtherType of the addresses.
    pub addr_proto: u16,
    /// Is a fragment.
    pub is_frag: u8,
    /// Is the first one.
    pub is_first_frag: u8,
    /// Is encapsulated.
    pub is_encap: u8,
    /// IP protocol.
    pub ip_proto: u8,
    /// EtherType, network order.
    pub n_proto: u16,
    /// Source port, network order.
    pub sport: u16,
    /// Destination port, network order.
    pub dport: u16,
    /// IPv6 source; IPv4: source, then destination.
    pub src: [u32; 4],
    /// IPv6 destination.
    pub dst: [u32; 4],
    /// Flags of the dissection.
    pub flags: u32,
    /// IPv6 flow label, network order.
    pub flow_label: u32,
}

const _: () = {
    assert!(size_of::<FlowKeys>() == 56);
    assert!(offset_of!(FlowKeys, thoff) == 2);
    assert!(offset_of!(FlowKeys, addr_proto) == 4);
    assert!(offset_of!(FlowKeys, is_frag) == 6);
    assert!(offset_of!(FlowKeys, is_first_frag) == 7);
    assert!(offset_of!(FlowKeys, is_encap) == 8);
    assert!(offset_of!(FlowKeys, ip_proto) == 9);
    assert!(offset_of!(FlowKeys, n_proto) == 10);
    assert!(offset_of!(FlowKeys, sport) == 12);
    assert!(offset_of!(FlowKeys, dport) == 14);
    assert!(offset_of!(FlowKeys, src) == 16);
    assert!(offset_of!(FlowKeys, dst) == 32);
    assert!(offset_of!(FlowKeys, flags) == 48);
    assert!(offset_of!(FlowKeys, flow_label) == 52);
};
