//! BPF_MAP_TYPE_BLOOM_FILTER: a set of values that may think it has one it has not.
//!
//! Values are pushed and peeked for, never removed. Each sets some bits, as many as there are hash
//! functions; a value is in the set if all its bits are set.

use std::sync::atomic::Ordering;

use skep_catalog::Caps;
use skep_memory::{Addr, Permissions, RacyBytes, Region, SpanSource};
use skep_object::{Errno, SysError, SysResult};
use skep_uapi::limits::KMALLOC_MAX_SIZE;
use skep_uapi::{MapFlags, MapType};

use crate::attr::no_memory;
use crate::hash::{hash_copy, hash_live};
use crate::kind::{AsInner, Holds, MapKind};
use crate::{FdResolver, Map, MapAttr, MapBase, MapEnv};

/// What the type answers to MAP_CREATE.
pub(crate) const KIND: MapKind = MapKind {
    map_type: MapType::BloomFilter,
    check,
    create,
    as_inner: AsInner::Generic,
    holds: Holds::Bytes,
};

/// `struct bpf_bloom_filter` in memlock figures.
const MAP_BYTES: u64 = 312;
/// Hash functions where the creator names no number.
const DEFAULT_HASHES: u64 = 5;
/// map_extra is the number of hash functions in four bits.
const HASHES_MASK: u64 = 0xf;

/// A bloom filter.
pub struct BloomFilter {
    base: MapBase,
    bits: Region,
    /// One less than the number of bits, which is a power of two.
    mask: u32,
    hashes: u32,
    seed: u32,
}

fn check(attr: &MapAttr, _caps: Caps) -> SysResult<()> {
    // The rest Linux checks while it makes them, after capabilities.
    if attr.value_size > KMALLOC_MAX_SIZE {
        return SysError::err(Errno::E2BIG, "value is too large");
    }
    Ok(())
}

fn create(attr: MapAttr, env: MapEnv) -> SysResult<Box<dyn Map>> {
    attr.check_flags(
        MapFlags::NUMA_NODE
            | MapFlags::ZERO_SEED
            | MapFlags::RDONLY
            | MapFlags::WRONLY
            | MapFlags::RDONLY_PROG
            | MapFlags::WRONLY_PROG,
    )?;
    if attr.key_size != 0
        || attr.value_size == 0
        || attr.max_entries == 0
        || attr.map_extra & !HASHES_MASK != 0
    {
        return SysError::err(
            Errno::EINVAL,
            "a bloom filter needs no key, a value, entries and at most 15 hash functions",
        );
    }
    let hashes = match attr.map_extra {
        0 => DEFAULT_HASHES,
        named => named,
    };
    let mask = bit_mask(attr.max_entries, hashes);
    env.charge(MAP_BYTES + bytes_of(mask))?;
    let bits = Region::new(env.charge(bytes_of(mask))?).map_err(|_| no_memory())?;
    let zero_seed = attr.flags.contains(MapFlags::ZERO_SEED);
    Ok(Box::new(BloomFilter {
        base: MapBase::new(attr, &env),
        bits,
        mask,
        hashes: hashes as u32,
        seed: if zero_seed { 0 } else { env.hash_seed },
    }))
}

/// As many bits as Linux takes: entries * hashes / ln 2, where 7/5 stands for 1 / ln 2, rounded up to a power of
/// two; at least 64, and all 32 bits of an index where that overflows.
fn bit_mask(max_entries: u32, hashes: u64) -> u32 {
    let hashes = u32::try_from(hashes).ok();
    let bits = hashes
        .and_then(|hashes| max_entries.checked_mul(hashes))
        .and_then(|bits| (bits / 5).checked_mul(7))
        .filter(|bits| *bits <= 1 << 31);
    match bits {
        Some(bits) => bits.max(64).next_power_of_two() - 1,
        None => u32::MAX,
    }
}

fn bytes_of(mask: u32) -> u64 {
    (u64::from(mask) + 1) / 8
}

impl BloomFilter {
    /// The words and masks of a value's bits, from one hash of its bytes. The bits are those of two halves
    /// combined, which is as good as that many hash functions.
    fn bits_of(&self, hash: u64) -> impl Iterator<Item = (usize, u64)> {
        let (first, step) = (hash as u32, (hash >> 32) as u32 | 1);
        let mask = self.mask;
        (0..self.hashes).map(move |n| {
            let bit = first.wrapping_add(n.wrapping_mul(step)) & mask;
            ((bit / 64) as usize * 8, 1 << (bit % 64))
        })
    }

    fn add(&self, hash: u64) {
        for (offset, bit) in self.bits_of(hash) {
            if let Ok(word) = self.bits.bytes().atomic_u64(offset) {
                word.fetch_or(bit, Ordering::Relaxed);
            }
        }
    }

    fn has(&self, hash: u64) -> Result<(), Errno> {
        let set = |(offset, bit)| {
            let word = self.bits.bytes().atomic_u64(offset);
            word.is_ok_and(|word| word.load(Ordering::Relaxed) & bit != 0)
        };
        if self.bits_of(hash).all(set) {
            Ok(())
        } else {
            Err(Errno::ENOENT)
        }
    }
}

/// Pushing takes no flag.
fn check_push(flags: u64) -> Result<(), Errno> {
    if flags == 0 {
        Ok(())
    } else {
        Err(Errno::EINVAL)
    }
}

impl SpanSource for BloomFilter {
    fn bytes_at(&self, _addr: Addr) -> Option<(RacyBytes<'_>, Permissions)> {
        None
    }
}

impl Map for BloomFilter {
    fn base(&self) -> &MapBase {
        &self.base
    }

    fn memlock(&self) -> u64 {
        MAP_BYTES + bytes_of(self.mask)
    }

    fn lookup_reads_value(&self) -> bool {
        true
    }

    fn lookup(&self, _key: &[u8], value: &mut [u8], _flags: u64) -> SysResult<()> {
        self.has(hash_copy(value, self.seed))
            .map_err(|errno| SysError::new(errno, "value is not in the filter"))
    }

    fn update(
        &self,
        _key: &[u8],
        value: &[u8],
        flags: u64,
        _fds: &dyn FdResolver,
    ) -> SysResult<()> {
        check_push(flags).map_err(|errno| SysError::new(errno, "a push takes no flag"))?;
        self.add(hash_copy(value, self.seed));
        Ok(())
    }

    fn delete(&self, _key: &[u8]) -> SysResult<()> {
        SysError::err(Errno::EOPNOTSUPP, "a bloom filter forgets nothing")
    }

    fn next_key(&self, _key: Option<&[u8]>, _next: &mut [u8]) -> SysResult<()> {
        SysError::err(Errno::EOPNOTSUPP, "a bloom filter has no keys")
    }

    fn prog_push(&self, value: RacyBytes<'_>, flags: u64) -> Result<(), Errno> {
        check_push(flags)?;
        self.add(hash_live(value, self.seed)?);
        Ok(())
    }

    fn prog_peek(&self, value: RacyBytes<'_>) -> Result<(), Errno> {
        self.has(hash_live(value, self.seed)?)
    }
}
