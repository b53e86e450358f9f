//! BPF_MAP_TYPE_LPM_TRIE: values by the longest prefix that matches a key.
//!
//! A key is a prefix length in bits (u32) and bytes, of which only the prefix counts. Prefixes are kept in the
//! order in which Linux walks its trie: what is more specific first, else by the first bit that differs.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::OnceLock;

use parking_lot::RwLock;
use skep_catalog::Caps;
use skep_memory::{Addr, Permissions, RacyBytes, Region, SpanSource};
use skep_object::{Errno, SysError, SysResult};
use skep_uapi::{ElemFlags, MapFlags, MapType};

use crate::attr::no_memory;
use crate::kind::{AsInner, Holds, MapKind};
use crate::{FdResolver, Map, MapAttr, MapBase, MapEnv, Source};

/// What the type answers to MAP_CREATE.
pub(crate) const KIND: MapKind = MapKind {
    map_type: MapType::LpmTrie,
    check,
    create,
    as_inner: AsInner::Generic,
    holds: Holds::Bytes,
};

/// Bytes of the prefix length before a key's data.
const LENGTH_BYTES: usize = 4;
/// Key sizes: the length and 1 to 256 bytes.
const KEY_SIZES: core::ops::RangeInclusive<u32> = 5..=260;
/// Bytes of the largest value: with the longest key and a node it is 4 MiB.
const VALUE_MAX: u32 = 4_194_024;
/// `struct lpm_trie_node` in memlock figures.
const NODE_BYTES: u64 = 24;

/// A trie.
pub struct LpmTrie {
    base: MapBase,
    trie: RwLock<Trie>,
    values: Values,
}

/// Memory of values, kept for the map's life. Each chunk has twice the places of the one before.
#[derive(Default)]
struct Values {
    chunks: [OnceLock<Box<[OnceLock<Region>]>>; 32],
}

#[derive(Default)]
struct Trie {
    prefixes: BTreeMap<Prefix, usize>,
    /// How many prefixes there are of each length.
    lengths: BTreeMap<u32, u32>,
    /// Values that were ever used.
    used: usize,
    /// Numbers of values that no prefix has.
    free: Vec<usize>,
    /// Numbers of values by their addresses.
    by_address: BTreeMap<u64, usize>,
}

/// A prefix; the bits behind it are kept but do not count.
#[derive(Clone, Debug)]
struct Prefix {
    bits: u32,
    data: Vec<u8>,
}

impl Prefix {
    /// The prefix in a key.
    fn of(key: &[u8]) -> Option<Self> {
        let (bits, data) = key.split_first_chunk::<LENGTH_BYTES>()?;
        Some(Self {
            bits: u32::from_ne_bytes(*bits),
            data: data.to_vec(),
        })
    }

    /// The same bytes with another length.
    fn with_bits(&self, bits: u32) -> Self {
        Self {
            bits,
            data: self.data.clone(),
        }
    }

    fn copy_to(&self, key: &mut [u8]) {
        if let Some((bits, data)) = key.split_first_chunk_mut::<LENGTH_BYTES>() {
            *bits = self.bits.to_ne_bytes();
            data.iter_mut()
                .zip(&self.data)
                .for_each(|(to, from)| *to = *from);
        }
    }

    /// Leading bits that two prefixes share, at most both lengths.
    fn common_bits(&self, other: &Self) -> u32 {
        let limit = self.bits.min(other.bits);
        let mut bits = 0;
        for (own, theirs) in self.data.iter().zip(&other.data) {
            let same = (own ^ theirs).leading_zeros();
            bits += same;
            if same < 8 || bits >= limit {
                break;
            }
        }
        bits.min(limit)
    }

    fn bit(&self, number: u32) -> bool {
        let byte = self.data.get(number as usize / 8).copied().unwrap_or(0);
        byte & (0x80 >> (number % 8)) != 0
    }
}

impl Ord for Prefix {
    fn cmp(&self, other: &Self) -> Ordering {
        let common = self.common_bits(other);
        if common == self.bits.min(other.bits) {
            // One is inside the other: the longer one comes first.
            return other.bits.cmp(&self.bits);
        }
        self.bit(common).cmp(&other.bit(common))
    }
}

impl PartialOrd for Prefix {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Prefix {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Prefix {}

impl Trie {
    /// The value of the longest prefix of `key` that is there.
    fn find(&self, key: &Prefix) -> Option<usize> {
        let mut lengths = self.lengths.range(..=key.bits).rev();
        let number = lengths.find_map(|(bits, _)| self.prefixes.get(&key.with_bits(*bits)));
        number.copied()
    }

    fn remove(&mut self, prefix: &Prefix) -> Option<usize> {
        let number = self.prefixes.remove(prefix)?;
        if let Some(count) = self.lengths.get_mut(&prefix.bits) {
            *count -= 1;
            if *count == 0 {
                self.lengths.remove(&prefix.bits);
            }
        }
        Some(number)
    }

    fn insert(&mut self, prefix: Prefix, number: usize) {
        *self.lengths.entry(prefix.bits).or_insert(0) += 1;
        self.prefixes.insert(prefix, number);
    }
}

impl Values {
    /// The place of a value, in a chunk that may have to be made.
    fn place(&self, number: usize) -> Option<&OnceLock<Region>> {
        let nth = number.checked_add(1)?;
        let chunk = self.chunks.get(nth.ilog2() as usize)?;
        let size = 1 << nth.ilog2();
        chunk
            .get_or_init(|| (0..size).map(|_| OnceLock::new()).collect())
            .get(nth - size)
    }

    fn get(&self, number: usize) -> Option<&Region> {
        self.place(number)?.get()
    }

    /// A value that no prefix has. ENOMEM.
    fn take(&self, trie: &mut Trie, size: usize) -> SysResult<usize> {
        if let Some(number) = trie.free.pop() {
            return Ok(number);
        }
        let value = Region::new(size).map_err(|_| no_memory())?;
        let (number, address) = (trie.used, value.base().raw());
        let place = self.place(number).ok_or_else(no_memory)?;
        place.set(value).map_err(|_| no_memory())?;
        trie.by_address.insert(address, number);
        trie.used += 1;
        Ok(number)
    }
}

fn check(_attr: &MapAttr, _caps: Caps) -> SysResult<()> {
    // Linux checks tries while it makes them, after capabilities.
    Ok(())
}

fn create(attr: MapAttr, env: MapEnv) -> SysResult<Box<dyn Map>> {
    attr.check_flags(
        MapFlags::NO_PREALLOC
            | MapFlags::NUMA_NODE
            | MapFlags::RDONLY
            | MapFlags::WRONLY
            | MapFlags::RDONLY_PROG
            | MapFlags::WRONLY_PROG,
    )?;
    if attr.max_entries == 0
        || !attr.flags.contains(MapFlags::NO_PREALLOC)
        || !KEY_SIZES.contains(&attr.key_size)
        || !(1..=VALUE_MAX).contains(&attr.value_size)
    {
        return SysError::err(
            Errno::EINVAL,
            "a trie needs NO_PREALLOC, a key of 5 to 260 bytes, a value and entries",
        );
    }
    Ok(Box::new(LpmTrie {
        base: MapBase::new(attr, &env),
        trie: RwLock::new(Trie::default()),
        values: Values::default(),
    }))
}

impl LpmTrie {
    /// The prefix in a key; `None` if it is longer than the key's data.
    fn prefix(&self, key: &[u8]) -> Option<Prefix> {
        let max_bits = self.base.attr().key_size.saturating_sub(4) * 8;
        Prefix::of(key).filter(|prefix| prefix.bits <= max_bits)
    }

    /// An update makes a new value, so that a program's address keeps the old one for now.
    fn set(&self, key: &[u8], from: Source<'_>, flags: u64) -> SysResult<()> {
        if flags > ElemFlags::EXIST.bits() {
            return SysError::err(Errno::EINVAL, "unknown update flag");
        }
        let Some(prefix) = self.prefix(key) else {
            return SysError::err(Errno::EINVAL, "prefix is longer than the key");
        };
        let attr = self.base.attr();
        let mut trie = self.trie.write();
        let exists = trie.prefixes.contains_key(&prefix);
        if exists && flags == ElemFlags::NOEXIST.bits() {
            return SysError::err(Errno::EEXIST, "prefix exists");
        }
        if !exists && flags == ElemFlags::EXIST.bits() {
            return SysError::err(Errno::ENOENT, "no such prefix");
        }
        if !exists && trie.prefixes.len() as u64 >= u64::from(attr.max_entries) {
            return SysError::err(Errno::ENOSPC, "trie is full");
        }
        let number = self.values.take(&mut trie, attr.value_size as usize)?;
        if let Some(value) = self.values.get(number) {
            self.base.fields().write(value.bytes(), from);
        }
        if let Some(old) = trie.remove(&prefix) {
            trie.free.push(old);
        }
        trie.insert(prefix, number);
        Ok(())
    }

    fn remove(&self, key: &[u8]) -> SysResult<()> {
        let Some(prefix) = self.prefix(key) else {
            return SysError::err(Errno::EINVAL, "prefix is longer than the key");
        };
        let mut trie = self.trie.write();
        match trie.remove(&prefix) {
            Some(number) => {
                trie.free.push(number);
                Ok(())
            }
            None => SysError::err(Errno::ENOENT, "no such prefix"),
        }
    }
}

impl SpanSource for LpmTrie {
    fn bytes_at(&self, addr: Addr) -> Option<(RacyBytes<'_>, Permissions)> {
        let number = {
            let trie = self.trie.read();
            let (_, number) = trie.by_address.range(..=addr.raw()).next_back()?;
            *number
        };
        let value = self.values.get(number)?;
        value.offset_of(addr, 1)?;
        Some((value.bytes(), self.base.prog_permissions()))
    }
}

impl Map for LpmTrie {
    fn base(&self) -> &MapBase {
        &self.base
    }

    fn memlock(&self) -> u64 {
        let attr = self.base.attr();
        let data = u64::from(attr.key_size.saturating_sub(4));
        let count = self.trie.read().prefixes.len() as u64;
        (NODE_BYTES + data + u64::from(attr.value_size)) * count
    }

    fn lookup(&self, key: &[u8], value: &mut [u8], _flags: u64) -> SysResult<()> {
        let trie = self.trie.read();
        let found = self.prefix(key).and_then(|prefix| trie.find(&prefix));
        match found.and_then(|number| self.values.get(number)) {
            Some(live) => {
                self.base.fields().read(live.bytes(), value);
                Ok(())
            }
            None => SysError::err(Errno::ENOENT, "no prefix of the key is there"),
        }
    }

    fn update(&self, key: &[u8], value: &[u8], flags: u64, _fds: &dyn FdResolver) -> SysResult<()> {
        self.set(key, Source::Copy(value), flags)
    }

    fn delete(&self, key: &[u8]) -> SysResult<()> {
        self.remove(key)
    }

    fn next_key(&self, key: Option<&[u8]>, next: &mut [u8]) -> SysResult<()> {
        let trie = self.trie.read();
        let known = key
            .and_then(|key| self.prefix(key))
            .filter(|prefix| trie.prefixes.contains_key(prefix));
        let following = match known {
            Some(prefix) => {
                let behind = (Bound::Excluded(prefix), Bound::Unbounded);
                trie.prefixes.range(behind).next()
            }
            None => trie.prefixes.iter().next(),
        };
        match following {
            Some((prefix, _)) => {
                prefix.copy_to(next);
                Ok(())
            }
            None => SysError::err(Errno::ENOENT, "that was the last prefix"),
        }
    }

    fn prog_lookup(&self, _cpu: u32, key: RacyBytes<'_>) -> Addr {
        let trie = self.trie.read();
        let found = self
            .prefix(&key.to_vec())
            .and_then(|prefix| trie.find(&prefix));
        found
            .and_then(|number| self.values.get(number))
            .map_or(Addr::NULL, Region::base)
    }

    fn prog_update(
        &self,
        _cpu: u32,
        key: RacyBytes<'_>,
        value: RacyBytes<'_>,
        flags: u64,
    ) -> Result<(), Errno> {
        self.set(&key.to_vec(), Source::Live(value), flags)
            .map_err(|error| error.errno)
    }

    fn prog_delete(&self, _cpu: u32, key: RacyBytes<'_>) -> Result<(), Errno> {
        self.remove(&key.to_vec()).map_err(|error| error.errno)
    }
}
