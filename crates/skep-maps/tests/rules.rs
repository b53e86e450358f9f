//! Rules that hold where no kernel answers, and those that only programs and executors see.

mod support;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use skep_catalog::{Caps, InnerUse};
use skep_maps::fields::ElementLock;
use skep_maps::kind::{AsInner, Holds};
use skep_maps::ringbuf::{Commit, FORCE_WAKEUP, NO_WAKEUP};
use skep_maps::{InlineLookup, InnerTemplate, MapEnv, NoFds, PollSource, kind, syscall};
use skep_memory::{Addr, Permissions, RacyBytes};
use skep_object::{Errno, FieldOps, HeldRef};
use skep_uapi::{MapFlags, MapType, ProgType};
use support::world::{
    Fds, Inner, LOCK_AT, Live, LockedValue, Prog, attr, create, env, errno, keys, lookup, make,
    read_at,
};

/// Linux's 524, which has no name in libc.
const ENOTSUPP: i32 = 524;

/// One line per rule: type, key, value, entries, flags, errno.
#[test]
fn creation_rules() {
    use MapType::{Array, ArrayOfMaps, Hash, PercpuArray, ProgArray, Ringbuf};
    let none = MapFlags::empty();
    let big = i32::MAX as u32 + 1;
    let rules = [
        (Hash, 4, 4, 4, none, 0),
        (Hash, 0, 4, 4, none, libc::EINVAL),
        (Hash, 4, 0, 4, none, libc::EINVAL),
        (Hash, 4, 4, 0, none, libc::EINVAL),
        (Hash, 4, 4, big + 1, none, libc::E2BIG),
        (Hash, 4, 4_194_251, 1, none, 0),
        (Hash, 4, 4_194_252, 1, none, libc::E2BIG),
        (Hash, u32::MAX, u32::MAX, 1, none, libc::E2BIG),
        (Hash, 4, 4, 4, MapFlags::MMAPABLE, libc::EINVAL),
        (
            Hash,
            4,
            4,
            4,
            MapFlags::RDONLY_PROG | MapFlags::WRONLY_PROG,
            libc::EINVAL,
        ),
        (Array, 4, 4, 4, MapFlags::MMAPABLE, 0),
        (Array, 8, 4, 4, none, libc::EINVAL),
        (Array, 4, big, 1, none, libc::E2BIG),
        (Array, 4, 4, 4, MapFlags::NO_PREALLOC, libc::EINVAL),
        (Array, 4, 4, 4, MapFlags::PRESERVE_ELEMS, libc::EINVAL),
        (PercpuArray, 4, 32768, 1, none, 0),
        (PercpuArray, 4, 32769, 1, none, libc::E2BIG),
        (PercpuArray, 4, 4, 4, MapFlags::NUMA_NODE, libc::EINVAL),
        (PercpuArray, 4, 4, 4, MapFlags::INNER_MAP, libc::EINVAL),
        (ProgArray, 4, 8, 4, none, libc::EINVAL),
        (ProgArray, 4, 4, 4, MapFlags::RDONLY_PROG, libc::EINVAL),
        (ArrayOfMaps, 4, 4, 4, none, libc::EBADF),
        (Ringbuf, 0, 0, 4096, none, 0),
        (Ringbuf, 0, 0, 4095, none, libc::EINVAL),
        (Ringbuf, 0, 0, 12288, none, libc::EINVAL),
        (Ringbuf, 4, 0, 4096, none, libc::EINVAL),
        (Ringbuf, 0, 0, 4096, MapFlags::RDONLY, libc::EINVAL),
        (MapType::StructOps, 4, 64, 1, none, libc::EINVAL),
    ];
    for (map_type, key, value, entries, flags, expected) in rules {
        let mut attr = attr(map_type, key, value, entries);
        attr.flags = flags;
        assert_eq!(errno(create(attr, env())), expected, "{attr:?}");
    }
}

#[test]
fn privileges_and_memory_limits() {
    let mut zero_seed = attr(MapType::Hash, 4, 4, 4);
    zero_seed.flags = MapFlags::ZERO_SEED;
    let with = |caps| MapEnv::plain(caps, 2);
    assert_eq!(errno(create(zero_seed, with(Caps::BPF))), libc::EPERM);
    // Linux looks at this capability before anything else.
    zero_seed.key_size = 0;
    assert_eq!(errno(create(zero_seed, with(Caps::BPF))), libc::EPERM);
    // An unprivileged array is rounded up to a power of two.
    let many = attr(MapType::Array, 4, 1, (1 << 31) + 1);
    assert_eq!(errno(create(many, with(Caps::empty()))), libc::E2BIG);
    assert_eq!(errno(create(many, with(Caps::all()))), libc::ENOMEM);
    for map_type in [MapType::Array, MapType::Hash, MapType::PercpuArray] {
        assert_eq!(
            errno(create(attr(map_type, 4, 32768, 1 << 30), env())),
            libc::ENOMEM
        );
    }
}

#[test]
fn frozen_maps_refuse_clients_but_not_programs() {
    let map = make(MapType::Hash, 4, 8, 4);
    {
        let _writing = map.base().begin_write().unwrap();
        assert_eq!(errno(map.base().freeze()), libc::EBUSY);
    }
    assert_eq!(errno(map.base().freeze()), 0);
    assert_eq!(errno(map.base().freeze()), libc::EPERM);
    assert_eq!(
        errno(syscall::update(&*map, &[0; 4], &[0; 8], 0, &NoFds)),
        libc::EPERM
    );
    assert_eq!(errno(syscall::delete(&*map, &[0; 4])), libc::EPERM);
    let (key, value) = (Live::new(&[1; 4]), Live::new(&[2; 8]));
    assert_eq!(map.prog_update(0, key.bytes(), value.bytes(), 0), Ok(()));
    assert_eq!(lookup(&*map, &[1; 4]).unwrap(), [2; 8]);
    assert!(!map.base().is_constant(), "programs may still write it");
}

#[test]
fn iteration_restarts_at_a_missing_key() {
    let map = make(MapType::Hash, 4, 4, 100);
    for key in 0..50_u32 {
        syscall::update(&*map, &key.to_ne_bytes(), &[0; 4], 0, &NoFds).unwrap();
    }
    let order = keys(&*map);
    assert_eq!(order.len(), 50);
    let mut next = [0; 4];
    syscall::next_key(&*map, Some(&order[7]), &mut next).unwrap();
    assert_eq!(next, *order[8]);
    syscall::next_key(&*map, Some(&1000_u32.to_ne_bytes()), &mut next).unwrap();
    assert_eq!(next, *order[0]);
    assert_eq!(
        errno(syscall::next_key(&*map, Some(&order[49]), &mut next)),
        libc::ENOENT
    );
}

/// A program keeps the old value's address across an update; deleting during iteration is allowed.
#[test]
fn programs_hold_addresses_not_elements() {
    let map = make(MapType::Hash, 8, 8, 64);
    let key = Live::new(&[1; 8]);
    map.prog_update(0, key.bytes(), Live::new(&[1; 8]).bytes(), 0)
        .unwrap();
    let old = map.prog_lookup(0, key.bytes());
    map.prog_update(0, key.bytes(), Live::new(&[2; 8]).bytes(), 0)
        .unwrap();
    let new = map.prog_lookup(0, key.bytes());
    assert_ne!(old, new);
    assert_eq!(
        (read_at(&*map, old, 8), read_at(&*map, new, 8)),
        (vec![1; 8], vec![2; 8])
    );

    for n in 0..63_u64 {
        let _ = map.prog_update(0, Live::new(&n.to_ne_bytes()).bytes(), key.bytes(), 0);
    }
    let visited = map.for_each(0, &mut |element| {
        let (_, permissions) = map.bytes_at(element.key.start()).unwrap();
        assert_eq!(permissions, Permissions::ReadOnly);
        let copy = Live::new(&element.key.to_vec());
        map.prog_delete(0, copy.bytes()).unwrap();
        ControlFlow::Continue(())
    });
    assert_eq!(visited, Ok(64));
    assert!(keys(&*map).is_empty());
}

/// So many elements that some buckets overflow: all are found, replaced, iterated and deleted.
#[test]
fn overflowing_buckets_lose_nothing() {
    const KEYS: u64 = 4096;
    let map = make(MapType::Hash, 8, 8, KEYS as u32);
    let set = |key: u64, value: u64| {
        let bytes = (
            Live::new(&key.to_ne_bytes()),
            Live::new(&value.to_ne_bytes()),
        );
        map.prog_update(0, bytes.0.bytes(), bytes.1.bytes(), 0)
    };
    (0..KEYS).for_each(|key| set(key, key).unwrap());
    assert_eq!(set(KEYS, 0), Err(Errno::E2BIG));
    (0..KEYS).for_each(|key| set(key, key + 1).unwrap());
    assert_eq!(keys(&*map).len() as u64, KEYS);
    assert_eq!(
        map.for_each(0, &mut |_| ControlFlow::Continue(())),
        Ok(KEYS)
    );
    for key in 0..KEYS {
        assert_eq!(
            lookup(&*map, &key.to_ne_bytes()).unwrap(),
            (key + 1).to_ne_bytes()
        );
        syscall::delete(&*map, &key.to_ne_bytes()).unwrap();
        assert_eq!(lookup(&*map, &key.to_ne_bytes()), Err(Errno::ENOENT));
        // Others of the same bucket stay.
        if key + 1 < KEYS {
            assert!(lookup(&*map, &(KEYS - 1).to_ne_bytes()).is_ok());
        }
    }
    assert!(keys(&*map).is_empty());
}

#[test]
fn for_each_stops_when_told() {
    let map = make(MapType::PercpuArray, 4, 8, 10);
    let mut indices = Vec::new();
    let visited = map.for_each(1, &mut |element| {
        indices.push(element.key.read_u32(0).unwrap());
        if indices.len() == 3 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    assert_eq!((visited, indices), (Ok(3), vec![0, 1, 2]));
    assert_eq!(
        make(MapType::Ringbuf, 0, 0, 4096).for_each(0, &mut |_| ControlFlow::Continue(())),
        Err(Errno::EINVAL)
    );
}

#[test]
fn direct_values_and_inline_layouts() {
    let one = make(MapType::Array, 4, 13, 1);
    let base = one.direct_value(0).unwrap();
    assert_eq!(one.direct_value(12).unwrap(), base.wrapping_add(12));
    assert_eq!(errno(one.direct_value(13)), libc::EINVAL);
    assert_eq!(
        errno(make(MapType::Array, 4, 8, 2).direct_value(0)),
        ENOTSUPP
    );
    assert_eq!(
        errno(make(MapType::Hash, 4, 8, 1).direct_value(0)),
        ENOTSUPP
    );

    let array = make(MapType::Array, 4, 13, 5);
    let InlineLookup::Array {
        base,
        stride,
        max_entries,
    } = array.inline_lookup()
    else {
        panic!()
    };
    assert_eq!((stride, max_entries), (16, 5));
    let third = array.prog_lookup(0, Live::new(&3_u32.to_ne_bytes()).bytes());
    assert_eq!(third, base.wrapping_add(48));
    assert!(
        array
            .prog_lookup(0, Live::new(&5_u32.to_ne_bytes()).bytes())
            .is_null()
    );

    let percpu = make(MapType::PercpuArray, 4, 4, 3);
    let InlineLookup::PercpuArray {
        base,
        stride,
        cpu_stride,
        ..
    } = percpu.inline_lookup()
    else {
        panic!()
    };
    let key = Live::new(&2_u32.to_ne_bytes());
    let expected = base.wrapping_add(cpu_stride + 2 * u64::from(stride));
    assert_eq!(percpu.prog_lookup(1, key.bytes()), expected);
    assert_eq!(percpu.prog_lookup_percpu(key.bytes(), 1), expected);
    assert!(percpu.prog_lookup_percpu(key.bytes(), 2).is_null());
    let (bytes, _) = percpu.bytes_at(expected.wrapping_add(3)).unwrap();
    assert_eq!((bytes.start(), bytes.len()), (expected, 4));
    assert!(percpu.bytes_at(Addr::new(8)).is_none());
}

#[test]
fn prog_arrays_bind_to_their_first_program() {
    let map = make(MapType::ProgArray, 4, 4, 3);
    let progs = map.as_prog_array().unwrap();
    let filter = Arc::new(Prog {
        id: 5,
        prog_type: ProgType::SocketFilter,
    });
    let weak = Arc::downgrade(&filter);
    let fds = Fds {
        progs: vec![
            (10, filter),
            (
                11,
                Arc::new(Prog {
                    id: 6,
                    prog_type: ProgType::Xdp,
                }),
            ),
        ],
        maps: Vec::new(),
    };
    let set = |index: u32, fd: u32| {
        errno(syscall::update(
            &*map,
            &index.to_ne_bytes(),
            &fd.to_ne_bytes(),
            0,
            &fds,
        ))
    };
    assert!(progs.owner().is_none());
    assert_eq!(set(1, 10), 0);
    assert_eq!(set(2, 11), libc::EINVAL);
    assert_eq!(progs.handle(1), Addr::new(0x1005));
    assert_eq!(progs.get(1).unwrap().id().get(), 5);
    assert_eq!((progs.handle(0), progs.handle(3)), (Addr::NULL, Addr::NULL));
    assert_eq!(
        lookup(&*map, &1_u32.to_ne_bytes()).unwrap(),
        5_u32.to_ne_bytes()
    );
    drop(fds);
    map.on_last_user_ref();
    assert!(weak.upgrade().is_none(), "the emptied map holds nothing");
    assert_eq!(progs.handle(1), Addr::NULL);
    assert_eq!(
        progs.owner().unwrap().prog_type,
        ProgType::SocketFilter,
        "but stays bound"
    );
}

#[test]
fn arrays_of_maps_let_go_of_what_they_replace() {
    let template = make(MapType::Array, 4, 8, 1);
    let mut env = env();
    env.inner = Some(InnerTemplate::of(&*template).unwrap());
    drop(template);
    let outer = create(attr(MapType::ArrayOfMaps, 4, 4, 2), env).unwrap();
    let inner = |id| {
        Arc::new(Inner {
            id,
            map: make(MapType::Array, 4, 8, 1),
        })
    };
    let (first, second) = (inner(1), inner(2));
    let (handle, weak) = (first.handle(), Arc::downgrade(&first));
    let fds = Fds {
        progs: Vec::new(),
        maps: vec![(3, first), (4, second)],
    };
    let key = 1_u32.to_ne_bytes();
    syscall::update(&*outer, &key, &3_u32.to_ne_bytes(), 0, &fds).unwrap();
    assert_eq!(outer.prog_lookup(0, Live::new(&key).bytes()), handle);
    syscall::update(&*outer, &key, &4_u32.to_ne_bytes(), 0, &fds).unwrap();
    assert!(outer.writes_wait_for_programs());
    drop(fds);
    assert!(weak.upgrade().is_none());
    assert_eq!(lookup(&*outer, &key).unwrap(), 2_u32.to_ne_bytes());
    // No third level.
    assert_eq!(errno(InnerTemplate::of(&*outer)), libc::EINVAL);
}

#[test]
fn locks_are_real_and_invisible() {
    let types = LockedValue::new();
    for map_type in [MapType::Array, MapType::Hash] {
        let mut env = env();
        env.fields = types.fields(24);
        let map = create(attr(map_type, 4, 24, 2), env).unwrap();
        let key = [0; 4];
        syscall::update(&*map, &key, &[7; 24], 0, &NoFds).unwrap();
        let expected: Vec<u8> = (0..24)
            .map(|i| if (8..12).contains(&i) { 0 } else { 7 })
            .collect();
        assert_eq!(lookup(&*map, &key).unwrap(), expected);
        assert_eq!(errno(map.base().freeze()), ENOTSUPP);

        // While a program holds the lock, a client with BPF_F_LOCK waits.
        let addr = map.prog_lookup(0, Live::new(&key).bytes());
        let (value, _) = map.bytes_at(addr).unwrap();
        let held = ElementLock::take(value.atomic_u32(LOCK_AT).unwrap());
        std::thread::scope(|scope| {
            let client = scope.spawn(|| {
                let mut out = [0; 24];
                syscall::lookup(&*map, &key, &mut out, 4).unwrap();
                out
            });
            std::thread::sleep(std::time::Duration::from_millis(10));
            assert!(!client.is_finished());
            value.write_u64(0, u64::from_ne_bytes([9; 8])).unwrap();
            drop(held);
            assert_eq!(client.join().unwrap()[..8], [9; 8]);
        });
    }
}

#[test]
fn rings_wake_when_the_consumer_has_caught_up() {
    let map = make(MapType::Ringbuf, 0, 0, 4096);
    let ring = map.as_ringbuf().unwrap();
    let calls = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&calls);
    ring.waiters().set_waker(Some(Box::new(move || {
        count.fetch_add(1, Ordering::Relaxed);
    })));
    let data = Live::new(b"record");
    let mut wakes = Vec::new();
    for flags in [0, 0, FORCE_WAKEUP, NO_WAKEUP] {
        ring.output(data.bytes(), flags).unwrap();
        wakes.push(calls.load(Ordering::Relaxed));
    }
    assert_eq!(wakes, [1, 1, 2, 2]);
    assert_eq!(ring.records().count(), 4);
    ring.output(data.bytes(), NO_WAKEUP).unwrap();
    ring.output(data.bytes(), 0).unwrap();
    assert_eq!(
        calls.load(Ordering::Relaxed),
        2,
        "the consumer was not at the last record"
    );
    assert_eq!(
        (ring.waiters().wakeups(), ring.output(data.bytes(), 4)),
        (2, Err(Errno::EINVAL))
    );
}

#[test]
fn a_busy_record_stops_the_consumer_and_the_ring() {
    let map = make(MapType::Ringbuf, 0, 0, 4096);
    let ring = map.as_ringbuf().unwrap();
    let busy = ring.reserve(8);
    let (record, permissions) = map.bytes_at(busy.wrapping_add(7)).unwrap();
    assert_eq!(
        (record.start(), record.len(), permissions),
        (busy, 8, Permissions::ReadWrite)
    );
    ring.output(Live::new(&[1; 8]).bytes(), 0).unwrap();
    assert_eq!(ring.records().count(), 0);
    // A client that claims to have consumed everything cannot make the ring wrap over the busy record.
    ring.memory().consumer().store(32, Ordering::Relaxed);
    assert_eq!(
        ring.output(Live::new(&[2; 4060]).bytes(), 0),
        Err(Errno::EAGAIN)
    );
    ring.memory().consumer().store(0, Ordering::Relaxed);
    ring.commit(busy, Commit::Submit, 0);
    assert!(
        map.bytes_at(busy).is_none(),
        "a submitted record is the program's no more"
    );
    assert_eq!(ring.records().count(), 2);
    assert_eq!(ring.dropped(), 1);
    assert!(ring.reserve(u64::MAX).is_null());
    assert!(ring.reserve(1 << 32).is_null());
    ring.commit(Addr::new(64), Commit::Submit, 0);
}

/// Counts releases.
#[derive(Default)]
struct Counter {
    released: AtomicU64,
    cancelled: AtomicU64,
}

impl FieldOps for Counter {
    fn release(&self, _value: RacyBytes<'_>) {
        self.released.fetch_add(1, Ordering::Relaxed);
    }

    fn cancel(&self, _value: RacyBytes<'_>) {
        self.cancelled.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn values_release_what_they_own() {
    let types = support::world::TimerValue::new();
    let ops = Arc::new(Counter::default());
    let mut env = env();
    env.fields = types.fields();
    env.field_ops = Arc::clone(&ops) as Arc<dyn FieldOps>;
    let map = create(attr(MapType::Hash, 4, 24, 8), env).unwrap();
    for key in 0..4_u32 {
        syscall::update(&*map, &key.to_ne_bytes(), &[1; 24], 0, &NoFds).unwrap();
    }
    let released = || ops.released.load(Ordering::Relaxed);
    assert_eq!(released(), 0);
    syscall::update(&*map, &[0; 4], &[2; 24], 0, &NoFds).unwrap();
    assert_eq!(released(), 1, "overwritten");
    syscall::delete(&*map, &[0; 4]).unwrap();
    assert_eq!(released(), 2, "deleted");
    map.on_last_user_ref();
    assert_eq!((released(), ops.cancelled.load(Ordering::Relaxed)), (2, 3));
    drop(map);
    assert_eq!(released(), 5, "freed with the map");
}

/// The catalog has what was measured on Linux; our kinds must say the same.
#[test]
fn kinds_agree_with_the_catalog() {
    for kind in kind::kinds() {
        let info = skep_catalog::map_type(kind.map_type).unwrap();
        let (key, value, entries) = match kind.map_type {
            MapType::Ringbuf | MapType::UserRingbuf => (0, 0, 4096),
            MapType::Queue | MapType::Stack | MapType::BloomFilter => (0, 4, 4),
            MapType::LpmTrie => (8, 4, 4),
            MapType::StackTrace => (4, 8, 4),
            MapType::CgroupStorage | MapType::PercpuCgroupStorage => (8, 4, 0),
            MapType::SkStorage
            | MapType::InodeStorage
            | MapType::TaskStorage
            | MapType::CgrpStorage => (4, 4, 0),
            MapType::Arena => (0, 0, 4),
            _ => (4, 4, 4),
        };
        for bit in 0..32 {
            let mut attr = attr(kind.map_type, key, value, entries);
            let flag = MapFlags::from_bits_retain(1 << bit);
            attr.flags = flag | info.required_flags;
            let mut env = env();
            env.inner = Some(InnerTemplate::of(&*make(MapType::Hash, 4, 4, 4)).unwrap());
            let allowed = create(attr, env).is_ok();
            assert_eq!(
                allowed,
                info.flags.contains(flag),
                "{} {flag:?}",
                kind.map_type
            );
        }
        let refused = match info.inner {
            InnerUse::Allowed => None,
            InnerUse::Refused(errno) => Some(errno),
        };
        let ours = match kind.as_inner {
            AsInner::Refused(errno) => Some(errno),
            AsInner::Generic | AsInner::GenericAndEntries => None,
        };
        assert_eq!(ours, refused, "{} as inner map", kind.map_type);
        assert_eq!(
            kind.holds == Holds::Maps,
            info.needs_inner_map,
            "{}",
            kind.map_type
        );
    }
}

#[test]
fn kinds_are_listed_once_and_in_order() {
    let numbers: Vec<u32> = kind::kinds()
        .iter()
        .map(|kind| kind.map_type as u32)
        .collect();
    assert!(numbers.is_sorted_by(|a, b| a < b));
}

/// Reference counts begin with 1, and that is what clients see whatever programs made of them. There may be several.
#[test]
fn reference_counts_read_as_one() {
    use skep_btf::{Btf, BtfBuilder, IntEncoding, MapRecord, MemberSpec, NoKernelTypes};
    let mut btf = BtfBuilder::new();
    let word = btf.int("unsigned int", 4, IntEncoding::Unsigned);
    let count = btf.structure("bpf_refcount", 4, &[MemberSpec::at("v", word, 0)]);
    let members = [
        MemberSpec::at("a", word, 0),
        MemberSpec::at("x", count, 4),
        MemberSpec::at("y", count, 8),
    ];
    let value = btf.structure("value", 12, &members);
    let btf = Btf::parse(&btf.finish()).unwrap();
    let record = MapRecord::of_value(&btf, value, 12, &NoKernelTypes);
    let fields = skep_maps::ValueFields::of(Arc::new(record.valid().unwrap().clone()));
    for map_type in [MapType::Hash, MapType::Array] {
        let mut env = env();
        env.fields = fields.clone();
        let map = create(attr(map_type, 4, 12, 1), env).unwrap();
        syscall::update(&*map, &[0; 4], &[7; 12], 0, &NoFds).unwrap();
        let seen = lookup(&*map, &[0; 4]).unwrap();
        assert_eq!(seen, [7, 7, 7, 7, 1, 0, 0, 0, 1, 0, 0, 0], "{map_type}");
    }
}

/// Linux counts buckets before it counts bytes, and looks at the values of filters before it asks who makes them.
#[test]
fn too_many_entries_are_e2big_before_memory() {
    for map_type in [MapType::Hash, MapType::LruHash, MapType::PercpuHash] {
        let made = create(attr(map_type, 4, 8, u32::MAX), env());
        assert_eq!(errno(made), i32::from(Errno::E2BIG.0), "{map_type}");
    }
    let filter = attr(MapType::BloomFilter, 0, u32::MAX, 1);
    let checked = (kind(MapType::BloomFilter).unwrap().check)(&filter, Caps::empty());
    assert_eq!(errno(checked), i32::from(Errno::E2BIG.0));
}
