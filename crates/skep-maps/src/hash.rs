//! BPF_MAP_TYPE_HASH: values by key.
//!
//! Look-ups take no lock, updates lock one bucket. Updating an existing key makes a new element and frees
//! the old one after; with `BPF_F_LOCK` it writes in place. `NO_PREALLOC` changes what is accounted and what
//! info shows, not how elements are kept: memory is touched when it is first used in both forms.

mod bucket;
mod elements;
pub(crate) mod in_place;
mod key;
mod keyed;
mod lru;
pub(crate) mod of_maps;
mod pool;
mod table;
mod walk;

use core::ops::ControlFlow;
use std::sync::atomic::{AtomicU32, Ordering};

use skep_catalog::Caps;
use skep_memory::{Addr, Permissions, RacyBytes, SpanSource};
use skep_object::{Errno, SysError, SysResult};
use skep_uapi::limits::{KMALLOC_MAX_SIZE, PCPU_MIN_UNIT_SIZE};
use skep_uapi::{ElemFlags, MapFlags, MapType};

use self::bucket::Index;
use self::elements::Part;
use self::pool::Pool;
use self::table::Table;
use crate::attr::no_memory;
use crate::batch::{AndThen, BucketWalk, Copies, Reached};
use crate::fields::pause;
use crate::kind::{AsInner, Holds, MapKind};
use crate::{Element, FdResolver, Map, MapAttr, MapBase, MapEnv, Source};

/// What the type answers to MAP_CREATE.
pub(crate) const KIND: MapKind = MapKind {
    map_type: MapType::Hash,
    check,
    create,
    as_inner: AsInner::Generic,
    holds: Holds::Bytes,
};

// Sizes of Linux's structs, for memlock figures and limits.
const MAP_BYTES: u64 = 832;
const BUCKET_BYTES: u64 = 16;
const ELEMENT_BYTES: u64 = 48;

/// The hash of a client's bytes, for other types that need one.
pub(crate) fn hash_copy(bytes: &[u8], seed: u32) -> u64 {
    key::with_copy(bytes, |words| key::hash(words, seed))
}

/// The hash of a program's bytes. EFAULT.
pub(crate) fn hash_live(bytes: RacyBytes<'_>, seed: u32) -> Result<u64, Errno> {
    key::with_live(bytes, |words| key::hash(words, seed)).map_err(|_| Errno::EFAULT)
}

/// A hash.
pub struct Hash {
    base: MapBase,
    table: Table,
    pool: Pool,
    seed: u32,
    count: AtomicU32,
}

fn check(attr: &MapAttr, caps: Caps) -> SysResult<()> {
    check_family(attr, caps)
}

/// The rules of all hashes, in Linux's order.
fn check_family(attr: &MapAttr, caps: Caps) -> SysResult<()> {
    let lru = matches!(attr.map_type, MapType::LruHash | MapType::LruPercpuHash);
    let percpu = matches!(attr.map_type, MapType::PercpuHash | MapType::LruPercpuHash);
    let known = MapFlags::NO_PREALLOC
        | MapFlags::NO_COMMON_LRU
        | MapFlags::NUMA_NODE
        | MapFlags::RDONLY
        | MapFlags::WRONLY
        | MapFlags::RDONLY_PROG
        | MapFlags::WRONLY_PROG
        | MapFlags::ZERO_SEED;
    if attr.flags.contains(MapFlags::ZERO_SEED) && !caps.contains(Caps::SYS_ADMIN) {
        return SysError::err(Errno::EPERM, "ZERO_SEED needs CAP_SYS_ADMIN");
    }
    attr.check_flags(known)?;
    let no_common_lru = attr.flags.contains(MapFlags::NO_COMMON_LRU);
    if !lru && no_common_lru {
        return SysError::err(Errno::EINVAL, "NO_COMMON_LRU is for LRU hashes only");
    }
    if lru && attr.flags.contains(MapFlags::NO_PREALLOC) {
        return SysError::err(Errno::ENOTSUPP, "LRU hashes are preallocated");
    }
    let on_node = attr.flags.contains(MapFlags::NUMA_NODE) && attr.numa_node != u32::MAX;
    if on_node && (percpu || no_common_lru) {
        return SysError::err(Errno::EINVAL, "per-CPU memory has no NUMA node");
    }
    if attr.max_entries == 0 || attr.key_size == 0 || attr.value_size == 0 {
        return SysError::err(Errno::EINVAL, "a hash needs a key, a value and entries");
    }
    let element = u64::from(attr.key_size) + u64::from(attr.value_size);
    if element >= u64::from(KMALLOC_MAX_SIZE) - ELEMENT_BYTES {
        return SysError::err(Errno::E2BIG, "key and value are too large together");
    }
    if percpu && attr.value_stride() > u64::from(PCPU_MIN_UNIT_SIZE) {
        return SysError::err(Errno::E2BIG, "value is larger than per-CPU memory can hold");
    }
    Ok(())
}

fn create(attr: MapAttr, env: MapEnv) -> SysResult<Box<dyn Map>> {
    let Some(buckets) = attr.max_entries.checked_next_power_of_two() else {
        return SysError::err(Errno::E2BIG, "too many entries");
    };
    env.charge(family_bytes(&attr, env.possible_cpus, 0))?;
    // One element more for each thread that may be replacing one while the map is full.
    let extra = env.possible_cpus.max(16);
    let capacity = attr.max_entries.checked_add(extra).ok_or_else(no_memory)?;
    let buckets = buckets.div_ceil(bucket::LOAD);
    let zero_seed = attr.flags.contains(MapFlags::ZERO_SEED);
    Ok(Box::new(Hash {
        table: Table::new(buckets, capacity, attr.key_size, attr.value_size)?,
        pool: Pool::new(capacity),
        seed: if zero_seed { 0 } else { env.hash_seed },
        count: AtomicU32::new(0),
        base: MapBase::new(attr, &env),
    }))
}

/// Linux's figure for a hash of `count` elements.
fn family_bytes(attr: &MapAttr, cpus: u32, count: u32) -> u64 {
    let cpus = u64::from(cpus.max(1));
    let entries = u64::from(attr.max_entries);
    let preallocated = !attr.flags.contains(MapFlags::NO_PREALLOC);
    let buckets = entries.next_power_of_two() * BUCKET_BYTES;
    let key = ELEMENT_BYTES + u64::from(attr.key_size).next_multiple_of(8);
    let value = attr.value_stride();
    let elements = match attr.map_type {
        // A pointer to the parts, and a header where they are allocated one by one.
        MapType::PercpuHash if !preallocated => (key + 8 + 24 + value * cpus) * u64::from(count),
        MapType::PercpuHash | MapType::LruPercpuHash => (key + 8 + value * cpus) * entries,
        MapType::LruHash => (key + value) * entries,
        // Values of outer maps are pointers, and replaced in place.
        MapType::HashOfMaps if preallocated => (key + value) * entries + 8 * cpus,
        _ if preallocated => (key + value) * (entries + cpus) + 8 * cpus,
        _ => (key + value + 8) * u64::from(count),
    };
    MAP_BYTES + buckets + 4 * cpus * 8 + elements
}

impl Hash {
    /// Elements in the map right now.
    pub fn len(&self) -> u32 {
        self.count.load(Ordering::Relaxed)
    }

    /// Is the map empty right now?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    fn hash(&self, key: &[u64]) -> u64 {
        key::hash(key, self.seed)
    }

    #[inline]
    fn find(&self, key: &[u64]) -> Option<Index> {
        self.table.find(key, self.hash(key))
    }

    fn set(&self, key: &[u64], value: Source<'_>, flags: u64) -> SysResult<()> {
        let locked = flags & ElemFlags::LOCK.bits() != 0;
        let mode = Mode::of(flags & !ElemFlags::LOCK.bits())?;
        if locked && self.base.fields().spin_lock().is_none() {
            return SysError::err(Errno::EINVAL, "BPF_F_LOCK on values without bpf_spin_lock");
        }
        let hash = self.hash(key);
        if locked && let Some(index) = self.table.find(key, hash) {
            mode.check(Presence::Yes)?;
            self.base
                .fields()
                .write_locked(self.table.elements.value(index), value);
            return Ok(());
        }
        let replaced = {
            let bucket = self.table.lock(hash);
            match bucket.find(key, hash) {
                Some(found) if locked => {
                    mode.check(Presence::Yes)?;
                    self.base
                        .fields()
                        .write_locked(self.table.elements.value(found.element), value);
                    None
                }
                Some(found) => {
                    mode.check(Presence::Yes)?;
                    bucket.replace(&found, self.new_element(key, hash, value));
                    Some(found.element)
                }
                None => {
                    mode.check(Presence::No)?;
                    self.count_one()?;
                    bucket.insert(self.new_element(key, hash, value), hash);
                    None
                }
            }
        };
        if let Some(old) = replaced {
            self.free(old);
        }
        Ok(())
    }

    fn remove(&self, key: &[u64], taken: Taken<'_>) -> SysResult<()> {
        let hash = self.hash(key);
        let removed = {
            let bucket = self.table.lock(hash);
            bucket.find(key, hash).map(|found| {
                if let Taken::Read { value, flags } = taken {
                    self.read(found.element, value, flags);
                }
                bucket.remove(&found);
                found.element
            })
        };
        match removed {
            Some(index) => {
                self.count.fetch_sub(1, Ordering::Relaxed);
                self.free(index);
                Ok(())
            }
            None => missing(),
        }
    }

    /// An element with this key and value, not linked yet. There is always one: the count is limited before,
    /// and there are spare ones for replacing, whose holders free another soon.
    fn new_element(&self, key: &[u64], hash: u64, value: Source<'_>) -> Index {
        let mut rounds = 0;
        let index = loop {
            match self.pool.take(&self.table.elements) {
                Some(index) => break index,
                None => pause(&mut rounds),
            }
        };
        self.table.elements.set_key(index, key, hash);
        let target = self.table.elements.value(index);
        self.base.fields().init(target);
        self.base.fields().write(target, value);
        index
    }

    /// Releases what an unlinked element owns and gives it back. Not under the bucket's lock.
    fn free(&self, index: Index) {
        if self.base.values_own() {
            self.base.release_value(self.table.elements.value(index));
        }
        self.pool.give_back(&self.table.elements, index);
    }

    fn count_one(&self) -> SysResult<()> {
        let max = self.base.attr().max_entries;
        let counted = self
            .count
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| {
                (count < max).then_some(count + 1)
            });
        match counted {
            Ok(_) => Ok(()),
            Err(_) => SysError::err(Errno::E2BIG, "hash is full"),
        }
    }

    fn read(&self, index: Index, value: &mut [u8], flags: u64) {
        let live = self.table.elements.value(index);
        if flags & ElemFlags::LOCK.bits() != 0 {
            self.base.fields().read_locked(live, value);
        } else {
            self.base.fields().read(live, value);
        }
    }

    /// The first element in a bucket from `number` on.
    fn first_from(&self, number: usize) -> Option<Index> {
        let mut full = self.full_buckets(number);
        full.find_map(|number| self.table.lock(number as u64).iter().next())
    }

    /// The element after `key` in bucket order; the first if the key is not there.
    fn following(&self, key: &[u64]) -> Option<Index> {
        let hash = self.hash(key);
        let next = {
            let bucket = self.table.lock(hash);
            bucket.find(key, hash).map(|found| {
                let mut behind = bucket
                    .iter()
                    .skip_while(|element| *element != found.element);
                behind.nth(1)
            })
        };
        match next {
            None => self.first_from(0),
            Some(Some(next)) => Some(next),
            Some(None) => self.first_from(self.table.buckets.number_of(hash) + 1),
        }
    }

    /// Numbers of buckets from `number` on that were not empty when looked at.
    fn full_buckets(&self, number: usize) -> impl Iterator<Item = usize> + '_ {
        (number..self.table.buckets.count())
            .filter(|number| !self.table.buckets.of(*number as u64).is_empty())
    }

    /// All elements, bucket by bucket, as they were when their bucket was reached.
    fn elements(&self) -> impl Iterator<Item = Index> + '_ {
        self.full_buckets(0)
            .flat_map(|number| self.table.lock(number as u64).iter().collect::<Vec<_>>())
    }
}

/// What happens to a value that is taken out.
enum Taken<'v> {
    Forget,
    Read { value: &'v mut [u8], flags: u64 },
}

/// The two low bits of update flags.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Any,
    NoExist,
    Exist,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Presence {
    Yes,
    No,
}

impl Mode {
    fn of(flags: u64) -> SysResult<Self> {
        match flags {
            0 => Ok(Self::Any),
            1 => Ok(Self::NoExist),
            2 => Ok(Self::Exist),
            _ => SysError::err(Errno::EINVAL, "unknown update flag"),
        }
    }

    fn check(self, presence: Presence) -> SysResult<()> {
        match (self, presence) {
            (Self::NoExist, Presence::Yes) => SysError::err(Errno::EEXIST, "key exists"),
            (Self::Exist, Presence::No) => missing(),
            (Self::Any, Presence::Yes | Presence::No)
            | (Self::NoExist, Presence::No)
            | (Self::Exist, Presence::Yes) => Ok(()),
        }
    }
}

fn missing<T>() -> SysResult<T> {
    SysError::err(Errno::ENOENT, "no such key")
}

impl SpanSource for Hash {
    fn bytes_at(&self, addr: Addr) -> Option<(RacyBytes<'_>, Permissions)> {
        match self.table.elements.part_at(addr)? {
            Part::Key(key) => Some((key, Permissions::ReadOnly)),
            Part::Value(value) => Some((value, self.base.prog_permissions())),
        }
    }
}

impl Map for Hash {
    fn base(&self) -> &MapBase {
        &self.base
    }

    fn memlock(&self) -> u64 {
        family_bytes(self.base.attr(), self.base.possible_cpus(), self.len())
    }

    fn lookup(&self, key: &[u8], value: &mut [u8], flags: u64) -> SysResult<()> {
        match key::with_copy(key, |key| self.find(key)) {
            Some(index) => {
                self.read(index, value, flags);
                Ok(())
            }
            None => missing(),
        }
    }

    fn update(&self, key: &[u8], value: &[u8], flags: u64, _fds: &dyn FdResolver) -> SysResult<()> {
        key::with_copy(key, |key| self.set(key, Source::Copy(value), flags))
    }

    fn delete(&self, key: &[u8]) -> SysResult<()> {
        key::with_copy(key, |key| self.remove(key, Taken::Forget))
    }

    fn next_key(&self, key: Option<&[u8]>, next: &mut [u8]) -> SysResult<()> {
        let following = match key {
            Some(key) => key::with_copy(key, |key| self.following(key)),
            None => self.first_from(0),
        };
        match following {
            Some(index) => {
                let _ = self.table.elements.key(index).copy_out(0, next);
                Ok(())
            }
            None => SysError::err(Errno::ENOENT, "that was the last key"),
        }
    }

    fn lookup_and_delete(&self, key: &[u8], value: &mut [u8], flags: u64) -> SysResult<()> {
        key::with_copy(key, |key| self.remove(key, Taken::Read { value, flags }))
    }

    fn bucket_walk(&self) -> Option<&dyn BucketWalk> {
        Some(self)
    }

    fn key_of(&self, value: Addr) -> Option<Vec<u8>> {
        let elements = &self.table.elements;
        Some(elements.key(elements.index_at(value)?).to_vec())
    }

    fn on_last_user_ref(&self) {
        if self.base.values_own() {
            self.elements()
                .for_each(|index| self.base.cancel_value(self.table.elements.value(index)));
        }
    }

    #[inline]
    fn prog_lookup(&self, _cpu: u32, key: RacyBytes<'_>) -> Addr {
        let found = key::with_live(key, |key| self.find(key)).unwrap_or(None);
        found.map_or(Addr::NULL, |index| self.table.elements.value(index).start())
    }

    fn prog_update(
        &self,
        _cpu: u32,
        key: RacyBytes<'_>,
        value: RacyBytes<'_>,
        flags: u64,
    ) -> Result<(), Errno> {
        let set = key::with_live(key, |key| self.set(key, Source::Live(value), flags));
        set.map_err(|_| Errno::EFAULT)?.map_err(|error| error.errno)
    }

    fn prog_delete(&self, _cpu: u32, key: RacyBytes<'_>) -> Result<(), Errno> {
        let removed = key::with_live(key, |key| self.remove(key, Taken::Forget));
        removed
            .map_err(|_| Errno::EFAULT)?
            .map_err(|error| error.errno)
    }

    fn for_each(
        &self,
        _cpu: u32,
        visit: &mut dyn FnMut(Element<'_>) -> ControlFlow<()>,
    ) -> Result<u64, Errno> {
        let mut visited = 0;
        for index in self.elements() {
            visited += 1;
            let element = Element {
                key: self.table.elements.key(index),
                value: self.table.elements.value(index),
            };
            if visit(element).is_break() {
                break;
            }
        }
        Ok(visited)
    }
}

impl BucketWalk for Hash {
    fn bucket_count(&self) -> u32 {
        walk::bucket_count(self.base.attr().max_entries)
    }

    fn copy_buckets(
        &self,
        from: u32,
        room: usize,
        and_then: AndThen,
        flags: u64,
        out: &mut Copies,
    ) -> Reached {
        let copy = |index| {
            let (key, value) = out.add();
            let _ = self.table.elements.key(index).copy_out(0, key);
            self.read(index, value, flags);
        };
        let removed = |index| {
            self.count.fetch_sub(1, Ordering::Relaxed);
            self.free(index);
        };
        let all = self.bucket_count();
        self.table.walk(all, from, room, and_then, copy, removed)
    }
}

impl Drop for Hash {
    fn drop(&mut self) {
        if self.base.values_own() {
            self.elements()
                .for_each(|index| self.base.release_value(self.table.elements.value(index)));
        }
    }
}
