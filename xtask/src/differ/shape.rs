//! Shapes of maps: for each type one that can be made, and ways to spoil it.

use skep_uapi::{MapFlags, MapType};

use crate::rng::Rng;

/// What MAP_CREATE is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) map_type: MapType,
    pub(super) key: u32,
    pub(super) value: u32,
    pub(super) entries: u32,
    pub(super) flags: MapFlags,
    pub(super) extra: u64,
}

/// Entries of LRU maps: so many more than there are keys that nothing is evicted, wherever the CPUs keep free elements.
const LRU_ENTRIES: u32 = 1024;
/// Different keys that are used of one map.
const KEYS: u32 = 12;
/// Entries that no memory has room for.
const TOO_MANY: u32 = u32::MAX;

impl Shape {
    /// A shape that can be made, most of the time.
    pub(super) fn random(rng: &mut Rng) -> Self {
        let map_type = MapType::ALL[1 + rng.below(MapType::ALL.len() - 1)];
        // The types with most behaviour stand for half of the maps.
        let often = [
            MapType::Hash,
            MapType::Array,
            MapType::PercpuHash,
            MapType::PercpuArray,
            MapType::LruHash,
            MapType::LpmTrie,
            MapType::Queue,
            MapType::Stack,
        ];
        let map_type = match rng.chance(1, 2) {
            true => often[rng.below(often.len())],
            false => map_type,
        };
        let mut shape = Self::plain(map_type, rng);
        if rng.chance(1, 6) {
            shape.spoil(rng);
        }
        shape
    }

    /// A shape of the type that can be made.
    pub(super) fn plain(map_type: MapType, rng: &mut Rng) -> Self {
        let value = [1, 4, 5, 8, 24, 33][rng.below(6)];
        let entries = [1, 2, 4, 7, 16][rng.below(5)];
        let key = [1, 3, 4, 8, 16, 20][rng.below(6)];
        let hash_flags = match rng.below(4) {
            0 => MapFlags::NO_PREALLOC,
            1 => MapFlags::ZERO_SEED,
            2 => MapFlags::NUMA_NODE,
            _ => MapFlags::empty(),
        };
        let array_flags = match rng.below(6) {
            0 => MapFlags::RDONLY_PROG,
            1 => MapFlags::WRONLY_PROG,
            2 => MapFlags::MMAPABLE,
            3 => MapFlags::INNER_MAP,
            _ => MapFlags::empty(),
        };
        let none = MapFlags::empty();
        let (key, value, entries, flags) = match map_type {
            MapType::Hash | MapType::PercpuHash => (key, value, entries, hash_flags),
            MapType::LruHash | MapType::LruPercpuHash => {
                let flags = [none, MapFlags::ZERO_SEED, MapFlags::NO_COMMON_LRU][rng.below(3)];
                (key, value, LRU_ENTRIES, flags)
            }
            MapType::Array => (4, value, entries, array_flags),
            MapType::PercpuArray | MapType::CgroupArray | MapType::PerfEventArray => (
                4,
                if map_type == MapType::PercpuArray {
                    value
                } else {
                    4
                },
                entries,
                none,
            ),
            MapType::ProgArray | MapType::ArrayOfMaps => (4, 4, entries, none),
            MapType::HashOfMaps => (key, 4, entries, [none, MapFlags::NO_PREALLOC][rng.below(2)]),
            MapType::LpmTrie => (
                [5, 8, 20][rng.below(3)],
                value,
                entries,
                MapFlags::NO_PREALLOC,
            ),
            MapType::Queue | MapType::Stack => (0, value, entries, none),
            MapType::BloomFilter => (0, value, 16 * entries, none),
            MapType::Ringbuf | MapType::UserRingbuf => (0, 0, 4096 << rng.below(3), none),
            MapType::StackTrace => (4, 8 * (1 + rng.below(4) as u32), entries, none),
            MapType::Devmap | MapType::DevmapHash => (4, [4, 8][rng.below(2)], entries, none),
            MapType::Cpumap => (4, [4, 8][rng.below(2)], entries, none),
            MapType::Xskmap => (4, 4, entries, none),
            MapType::Sockmap => (4, [4, 8][rng.below(2)], entries, none),
            MapType::Sockhash => (key, [4, 8][rng.below(2)], entries, none),
            MapType::ReuseportSockarray => (4, [4, 8][rng.below(2)], entries, none),
            MapType::CgroupStorage | MapType::PercpuCgroupStorage => {
                ([8, 16][rng.below(2)], value, 0, none)
            }
            MapType::SkStorage
            | MapType::InodeStorage
            | MapType::TaskStorage
            | MapType::CgrpStorage => (4, value, 0, MapFlags::NO_PREALLOC),
            MapType::StructOps => (4, 64, 1, none),
            MapType::Arena => (0, 0, entries, MapFlags::MMAPABLE),
            MapType::Unspec => (4, 4, 1, none),
        };
        let access = match rng.below(12) {
            0 => MapFlags::RDONLY,
            1 => MapFlags::WRONLY,
            _ => none,
        };
        let extra = match map_type {
            MapType::BloomFilter => rng.below(4) as u64,
            _ => 0,
        };
        Self {
            map_type,
            key,
            value,
            entries,
            flags: flags | access,
            extra,
        }
    }

    /// Changes one thing.
    fn spoil(&mut self, rng: &mut Rng) {
        // No size that a large machine has memory for and a small one has not.
        let sizes = [
            0,
            1,
            2,
            3,
            4,
            5,
            8,
            12,
            16,
            255,
            256,
            257,
            512,
            513,
            4096,
            1 << 16,
            1 << 22,
            1 << 31,
            u32::MAX,
        ];
        match rng.below(6) {
            0 => self.key = sizes[rng.below(sizes.len())],
            1 => self.value = sizes[rng.below(sizes.len())],
            2 if self.entries == LRU_ENTRIES => self.entries = 0,
            2 => self.entries = [0, 3, 17, 33][rng.below(4)],
            // A filter of so many bits would be made.
            3 if self.map_type != MapType::BloomFilter => {
                self.entries = TOO_MANY;
                // Small values would fit into a large machine.
                self.value = self.value.max(1 << 16);
            }
            4 => self.extra = [1, 15, 16, 4096, 1 << 32, u64::MAX][rng.below(6)],
            _ => self.flags ^= MapFlags::from_bits_retain(1 << rng.below(20)),
        }
    }

    /// Bytes of a value as system calls see it.
    pub(super) fn value_in_memory(&self, cpus: usize) -> usize {
        match self.map_type {
            MapType::PercpuHash
            | MapType::LruPercpuHash
            | MapType::PercpuArray
            | MapType::PercpuCgroupStorage => (self.value as usize).next_multiple_of(8) * cpus,
            _ => self.value as usize,
        }
    }

    /// Whether each side walks the elements in an order of its own.
    pub(super) fn has_own_order(&self) -> bool {
        matches!(
            self.map_type,
            MapType::Hash
                | MapType::PercpuHash
                | MapType::LruHash
                | MapType::LruPercpuHash
                | MapType::HashOfMaps
                | MapType::Sockhash
                | MapType::DevmapHash
        )
    }

    /// Whether values are descriptors going in and ids coming out.
    pub(super) fn holds(&self) -> Option<super::step::Kind> {
        match self.map_type {
            MapType::ArrayOfMaps | MapType::HashOfMaps => Some(super::step::Kind::Map),
            MapType::ProgArray => Some(super::step::Kind::Prog),
            _ => None,
        }
    }

    /// Whether a write waits for the kernel's grace periods.
    pub(super) fn is_slow(&self) -> bool {
        matches!(
            self.map_type,
            MapType::ArrayOfMaps | MapType::HashOfMaps | MapType::ProgArray | MapType::Cpumap
        )
    }

    /// A key: few more than fit.
    pub(super) fn key(&self, rng: &mut Rng) -> Vec<u8> {
        let mut key = vec![0; self.key as usize];
        let number = rng.below(self.entries.min(KEYS) as usize + 3) as u32;
        if self.map_type == MapType::LpmTrie {
            let most = 8 * (self.key.saturating_sub(4));
            let prefix = rng.below(most as usize + 2) as u32;
            let head = prefix.to_ne_bytes();
            let bytes = head.into_iter().chain([number as u8, number as u8]);
            key.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
            return key;
        }
        let number = if rng.chance(1, 40) { u32::MAX } else { number };
        let bytes = number.to_ne_bytes();
        key.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        key
    }
}
