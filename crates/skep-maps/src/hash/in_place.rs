//! BPF_MAP_TYPE_PERCPU_HASH, LRU_HASH, LRU_PERCPU_HASH: hashes whose values are updated where they are.
//!
//! A value has a part for each CPU, or one part in all. All parts of one CPU lie side by side. A map of one of
//! the LRU types never is full: a new key takes the place of one that was not used lately.

use core::ops::ControlFlow;

use skep_catalog::Caps;
use skep_memory::{Addr, Permissions, RacyBytes, Region, SpanSource};
use skep_object::{Errno, SysError, SysResult};
use skep_uapi::{MapFlags, MapType};

use super::bucket::Index;
use super::elements::Part;
use super::key;
use super::keyed::Keyed;
use super::lru::Clock;
use super::walk;
use super::{Mode, Presence, check_family, family_bytes, missing};
use crate::attr::no_memory;
use crate::batch::{AndThen, BucketWalk, Copies, Reached};
use crate::kind::{AsInner, Holds, MapKind};
use crate::{Element, FdResolver, Map, MapAttr, MapBase, MapEnv, Source};

/// What PERCPU_HASH answers to MAP_CREATE.
pub(crate) const PERCPU: MapKind = of(MapType::PercpuHash);
/// The same for LRU_HASH.
pub(crate) const LRU: MapKind = of(MapType::LruHash);
/// The same for LRU_PERCPU_HASH.
pub(crate) const LRU_PERCPU: MapKind = of(MapType::LruPercpuHash);

const fn of(map_type: MapType) -> MapKind {
    MapKind {
        map_type,
        check,
        create,
        as_inner: AsInner::Generic,
        holds: Holds::Bytes,
    }
}

/// CPUs' parts begin on cache lines of their own.
const CACHE_LINE: u64 = 64;

/// A hash of one of the three types.
pub(crate) struct InPlaceHash {
    base: MapBase,
    keyed: Keyed,
    clock: Option<Clock>,
    parts: u32,
    values: Region,
    stride: usize,
    part_stride: usize,
}

/// What an update writes.
#[derive(Clone, Copy)]
enum NewValue<'a> {
    /// A client's value: all parts, each rounded up to 8 bytes.
    Parts(&'a [u8]),
    /// A program's value, for the part of its CPU.
    Of(u32, RacyBytes<'a>),
}

fn check(attr: &MapAttr, caps: Caps) -> SysResult<()> {
    check_family(attr, caps)
}

fn is_percpu(map_type: MapType) -> bool {
    matches!(map_type, MapType::PercpuHash | MapType::LruPercpuHash)
}

fn create(attr: MapAttr, env: MapEnv) -> SysResult<Box<dyn Map>> {
    let cpus = env.possible_cpus.max(1);
    let mut attr = attr;
    if attr.flags.contains(MapFlags::NO_COMMON_LRU) {
        // Linux gives each CPU an equal share.
        let shares = attr.max_entries.checked_next_multiple_of(cpus);
        attr.max_entries = shares.unwrap_or(attr.max_entries - attr.max_entries % cpus);
    }
    super::keyed::buckets(&attr)?;
    env.charge(family_bytes(&attr, cpus, 0))?;
    let keyed = Keyed::new(&attr, &env)?;
    let parts = if is_percpu(attr.map_type) { cpus } else { 1 };
    let part_bytes =
        (u64::from(keyed.capacity()) * attr.value_stride()).next_multiple_of(CACHE_LINE);
    let bytes = part_bytes
        .checked_mul(u64::from(parts))
        .ok_or_else(no_memory)?;
    let bytes = usize::try_from(bytes).map_err(|_| no_memory())?;
    let clock = match attr.map_type {
        MapType::LruHash | MapType::LruPercpuHash => Some(Clock::new(keyed.capacity())?),
        _ => None,
    };
    Ok(Box::new(InPlaceHash {
        keyed,
        clock,
        parts,
        values: Region::new(bytes).map_err(|_| no_memory())?,
        stride: usize::try_from(attr.value_stride()).map_err(|_| no_memory())?,
        part_stride: usize::try_from(part_bytes).map_err(|_| no_memory())?,
        base: MapBase::new(attr, &env),
    }))
}

impl InPlaceHash {
    /// One part of a value, with its padding, which system calls of per-CPU types copy too.
    fn slot(&self, index: Index, part: u32) -> Option<RacyBytes<'_>> {
        if part >= self.parts {
            return None;
        }
        let at = part as usize * self.part_stride + index.position() as usize * self.stride;
        self.values.part(at, self.stride).ok()
    }

    /// One part of a value.
    fn value(&self, index: Index, part: u32) -> Option<RacyBytes<'_>> {
        let slot = self.slot(index, part)?;
        slot.part(0, self.base.attr().value_size as usize).ok()
    }

    fn slots(&self, index: Index) -> impl Iterator<Item = RacyBytes<'_>> {
        (0..self.parts).filter_map(move |part| self.slot(index, part))
    }

    /// The part that a program on `cpu` uses.
    fn part_of(&self, cpu: u32) -> u32 {
        if self.parts == 1 { 0 } else { cpu }
    }

    fn write(&self, index: Index, new: NewValue<'_>) {
        match new {
            NewValue::Parts(bytes) => {
                for (part, slot) in bytes.chunks(self.stride).zip(self.slots(index)) {
                    self.write_part(slot, Source::Copy(part));
                }
            }
            NewValue::Of(cpu, bytes) => {
                if let Some(slot) = self.slot(index, self.part_of(cpu)) {
                    self.write_part(slot, Source::Live(bytes));
                }
            }
        }
    }

    fn write_part(&self, slot: RacyBytes<'_>, from: Source<'_>) {
        self.base.fields().write(slot, from);
        // What the old value owned does not survive its update.
        if self.base.values_own() {
            self.base.release_value(slot);
        }
    }

    fn set(&self, key: &[u64], new: NewValue<'_>, flags: u64) -> SysResult<()> {
        let mode = Mode::of(flags)?;
        let hash = self.keyed.hash(key);
        loop {
            {
                let bucket = self.keyed.table.lock(hash);
                if let Some(found) = bucket.find(key, hash) {
                    mode.check(Presence::Yes)?;
                    self.write(found.element, new);
                    if let Some(clock) = &self.clock {
                        clock.touched(found.element);
                    }
                    return Ok(());
                }
                mode.check(Presence::No)?;
                if let Some(index) = self.keyed.take(key, hash) {
                    self.slots(index).for_each(RacyBytes::zero);
                    self.write(index, new);
                    bucket.insert(index, hash);
                    if let Some(clock) = &self.clock {
                        clock.linked(index);
                    }
                    return Ok(());
                }
            }
            // Not under the bucket's lock: the one to go may be in the same bucket.
            let Some(clock) = &self.clock else {
                return SysError::err(Errno::E2BIG, "hash is full");
            };
            match clock.evict(&self.keyed) {
                Some(evicted) => self.free(evicted),
                None => return SysError::err(Errno::ENOMEM, "nothing to evict"),
            }
        }
    }

    /// Releases what an unlinked element owns and gives it back.
    fn free(&self, index: Index) {
        if self.base.values_own() {
            self.slots(index)
                .for_each(|slot| self.base.release_value(slot));
        }
        self.keyed.give_back(index);
    }

    fn remove(&self, key: &[u64]) -> SysResult<()> {
        let Some(index) = self.keyed.unlink(key, None) else {
            return missing();
        };
        if let Some(clock) = &self.clock {
            clock.unlinked(index);
        }
        self.free(index);
        Ok(())
    }

    /// The element and the part that hold the byte at `addr`.
    fn slot_at(&self, addr: Addr) -> Option<(Index, u32)> {
        let offset = self.values.offset_of(addr, 1)?;
        let part = u32::try_from(offset.checked_div(self.part_stride)?).ok()?;
        let within = offset.checked_rem(self.part_stride)?;
        let position = u32::try_from(within.checked_div(self.stride)?).ok()?;
        Some((Index::from_position(position)?, part))
    }

    fn read(&self, index: Index, value: &mut [u8]) {
        for (out, slot) in value.chunks_mut(self.stride).zip(self.slots(index)) {
            self.base.fields().read(slot, out);
        }
    }

    fn prog_find(&self, key: RacyBytes<'_>) -> Option<Index> {
        let found = key::with_live(key, |key| self.keyed.find(key)).ok()??;
        if let Some(clock) = &self.clock {
            clock.touched(found);
        }
        Some(found)
    }
}

impl SpanSource for InPlaceHash {
    fn bytes_at(&self, addr: Addr) -> Option<(RacyBytes<'_>, Permissions)> {
        if let Some((index, part)) = self.slot_at(addr) {
            return Some((self.value(index, part)?, self.base.prog_permissions()));
        }
        match self.keyed.table.elements.part_at(addr)? {
            Part::Key(key) => Some((key, Permissions::ReadOnly)),
            Part::Value(_) => None,
        }
    }
}

impl Map for InPlaceHash {
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

    fn sys_value_size(&self) -> u64 {
        if is_percpu(self.base.attr().map_type) {
            self.stride as u64 * u64::from(self.parts)
        } else {
            u64::from(self.base.attr().value_size)
        }
    }

    fn lookup(&self, key: &[u8], value: &mut [u8], _flags: u64) -> SysResult<()> {
        // Clients' look-ups do not count as use.
        match key::with_copy(key, |key| self.keyed.find(key)) {
            Some(index) => {
                self.read(index, value);
                Ok(())
            }
            None => missing(),
        }
    }

    fn update(&self, key: &[u8], value: &[u8], flags: u64, _fds: &dyn FdResolver) -> SysResult<()> {
        key::with_copy(key, |key| self.set(key, NewValue::Parts(value), flags))
    }

    fn delete(&self, key: &[u8]) -> SysResult<()> {
        key::with_copy(key, |key| self.remove(key))
    }

    fn next_key(&self, key: Option<&[u8]>, next: &mut [u8]) -> SysResult<()> {
        self.keyed.next_key(key, next)
    }

    fn lookup_and_delete(&self, key: &[u8], value: &mut [u8], _flags: u64) -> SysResult<()> {
        key::with_copy(key, |key| {
            let Some(index) = self.keyed.unlink(key, None) else {
                return missing();
            };
            self.read(index, value);
            if let Some(clock) = &self.clock {
                clock.unlinked(index);
            }
            self.free(index);
            Ok(())
        })
    }

    fn bucket_walk(&self) -> Option<&dyn BucketWalk> {
        Some(self)
    }

    fn key_of(&self, value: Addr) -> Option<Vec<u8>> {
        let (index, _) = self.slot_at(value)?;
        Some(self.keyed.table.elements.key(index).to_vec())
    }

    fn on_last_user_ref(&self) {
        if self.base.values_own() {
            let all = self.keyed.elements().flat_map(|index| self.slots(index));
            all.for_each(|slot| self.base.cancel_value(slot));
        }
    }

    fn prog_lookup(&self, cpu: u32, key: RacyBytes<'_>) -> Addr {
        self.prog_lookup_percpu(key, self.part_of(cpu))
    }

    fn prog_lookup_percpu(&self, key: RacyBytes<'_>, cpu: u32) -> Addr {
        self.prog_find(key)
            .and_then(|index| self.value(index, cpu))
            .map_or(Addr::NULL, RacyBytes::start)
    }

    fn prog_update(
        &self,
        cpu: u32,
        key: RacyBytes<'_>,
        value: RacyBytes<'_>,
        flags: u64,
    ) -> Result<(), Errno> {
        key::with_live(key, |key| self.set(key, NewValue::Of(cpu, value), flags))
            .map_err(|_| Errno::EFAULT)?
            .map_err(|error| error.errno)
    }

    fn prog_delete(&self, _cpu: u32, key: RacyBytes<'_>) -> Result<(), Errno> {
        key::with_live(key, |key| self.remove(key))
            .map_err(|_| Errno::EFAULT)?
            .map_err(|error| error.errno)
    }

    fn for_each(
        &self,
        cpu: u32,
        visit: &mut dyn FnMut(Element<'_>) -> ControlFlow<()>,
    ) -> Result<u64, Errno> {
        let mut visited = 0;
        for index in self.keyed.elements() {
            let Some(value) = self.value(index, self.part_of(cpu)) else {
                break;
            };
            visited += 1;
            let key = self.keyed.table.elements.key(index);
            if visit(Element { key, value }).is_break() {
                break;
            }
        }
        Ok(visited)
    }
}

impl BucketWalk for InPlaceHash {
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
        let copy = |index| {
            let (key, value) = out.add();
            let _ = self.keyed.table.elements.key(index).copy_out(0, key);
            self.read(index, value);
        };
        let removed = |index| {
            if let Some(clock) = &self.clock {
                clock.unlinked(index);
            }
            self.free(index);
        };
        let all = self.bucket_count();
        let table = &self.keyed.table;
        table.walk(all, from, room, and_then, copy, removed)
    }
}

impl Drop for InPlaceHash {
    fn drop(&mut self) {
        if self.base.values_own() {
            let all = self.keyed.elements().flat_map(|index| self.slots(index));
            all.for_each(|slot| self.base.release_value(slot));
        }
    }
}
