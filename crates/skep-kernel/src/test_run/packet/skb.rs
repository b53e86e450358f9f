//! The context of skb types.
//!
//! ```text
//! offset   0..192   struct __sk_buff as user space knows it; packet and socket pointers there are unused
//!        192..224   data, data_end, data_meta, sk: 64 bits each
//! ```
//!
//! `queue_mapping`, `tc_index` and `tc_classid` are 16 bits wide in Linux's skb: stores keep only those.

use std::cell::Cell;
use std::mem::offset_of;
use std::sync::LazyLock;

use skep_exec::{ContextLayout, CtxField, CtxStorage, LiveSpan, Run};
use skep_isa::Size;
use skep_memory::{Addr, Permissions, Region};
use skep_object::Errno;
use skep_uapi::context::SkBuff as Uapi;

use super::{ETH_HLEN, PacketBuffer, Socket};

/// EtherType of IPv4, host order.
pub(crate) const ETH_P_IP: u16 = 0x0800;
/// EtherType of IPv6.
pub(crate) const ETH_P_IPV6: u16 = 0x86dd;
/// What Linux calls frames with a length instead of a type.
const ETH_P_802_3: u16 = 0x0001;
const ETH_P_802_2: u16 = 0x0004;
/// Types are numbers from here on; below are lengths.
const ETH_P_802_3_MIN: u16 = 0x0600;

const PACKET_HOST: u32 = 0;
const PACKET_MULTICAST: u32 = 2;
const PACKET_OTHERHOST: u32 = 3;

/// NET_SKB_PAD + NET_IP_ALIGN.
pub(crate) const HEADROOM: usize = 64;
/// Room behind the packet; Linux keeps its shared info there.
const TAILROOM: usize = 320;

const UAPI: usize = size_of::<Uapi>();
const DATA: usize = UAPI;
const DATA_END: usize = UAPI + 8;
const DATA_META: usize = UAPI + 16;
const SK: usize = UAPI + 24;
const OBJECT: usize = UAPI + 32;

/// Where the packet begins for a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Layer {
    /// At the Ethernet header.
    Link,
    /// Behind it.
    Network,
}

/// `ip_summed` with what belongs to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Checksum {
    /// Nothing is known.
    None,
    /// Verified, for this many headers less one.
    Unnecessary {
        /// `csum_level`.
        level: u8,
    },
    /// The sum of everything from the network header on.
    Complete(u32),
}

/// Whether a program has put a tunnel header in front of the packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tunnel {
    /// No.
    None,
    /// Yes, and said so (`BPF_F_ADJ_ROOM_ENCAP_*`).
    Encapsulated,
}

/// An skb of a test run.
pub(crate) struct SkBuff {
    packet: PacketBuffer,
    object: Region,
    socket: Socket,
    /// Offset of the link header from the packet's start.
    mac: Cell<i64>,
    /// Offset of the network header.
    network: Cell<i64>,
    pub(crate) checksum: Cell<Checksum>,
    pub(crate) tunnel: Cell<Tunnel>,
    span: Cell<Option<LiveSpan>>,
}

/// The layout of [`SkBuff`]'s object.
pub(crate) fn skb_layout() -> &'static ContextLayout {
    static LAYOUT: LazyLock<ContextLayout> = LazyLock::new(|| {
        let bytes = |from: usize, to: usize| field(from, to - from, from, CtxStorage::Bytes);
        let half = |at: usize| field(at, 4, at, CtxStorage::Value(Size::H));
        let pointer = |at: usize, size: usize, native: usize| {
            field(at, size, native, CtxStorage::Value(Size::DW))
        };
        let mut fields = Vec::new();
        let words = [
            offset_of!(Uapi, len),
            offset_of!(Uapi, pkt_type),
            offset_of!(Uapi, mark),
            offset_of!(Uapi, protocol),
            offset_of!(Uapi, vlan_present),
            offset_of!(Uapi, vlan_tci),
            offset_of!(Uapi, vlan_proto),
            offset_of!(Uapi, priority),
            offset_of!(Uapi, ingress_ifindex),
            offset_of!(Uapi, ifindex),
            offset_of!(Uapi, hash),
            offset_of!(Uapi, napi_id),
            offset_of!(Uapi, wire_len),
            offset_of!(Uapi, gso_segs),
            offset_of!(Uapi, gso_size),
        ];
        fields.extend(words.map(|at| bytes(at, at + 4)));
        fields.push(half(offset_of!(Uapi, queue_mapping)));
        fields.push(half(offset_of!(Uapi, tc_index)));
        fields.push(half(offset_of!(Uapi, tc_classid)));
        fields.push(bytes(offset_of!(Uapi, cb), offset_of!(Uapi, hash)));
        fields.push(bytes(offset_of!(Uapi, family), offset_of!(Uapi, data_meta)));
        fields.push(bytes(offset_of!(Uapi, tstamp), offset_of!(Uapi, wire_len)));
        fields.push(bytes(offset_of!(Uapi, tstamp_type), offset_of!(Uapi, pad)));
        fields.push(bytes(offset_of!(Uapi, hwtstamp), UAPI));
        fields.push(pointer(offset_of!(Uapi, data), 4, DATA));
        fields.push(pointer(offset_of!(Uapi, data_end), 4, DATA_END));
        fields.push(pointer(offset_of!(Uapi, data_meta), 4, DATA_META));
        fields.push(pointer(offset_of!(Uapi, sk), 8, SK));
        ContextLayout::new(fields)
    });
    &LAYOUT
}

fn field(offset: usize, size: usize, native: usize, storage: CtxStorage) -> CtxField {
    // All are below the object's size.
    CtxField {
        offset: offset as u32,
        size: size as u32,
        native: native as u32,
        storage,
    }
}

impl SkBuff {
    /// The skb of an Ethernet frame of at least 14 bytes that came in by the loopback device. EINVAL, ENOMEM.
    pub(crate) fn new(frame: &[u8], layer: Layer) -> Result<Self, Errno> {
        let (header, payload) = frame.split_at_checked(ETH_HLEN).ok_or(Errno::EINVAL)?;
        let protocol = ether_type(header, payload);
        if payload.len() < least_payload(protocol) {
            return Err(Errno::EINVAL);
        }
        let packet = PacketBuffer::new(HEADROOM, frame, TAILROOM)?;
        let network = packet.part(ETH_HLEN, payload.len()).ok_or(Errno::EINVAL)?;
        let socket = Socket::new(protocol, network)?;
        let object = Region::new(OBJECT).map_err(|_| Errno::ENOMEM)?;
        let (mac, network) = match layer {
            Layer::Link => (0, ETH_HLEN as i64),
            Layer::Network => {
                packet.pull(ETH_HLEN);
                (-(ETH_HLEN as i64), 0)
            }
        };
        let skb = Self {
            packet,
            object,
            socket,
            mac: Cell::new(mac),
            network: Cell::new(network),
            checksum: Cell::new(Checksum::None),
            tunnel: Cell::new(Tunnel::None),
            span: Cell::new(None),
        };
        skb.set_protocol(protocol);
        skb.set(offset_of!(Uapi, pkt_type), packet_type(header));
        skb.set(offset_of!(Uapi, ifindex), 1);
        skb.update_pointers();
        Ok(skb)
    }

    /// What R1 points at.
    pub(crate) fn address(&self) -> Addr {
        self.object.base()
    }

    /// The packet.
    pub(crate) fn packet(&self) -> &PacketBuffer {
        &self.packet
    }

    /// A 32-bit field of `struct __sk_buff`.
    pub(crate) fn get(&self, offset: usize) -> u32 {
        self.object.read_u32(offset).unwrap_or(0)
    }

    /// Sets a 32-bit field.
    pub(crate) fn set(&self, offset: usize, value: u32) {
        // Offsets are those of fields.
        let _ = self.object.write_u32(offset, value);
    }

    /// A 64-bit field.
    pub(crate) fn get_u64(&self, offset: usize) -> u64 {
        self.object.read_u64(offset).unwrap_or(0)
    }

    /// Sets a 64-bit field.
    pub(crate) fn set_u64(&self, offset: usize, value: u64) {
        // Offsets are those of fields.
        let _ = self.object.write_u64(offset, value);
    }

    /// The EtherType, host order.
    pub(crate) fn protocol(&self) -> u16 {
        (self.get(offset_of!(Uapi, protocol)) as u16).swap_bytes()
    }

    /// Sets the EtherType, host order; programs see it in network order.
    pub(crate) fn set_protocol(&self, protocol: u16) {
        self.set(offset_of!(Uapi, protocol), u32::from(protocol.to_be()));
    }

    /// The VLAN tag held apart: EtherType and control information, host order.
    pub(crate) fn vlan_tag(&self) -> Option<(u16, u16)> {
        let present = self.get(offset_of!(Uapi, vlan_present)) != 0;
        let proto = u16::from_be(self.get(offset_of!(Uapi, vlan_proto)) as u16);
        present.then_some((proto, self.get(offset_of!(Uapi, vlan_tci)) as u16))
    }

    /// Sets or takes away the VLAN tag held apart.
    pub(crate) fn set_vlan_tag(&self, tag: Option<(u16, u16)>) {
        let (proto, tci) = tag.unwrap_or_default();
        self.set(offset_of!(Uapi, vlan_present), u32::from(tag.is_some()));
        self.set(offset_of!(Uapi, vlan_proto), u32::from(proto.to_be()));
        self.set(offset_of!(Uapi, vlan_tci), u32::from(tci));
    }

    /// Forgets the flow hash.
    pub(crate) fn clear_hash(&self) {
        self.set(offset_of!(Uapi, hash), 0);
    }

    /// Offset of the link header from the packet's start; may be negative.
    pub(crate) fn mac_offset(&self) -> i64 {
        self.mac.get()
    }

    /// Offset of the network header.
    pub(crate) fn network_offset(&self) -> i64 {
        self.network.get()
    }

    /// The distance of the network header from the link header.
    pub(crate) fn mac_len(&self) -> i64 {
        self.network.get().saturating_sub(self.mac.get())
    }

    /// Sets where the headers are, from the packet's start.
    pub(crate) fn set_header_offsets(&self, mac: i64, network: i64) {
        self.mac.set(mac);
        self.network.set(network);
    }

    /// Writes length and packet pointers where programs find them.
    fn update_pointers(&self) {
        let bytes = self.packet.bytes();
        let end = bytes.start().wrapping_add(bytes.len() as u64);
        self.set(offset_of!(Uapi, len), bytes.len() as u32);
        self.set_u64(DATA, bytes.start().raw());
        self.set_u64(DATA_META, bytes.start().raw());
        self.set_u64(DATA_END, end.raw());
        self.set_u64(SK, self.socket.address().raw());
    }

    /// Lets a run touch context, packet and socket.
    pub(crate) fn lend<'r>(&'r self, run: &Run<'r>) {
        run.allow(self.object.bytes(), Permissions::ReadWrite);
        run.allow(self.socket.bytes(), Permissions::ReadOnly);
        self.span
            .set(Some(run.allow(self.packet.bytes(), Permissions::ReadWrite)));
    }

    /// Tells program and checker that the packet's bounds may have moved.
    pub(crate) fn moved<'r>(&'r self, run: &Run<'r>) {
        self.update_pointers();
        if let Some(span) = self.span.get() {
            run.replace(span, self.packet.bytes(), Permissions::ReadWrite);
        }
    }
}

/// Frames that say they are IP must hold its header.
fn least_payload(protocol: u16) -> usize {
    match protocol {
        ETH_P_IP => 20,
        ETH_P_IPV6 => 40,
        _ => 0,
    }
}

/// The protocol of a frame, as eth_type_trans finds it.
pub(crate) fn ether_type(header: &[u8], payload: &[u8]) -> u16 {
    let named = header
        .last_chunk()
        .map_or(0, |bytes| u16::from_be_bytes(*bytes));
    encapsulated_type(named, payload)
}

/// The protocol behind a type field, whose value may be a length.
pub(crate) fn encapsulated_type(named: u16, payload: &[u8]) -> u16 {
    if named >= ETH_P_802_3_MIN {
        return named;
    }
    match payload.first_chunk::<2>() {
        Some([0xff, 0xff]) => ETH_P_802_3,
        Some(_) | None => ETH_P_802_2,
    }
}

/// For whom a frame is, seen from the loopback device, whose address is zero. So is its broadcast address: nothing is
/// a broadcast.
fn packet_type(header: &[u8]) -> u32 {
    match header.first_chunk::<6>() {
        Some([first, ..]) if first & 1 != 0 => PACKET_MULTICAST,
        Some([0, 0, 0, 0, 0, 0]) | None => PACKET_HOST,
        Some(_) => PACKET_OTHERHOST,
    }
}
