//! Slots that hold programs or maps, indexed by a u32.
//!
//! A slot is two things: a word with the handle that programs and executors read without a lock, and the
//! reference itself, in a table that system calls lock. The word is written while the table is locked, so
//! both always agree for writers; a reader that found a handle relies on RCU (see [`HeldRef::handle`]).

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use skep_memory::{Addr, Region};
use skep_object::{Errno, HeldRef, ObjectId, SysError, SysResult};

use crate::attr::no_memory;
use crate::{InlineLookup, MapEnv};

/// The slots of one map.
pub(crate) struct HeldSlots<H: HeldRef + ?Sized> {
    handles: Region,
    max_entries: u32,
    held: Mutex<BTreeMap<u32, Arc<H>>>,
}

impl<H: HeldRef + ?Sized> HeldSlots<H> {
    pub(crate) fn new(max_entries: u32, env: &MapEnv) -> SysResult<Self> {
        let size = env.charge(u64::from(max_entries) * 8)?;
        let handles = Region::new(size).map_err(|_| no_memory())?;
        Ok(Self {
            handles,
            max_entries,
            held: Mutex::new(BTreeMap::new()),
        })
    }

    /// The handle in a slot; null if it is empty or there is no such slot.
    #[inline]
    pub(crate) fn handle(&self, index: u32) -> Addr {
        if index >= self.max_entries {
            return Addr::NULL;
        }
        self.handles
            .load_acquire_u64(index as usize * 8)
            .map_or(Addr::NULL, Addr::new)
    }

    /// The reference in a slot.
    pub(crate) fn get(&self, index: u32) -> Option<Arc<H>> {
        self.held.lock().get(&index).map(Arc::clone)
    }

    /// The id of what a slot holds. ENOENT.
    pub(crate) fn id(&self, index: u32) -> SysResult<ObjectId> {
        match self.held.lock().get(&index) {
            Some(held) => Ok(held.id()),
            None => SysError::err(Errno::ENOENT, "slot is empty"),
        }
    }

    /// E2BIG for an index that is none.
    pub(crate) fn check_index(&self, index: u32) -> SysResult<()> {
        if index >= self.max_entries {
            return SysError::err(Errno::E2BIG, "index is beyond the array");
        }
        Ok(())
    }

    /// Fills a slot.
    pub(crate) fn set(&self, index: u32, new: Arc<H>) -> SysResult<()> {
        self.check_index(index)?;
        let old = {
            let mut held = self.held.lock();
            let stored = self
                .handles
                .store_release_u64(index as usize * 8, new.handle().raw());
            stored.map_err(|_| SysError::new(Errno::E2BIG, "index is beyond the array"))?;
            held.insert(index, new)
        };
        // Outside the lock: the last reference may go, and with it anything.
        drop(old);
        Ok(())
    }

    /// Empties a slot. ENOENT: it was empty.
    pub(crate) fn clear(&self, index: u32) -> SysResult<()> {
        let old = {
            let mut held = self.held.lock();
            let old = held.remove(&index);
            if old.is_some() {
                let _ = self.handles.store_release_u64(index as usize * 8, 0);
            }
            old
        };
        match old {
            Some(_) => Ok(()),
            None => SysError::err(Errno::ENOENT, "slot is empty"),
        }
    }

    /// Empties all slots.
    pub(crate) fn clear_all(&self) {
        let old = {
            let mut held = self.held.lock();
            for index in held.keys() {
                let _ = self.handles.store_release_u64(*index as usize * 8, 0);
            }
            core::mem::take(&mut *held)
        };
        drop(old);
    }

    /// What is held, by index.
    pub(crate) fn all(&self) -> Vec<(u32, Arc<H>)> {
        self.held
            .lock()
            .iter()
            .map(|(index, held)| (*index, Arc::clone(held)))
            .collect()
    }

    pub(crate) fn inline_lookup(&self) -> InlineLookup {
        InlineLookup::Handles {
            base: self.handles.base(),
            max_entries: self.max_entries,
        }
    }
}

/// Writes the id that stands for a held reference into a client's value.
pub(crate) fn write_id(id: ObjectId, value: &mut [u8]) -> SysResult<()> {
    match value.first_chunk_mut::<4>() {
        Some(out) => {
            *out = id.get().to_ne_bytes();
            Ok(())
        }
        None => SysError::err(Errno::EINVAL, "value of another size than the map's"),
    }
}

/// The fd in a client's value.
pub(crate) fn read_fd(value: &[u8]) -> SysResult<u32> {
    match value.first_chunk::<4>() {
        Some(bytes) => Ok(u32::from_ne_bytes(*bytes)),
        None => SysError::err(Errno::EINVAL, "value of another size than the map's"),
    }
}

/// Holding maps must not be read or written by programs in a restricted way.
pub(crate) const NO_PROG_RIGHTS: &str = "slots have no program-side access rights";
