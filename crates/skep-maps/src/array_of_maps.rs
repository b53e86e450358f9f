//! BPF_MAP_TYPE_ARRAY_OF_MAPS: maps that a program finds by index.
//!
//! Clients put fds in and read ids out; programs get the inner map's handle. A replaced inner map is let
//! go at once; its memory stays for the programs that found it (see [`skep_object::HeldRef`]), and the
//! command that replaced it ends with a grace period.

use std::sync::Arc;

use skep_catalog::Caps;
use skep_memory::{Addr, Permissions, RacyBytes, SpanSource};
use skep_object::{Errno, SysError, SysResult};
use skep_uapi::MapType;

use crate::array::{HEADER_BYTES, allocated_entries, index_of, live_index_of, next_index};
use crate::held::{HeldSlots, read_fd, write_id};
use crate::kind::{AsInner, Holds, MapKind};
use crate::prog_array::check_slots;
use crate::{FdResolver, HeldMap, InlineLookup, InnerTemplate, Map, MapAttr, MapBase, MapEnv};

/// What the type answers to MAP_CREATE.
pub(crate) const KIND: MapKind = MapKind {
    map_type: MapType::ArrayOfMaps,
    check,
    create,
    as_inner: AsInner::Refused(Errno::EINVAL),
    holds: Holds::Maps,
};

/// An array of maps.
pub struct ArrayOfMaps {
    base: MapBase,
    template: InnerTemplate,
    slots: HeldSlots<dyn HeldMap>,
}

fn check(attr: &MapAttr, _caps: Caps) -> SysResult<()> {
    check_slots(attr)
}

fn create(attr: MapAttr, mut env: MapEnv) -> SysResult<Box<dyn Map>> {
    let Some(template) = env.inner.take() else {
        return SysError::err(Errno::EBADF, "no template for the inner maps");
    };
    allocated_entries(&attr, env.caps)?;
    let slots = HeldSlots::new(attr.max_entries, &env)?;
    Ok(Box::new(ArrayOfMaps {
        base: MapBase::new(attr, &env),
        template,
        slots,
    }))
}

impl ArrayOfMaps {
    /// The handle of the map at `index`, null if there is none; valid while the caller is inside RCU.
    #[inline]
    pub fn handle(&self, index: u32) -> Addr {
        self.slots.handle(index)
    }

    /// The map at `index`, with a reference of its own.
    pub fn get(&self, index: u32) -> Option<Arc<dyn HeldMap>> {
        self.slots.get(index)
    }

    /// Everything held, by index.
    pub fn maps(&self) -> Vec<(u32, Arc<dyn HeldMap>)> {
        self.slots.all()
    }
}

impl SpanSource for ArrayOfMaps {
    /// Nothing of its own: a checking executor that finds an inner map here keeps it ([`Self::get`]) and
    /// asks that map.
    fn bytes_at(&self, _addr: Addr) -> Option<(RacyBytes<'_>, Permissions)> {
        None
    }
}

impl Map for ArrayOfMaps {
    fn base(&self) -> &MapBase {
        &self.base
    }

    fn memlock(&self) -> u64 {
        HEADER_BYTES + u64::from(self.base.attr().max_entries) * 8
    }

    fn lookup(&self, key: &[u8], value: &mut [u8], _flags: u64) -> SysResult<()> {
        write_id(self.slots.id(index_of(key))?, value)
    }

    fn update(&self, key: &[u8], value: &[u8], flags: u64, fds: &dyn FdResolver) -> SysResult<()> {
        let index = index_of(key);
        if flags != 0 {
            return SysError::err(Errno::EINVAL, "arrays of maps take no update flag");
        }
        self.slots.check_index(index)?;
        let inner = fds.map(read_fd(value)?)?;
        self.template.check(inner.map())?;
        self.slots.set(index, inner)
    }

    fn delete(&self, key: &[u8]) -> SysResult<()> {
        let index = index_of(key);
        self.slots.check_index(index)?;
        self.slots.clear(index)
    }

    fn next_key(&self, key: Option<&[u8]>, next: &mut [u8]) -> SysResult<()> {
        next_index(self.base.attr().max_entries, key, next)
    }

    fn writes_wait_for_programs(&self) -> bool {
        true
    }

    #[inline]
    fn prog_lookup(&self, _cpu: u32, key: RacyBytes<'_>) -> Addr {
        self.slots.handle(live_index_of(key))
    }

    fn inline_lookup(&self) -> InlineLookup {
        self.slots.inline_lookup()
    }

    fn inner_template(&self) -> Option<&InnerTemplate> {
        Some(&self.template)
    }

    fn as_array_of_maps(&self) -> Option<&ArrayOfMaps> {
        Some(self)
    }
}
