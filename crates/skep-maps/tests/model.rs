//! Random operations against the simplest thing that could be right.

mod support;

use std::collections::BTreeMap;

use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::{prop_assert, prop_assert_eq, proptest};
use skep_maps::{Map, NoFds, syscall};
use skep_object::Errno;
use skep_uapi::MapType;
use support::world::{CPUS, Live, errno, keys, lookup, make, read_at};

/// Who does it.
#[derive(Clone, Copy, Debug)]
enum By {
    Client,
    Prog,
}

#[derive(Clone, Debug)]
enum Op {
    Update {
        by: By,
        key: u8,
        value: u64,
        flags: u64,
    },
    Delete {
        by: By,
        key: u8,
    },
    Lookup {
        by: By,
        key: u8,
    },
    Keys,
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let by = || prop_oneof![Just(By::Client), Just(By::Prog)];
    let key = || 0_u8..12;
    proptest::collection::vec(
        prop_oneof![
            4 => (by(), key(), any::<u64>(), 0_u64..4)
                .prop_map(|(by, key, value, flags)| Op::Update { by, key, value, flags }),
            2 => (by(), key()).prop_map(|(by, key)| Op::Delete { by, key }),
            2 => (by(), key()).prop_map(|(by, key)| Op::Lookup { by, key }),
            1 => Just(Op::Keys),
        ],
        0..200,
    )
}

/// A key of any size whose first byte tells it apart; longer than a word, so that padding matters.
fn key_bytes(key: u8, size: usize) -> Vec<u8> {
    (0..size)
        .map(|i| if i == 0 { key } else { i as u8 })
        .collect()
}

fn update(map: &dyn Map, by: By, key: &[u8], value: &[u8], flags: u64) -> i32 {
    match by {
        By::Client => errno(syscall::update(map, key, value, flags, &NoFds)),
        By::Prog => {
            let (key, value) = (Live::new(key), Live::new(value));
            map.prog_update(0, key.bytes(), value.bytes(), flags)
                .err()
                .map_or(0, |errno| i32::from(errno.0))
        }
    }
}

fn delete(map: &dyn Map, by: By, key: &[u8]) -> i32 {
    match by {
        By::Client => errno(syscall::delete(map, key)),
        By::Prog => map
            .prog_delete(0, Live::new(key).bytes())
            .err()
            .map_or(0, |errno| i32::from(errno.0)),
    }
}

fn find(map: &dyn Map, by: By, key: &[u8]) -> Option<Vec<u8>> {
    match by {
        By::Client => lookup(map, key).ok(),
        By::Prog => {
            let addr = map.prog_lookup(0, Live::new(key).bytes());
            (!addr.is_null()).then(|| read_at(map, addr, map.base().attr().value_size as usize))
        }
    }
}

proptest! {
    #[test]
    fn hash_is_a_map(ops in ops(), key_size in 1_usize..80, max in 1_u32..10) {
        let map = make(MapType::Hash, key_size as u32, 8, max);
        let mut model: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
        for op in ops {
            match op {
                Op::Update { by, key, value, flags } => {
                    let (key, value) = (key_bytes(key, key_size), value.to_ne_bytes().to_vec());
                    let expected = match (flags, model.contains_key(&key)) {
                        (3, _) => libc::EINVAL,
                        (1, true) => libc::EEXIST,
                        (2, false) => libc::ENOENT,
                        (_, false) if model.len() == max as usize => libc::E2BIG,
                        _ => 0,
                    };
                    prop_assert_eq!(update(&*map, by, &key, &value, flags), expected);
                    if expected == 0 {
                        model.insert(key, value);
                    }
                }
                Op::Delete { by, key } => {
                    let key = key_bytes(key, key_size);
                    let expected = if model.remove(&key).is_some() { 0 } else { libc::ENOENT };
                    prop_assert_eq!(delete(&*map, by, &key), expected);
                }
                Op::Lookup { by, key } => {
                    let key = key_bytes(key, key_size);
                    prop_assert_eq!(find(&*map, by, &key), model.get(&key).cloned());
                }
                Op::Keys => {
                    let mut ours = keys(&*map);
                    ours.sort();
                    prop_assert_eq!(ours, model.keys().cloned().collect::<Vec<_>>());
                    let mut seen = BTreeMap::new();
                    let visited = map.for_each(0, &mut |element| {
                        seen.insert(element.key.to_vec(), element.value.to_vec());
                        std::ops::ControlFlow::Continue(())
                    });
                    prop_assert_eq!(visited, Ok(model.len() as u64));
                    prop_assert_eq!(&seen, &model);
                }
            }
        }
    }

    #[test]
    fn arrays_are_vectors(ops in ops(), percpu in any::<bool>(), max in 1_u32..10) {
        let map_type = if percpu { MapType::PercpuArray } else { MapType::Array };
        let parts = if percpu { CPUS as usize } else { 1 };
        let map = make(map_type, 4, 8, max);
        let mut model = vec![vec![0_u64; parts]; max as usize];
        for op in ops {
            match op {
                Op::Update { by, key, value, flags } => {
                    let index = u32::from(key);
                    let bytes = match by {
                        By::Client => value.to_ne_bytes().repeat(parts),
                        By::Prog => value.to_ne_bytes().to_vec(),
                    };
                    let expected = match (flags, model.get_mut(index as usize)) {
                        (3, _) => libc::EINVAL,
                        (_, None) => libc::E2BIG,
                        (1, _) => libc::EEXIST,
                        (_, Some(parts)) => {
                            match by {
                                By::Client => parts.fill(value),
                                By::Prog => parts[0] = value,
                            }
                            0
                        }
                    };
                    prop_assert_eq!(update(&*map, by, &index.to_ne_bytes(), &bytes, flags), expected);
                }
                Op::Delete { by, key } => {
                    prop_assert_eq!(delete(&*map, by, &u32::from(key).to_ne_bytes()), libc::EINVAL);
                }
                Op::Lookup { by, key } => {
                    let found = find(&*map, by, &u32::from(key).to_ne_bytes());
                    let expected = model.get(usize::from(key)).map(|parts| match by {
                        By::Client => parts.iter().flat_map(|part| part.to_ne_bytes()).collect(),
                        By::Prog => parts[0].to_ne_bytes().to_vec(),
                    });
                    prop_assert_eq!(found, expected);
                }
                Op::Keys => {
                    let expected: Vec<_> = (0..max).map(|index| index.to_ne_bytes().to_vec()).collect();
                    prop_assert_eq!(keys(&*map), expected);
                }
            }
        }
    }

    /// Records come out as they went in, each once, whatever the consumer's rhythm.
    #[test]
    fn a_ring_is_a_queue(sizes in proptest::collection::vec((0_u32..3000, any::<bool>(), any::<bool>()), 0..200)) {
        let map = make(MapType::Ringbuf, 0, 0, 8192);
        let ring = map.as_ringbuf().unwrap();
        let mut queue = std::collections::VecDeque::new();
        let mut used = 0_u64;
        for (n, (size, discard, consume)) in sizes.into_iter().enumerate() {
            let record: Vec<u8> = (0..size).map(|i| (i as u8).wrapping_add(n as u8)).collect();
            let len = (u64::from(size) + 8).next_multiple_of(8);
            let fits = used + len < 8192;
            if discard {
                let data = ring.reserve(u64::from(size));
                prop_assert_eq!(!data.is_null(), fits);
                ring.commit(data, skep_maps::ringbuf::Commit::Discard, 0);
                if fits {
                    used += len;
                }
            } else {
                let expected = if fits { Ok(()) } else { Err(Errno::EAGAIN) };
                prop_assert_eq!(ring.output(Live::new(&record).bytes(), 0), expected);
                if fits {
                    used += len;
                    queue.push_back(record);
                }
            }
            prop_assert_eq!(ring.query(0), used);
            if consume {
                prop_assert!(ring.records().eq(queue.drain(..)));
                used = 0;
            }
        }
        prop_assert!(ring.records().eq(queue));
    }
}
