//! The batch commands, side by side with the kernel.
//!
//! Arrays and tries are compared call by call. Hashes have an order of their own on each side, so walks through them
//! are compared by what they found, whatever the room, and calls by what they answer at the edges.
//!
//! # Safety
//!
//! One mapping, of which nobody may touch the second half; it lives as long as the process.
#![allow(unsafe_code)]

mod common;

use common::{CLOSED, FOREIGN, NOWHERE, Script, compare, compare_sides, out, ptr};
use skep_kernel::Caps;
use skep_uapi::attr::{MapBatchAttr, MapCreateAttr, MapElemAttr};
use skep_uapi::{Cmd, MapFlags, MapType, UserPtr};
use zerocopy::{FromBytes, IntoBytes};

const ROOM: usize = 64;

fn map(map_type: MapType, key: u32, value: u32, entries: u32, flags: MapFlags) -> MapCreateAttr {
    MapCreateAttr {
        map_type: map_type.raw(),
        key_size: key,
        value_size: value,
        max_entries: entries,
        map_flags: flags.bits(),
        ..MapCreateAttr::default()
    }
}

/// Makes a batch call and writes down its answer; the count it left.
fn batch(s: &mut Script, what: &str, cmd: Cmd, attr: &MapBatchAttr) -> u32 {
    let mut bytes = attr.as_bytes().to_vec();
    s.call_bytes(what, cmd, &mut bytes);
    MapBatchAttr::read_from_bytes(&bytes).unwrap().count
}

/// The same, with the count in the line.
fn counted(s: &mut Script, what: &str, cmd: Cmd, attr: &MapBatchAttr) -> u32 {
    let count = batch(s, what, cmd, attr);
    s.note(format!("{what}: count {count}"));
    count
}

/// Two pages, the second of which nobody may touch: where the first ends.
fn page_end() -> u64 {
    // SAFETY: a new mapping of two pages.
    let pages = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            8192,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
    };
    assert_ne!(pages, libc::MAP_FAILED);
    let end = pages.expose_provenance() as u64 + 4096;
    // SAFETY: the second of the two pages, which nobody uses.
    unsafe { libc::mprotect(pages.wrapping_byte_add(4096), 4096, libc::PROT_NONE) };
    end
}

#[test]
fn edges() {
    let expected = "
        closed: EBADF
        foreign: EINVAL
        behind the last field: EINVAL
        array delete: ENOTSUPP
        array take: ENOTSUPP
        queue: ENOTSUPP
        no room: ok
        no room, nowhere: ok
        no room: count 0
        array flags: ENOENT
        array flags: count 4
        element flags: EINVAL
        lock without lock: EINVAL
        hash flags: EINVAL
        hash flags, no room: EINVAL
        hash empty: ENOENT
        hash empty: count 0
        token: 4
        token behind the last: ENOENT
        token behind the last: count 0
        token nowhere: EFAULT
        token nowhere: count 0
        array token nowhere: EFAULT
        array token nowhere: count 0
        array token behind the last: ok
        keys nowhere: EFAULT
        values nowhere: EFAULT
        next token nowhere: EFAULT
        next token nowhere: count 1
        frozen lookup: ENOENT
        frozen update: EPERM
        frozen take: EPERM
        read-only update: EPERM
        write-only lookup: EPERM
        write-only take: EPERM
    ";
    compare(Caps::all(), expected, |s: &mut Script| {
        let none = MapFlags::empty();
        let make = |s: &mut Script, attr: &MapCreateAttr| {
            let mut bytes = attr.as_bytes().to_vec();
            s.quietly(Cmd::MapCreate, &mut bytes) as u32
        };
        let array = make(s, &map(MapType::Array, 4, 4, 4, none));
        let hash = make(s, &map(MapType::Hash, 4, 4, 4, none));
        let queue = make(s, &map(MapType::Queue, 0, 4, 4, none));
        let (mut keys, mut values) = ([0_u32; ROOM], [0_u32; ROOM]);
        let mut token = [0_u32; 1];
        let whole = MapBatchAttr {
            in_batch: UserPtr::NULL,
            out_batch: out(&mut token),
            keys: out(&mut keys),
            values: out(&mut values),
            count: ROOM as u32,
            map_fd: array,
            elem_flags: 0,
            flags: 0,
        };
        let (look, take) = (Cmd::MapLookupBatch, Cmd::MapLookupAndDeleteBatch);
        let at = |map_fd: u32| MapBatchAttr { map_fd, ..whole };
        batch(s, "closed", look, &at(CLOSED));
        batch(s, "foreign", look, &at(FOREIGN));
        let mut long = [0_u8; 64];
        long[..56].copy_from_slice(whole.as_bytes());
        long[60] = 1;
        s.call_bytes("behind the last field", look, &mut long);
        batch(s, "array delete", Cmd::MapDeleteBatch, &whole);
        batch(s, "array take", take, &whole);
        batch(s, "queue", look, &at(queue));
        batch(s, "no room", look, &MapBatchAttr { count: 0, ..whole });
        let nowhere = MapBatchAttr {
            in_batch: NOWHERE,
            out_batch: NOWHERE,
            keys: NOWHERE,
            values: NOWHERE,
            count: 0,
            ..whole
        };
        let left = batch(s, "no room, nowhere", look, &nowhere);
        s.note(format!("no room: count {left}"));
        counted(s, "array flags", look, &MapBatchAttr { flags: 7, ..whole });
        let flagged = |elem_flags| MapBatchAttr {
            elem_flags,
            ..whole
        };
        batch(s, "element flags", look, &flagged(1));
        batch(s, "lock without lock", look, &flagged(4));
        let flags = MapBatchAttr {
            flags: 1,
            ..at(hash)
        };
        batch(s, "hash flags", look, &flags);
        batch(
            s,
            "hash flags, no room",
            look,
            &MapBatchAttr { count: 0, ..flags },
        );
        counted(s, "hash empty", look, &at(hash));
        s.note(format!("token: {}", token[0]));
        let far = [4_u32];
        let from = |in_batch, map_fd| MapBatchAttr {
            in_batch,
            ..at(map_fd)
        };
        counted(s, "token behind the last", look, &from(ptr(&far), hash));
        counted(s, "token nowhere", look, &from(NOWHERE, hash));
        counted(s, "array token nowhere", look, &from(NOWHERE, array));
        // Keys that are no index come before the first.
        batch(
            s,
            "array token behind the last",
            look,
            &MapBatchAttr {
                count: 2,
                ..from(ptr(&[77_u32]), array)
            },
        );
        batch(
            s,
            "keys nowhere",
            look,
            &MapBatchAttr {
                keys: NOWHERE,
                ..whole
            },
        );
        batch(
            s,
            "values nowhere",
            look,
            &MapBatchAttr {
                values: NOWHERE,
                ..whole
            },
        );
        let lost = MapBatchAttr {
            out_batch: NOWHERE,
            count: 1,
            ..whole
        };
        counted(s, "next token nowhere", look, &lost);
        let mut freeze = MapElemAttr {
            map_fd: hash,
            ..MapElemAttr::default()
        };
        s.quietly(Cmd::MapFreeze, &mut freeze.as_mut_bytes()[..4]);
        batch(s, "frozen lookup", look, &at(hash));
        batch(s, "frozen update", Cmd::MapUpdateBatch, &at(hash));
        batch(s, "frozen take", take, &at(hash));
        let reads = make(s, &map(MapType::Hash, 4, 4, 4, MapFlags::RDONLY));
        let writes = make(s, &map(MapType::Hash, 4, 4, 4, MapFlags::WRONLY));
        batch(s, "read-only update", Cmd::MapUpdateBatch, &at(reads));
        batch(s, "write-only lookup", look, &at(writes));
        batch(s, "write-only take", take, &at(writes));
        for fd in [array, hash, queue, reads, writes] {
            s.close(fd as i32);
        }
    });
}

/// Repeatable numbers.
struct Rng(u64);

impl Rng {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}

/// One map and the buffers of its batches.
struct Tried {
    fd: u32,
    key: usize,
    value: usize,
    entries: u64,
    walks_by_bucket: bool,
    trie: bool,
}

impl Tried {
    /// A key; few more than fit.
    fn key(&self, rng: &mut Rng) -> Vec<u8> {
        let number = rng.below(self.entries + 3) as u32;
        let mut key = vec![0; self.key];
        if self.trie {
            key[..4].copy_from_slice(&(rng.below(34) as u32).to_ne_bytes());
            key[4] = number as u8;
        } else {
            let bytes = number.to_ne_bytes();
            let len = self.key.min(4);
            key[..len].copy_from_slice(&bytes[..len]);
        }
        key
    }

    /// Keys and values, the last of which may reach into a page that nobody may read.
    fn write(&self, s: &mut Script, rng: &mut Rng, cmd: Cmd, page_end: u64) {
        let count = rng.below(9) as usize;
        let keys: Vec<u8> = (0..count).flat_map(|_| self.key(rng)).collect();
        let mut values: Vec<u8> = (0..count * self.value).map(|i| i as u8).collect();
        values
            .iter_mut()
            .for_each(|byte| *byte = byte.wrapping_add(rng.below(7) as u8));
        let mut attr = MapBatchAttr {
            in_batch: UserPtr::NULL,
            out_batch: UserPtr::NULL,
            keys: ptr(keys.as_slice()),
            values: ptr(values.as_slice()),
            count: count as u32,
            map_fd: self.fd,
            elem_flags: rng.pick(&[0, 0, 0, 0, 0, 0, 1, 4]),
            flags: rng.pick(&[0, 0, 0, 1]),
        };
        if rng.below(4) == 0 {
            // Keys that end where the page does, and a few more are asked for.
            let at = page_end - keys.len() as u64;
            let to = std::ptr::with_exposed_provenance_mut::<u8>(at as usize);
            // SAFETY: the bytes before the end of the page; at most eight keys.
            unsafe { to.copy_from_nonoverlapping(keys.as_ptr(), keys.len()) };
            attr.keys = UserPtr(at);
            attr.count += 2;
            values.resize((count + 2) * self.value, 3);
            attr.values = ptr(values.as_slice());
        }
        counted(s, &format!("{cmd} {keys:?}"), cmd, &attr);
    }

    /// A walk through the map with little or much room: what it found, sorted if the order is the map's own.
    fn walk(&self, s: &mut Script, rng: &mut Rng, cmd: Cmd) {
        let most = self.entries as usize + 4;
        // Any bucket has room: where elements are is each side's own.
        let least = if self.walks_by_bucket {
            self.entries
        } else {
            1
        };
        let room = (least + rng.below(4)) as usize;
        let (mut keys, mut values) = (vec![0_u8; most * self.key], vec![0_u8; most * self.value]);
        let mut token = vec![0_u8; self.key.max(4)];
        let mut found = Vec::new();
        let mut from = UserPtr::NULL;
        for call in 0..most + 2 {
            let attr = MapBatchAttr {
                in_batch: from,
                out_batch: out(token.as_mut_slice()),
                keys: out(keys.as_mut_slice()),
                values: out(values.as_mut_slice()),
                count: room as u32,
                map_fd: self.fd,
                elem_flags: 0,
                flags: 0,
            };
            let mut bytes = attr.as_bytes().to_vec();
            let what = format!("{cmd} call {call}");
            let ended = s.call_bytes(&what, cmd, &mut bytes).is_none();
            let count = MapBatchAttr::read_from_bytes(&bytes).unwrap().count as usize;
            let pairs = keys.chunks(self.key).zip(values.chunks(self.value));
            found.extend(
                pairs
                    .take(count)
                    .map(|(key, value)| (key.to_vec(), value.to_vec())),
            );
            if !self.walks_by_bucket {
                s.note(format!("{what}: {count}, then {token:?}"));
            }
            if ended {
                break;
            }
            from = out(token.as_mut_slice());
        }
        if self.walks_by_bucket {
            found.sort();
        }
        s.note(format!("found {found:?}"));
    }
}

#[test]
fn random() {
    let page_end = page_end();
    let cpus = std::fs::read_to_string("/sys/devices/system/cpu/possible").unwrap_or_default();
    let cpus = cpus
        .trim()
        .rsplit(['-', ','])
        .next()
        .and_then(|last| last.parse().ok());
    let cpus = cpus.map_or(1, |last: usize| last + 1);
    let (hash, array) = (true, false);
    let none = MapFlags::empty();
    for (map_type, key, value, entries, flags, by_bucket) in [
        (MapType::Hash, 4, 8, 16, none, hash),
        (MapType::Hash, 3, 5, 8, MapFlags::NO_PREALLOC, hash),
        (MapType::Hash, 20, 1, 1, MapFlags::ZERO_SEED, hash),
        (MapType::PercpuHash, 4, 5, 8, none, hash),
        (MapType::Array, 4, 3, 5, none, array),
        (MapType::Array, 4, 8, 8, MapFlags::RDONLY_PROG, array),
        (MapType::PercpuArray, 4, 5, 4, none, array),
        (MapType::LpmTrie, 5, 4, 9, MapFlags::NO_PREALLOC, array),
    ] {
        let percpu = matches!(map_type, MapType::PercpuHash | MapType::PercpuArray);
        let size = if percpu {
            cpus * (value as usize).next_multiple_of(8)
        } else {
            value as usize
        };
        let lines = compare_sides(Caps::all(), &|s: &mut Script| {
            let mut made = map(map_type, key, value, entries, flags);
            let fd = s.quietly(Cmd::MapCreate, made.as_mut_bytes()) as u32;
            let tried = Tried {
                fd,
                key: key as usize,
                value: size,
                entries: u64::from(entries),
                walks_by_bucket: by_bucket,
                trie: map_type == MapType::LpmTrie,
            };
            let mut rng = Rng(u64::from(key * 1000 + value));
            for _ in 0..400 {
                match rng.below(8) {
                    0..4 => tried.write(s, &mut rng, Cmd::MapUpdateBatch, page_end),
                    4..6 => tried.write(s, &mut rng, Cmd::MapDeleteBatch, page_end),
                    6 => tried.walk(s, &mut rng, Cmd::MapLookupBatch),
                    _ => tried.walk(s, &mut rng, Cmd::MapLookupAndDeleteBatch),
                }
            }
            s.close(fd as i32);
        });
        assert!(lines.len() > 400);
    }
}

/// Outer maps: fds in, ids out.
#[test]
fn hash_of_maps() {
    let expected = "
        MAP_DELETE_BATCH: ENOENT
        MAP_UPDATE_BATCH: EBADF
        first: count 1
        put: ok
        put: count 3
        MAP_LOOKUP_BATCH: ENOENT
        MAP_LOOKUP_BATCH: count 3
        ids: one
        MAP_LOOKUP_AND_DELETE_BATCH: ENOENT
        MAP_LOOKUP_AND_DELETE_BATCH: count 3
        ids: one
        empty: ENOENT
        empty: count 0
    ";
    compare(Caps::all(), expected, |s: &mut Script| {
        let mut inner = map(MapType::Array, 4, 4, 1, MapFlags::empty());
        let inner = s.quietly(Cmd::MapCreate, inner.as_mut_bytes()) as u32;
        let mut outer = map(MapType::HashOfMaps, 4, 4, 8, MapFlags::empty());
        outer.inner_map_fd = inner;
        let outer = s.quietly(Cmd::MapCreate, outer.as_mut_bytes()) as u32;
        let mut token = [0_u32; 1];
        let (mut keys, mut values) = ([1_u32, 2, 3, 0, 0, 0, 0, 0], [inner; 8]);
        let mut attr = MapBatchAttr {
            in_batch: UserPtr::NULL,
            out_batch: out(&mut token),
            keys: out(&mut keys),
            values: out(&mut values),
            count: 3,
            map_fd: outer,
            elem_flags: 0,
            flags: 0,
        };
        let nothing = MapBatchAttr { count: 1, ..attr };
        batch(s, "MAP_DELETE_BATCH", Cmd::MapDeleteBatch, &nothing);
        values[1] = CLOSED;
        let first = batch(s, "MAP_UPDATE_BATCH", Cmd::MapUpdateBatch, &attr);
        s.note(format!("first: count {first}"));
        values[1] = inner;
        counted(s, "put", Cmd::MapUpdateBatch, &attr);
        attr.count = 8;
        for cmd in [Cmd::MapLookupBatch, Cmd::MapLookupAndDeleteBatch] {
            values.fill(0);
            counted(s, &format!("{cmd}"), cmd, &attr);
            let same = values[0] > 0 && values[..3].iter().all(|id| *id == values[0]);
            s.note(if same { "ids: one" } else { "ids: several" });
        }
        counted(s, "empty", Cmd::MapLookupBatch, &attr);
        s.close(outer as i32);
        s.close(inner as i32);
    });
}

/// A map that is full is walked with little room: nothing is missed, nothing comes twice, no bucket needs more room
/// than Linux's would. LRU maps too, which keep what they want.
#[test]
fn little_room() {
    const MANY: u32 = 4096;
    for map_type in [MapType::Hash, MapType::LruHash] {
        compare_sides(Caps::all(), &|s: &mut Script| {
            let mut made = map(map_type, 4, 8, MANY * 2, MapFlags::empty());
            let fd = s.quietly(Cmd::MapCreate, made.as_mut_bytes()) as u32;
            let keys: Vec<u32> = (0..MANY).collect();
            let values: Vec<u64> = (0..u64::from(MANY)).map(|i| i * 3).collect();
            let fill = MapBatchAttr {
                in_batch: UserPtr::NULL,
                out_batch: UserPtr::NULL,
                keys: ptr(keys.as_slice()),
                values: ptr(values.as_slice()),
                count: MANY,
                map_fd: fd,
                elem_flags: 0,
                flags: 0,
            };
            counted(s, "fill", Cmd::MapUpdateBatch, &fill);
            for cmd in [Cmd::MapLookupBatch, Cmd::MapLookupAndDeleteBatch] {
                let mut found = Vec::new();
                let (mut keys, mut values, mut token) = ([0_u32; 12], [0_u64; 12], [0_u32; 1]);
                let mut from = UserPtr::NULL;
                loop {
                    let mut attr = MapBatchAttr {
                        in_batch: from,
                        out_batch: out(&mut token),
                        keys: out(&mut keys),
                        values: out(&mut values),
                        count: 12,
                        ..fill
                    };
                    let before = token[0];
                    let mut quiet = attr.as_mut_bytes().to_vec();
                    let done = s.side_answer(cmd, &mut quiet);
                    let count = MapBatchAttr::read_from_bytes(&quiet).unwrap().count as usize;
                    found.extend(keys.into_iter().zip(values).take(count));
                    if let Err(errno) = done {
                        s.note(format!("end: {errno}"));
                        break;
                    }
                    assert!(token[0] > before && count > 0);
                    from = ptr(&token);
                }
                found.sort_unstable();
                s.note(format!("{cmd}: {}", found.len()));
                assert!(
                    found
                        .iter()
                        .all(|(key, value)| u64::from(*key) * 3 == *value)
                );
                found.dedup();
                s.note(format!("{cmd}: {} different", found.len()));
            }
            s.close(fd as i32);
        });
    }
}
