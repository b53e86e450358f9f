//! The bytes of a packet, with room before and after them.
//!
//! ```text
//! region   |<- headroom ->|<- packet: start, len ->|<- tailroom ->|
//! ```
//!
//! A packet that outgrows its first region moves, once, to a large one; both stay until the run is over, because a
//! program may still hold (useless, but live) pointers into the first.

use std::cell::{Cell, OnceCell};

use skep_memory::{RacyBytes, Region};
use skep_object::Errno;

/// A packet's bytes.
pub(crate) struct PacketBuffer {
    first: Region,
    large: OnceCell<Region>,
    place: Cell<Place>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Place {
    home: Home,
    start: usize,
    len: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Home {
    First,
    Large,
}

/// Bytes of the large region: more than any skb of a test run may become.
const LARGE: usize = 512 << 10;

impl PacketBuffer {
    /// A packet with this room around it. ENOMEM.
    pub(crate) fn new(headroom: usize, data: &[u8], tailroom: usize) -> Result<Self, Errno> {
        let size = headroom.saturating_add(data.len()).saturating_add(tailroom);
        let first = Region::new(size).map_err(|_| Errno::ENOMEM)?;
        first.copy_in(headroom, data).map_err(|_| Errno::ENOMEM)?;
        let place = Place {
            home: Home::First,
            start: headroom,
            len: data.len(),
        };
        Ok(Self {
            first,
            large: OnceCell::new(),
            place: Cell::new(place),
        })
    }

    /// Length in bytes.
    pub(crate) fn len(&self) -> usize {
        self.place.get().len
    }

    /// Bytes before the packet.
    pub(crate) fn headroom(&self) -> usize {
        self.place.get().start
    }

    /// Bytes behind the packet.
    pub(crate) fn tailroom(&self) -> usize {
        let place = self.place.get();
        let used = place.start.saturating_add(place.len);
        self.region(place.home).len().saturating_sub(used)
    }

    /// The whole packet.
    pub(crate) fn bytes(&self) -> RacyBytes<'_> {
        let place = self.place.get();
        self.region(place.home)
            .part(place.start, place.len)
            .unwrap_or(RacyBytes::empty())
    }

    /// `len` bytes at a distance from the packet's start that may be negative; `None` outside headroom and packet.
    pub(crate) fn around(&self, offset: i64, len: usize) -> Option<RacyBytes<'_>> {
        let place = self.place.get();
        let start = i64::try_from(place.start).ok()?.checked_add(offset)?;
        let start = usize::try_from(start).ok()?;
        let end = start.checked_add(len)?;
        if end > place.start.checked_add(place.len)? {
            return None;
        }
        self.region(place.home).part(start, len).ok()
    }

    /// `len` bytes of the packet at `offset`.
    pub(crate) fn part(&self, offset: usize, len: usize) -> Option<RacyBytes<'_>> {
        self.bytes().part(offset, len).ok()
    }

    /// Adds `count` zeroed bytes in front. ENOMEM.
    pub(crate) fn push(&self, count: usize) -> Result<(), Errno> {
        if count > self.headroom() {
            self.move_to_large(count, 0)?;
        }
        let place = self.place.get();
        let start = place.start.checked_sub(count).ok_or(Errno::ENOMEM)?;
        let len = place.len.checked_add(count).ok_or(Errno::ENOMEM)?;
        self.place.set(Place {
            start,
            len,
            ..place
        });
        if let Some(fresh) = self.part(0, count) {
            fresh.zero();
        }
        Ok(())
    }

    /// Takes bytes away in front, at most all of them.
    pub(crate) fn pull(&self, count: usize) {
        let place = self.place.get();
        let count = count.min(place.len);
        self.place.set(Place {
            start: place.start + count,
            len: place.len - count,
            ..place
        });
    }

    /// Makes the packet `len` bytes long; new bytes are zero. ENOMEM.
    pub(crate) fn resize(&self, len: usize) -> Result<(), Errno> {
        let old = self.len();
        let more = len.saturating_sub(old);
        if more > self.tailroom() {
            self.move_to_large(0, more)?;
        }
        self.place.set(Place {
            len,
            ..self.place.get()
        });
        if let Some(fresh) = self.part(old, more) {
            fresh.zero();
        }
        Ok(())
    }

    /// Copies `len` bytes of the packet from one offset to another; the ranges may overlap.
    pub(crate) fn copy_within(&self, from: usize, to: usize, len: usize) {
        if let (Some(source), Some(target)) = (self.part(from, len), self.part(to, len)) {
            // Both have `len` bytes.
            let _ = target.copy_in(0, &source.to_vec());
        }
    }

    fn region(&self, home: Home) -> &Region {
        match home {
            Home::First => &self.first,
            // The packet lives there only once the region exists.
            Home::Large => self.large.get().unwrap_or(&self.first),
        }
    }

    /// Moves the packet to where it has this room.
    fn move_to_large(&self, head: usize, tail: usize) -> Result<(), Errno> {
        let data = self.bytes().to_vec();
        let spare = LARGE.checked_sub(data.len()).ok_or(Errno::ENOMEM)?;
        let spare = spare
            .checked_sub(head)
            .and_then(|left| left.checked_sub(tail))
            .ok_or(Errno::ENOMEM)?;
        if self.large.get().is_none() {
            let region = Region::new(LARGE).map_err(|_| Errno::ENOMEM)?;
            // Just seen to be unset.
            let _ = self.large.set(region);
        }
        let start = head + spare / 2;
        self.place.set(Place {
            home: Home::Large,
            start,
            len: data.len(),
        });
        self.bytes().copy_in(0, &data).map_err(|_| Errno::ENOMEM)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_at_both_ends_and_moves() {
        let packet = PacketBuffer::new(4, b"abcdef", 2).unwrap();
        packet.push(4).unwrap();
        assert_eq!(packet.bytes().to_vec(), b"\0\0\0\0abcdef");
        packet.pull(4);
        packet.resize(8).unwrap();
        assert_eq!(packet.bytes().to_vec(), b"abcdef\0\0");
        packet.push(10_000).unwrap();
        packet.pull(10_000);
        packet.resize(100_000).unwrap();
        packet.resize(6).unwrap();
        assert_eq!(packet.bytes().to_vec(), b"abcdef");
        assert_eq!(packet.resize(LARGE + 1), Err(Errno::ENOMEM));
        packet.copy_within(0, 2, 4);
        assert_eq!(packet.bytes().to_vec(), b"ababcd");
        assert!(packet.around(-1, 2).is_some());
        assert!(packet.around(5, 2).is_none());
    }
}
