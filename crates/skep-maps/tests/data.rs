//! Sequences of the same calls to the kernel and to our maps, for the types beyond plain hashes and arrays.

mod support;

use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;

use skep_maps::InnerTemplate;
use skep_object::Errno;
use skep_uapi::MapType;
use support::kernel;
use support::pair::{FLAGS, Pair, kernel_env, with_flags};
use support::world::{Fds, Inner, Live, Rng, attr, create, make, read_at};

/// Keys from a domain a little larger than the map, but for LRU maps, whose evictions are their own affair.
#[test]
fn hashes() {
    if !kernel::answers() {
        return;
    }
    let mut rng = Rng(11);
    let mut calls = 0;
    for (map_type, key_size, value_size, entries, flags) in [
        (MapType::PercpuHash, 4, 4, 8, 0),
        (MapType::PercpuHash, 8, 13, 64, 1),
        (MapType::PercpuHash, 20, 64, 5, 64),
        (MapType::LruHash, 4, 4, 4096, 0),
        (MapType::LruHash, 12, 20, 4096, 2),
        (MapType::LruPercpuHash, 4, 9, 4096, 0),
    ] {
        let pair = Pair::new(with_flags(
            attr(map_type, key_size, value_size, entries),
            flags,
        ));
        let size = pair.map.sys_value_size() as usize;
        let domain = if map_type == MapType::PercpuHash {
            u64::from(entries) + 4
        } else {
            32
        };
        for step in 0..1500 {
            let mut key = rng.below(domain).to_ne_bytes().to_vec();
            key.resize(key_size as usize, 7);
            match rng.below(16) {
                0..7 => pair.update(&key, &rng.bytes(size), rng.pick(&FLAGS)),
                7..10 => pair.delete(&key),
                10..13 => pair.lookup(&key, rng.pick(&[0, 0, 0, 1, 4])),
                13 => pair.lookup_and_delete(&key, rng.pick(&[0, 0, 4, 1])),
                14 => pair.same_keys(),
                _ => pair.memlock(),
            }
            calls += 1;
            if step == 1450 {
                pair.freeze();
            }
        }
    }
    println!("hashes: {calls} calls compared");
}

#[test]
fn queues_and_stacks() {
    if !kernel::answers() {
        return;
    }
    let mut rng = Rng(12);
    for map_type in [MapType::Queue, MapType::Stack] {
        for (value_size, entries) in [(4, 3), (1, 1), (17, 10)] {
            let pair = Pair::new(attr(map_type, 0, value_size, entries));
            for _ in 0..1500 {
                match rng.below(10) {
                    0..5 => {
                        let value = rng.bytes(value_size as usize);
                        pair.update(&[], &value, rng.pick(&[0, 0, 0, 1, 2, 2, 3, 4]));
                    }
                    5..7 => pair.lookup(&[], rng.pick(&[0, 0, 1])),
                    7..9 => pair.lookup_and_delete(&[], rng.pick(&[0, 0, 0, 1])),
                    _ => pair.delete(&[]),
                }
            }
            pair.next_key(None);
            pair.memlock();
            pair.freeze();
        }
    }
    println!("queues and stacks: 9000 calls compared");
}

#[test]
fn tries() {
    if !kernel::answers() {
        return;
    }
    let mut rng = Rng(13);
    let mut calls = 0;
    for (data, value_size, entries) in [(4, 4, 20), (1, 9, 300), (16, 8, 40), (3, 1, 5)] {
        let shape = attr(MapType::LpmTrie, 4 + data, value_size, entries);
        let pair = Pair::new(with_flags(shape, 1));
        for _ in 0..3000 {
            let bits = rng.below(u64::from(data) * 8 + 2) as u32;
            let mut key = bits.to_ne_bytes().to_vec();
            // Few different bytes, so that prefixes meet.
            key.extend((0..data).map(|_| rng.pick(&[0, 0, 0x80, 0xff, 0x81, 1])));
            match rng.below(16) {
                0..6 => {
                    let value = rng.bytes(value_size as usize);
                    pair.update(&key, &value, rng.pick(&FLAGS));
                }
                6..9 => pair.delete(&key),
                9..12 => pair.lookup(&key, rng.pick(&[0, 0, 0, 1, 4])),
                12 => pair.next_key(Some(&key)),
                13 => pair.next_key(None),
                14 => pair.same_order(),
                _ => pair.memlock(),
            }
            calls += 1;
        }
        pair.freeze();
    }
    println!("tries: {calls} calls compared");
}

/// What was added is found; how rarely anything else is, differs.
#[test]
fn bloom_filters() {
    if !kernel::answers() {
        return;
    }
    let mut rng = Rng(14);
    let pair = Pair::new(attr(MapType::BloomFilter, 0, 12, 1000));
    for _ in 0..200 {
        let value = rng.bytes(12);
        pair.update(&[], &value, rng.pick(&[0, 0, 0, 1, 2, 4]));
        pair.update(&[], &value, 0);
        let mut ours = value.clone();
        assert!(skep_maps::syscall::lookup(&*pair.map, &[], &mut ours, 0).is_ok());
        assert!(kernel::lookup(&pair.fd, &[], &mut value.clone(), 0).is_ok());
    }
    let found = (0..1000)
        .filter(|_| pair.map.lookup(&[], &mut rng.bytes(12), 0).is_ok())
        .count();
    assert!(found < 20, "{found} of 1000 foreign values in the filter");
    pair.delete(&[]);
    pair.next_key(None);
    pair.memlock();
    pair.freeze();
}

#[test]
fn hash_of_maps() {
    if !kernel::answers() {
        return;
    }
    for flags in [0, 1] {
        let template = attr(MapType::Array, 4, 8, 4);
        let template_fd = kernel::create(&template, None).unwrap();
        let outer = with_flags(attr(MapType::HashOfMaps, 8, 4, 3), flags);
        let mut env = kernel_env();
        env.inner = InnerTemplate::of(&*make(MapType::Array, 4, 8, 4)).ok();
        let mut pair = Pair {
            fd: kernel::create(&outer, Some(&template_fd)).unwrap(),
            map: create(outer, env).unwrap(),
            fds: Fds::default(),
        };
        let shapes = [template, template, template, attr(MapType::Array, 4, 4, 4)];
        let inner: Vec<OwnedFd> = shapes
            .iter()
            .map(|shape| kernel::create(shape, None).unwrap())
            .collect();
        for (fd, shape) in inner.iter().zip(shapes) {
            let held = Inner {
                id: kernel::id(fd, "map_id"),
                map: create(shape, kernel_env()).unwrap(),
            };
            pair.fds.maps.push((fd.as_raw_fd() as u32, Arc::new(held)));
        }
        let mut fds: Vec<u32> = inner.iter().map(|fd| fd.as_raw_fd() as u32).collect();
        fds.push(100_000);
        let mut rng = Rng(15);
        for _ in 0..150 {
            let key = rng.below(6).to_ne_bytes();
            match rng.below(9) {
                0..4 => {
                    let fd = rng.pick(&fds).to_ne_bytes();
                    pair.update(&key, &fd, rng.pick(&FLAGS));
                }
                4 => pair.delete(&key),
                5..7 => pair.lookup(&key, rng.pick(&[0, 0, 4])),
                7 => pair.same_keys(),
                _ => pair.lookup_and_delete(&key, 0),
            }
            pair.memlock();
        }
    }
}

/// Nothing is in these, whatever is asked.
#[test]
fn maps_of_foreign_objects() {
    if !kernel::answers() {
        return;
    }
    let types = [
        (MapType::PerfEventArray, 4, 4, 4),
        (MapType::CgroupArray, 4, 4, 4),
        (MapType::StackTrace, 4, 64, 5),
        (MapType::Devmap, 4, 8, 4),
        (MapType::Devmap, 4, 4, 4),
        (MapType::DevmapHash, 4, 8, 4),
        (MapType::Sockmap, 4, 4, 4),
        (MapType::Sockmap, 4, 8, 4),
        (MapType::Sockhash, 7, 4, 4),
        (MapType::Sockhash, 4, 8, 4),
        (MapType::Xskmap, 4, 4, 4),
        (MapType::ReuseportSockarray, 4, 4, 4),
        (MapType::ReuseportSockarray, 4, 8, 4),
        (MapType::CgroupStorage, 8, 4, 0),
        (MapType::PercpuCgroupStorage, 16, 4, 0),
        (MapType::Cpumap, 4, 4, 4),
        (MapType::Cpumap, 4, 8, 4),
        (MapType::UserRingbuf, 0, 0, 4096),
    ];
    let mut rng = Rng(16);
    for (map_type, key_size, value_size, entries) in types {
        let pair = Pair::new(attr(map_type, key_size, value_size, entries));
        let size = pair.map.sys_value_size() as usize;
        for _ in 0..300 {
            let mut key = rng.pick(&[0_u64, 1, 2, 4, 5, 8, 9, 1 << 31]).to_ne_bytes();
            key[4..].fill(0);
            let mut key = key.to_vec();
            key.resize(key_size as usize, 0);
            // Interface indices, fds and queue sizes that nothing has.
            let number = rng.pick(&[0_u64, 100_000, 1 << 31, (1 << 33) | 100_000, 20_000, 64]);
            let mut value = match map_type {
                MapType::Cpumap => rng.pick(&[0, 1, 64, 16384, 16385]),
                MapType::Devmap | MapType::DevmapHash => rng.pick(&[0, 100_000]),
                // Not the fds of this process.
                _ if number == 0 || number == 64 => 100_000,
                _ => number,
            }
            .to_ne_bytes()
            .to_vec();
            value.resize(size, 0);
            match rng.below(8) {
                0..3 => pair.update(&key, &value, rng.pick(&FLAGS)),
                3 => pair.delete(&key),
                4 => pair.next_key(Some(&key).filter(|key| !key.is_empty()).map(Vec::as_slice)),
                5 => pair.next_key(None),
                6 => pair.lookup(&key, rng.pick(&[0, 0, 4])),
                _ => pair.lookup_and_delete(&key, rng.pick(&[0, 4])),
            }
        }
        // Linux counts each emptying of an empty device slot as one more element.
        if map_type != MapType::Devmap {
            pair.memlock();
        }
        pair.freeze();
    }
    println!("foreign: {} calls compared", types.len() * 300);
}

/// An LRU map takes any number of keys, keeps what programs use, and never is over-full.
#[test]
fn lru_maps_evict_what_is_not_used() {
    for map_type in [MapType::LruHash, MapType::LruPercpuHash] {
        let map = make(map_type, 4, 8, 64);
        let kept = Live::new(&1_000_000_u32.to_ne_bytes());
        let value = Live::new(&[5; 8]);
        map.prog_update(0, kept.bytes(), value.bytes(), 0).unwrap();
        for n in 0..1000_u32 {
            let key = Live::new(&n.to_ne_bytes());
            map.prog_update(1, key.bytes(), value.bytes(), 0).unwrap();
            let found = map.prog_lookup(0, kept.bytes());
            assert_eq!(read_at(&*map, found, 8), [5; 8], "after {n}");
        }
        assert_eq!(support::world::keys(&*map).len(), 64);
    }
}

/// Programs get zeroes from an empty queue, and their values in order otherwise.
#[test]
fn programs_push_pop_and_peek() {
    for (map_type, order) in [(MapType::Queue, [1, 2]), (MapType::Stack, [2, 1])] {
        let map = make(map_type, 0, 4, 2);
        let out = Live::new(&[9; 4]);
        assert_eq!(map.prog_pop(out.bytes()), Err(Errno::ENOENT));
        assert_eq!(out.bytes().to_vec(), [0; 4]);
        for n in [1, 2] {
            assert_eq!(map.prog_push(Live::new(&[n; 4]).bytes(), 0), Ok(()));
        }
        let third = Live::new(&[3; 4]);
        assert_eq!(map.prog_push(third.bytes(), 0), Err(Errno::E2BIG));
        for n in order {
            assert_eq!(map.prog_peek(out.bytes()), Ok(()));
            assert_eq!(map.prog_pop(out.bytes()), Ok(()));
            assert_eq!(out.bytes().to_vec(), [n; 4]);
        }
    }
    let filter = make(MapType::BloomFilter, 0, 4, 100);
    let value = Live::new(&[1; 4]);
    assert_eq!(filter.prog_peek(value.bytes()), Err(Errno::ENOENT));
    assert_eq!(filter.prog_push(value.bytes(), 1), Err(Errno::EINVAL));
    assert_eq!(filter.prog_push(value.bytes(), 0), Ok(()));
    assert_eq!(filter.prog_peek(value.bytes()), Ok(()));
    // The same bytes from a client have the same hash.
    assert!(filter.lookup(&[], &mut [1; 4], 0).is_ok());
}

/// A program sees its CPU's part, and a new key is zero elsewhere.
#[test]
fn programs_use_their_cpus_part() {
    let map = make(MapType::PercpuHash, 4, 8, 4);
    let key = Live::new(&[1; 4]);
    map.prog_update(1, key.bytes(), Live::new(&[5; 8]).bytes(), 0)
        .unwrap();
    assert_eq!(read_at(&*map, map.prog_lookup(1, key.bytes()), 8), [5; 8]);
    assert_eq!(read_at(&*map, map.prog_lookup(0, key.bytes()), 8), [0; 8]);
    let other = map.prog_lookup_percpu(key.bytes(), 1);
    assert_eq!(other, map.prog_lookup(1, key.bytes()));
    assert!(map.prog_lookup_percpu(key.bytes(), 2).is_null());
}

/// A program's address of a trie's value is known to the map.
#[test]
fn programs_find_the_longest_prefix() {
    let map = create(with_flags(attr(MapType::LpmTrie, 8, 4, 4), 1), kernel_env()).unwrap();
    let key = |bits: u32, data: [u8; 4]| Live::new(&[bits.to_ne_bytes(), data].concat());
    for (bits, data) in [(8, [10, 0, 0, 0]), (16, [10, 1, 0, 0])] {
        let value = Live::new(&[bits as u8; 4]);
        let result = map.prog_update(0, key(bits, data).bytes(), value.bytes(), 0);
        assert_eq!(result, Ok(()));
    }
    for (data, expected) in [([10, 1, 2, 3], 16), ([10, 2, 2, 3], 8)] {
        let found = map.prog_lookup(0, key(32, data).bytes());
        assert_eq!(read_at(&*map, found, 4), [expected; 4]);
    }
    assert!(map.prog_lookup(0, key(32, [11, 0, 0, 0]).bytes()).is_null());
}
