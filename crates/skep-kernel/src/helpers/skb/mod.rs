//! Bodies that read and change an skb.
//!
//! | file | what it holds |
//! |---|---|
//! | `bytes` | copying bytes out of and into the packet; LD_ABS and LD_IND |
//! | `sums` | checksum fields, and what the stack knows about checksums |
//! | `room` | growing and shrinking at head, tail and between headers |
//! | `vlan` | VLAN tags |
//! | `meta` | hash, type, time stamp, identities, redirection |

pub(super) mod bytes;
pub(super) mod meta;
pub(super) mod room;
pub(super) mod sums;
pub(super) mod vlan;

/// Network order on the wire, host order in us: the argument of a helper that takes a `__be16`.
fn be16(argument: u64) -> u16 {
    u16::from_be(argument as u16)
}
