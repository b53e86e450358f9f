//! BPF_MAP_TYPE_HASH_OF_MAPS: maps that a program finds by key.
//!
//! Clients put fds in and read ids out; programs get the inner map's handle. Writers take turns: each write
//! ends with a grace period anyway. A replaced inner map is let go at once, as in
//! [`crate::array_of_maps`].

use parking_lot::Mutex;
use skep_catalog::Caps;
use skep_memory::{Addr, Permissions, RacyBytes, SpanSource};
use skep_object::{Errno, SysError, SysResult};
use skep_uapi::MapType;

use super::bucket::Index;
use super::key;
use super::keyed::Keyed;
use super::walk;
use super::{Mode, Presence, check_family, family_bytes, missing};
use crate::batch::{AndThen, BucketWalk, Copies, Reached};
use crate::held::{HeldSlots, read_fd, write_id};
use crate::kind::{AsInner, Holds, MapKind};
use crate::{FdResolver, HeldMap, InnerTemplate, Map, MapAttr, MapBase, MapEnv};

/// What the type answers to MAP_CREATE.
pub(crate) const KIND: MapKind = MapKind {
    map_type: MapType::HashOfMaps,
    check,
    create,
    as_inner: AsInner::Refused(Errno::EINVAL),
    holds: Holds::Maps,
};

/// A hash of maps.
pub(crate) struct HashOfMaps {
    base: MapBase,
    template: InnerTemplate,
    keyed: Keyed,
    /// The inner maps, by the positions of their elements.
    slots: HeldSlots<dyn HeldMap>,
    writing: Mutex<()>,
}

fn check(attr: &MapAttr, caps: Caps) -> SysResult<()> {
    if attr.value_size != 4 {
        return SysError::err(Errno::EINVAL, "values are fds of 4 bytes");
    }
    check_family(attr, caps)
}

fn create(attr: MapAttr, mut env: MapEnv) -> SysResult<Box<dyn Map>> {
    let Some(template) = env.inner.take() else {
        return SysError::err(Errno::EBADF, "no template for the inner maps");
    };
    super::keyed::buckets(&attr)?;
    env.charge(family_bytes(&attr, env.possible_cpus, 0))?;
    let keyed = Keyed::new(&attr, &env)?;
    let slots = HeldSlots::new(keyed.capacity(), &env)?;
    Ok(Box::new(HashOfMaps {
        base: MapBase::new(attr, &env),
        template,
        keyed,
        slots,
        writing: Mutex::new(()),
    }))
}

impl HashOfMaps {
    fn set(&self, key: &[u64], inner: std::sync::Arc<dyn HeldMap>, flags: u64) -> SysResult<()> {
        let mode = Mode::of(flags)?;
        let _writing = self.writing.lock();
        let hash = self.keyed.hash(key);
        if let Some(found) = self.keyed.find(key) {
            mode.check(Presence::Yes)?;
            return self.slots.set(found.position(), inner);
        }
        mode.check(Presence::No)?;
        let Some(index) = self.keyed.take(key, hash) else {
            return SysError::err(Errno::E2BIG, "hash is full");
        };
        if let Err(error) = self.slots.set(index.position(), inner) {
            self.keyed.give_back(index);
            return Err(error);
        }
        self.keyed.table.lock(hash).insert(index, hash);
        Ok(())
    }

    fn remove(&self, key: &[u64]) -> SysResult<()> {
        let _writing = self.writing.lock();
        let Some(index) = self.keyed.unlink(key, None) else {
            return missing();
        };
        let cleared = self.slots.clear(index.position());
        self.keyed.give_back(index);
        cleared
    }
}

impl SpanSource for HashOfMaps {
    fn bytes_at(&self, _addr: Addr) -> Option<(RacyBytes<'_>, Permissions)> {
        None
    }
}

impl Map for HashOfMaps {
    fn base(&self) -> &MapBase {
        &self.base
    }

    fn memlock(&self) -> u64 {
        family_bytes(
            self.base.attr(),
            self.base.possible_cpus(),
            self.keyed.len(),
        )
    }

    fn lookup(&self, key: &[u8], value: &mut [u8], _flags: u64) -> SysResult<()> {
        let _writing = self.writing.lock();
        match key::with_copy(key, |key| self.keyed.find(key)) {
            Some(index) => write_id(self.slots.id(index.position())?, value),
            None => missing(),
        }
    }

    fn update(&self, key: &[u8], value: &[u8], flags: u64, fds: &dyn FdResolver) -> SysResult<()> {
        let inner = fds.map(read_fd(value)?)?;
        self.template.check(inner.map())?;
        key::with_copy(key, |key| self.set(key, inner, flags))
    }

    fn delete(&self, key: &[u8]) -> SysResult<()> {
        key::with_copy(key, |key| self.remove(key))
    }

    fn next_key(&self, key: Option<&[u8]>, next: &mut [u8]) -> SysResult<()> {
        self.keyed.next_key(key, next)
    }

    fn bucket_walk(&self) -> Option<&dyn BucketWalk> {
        Some(self)
    }

    fn writes_wait_for_programs(&self) -> bool {
        true
    }

    fn prog_lookup(&self, _cpu: u32, key: RacyBytes<'_>) -> Addr {
        let found = key::with_live(key, |key| self.keyed.find(key)).unwrap_or(None);
        found.map_or(Addr::NULL, |index| self.slots.handle(index.position()))
    }

    fn inner_template(&self) -> Option<&InnerTemplate> {
        Some(&self.template)
    }
}

impl BucketWalk for HashOfMaps {
    fn bucket_count(&self) -> u32 {
        walk::bucket_count(self.base.attr().max_entries)
    }

    fn copy_buckets(
        &self,
        from: u32,
        room: usize,
        and_then: AndThen,
        _flags: u64,
        out: &mut Copies,
    ) -> Reached {
        // Elements that are linked have something in their slots while nobody else writes.
        let _writing = self.writing.lock();
        let copy = |index: Index| {
            let (key, value) = out.add();
            let _ = self.keyed.table.elements.key(index).copy_out(0, key);
            let _ = self
                .slots
                .id(index.position())
                .map(|id| write_id(id, value));
        };
        let removed = |index: Index| {
            let _ = self.slots.clear(index.position());
            self.keyed.give_back(index);
        };
        let all = self.bucket_count();
        let table = &self.keyed.table;
        table.walk(all, from, room, and_then, copy, removed)
    }
}
