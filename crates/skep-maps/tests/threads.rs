//! Many threads on one map: nothing lost, nothing torn, nothing found that is not there.

mod support;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use skep_maps::{NoFds, PollSource, syscall};
use skep_uapi::MapType;
use support::world::{Live, Rng, keys, make};

const RUN: Duration = Duration::from_millis(300);

/// Keys that are always there are always found, with a value of theirs, while others come and go.
#[test]
fn readers_of_a_hash_never_miss() {
    let map = make(MapType::Hash, 8, 16, 256);
    let stop = AtomicBool::new(false);
    let value_of = |key: u64, round: u64| [key.to_ne_bytes(), round.to_ne_bytes()].concat();
    for key in 0..64_u64 {
        syscall::update(&*map, &key.to_ne_bytes(), &value_of(key, 0), 0, &NoFds).unwrap();
    }
    let lookups = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for seed in 0..2 {
            let (map, stop) = (&*map, &stop);
            scope.spawn(move || {
                let mut rng = Rng(seed);
                while !stop.load(Ordering::Relaxed) {
                    let key = rng.below(256);
                    let value = value_of(key, rng.next());
                    let bytes = (Live::new(&key.to_ne_bytes()), Live::new(&value));
                    if key < 64 {
                        map.prog_update(0, bytes.0.bytes(), bytes.1.bytes(), 0)
                            .unwrap();
                    } else if rng.below(2) == 0 {
                        let _ = map.prog_update(0, bytes.0.bytes(), bytes.1.bytes(), 0);
                    } else {
                        let _ = map.prog_delete(0, bytes.0.bytes());
                    }
                }
            });
        }
        for seed in 10..12 {
            let (map, stop, lookups) = (&*map, &stop, &lookups);
            scope.spawn(move || {
                let mut rng = Rng(seed);
                while !stop.load(Ordering::Relaxed) {
                    let key = rng.below(64);
                    let live = Live::new(&key.to_ne_bytes());
                    assert!(
                        !map.prog_lookup(0, live.bytes()).is_null(),
                        "key {key} was missed"
                    );
                    let absent = Live::new(&(key + 1000).to_ne_bytes());
                    assert!(map.prog_lookup(0, absent.bytes()).is_null());
                    lookups.fetch_add(2, Ordering::Relaxed);
                }
            });
        }
        std::thread::sleep(RUN);
        stop.store(true, Ordering::Relaxed);
    });
    let found = keys(&*map).len();
    assert!(found >= 64, "{found} keys left");
    println!(
        "{} look-ups beside two writers",
        lookups.load(Ordering::Relaxed)
    );
}

/// Threads insert and delete keys of their own: the count is exact, and full means full.
#[test]
fn a_full_hash_is_exactly_full() {
    let map = make(MapType::Hash, 8, 8, 100);
    std::thread::scope(|scope| {
        for thread in 0..4_u64 {
            let map = &*map;
            scope.spawn(move || {
                for round in 0..2000_u64 {
                    let key = ((thread << 32) | (round % 50)).to_ne_bytes();
                    if syscall::update(map, &key, &key, 1, &NoFds).is_ok() {
                        let mut value = [0; 8];
                        syscall::lookup(map, &key, &mut value, 0).unwrap();
                        assert_eq!(value, key);
                        if round % 3 != 0 {
                            syscall::delete(map, &key).unwrap();
                        }
                    }
                }
            });
        }
    });
    let mut inserted = keys(&*map).len();
    for key in 0..200_u64 {
        let key = (key | (1 << 60)).to_ne_bytes();
        inserted += usize::from(syscall::update(&*map, &key, &key, 1, &NoFds).is_ok());
    }
    assert_eq!(inserted, 100);
}

/// Values written under the lock are never seen half.
#[test]
fn locked_values_are_whole() {
    let types = support::world::LockedValue::new();
    let mut env = support::world::env();
    env.fields = types.fields(24);
    let map = support::world::create(support::world::attr(MapType::Array, 4, 24, 1), env).unwrap();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut n = 0_u8;
            while !stop.load(Ordering::Relaxed) {
                n = n.wrapping_add(1);
                syscall::update(&*map, &[0; 4], &[n; 24], 4, &NoFds).unwrap();
            }
        });
        let until = Instant::now() + RUN;
        while Instant::now() < until {
            let mut value = [0; 24];
            syscall::lookup(&*map, &[0; 4], &mut value, 4).unwrap();
            assert_eq!(value[..8], value[16..], "torn");
        }
        stop.store(true, Ordering::Relaxed);
    });
}

/// Several producers, one consumer that sleeps between bursts: nothing lost, nothing doubled, each
/// producer's records in order.
#[test]
fn ring_producers_lose_nothing() {
    const EACH: u64 = 20_000;
    let map = make(MapType::Ringbuf, 0, 0, 65536);
    let ring = map.as_ringbuf().unwrap();
    std::thread::scope(|scope| {
        for producer in 0..3_u64 {
            scope.spawn(move || {
                for n in 0..EACH {
                    let data = Live::new(&[producer.to_ne_bytes(), n.to_ne_bytes()].concat());
                    while ring.output(data.bytes(), 0).is_err() {
                        std::thread::yield_now();
                    }
                }
            });
        }
        let mut next = [0; 3];
        let mut seen = 0;
        while next.iter().sum::<u64>() < 3 * EACH {
            seen = ring.waiters().wait(seen, Duration::from_millis(1));
            for record in ring.records() {
                let producer = usize::from(record[0]);
                let n = u64::from_ne_bytes(record[8..].try_into().unwrap());
                assert_eq!(n, next[producer], "producer {producer}");
                next[producer] += 1;
            }
        }
    });
    assert_eq!(ring.query(0), 0);
}
