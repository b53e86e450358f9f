//! Packets and the context objects through which programs see them.
//!
//! | file | what it holds |
//! |---|---|
//! | `buffer` | [`PacketBuffer`]: bytes with room around them |
//! | `skb` | [`SkBuff`]: the context of skb types |
//! | `xdp` | [`XdpBuff`]: the context of XDP |
//! | `socket` | [`Socket`]: the socket every skb of a test run belongs to |
//!
//! A context object is what R1 points at: the values of the fields programs know, at offsets of our own (the layouts
//! stand beside the types), pointers at their full width.

mod buffer;
mod skb;
mod socket;
mod xdp;

pub(crate) use buffer::PacketBuffer;
pub(crate) use skb::{
    Checksum, ETH_P_IP, ETH_P_IPV6, Layer, SkBuff, Tunnel, encapsulated_type, skb_layout,
};
use socket::Socket;
pub(crate) use socket::socket_layout;
pub(crate) use xdp::{
    FRAME_HEADROOM, FRAME_SIZE, FRAME_TAILROOM, XDP_FRAME, XdpBuff, invalid_meta_len, xdp_layout,
};

/// Bytes of an Ethernet header.
pub(crate) const ETH_HLEN: usize = 14;
