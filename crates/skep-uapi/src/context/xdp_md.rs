//! `xdp_md`, the context of XDP.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// `xdp_md`: a frame as XDP programs see it. In `ctx_in` the pointers are offsets into the data.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct XdpMd {
    /// Packet pointer.
    pub data: u32,
    /// End of the packet.
    pub data_end: u32,
    /// Metadata before the packet.
    pub data_meta: u32,
    /// Device it came in by.
    pub ingress_ifindex: u32,
    /// Queue it came in by.
    pub rx_queue_index: u32,
    /// Device it leaves by (devmap programs).
    pub egress_ifindex: u32,
}

const _: () = {
    assert!(size_of::<XdpMd>() == 24);
    assert!(offset_of!(XdpMd, data_end) == 4);
    assert!(offset_of!(XdpMd, data_meta) == 8);
    assert!(offset_of!(XdpMd, ingress_ifindex) == 12);
    assert!(offset_of!(XdpMd, rx_queue_index) == 16);
    assert!(offset_of!(XdpMd, egress_ifindex) == 20);
};
