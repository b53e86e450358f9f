//! What a checked run may touch: the spans it was given, the values of the maps it knows, its stack frames.
//!
//! # Safety
//!
//! Maps and stack regions are kept in this object until it is dropped, and the table that refers to them never
//! leaves it, so the references below may claim the table's lifetime.
#![allow(unsafe_code)]

use std::cell::RefCell;
use std::sync::Arc;

use skep_memory::{
    Access, Addr, Fault, Permissions, RacyBytes, Region, RegionTable, SpanId, SpanSource,
};

use crate::bound_map::BoundMap;
use crate::trap::TrapKind;

/// The memory of a checked run.
pub(crate) struct CheckedMemory<'r> {
    table: RefCell<RegionTable<'r>>,
    maps: RefCell<Vec<Arc<BoundMap>>>,
    frames: RefCell<Frames>,
}

/// Stack frames: the first `live` are in use.
#[derive(Default)]
struct Frames {
    regions: Vec<(Region, SpanId)>,
    live: usize,
}

/// Bytes of the largest stack frame.
const FRAME: usize = crate::lower::MAX_FRAME as usize;

/// Frames alive at once: each of 34 programs has at most 8, callbacks included.
const FRAMES_MAX: usize = 34 * 8;

impl<'r> CheckedMemory<'r> {
    pub(crate) fn new() -> Self {
        Self {
            table: RefCell::new(RegionTable::new()),
            maps: RefCell::default(),
            frames: RefCell::default(),
        }
    }

    pub(crate) fn allow(&self, bytes: RacyBytes<'r>, permissions: Permissions) -> SpanId {
        self.table.borrow_mut().add(bytes, permissions)
    }

    pub(crate) fn allow_source(&self, source: &'r dyn SpanSource) {
        self.table.borrow_mut().add_source(source);
    }

    pub(crate) fn replace(&self, id: SpanId, bytes: RacyBytes<'r>, permissions: Permissions) {
        self.table.borrow_mut().replace(id, bytes, permissions);
    }

    pub(crate) fn forbid(&self, id: SpanId) {
        self.table.borrow_mut().remove(id);
    }

    /// Asks the table.
    #[inline]
    pub(crate) fn with<T>(
        &self,
        ask: impl FnOnce(&RegionTable<'r>) -> Result<T, Fault>,
    ) -> Result<T, TrapKind> {
        ask(&self.table.borrow()).map_err(TrapKind::Memory)
    }

    /// Checks that `len` bytes may be touched so, and gives them.
    pub(crate) fn bytes(
        &self,
        addr: Addr,
        len: usize,
        access: Access,
    ) -> Result<RacyBytes<'r>, TrapKind> {
        if len == 0 {
            return Ok(RacyBytes::empty());
        }
        self.with(|table| table.check(addr, len, access))?;
        // SAFETY: spans are live for 'r; map values and stack regions are kept until this object is dropped.
        Ok(unsafe { RacyBytes::new(addr, len) })
    }

    /// Makes a map known: its values may be touched, its pointer passed to helpers.
    pub(crate) fn know_map(&self, map: &Arc<BoundMap>) {
        if self.knows_map(map.handle()) {
            return;
        }
        self.maps.borrow_mut().push(Arc::clone(map));
        // SAFETY: the map is kept in `maps`, see the header.
        let kept: &'r BoundMap = unsafe { &*Arc::as_ptr(map) };
        let source: &'r dyn SpanSource = kept.map();
        // SAFETY: the struct begins at the handle and lives as long as the map, see the header.
        let kernel_struct =
            unsafe { RacyBytes::new(kept.handle(), BoundMap::KERNEL_STRUCT_SIZE as usize) };
        let mut table = self.table.borrow_mut();
        table.add(kernel_struct, Permissions::ReadOnly);
        table.add_source(source);
    }

    /// Is this the pointer of a map that the run knows?
    pub(crate) fn knows_map(&self, handle: Addr) -> bool {
        self.maps.borrow().iter().any(|map| map.handle() == handle)
    }

    /// A fresh zeroed frame of `len` bytes, at most `MAX_FRAME`: the address one past its end.
    pub(crate) fn push_frame(&self, len: usize) -> Result<Addr, TrapKind> {
        let mut frames = self.frames.borrow_mut();
        if frames.live >= FRAMES_MAX {
            return Err(TrapKind::CallDepth);
        }
        if frames.live == frames.regions.len() {
            let region = Region::new(FRAME).map_err(|_| TrapKind::NoMemory)?;
            let id = self
                .table
                .borrow_mut()
                .add(RacyBytes::empty(), Permissions::ReadOnly);
            frames.regions.push((region, id));
        }
        let live = frames.live;
        let Some((region, id)) = frames.regions.get(live) else {
            return Err(TrapKind::NoMemory);
        };
        let len = len.min(FRAME);
        let start = region.base().wrapping_add((FRAME - len) as u64);
        // SAFETY: inside the region, which is kept in `frames`, see the header.
        let bytes: RacyBytes<'r> = unsafe { RacyBytes::new(start, len) };
        bytes.zero();
        let top = region.base().wrapping_add(FRAME as u64);
        self.table
            .borrow_mut()
            .replace(*id, bytes, Permissions::ReadWrite);
        frames.live = live + 1;
        Ok(top)
    }

    /// Takes the newest frame back.
    pub(crate) fn pop_frame(&self) {
        let mut frames = self.frames.borrow_mut();
        frames.live = frames.live.saturating_sub(1);
        if let Some((_, id)) = frames.regions.get(frames.live) {
            self.table.borrow_mut().remove(*id);
        }
    }
}
