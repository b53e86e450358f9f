//! BPF_MAP_TYPE_HASH: values by key.
//!
//! Look-ups take no lock, updates lock one bucket. Updating an existing key makes a new element and frees
//! the old one after; with `BPF_F_LOCK` it writes in place. `NO_PREALLOC` changes what is accounted and what
//! info shows, not how elements are kept: memory is touched when it is first used in both forms.

mod key;
mod pool;
mod table;

use core::ops::ControlFlow;
use std::sync::atomic::{AtomicU32, Ordering};

use skep_catalog::Caps;
use skep_memory::{Addr, Permissions, RacyBytes, SpanSource};
use skep_object::{Errno, SysError, SysResult};
use skep_uapi::limits::KMALLOC_MAX_SIZE;
use skep_uapi::{ElemFlags, MapFlags, MapType};

use self::key::Key;
use self::pool::Pool;
use self::table::{Index, Part, Shape, Table};
use crate::attr::no_memory;
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

/// A hash.
pub struct Hash {
    base: MapBase,
    table: Table,
    pool: Pool,
    seed: u32,
    count: AtomicU32,
}

fn check(attr: &MapAttr, caps: Caps) -> SysResult<()> {
    let known = MapFlags::NO_PREALLOC
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
    if attr.max_entries == 0 || attr.key_size == 0 || attr.value_size == 0 {
        return SysError::err(Errno::EINVAL, "a hash needs a key, a value and entries");
    }
    let element = u64::from(attr.key_size) + u64::from(attr.value_size);
    if element >= u64::from(KMALLOC_MAX_SIZE) - ELEMENT_BYTES {
        return SysError::err(Errno::E2BIG, "key and value are too large together");
    }
    Ok(())
}

fn create(attr: MapAttr, env: MapEnv) -> SysResult<Box<dyn Map>> {
    let Some(buckets) = attr.max_entries.checked_next_power_of_two() else {
        return SysError::err(Errno::E2BIG, "too many entries");
    };
    env.charge(memlock(&attr, &env, 0))?;
    // One element more for each thread that may be replacing one while the map is full.
    let extra = env.possible_cpus.max(16);
    let capacity = attr.max_entries.checked_add(extra).ok_or_else(no_memory)?;
    let shape = Shape {
        buckets: buckets as usize,
        elements: capacity as usize,
        key_size: attr.key_size as usize,
        value_size: attr.value_size as usize,
    };
    let zero_seed = attr.flags.contains(MapFlags::ZERO_SEED);
    Ok(Box::new(Hash {
        table: Table::new(&shape)?,
        pool: Pool::new(capacity),
        seed: if zero_seed { 0 } else { env.hash_seed },
        count: AtomicU32::new(0),
        base: MapBase::new(attr, &env),
    }))
}

/// Linux's figure for a hash of `count` elements.
fn memlock(attr: &MapAttr, env: &MapEnv, count: u32) -> u64 {
    linux_bytes(attr, env.possible_cpus, count)
}

fn linux_bytes(attr: &MapAttr, cpus: u32, count: u32) -> u64 {
    let cpus = u64::from(cpus.max(1));
    let buckets = u64::from(attr.max_entries).next_power_of_two() * BUCKET_BYTES;
    let element =
        ELEMENT_BYTES + u64::from(attr.key_size).next_multiple_of(8) + attr.value_stride();
    let elements = if attr.flags.contains(MapFlags::NO_PREALLOC) {
        (element + 8) * u64::from(count)
    } else {
        element * (u64::from(attr.max_entries) + cpus) + 8 * cpus
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

    fn set(&self, key: &Key, value: Source<'_>, flags: u64) -> SysResult<()> {
        let locked = flags & ElemFlags::LOCK.bits() != 0;
        let mode = Mode::of(flags & !ElemFlags::LOCK.bits())?;
        if locked && self.base.fields().spin_lock().is_none() {
            return SysError::err(Errno::EINVAL, "BPF_F_LOCK on values without bpf_spin_lock");
        }
        let hash = key.hash(self.seed);
        if locked && let Some(index) = self.table.find(key, hash) {
            mode.check(Found::Yes)?;
            self.base
                .fields()
                .write_locked(self.table.value(index), value);
            return Ok(());
        }
        let replaced = {
            let bucket = self.table.lock(hash);
            match bucket.find(key, hash) {
                Some(place) if locked => {
                    mode.check(Found::Yes)?;
                    self.base
                        .fields()
                        .write_locked(self.table.value(place.element), value);
                    None
                }
                Some(place) => {
                    mode.check(Found::Yes)?;
                    bucket.replace(&place, self.new_element(key, hash, value));
                    Some(place.element)
                }
                None => {
                    mode.check(Found::No)?;
                    self.count_one()?;
                    bucket.insert(self.new_element(key, hash, value));
                    None
                }
            }
        };
        if let Some(old) = replaced {
            self.free(old);
        }
        Ok(())
    }

    fn remove(&self, key: &Key) -> SysResult<()> {
        let hash = key.hash(self.seed);
        let removed = {
            let bucket = self.table.lock(hash);
            bucket.find(key, hash).map(|place| {
                bucket.remove(&place);
                place.element
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
    fn new_element(&self, key: &Key, hash: u64, value: Source<'_>) -> Index {
        let mut rounds = 0;
        let index = loop {
            match self.pool.take(&self.table) {
                Some(index) => break index,
                None => pause(&mut rounds),
            }
        };
        self.table.set_key(index, key, hash);
        let target = self.table.value(index);
        self.base.fields().init(target);
        self.base.fields().write(target, value);
        index
    }

    /// Releases what an unlinked element owns and gives it back. Not under the bucket's lock.
    fn free(&self, index: Index) {
        if self.base.values_own() {
            self.base.release_value(self.table.value(index));
        }
        self.pool.give_back(&self.table, index);
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
        let live = self.table.value(index);
        if flags & ElemFlags::LOCK.bits() != 0 {
            self.base.fields().read_locked(live, value);
        } else {
            self.base.fields().read(live, value);
        }
    }

    /// The first element in a bucket from `number` on.
    fn first_from(&self, number: usize) -> Option<Index> {
        let numbers = number..self.table.bucket_count();
        { numbers }
            .filter(|number| !self.table.is_empty_bucket(*number))
            .find_map(|number| self.table.lock_nth(number).first())
    }

    /// The element after `key` in bucket order; the first if the key is not there.
    fn following(&self, key: &Key) -> Option<Index> {
        let hash = key.hash(self.seed);
        let place = {
            let bucket = self.table.lock(hash);
            bucket
                .find(key, hash)
                .map(|place| self.table.next(place.element))
        };
        match place {
            None => self.first_from(0),
            Some(Some(next)) => Some(next),
            Some(None) => self.first_from(self.table.number_of(hash) + 1),
        }
    }

    /// All elements, bucket by bucket, as they were when their bucket was reached.
    fn elements(&self) -> impl Iterator<Item = Index> + '_ {
        let numbers = 0..self.table.bucket_count();
        let full = numbers.filter(|number| !self.table.is_empty_bucket(*number));
        full.flat_map(|number| self.table.lock_nth(number).elements().collect::<Vec<_>>())
    }
}

/// The two low bits of update flags.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Any,
    NoExist,
    Exist,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
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

    fn check(self, found: Found) -> SysResult<()> {
        match (self, found) {
            (Self::NoExist, Found::Yes) => SysError::err(Errno::EEXIST, "key exists"),
            (Self::Exist, Found::No) => missing(),
            (Self::Any, Found::Yes | Found::No)
            | (Self::NoExist, Found::No)
            | (Self::Exist, Found::Yes) => Ok(()),
        }
    }
}

fn missing<T>() -> SysResult<T> {
    SysError::err(Errno::ENOENT, "no such key")
}

impl SpanSource for Hash {
    fn bytes_at(&self, addr: Addr) -> Option<(RacyBytes<'_>, Permissions)> {
        match self.table.part_at(addr)? {
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
        linux_bytes(self.base.attr(), self.base.possible_cpus(), self.len())
    }

    fn lookup(&self, key: &[u8], value: &mut [u8], flags: u64) -> SysResult<()> {
        let key = Key::from_copy(key);
        match self.table.find(&key, key.hash(self.seed)) {
            Some(index) => {
                self.read(index, value, flags);
                Ok(())
            }
            None => missing(),
        }
    }

    fn update(&self, key: &[u8], value: &[u8], flags: u64, _fds: &dyn FdResolver) -> SysResult<()> {
        self.set(&Key::from_copy(key), Source::Copy(value), flags)
    }

    fn delete(&self, key: &[u8]) -> SysResult<()> {
        self.remove(&Key::from_copy(key))
    }

    fn next_key(&self, key: Option<&[u8]>, next: &mut [u8]) -> SysResult<()> {
        let following = match key {
            Some(key) => self.following(&Key::from_copy(key)),
            None => self.first_from(0),
        };
        match following {
            Some(index) => {
                let _ = self.table.key(index).copy_out(0, next);
                Ok(())
            }
            None => SysError::err(Errno::ENOENT, "that was the last key"),
        }
    }

    fn lookup_and_delete(&self, key: &[u8], value: &mut [u8], flags: u64) -> SysResult<()> {
        let key = Key::from_copy(key);
        let hash = key.hash(self.seed);
        let removed = {
            let bucket = self.table.lock(hash);
            bucket.find(&key, hash).map(|place| {
                self.read(place.element, value, flags);
                bucket.remove(&place);
                place.element
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

    fn on_last_user_ref(&self) {
        if self.base.values_own() {
            self.elements()
                .for_each(|index| self.base.cancel_value(self.table.value(index)));
        }
    }

    #[inline]
    fn prog_lookup(&self, _cpu: u32, key: RacyBytes<'_>) -> Addr {
        let Ok(key) = Key::from_live(key) else {
            return Addr::NULL;
        };
        let found = self.table.find(&key, key.hash(self.seed));
        found.map_or(Addr::NULL, |index| self.table.value(index).start())
    }

    fn prog_update(
        &self,
        _cpu: u32,
        key: RacyBytes<'_>,
        value: RacyBytes<'_>,
        flags: u64,
    ) -> Result<(), Errno> {
        let key = Key::from_live(key).map_err(|_| Errno::EFAULT)?;
        self.set(&key, Source::Live(value), flags)
            .map_err(|error| error.errno)
    }

    fn prog_delete(&self, _cpu: u32, key: RacyBytes<'_>) -> Result<(), Errno> {
        let key = Key::from_live(key).map_err(|_| Errno::EFAULT)?;
        self.remove(&key).map_err(|error| error.errno)
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
                key: self.table.key(index),
                value: self.table.value(index),
            };
            if visit(element).is_break() {
                break;
            }
        }
        Ok(visited)
    }
}

impl Drop for Hash {
    fn drop(&mut self) {
        if self.base.values_own() {
            self.elements()
                .for_each(|index| self.base.release_value(self.table.value(index)));
        }
    }
}
