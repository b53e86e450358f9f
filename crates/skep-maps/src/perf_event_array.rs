//! BPF_MAP_TYPE_PERF_EVENT_ARRAY: perf events, one per CPU by custom.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::RwLock;
use skep_catalog::Caps;
use skep_memory::{Addr, Permissions, RacyBytes, SpanSource};
use skep_object::{Errno, SysError, SysResult};
use skep_uapi::{MapFlags, MapType};

use crate::array::{HEADER_BYTES, allocated_entries, index_of, next_index};
use crate::held::read_fd;
use crate::kind::{AsInner, Holds, MapKind};
use crate::perf_event::PerfEvent;
use crate::{FdResolver, Map, MapAttr, MapBase, MapEnv, prog_array};

/// What the type answers to MAP_CREATE.
pub(crate) const KIND: MapKind = MapKind {
    map_type: MapType::PerfEventArray,
    check,
    create,
    as_inner: AsInner::Generic,
    holds: Holds::Bytes,
};

/// An array of events.
pub struct PerfEventArray {
    base: MapBase,
    events: RwLock<BTreeMap<u32, Arc<PerfEvent>>>,
}

fn check(attr: &MapAttr, _caps: Caps) -> SysResult<()> {
    prog_array::check_slots(attr)
}

fn create(attr: MapAttr, env: MapEnv) -> SysResult<Box<dyn Map>> {
    allocated_entries(&attr, env.caps)?;
    let map = PerfEventArray {
        base: MapBase::new(attr, &env),
        events: RwLock::default(),
    };
    env.charge(map.memlock())?;
    Ok(Box::new(map))
}

impl PerfEventArray {
    /// The event at an index. E2BIG: beyond the array. ENOENT: none.
    pub fn event(&self, index: u32) -> Result<Arc<PerfEvent>, Errno> {
        if index >= self.base.attr().max_entries {
            return Err(Errno::E2BIG);
        }
        let events = self.events.read();
        events.get(&index).map(Arc::clone).ok_or(Errno::ENOENT)
    }

    fn check_index(&self, key: &[u8]) -> SysResult<u32> {
        let index = index_of(key);
        if index >= self.base.attr().max_entries {
            return SysError::err(Errno::E2BIG, "index is beyond the map");
        }
        Ok(index)
    }
}

impl SpanSource for PerfEventArray {
    fn bytes_at(&self, _addr: Addr) -> Option<(RacyBytes<'_>, Permissions)> {
        None
    }
}

impl Map for PerfEventArray {
    fn base(&self) -> &MapBase {
        &self.base
    }

    fn memlock(&self) -> u64 {
        HEADER_BYTES + u64::from(self.base.attr().max_entries) * 8
    }

    fn update(&self, key: &[u8], value: &[u8], flags: u64, fds: &dyn FdResolver) -> SysResult<()> {
        if flags != 0 {
            return SysError::err(Errno::EINVAL, "arrays of fds take no update flag");
        }
        let index = self.check_index(key)?;
        let event = fds.perf_event(read_fd(value)?)?;
        let old = self.events.write().insert(index, event);
        drop(old);
        Ok(())
    }

    fn delete(&self, key: &[u8]) -> SysResult<()> {
        let index = self.check_index(key)?;
        let old = self.events.write().remove(&index);
        match old {
            Some(_) => Ok(()),
            None => SysError::err(Errno::ENOENT, "slot is empty"),
        }
    }

    fn next_key(&self, key: Option<&[u8]>, next: &mut [u8]) -> SysResult<()> {
        next_index(self.base.attr().max_entries, key, next)
    }

    fn on_last_user_ref(&self) {
        if !self.base.attr().flags.contains(MapFlags::PRESERVE_ELEMS) {
            let old = core::mem::take(&mut *self.events.write());
            drop(old);
        }
    }

    fn prog_delete(&self, _cpu: u32, key: RacyBytes<'_>) -> Result<(), Errno> {
        self.delete(&key.to_vec()).map_err(|error| error.errno)
    }

    fn as_perf_event_array(&self) -> Option<&PerfEventArray> {
        Some(self)
    }
}
