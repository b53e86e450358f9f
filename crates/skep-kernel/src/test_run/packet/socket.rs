//! The socket every skb of a test run belongs to: closed, unbound, with the packet's addresses.

use std::sync::LazyLock;

use skep_exec::{ContextLayout, CtxField, CtxStorage};
use skep_memory::{Addr, RacyBytes, Region};
use skep_object::Errno;

use super::skb::{ETH_P_IP, ETH_P_IPV6};

/// `struct bpf_sock`, byte for byte. Linux's load of the receive queue gives 64 bits of -1, though its verifier goes by 32: what is
/// computed from that can leave any bounds, so here it is 32 bits of -1.
pub(crate) struct Socket {
    object: Region,
}

const FAMILY: usize = 4;
const SRC_IP4: usize = 24;
const SRC_IP6: usize = 28;
const DST_IP4: usize = 52;
const DST_IP6: usize = 56;
const STATE: usize = 72;
const RX_QUEUE: usize = 76;
/// Bytes of `struct bpf_sock`.
const OBJECT: usize = 80;

const AF_INET: u32 = 2;
const AF_INET6: u32 = 10;
const TCP_CLOSE: u32 = 7;
const NO_QUEUE: u32 = u32::MAX;

/// The layout of socket pointers.
pub(crate) fn socket_layout() -> &'static ContextLayout {
    static LAYOUT: LazyLock<ContextLayout> = LazyLock::new(|| {
        let plain = CtxField {
            offset: 0,
            size: OBJECT as u32,
            native: 0,
            storage: CtxStorage::Bytes,
        };
        ContextLayout::new(vec![plain])
    });
    &LAYOUT
}

impl Socket {
    /// The socket for a packet whose network header is at the start of `network`. ENOMEM.
    pub(crate) fn new(protocol: u16, network: RacyBytes<'_>) -> Result<Self, Errno> {
        let object = Region::new(OBJECT).map_err(|_| Errno::ENOMEM)?;
        let socket = Self { object };
        socket.set(STATE, TCP_CLOSE);
        socket.set(RX_QUEUE, NO_QUEUE);
        match protocol {
            ETH_P_IP => {
                socket.set(FAMILY, AF_INET);
                if network.len() >= 20 {
                    socket.copy_address(SRC_IP4, network, 12, 4);
                    socket.copy_address(DST_IP4, network, 16, 4);
                }
            }
            ETH_P_IPV6 => {
                socket.set(FAMILY, AF_INET6);
                if network.len() >= 40 {
                    socket.copy_address(SRC_IP6, network, 8, 16);
                    socket.copy_address(DST_IP6, network, 24, 16);
                }
            }
            _ => {}
        }
        Ok(socket)
    }

    /// Its address, as programs see it.
    pub(crate) fn address(&self) -> Addr {
        self.object.base()
    }

    /// Its bytes.
    pub(crate) fn bytes(&self) -> RacyBytes<'_> {
        self.object.bytes()
    }

    fn set(&self, offset: usize, value: u32) {
        // The offsets are those of fields.
        let _ = self.object.write_u32(offset, value);
    }

    fn copy_address(&self, to: usize, network: RacyBytes<'_>, from: usize, len: usize) {
        if let (Ok(target), Ok(source)) = (self.object.part(to, len), network.part(from, len)) {
            target.copy_from(source);
        }
    }
}
