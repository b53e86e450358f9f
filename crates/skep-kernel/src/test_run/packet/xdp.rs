//! The context of XDP: a frame in one page, and fragments behind it.
//!
//! ```text
//! page      |<- 256 headroom ->|<- metadata ->|<- packet ->|  tailroom  |<- 320 kept for fragments ->|
//!           hard start         data_meta      data         data_end     hard end
//!
//! object    0 data, 8 data_end, 16 data_meta: 64 bits; 24 ingress_ifindex, 28 rx_queue_index, 32 egress_ifindex
//! ```
//!
//! Programs reach fragments, a page each, only through helpers.

use std::cell::Cell;
use std::mem::offset_of;
use std::sync::LazyLock;

use skep_exec::{ContextLayout, CtxField, CtxStorage, LiveSpan, Run};
use skep_isa::Size;
use skep_memory::{Addr, Permissions, RacyBytes, Region};
use skep_object::Errno;
use skep_uapi::context::XdpMd;

use super::ETH_HLEN;

/// XDP_PACKET_HEADROOM.
pub(crate) const FRAME_HEADROOM: usize = 256;
/// What Linux keeps at the end of the page for the list of fragments.
pub(crate) const FRAME_TAILROOM: usize = 320;
/// A page.
pub(crate) const FRAME_SIZE: usize = 4096;
/// `struct xdp_frame`, which may have to stand at the start of the page.
pub(crate) const XDP_FRAME: usize = 40;
/// MAX_SKB_FRAGS.
const FRAGMENTS_MAX: usize = 17;
/// The length of metadata is kept in a byte.
const META_MAX: usize = 255;

const DATA: usize = 0;
const DATA_END: usize = 8;
const DATA_META: usize = 16;
const INGRESS: usize = 24;
const QUEUE: usize = 28;
const EGRESS: usize = 32;
const OBJECT: usize = 40;

/// A frame of a test run.
pub(crate) struct XdpBuff {
    page: Region,
    fragments: Vec<Fragment>,
    object: Region,
    /// Offsets in the page.
    bounds: Cell<Bounds>,
    span: Cell<Option<LiveSpan>>,
}

/// A page behind the first; empty once it is cut off.
struct Fragment {
    page: Region,
    len: Cell<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Bounds {
    meta: usize,
    data: usize,
    end: usize,
}

/// The layout of [`XdpBuff`]'s object.
pub(crate) fn xdp_layout() -> &'static ContextLayout {
    static LAYOUT: LazyLock<ContextLayout> = LazyLock::new(|| {
        let field = |offset: usize, native: usize, size: Size| CtxField {
            offset: offset as u32,
            size: 4,
            native: native as u32,
            storage: CtxStorage::Value(size),
        };
        ContextLayout::new(vec![
            field(offset_of!(XdpMd, data), DATA, Size::DW),
            field(offset_of!(XdpMd, data_end), DATA_END, Size::DW),
            field(offset_of!(XdpMd, data_meta), DATA_META, Size::DW),
            field(offset_of!(XdpMd, ingress_ifindex), INGRESS, Size::W),
            field(offset_of!(XdpMd, rx_queue_index), QUEUE, Size::W),
            field(offset_of!(XdpMd, egress_ifindex), EGRESS, Size::W),
        ])
    });
    &LAYOUT
}

/// Whether metadata may not have this length.
pub(crate) fn invalid_meta_len(len: usize) -> bool {
    !len.is_multiple_of(4) || len > META_MAX
}

impl XdpBuff {
    /// A frame whose first `meta_len` bytes are metadata, from the loopback device; what is behind the first `linear`
    /// bytes goes into fragments. EINVAL: `linear` does not fit. ENOMEM: more fragments than there may be.
    pub(crate) fn new(bytes: &[u8], linear: usize, meta_len: usize) -> Result<Self, Errno> {
        let (first, rest) = bytes.split_at_checked(linear).ok_or(Errno::EINVAL)?;
        let meta = FRAME_HEADROOM.checked_sub(meta_len).ok_or(Errno::EINVAL)?;
        let end = meta.checked_add(first.len()).ok_or(Errno::EINVAL)?;
        if end > FRAME_SIZE - FRAME_TAILROOM {
            return Err(Errno::EINVAL);
        }
        if rest.len() > FRAGMENTS_MAX * FRAME_SIZE {
            return Err(Errno::ENOMEM);
        }
        let page = Region::new(FRAME_SIZE).map_err(|_| Errno::ENOMEM)?;
        page.copy_in(meta, first).map_err(|_| Errno::EINVAL)?;
        let fragments = rest
            .chunks(FRAME_SIZE)
            .map(Fragment::new)
            .collect::<Result<_, _>>()?;
        let object = Region::new(OBJECT).map_err(|_| Errno::ENOMEM)?;
        let bounds = Bounds {
            meta,
            data: FRAME_HEADROOM,
            end,
        };
        let frame = Self {
            page,
            fragments,
            object,
            bounds: Cell::new(bounds),
            span: Cell::new(None),
        };
        // In range.
        let _ = frame.object.write_u32(INGRESS, 1);
        frame.update_pointers();
        Ok(frame)
    }

    /// What R1 points at.
    pub(crate) fn address(&self) -> Addr {
        self.object.base()
    }

    /// Metadata and packet, as far as they are in the first page.
    pub(crate) fn linear(&self) -> RacyBytes<'_> {
        let Bounds { meta, end, .. } = self.bounds.get();
        self.page
            .part(meta, end.saturating_sub(meta))
            .unwrap_or(RacyBytes::empty())
    }

    /// The packet, as far as it is in the first page.
    pub(crate) fn first_page(&self) -> RacyBytes<'_> {
        let Bounds { data, end, .. } = self.bounds.get();
        self.page
            .part(data, end.saturating_sub(data))
            .unwrap_or(RacyBytes::empty())
    }

    /// The packet, page by page.
    fn segments(&self) -> impl Iterator<Item = RacyBytes<'_>> {
        std::iter::once(self.first_page()).chain(self.fragments.iter().map(Fragment::bytes))
    }

    /// Bytes of the packet.
    pub(crate) fn len(&self) -> usize {
        self.segments().map(RacyBytes::len).sum()
    }

    /// Metadata and packet with all fragments.
    pub(crate) fn to_vec(&self) -> Vec<u8> {
        let mut bytes = self.linear().to_vec();
        bytes.extend(
            self.fragments
                .iter()
                .flat_map(|fragment| fragment.bytes().to_vec()),
        );
        bytes
    }

    /// Calls `touch` for the parts of the packet that make up `len` bytes from `offset`, in order.
    pub(crate) fn each_part<'f>(
        &'f self,
        offset: usize,
        len: usize,
        mut touch: impl FnMut(RacyBytes<'f>),
    ) {
        let (mut skip, mut left) = (offset, len);
        for segment in self.segments() {
            let from = skip.min(segment.len());
            let count = left.min(segment.len() - from);
            if let Ok(part) = segment.part(from, count)
                && count > 0
            {
                touch(part);
            }
            skip -= from;
            left -= count;
        }
    }

    /// Bytes of metadata.
    pub(crate) fn meta_len(&self) -> usize {
        let Bounds { meta, data, .. } = self.bounds.get();
        data.saturating_sub(meta)
    }

    /// Moves the start of the packet, and the metadata with it. EINVAL.
    pub(crate) fn adjust_head(&self, delta: i32) -> Result<(), Errno> {
        let bounds = self.bounds.get();
        let meta_len = self.meta_len();
        let data = bounds
            .data
            .checked_add_signed(delta as isize)
            .ok_or(Errno::EINVAL)?;
        if data < XDP_FRAME + meta_len || data + ETH_HLEN > bounds.end {
            return Err(Errno::EINVAL);
        }
        let moved = Bounds {
            meta: data - meta_len,
            data,
            ..bounds
        };
        let meta = self
            .page
            .to_vec(bounds.meta, meta_len)
            .map_err(|_| Errno::EINVAL)?;
        self.page
            .copy_in(moved.meta, &meta)
            .map_err(|_| Errno::EINVAL)?;
        self.bounds.set(moved);
        Ok(())
    }

    /// Moves the start of the metadata. EINVAL, EACCES.
    pub(crate) fn adjust_meta(&self, delta: i32) -> Result<(), Errno> {
        let bounds = self.bounds.get();
        let meta = bounds
            .meta
            .checked_add_signed(delta as isize)
            .ok_or(Errno::EINVAL)?;
        if meta < XDP_FRAME || meta > bounds.data {
            return Err(Errno::EINVAL);
        }
        if invalid_meta_len(bounds.data - meta) {
            return Err(Errno::EACCES);
        }
        self.bounds.set(Bounds { meta, ..bounds });
        Ok(())
    }

    /// Moves the end of the packet; new bytes are zero. EINVAL.
    pub(crate) fn adjust_tail(&self, delta: i32) -> Result<(), Errno> {
        if let Some(last) = self
            .fragments
            .iter()
            .rfind(|fragment| fragment.len.get() > 0)
        {
            return match usize::try_from(delta) {
                Ok(more) => last.grow(more),
                Err(_) => self.shrink_fragments(delta.unsigned_abs() as usize),
            };
        }
        let bounds = self.bounds.get();
        let end = bounds
            .end
            .checked_add_signed(delta as isize)
            .ok_or(Errno::EINVAL)?;
        if end > FRAME_SIZE - FRAME_TAILROOM || end < bounds.data + ETH_HLEN {
            return Err(Errno::EINVAL);
        }
        if let Some(more) = end.checked_sub(bounds.end) {
            self.page
                .zero(bounds.end, more)
                .map_err(|_| Errno::EINVAL)?;
        }
        self.bounds.set(Bounds { end, ..bounds });
        Ok(())
    }

    /// Takes bytes away at the end, fragments first. EINVAL: less than an Ethernet header would be left.
    fn shrink_fragments(&self, count: usize) -> Result<(), Errno> {
        let most = self.len().checked_sub(ETH_HLEN).ok_or(Errno::EINVAL)?;
        if count > most {
            return Err(Errno::EINVAL);
        }
        let mut left = count;
        for fragment in self.fragments.iter().rev() {
            let cut = left.min(fragment.len.get());
            fragment.len.set(fragment.len.get() - cut);
            left -= cut;
        }
        let bounds = self.bounds.get();
        self.bounds.set(Bounds {
            end: bounds.end.saturating_sub(left),
            ..bounds
        });
        Ok(())
    }

    fn update_pointers(&self) {
        let Bounds { meta, data, end } = self.bounds.get();
        for (offset, at) in [(DATA, data), (DATA_END, end), (DATA_META, meta)] {
            // In range.
            let _ = self
                .object
                .write_u64(offset, self.page.base().wrapping_add(at as u64).raw());
        }
    }

    /// Lets a run touch context and frame.
    pub(crate) fn lend<'r>(&'r self, run: &Run<'r>) {
        run.allow(self.object.bytes(), Permissions::ReadOnly);
        self.span
            .set(Some(run.allow(self.linear(), Permissions::ReadWrite)));
    }

    /// Tells program and checker that the bounds may have moved.
    pub(crate) fn moved<'r>(&'r self, run: &Run<'r>) {
        self.update_pointers();
        if let Some(span) = self.span.get() {
            run.replace(span, self.linear(), Permissions::ReadWrite);
        }
    }
}

impl Fragment {
    fn new(bytes: &[u8]) -> Result<Self, Errno> {
        let page = Region::new(FRAME_SIZE).map_err(|_| Errno::ENOMEM)?;
        page.copy_in(0, bytes).map_err(|_| Errno::ENOMEM)?;
        Ok(Self {
            page,
            len: Cell::new(bytes.len()),
        })
    }

    fn bytes(&self) -> RacyBytes<'_> {
        self.page
            .part(0, self.len.get())
            .unwrap_or(RacyBytes::empty())
    }

    /// Adds zeros as far as there is room. EINVAL.
    fn grow(&self, count: usize) -> Result<(), Errno> {
        let len = self.len.get();
        self.page.zero(len, count).map_err(|_| Errno::EINVAL)?;
        self.len.set(len + count);
        Ok(())
    }
}
