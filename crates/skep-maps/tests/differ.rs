//! The same calls to the kernel and to our maps: same errno, same bytes.

mod support;

use std::collections::BTreeMap;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;

use skep_maps::{InnerTemplate, NoFds, syscall};
use skep_uapi::{MapType, ProgType};
use support::kernel;
use support::pair::{FLAGS, Pair, answer, kernel_env, with_flags};
use support::world::{Fds, Inner, LockedValue, Prog, Rng, attr, create, errno, make};

#[test]
fn hash() {
    if !kernel::answers() {
        return;
    }
    let mut rng = Rng(1);
    let mut calls = 0;
    for (key_size, value_size, entries, flags) in [
        (4, 4, 8, 0),
        (8, 8, 64, 1),
        (3, 5, 16, 0),
        (16, 1, 7, 1),
        (100, 24, 5, 0),
        (1, 33, 300, 64),
    ] {
        let pair = Pair::new(with_flags(
            attr(MapType::Hash, key_size, value_size, entries),
            flags,
        ));
        // A few more keys than fit.
        let domain = u64::from(entries) + 4;
        let key = |rng: &mut Rng| {
            let n = rng.below(domain).to_ne_bytes();
            (0..key_size as usize)
                .map(|i| n.get(i).copied().unwrap_or(i as u8))
                .collect::<Vec<u8>>()
        };
        for step in 0..3000 {
            let key = key(&mut rng);
            match rng.below(16) {
                0..7 => pair.update(&key, &rng.bytes(value_size as usize), rng.pick(&FLAGS)),
                7..10 => pair.delete(&key),
                10..13 => pair.lookup(&key, rng.pick(&[0, 0, 0, 1, 4])),
                13 => pair.lookup_and_delete(&key, rng.pick(&[0, 0, 4, 1])),
                14 => pair.same_keys(),
                _ => pair.memlock(),
            }
            calls += 1;
            if step == 2900 {
                pair.freeze();
                pair.freeze();
            }
        }
    }
    println!("hash: {calls} calls compared");
}

#[test]
fn arrays() {
    if !kernel::answers() {
        return;
    }
    let mut rng = Rng(2);
    let mut calls = 0;
    for map_type in [MapType::Array, MapType::PercpuArray] {
        for (value_size, entries, flags) in [(4, 8, 0), (1, 1, 0), (13, 5, 128), (64, 100, 256)] {
            let pair = Pair::new(with_flags(attr(map_type, 4, value_size, entries), flags));
            let size = pair.map.sys_value_size() as usize;
            for step in 0..2000 {
                let index = rng.below(u64::from(entries) + 2) as u32;
                let key = rng.pick(&[index, index, index, u32::MAX]).to_ne_bytes();
                match rng.below(12) {
                    0..5 => pair.update(&key, &rng.bytes(size), rng.pick(&FLAGS)),
                    5 => pair.delete(&key),
                    6..9 => pair.lookup(&key, rng.pick(&[0, 0, 0, 2, 4])),
                    9 => pair.next_key(Some(&key)),
                    10 => pair.next_key(None),
                    _ => pair.lookup_and_delete(&key, 0),
                }
                calls += 1;
                if step == 1900 {
                    pair.memlock();
                    pair.freeze();
                    pair.freeze();
                }
            }
        }
    }
    println!("arrays: {calls} calls compared");
}

/// Values with a spin lock: `BPF_F_LOCK` works, the lock is never seen or set, freezing is refused.
#[test]
fn spin_locks() {
    if !kernel::answers() {
        return;
    }
    let types = LockedValue::new();
    let btf = kernel::btf_load(&types.bytes).unwrap();
    let mut rng = Rng(7);
    for shape in [
        attr(MapType::Hash, 4, 24, 4),
        with_flags(attr(MapType::Hash, 4, 24, 4), 1),
        attr(MapType::Array, 4, 24, 4),
    ] {
        let fd = kernel::create_with_btf(&shape, &btf, types.key, types.value).unwrap();
        let mut env = kernel_env();
        env.fields = types.fields(24);
        let pair = Pair {
            fd,
            map: create(shape, env).unwrap(),
            fds: Fds::default(),
        };
        for _ in 0..2000 {
            let key = (rng.below(6) as u32).to_ne_bytes();
            match rng.below(8) {
                0..4 => pair.update(&key, &rng.bytes(24), rng.pick(&[0, 1, 2, 4, 5, 6, 7, 8])),
                4..6 => pair.lookup(&key, rng.pick(&[0, 4, 4, 1])),
                6 => pair.delete(&key),
                _ if shape.map_type == MapType::Hash => {
                    pair.lookup_and_delete(&key, rng.pick(&[0, 4]))
                }
                _ => pair.lookup_and_delete(&key, 0),
            }
        }
        pair.freeze();
    }
}

/// `r0 = 0; exit`
const RETURN_0: [u64; 2] = [0x0000_0000_0000_00b7, 0x0000_0000_0000_0095];
const SOCKET_FILTER: u32 = 1;
const SCHED_CLS: u32 = 3;

#[test]
fn prog_array() {
    if !kernel::answers() {
        return;
    }
    let mut pair = Pair::new(attr(MapType::ProgArray, 4, 4, 4));
    let kernel_progs: Vec<(OwnedFd, ProgType)> = [
        (SOCKET_FILTER, ProgType::SocketFilter),
        (SOCKET_FILTER, ProgType::SocketFilter),
        (SCHED_CLS, ProgType::SchedCls),
    ]
    .into_iter()
    .map(|(raw, prog_type)| (kernel::prog_load(raw, &RETURN_0).unwrap(), prog_type))
    .collect();
    let other_map = kernel::create(&attr(MapType::Array, 4, 4, 1), None).unwrap();
    for (fd, prog_type) in &kernel_progs {
        let prog = Prog {
            id: kernel::id(fd, "prog_id"),
            prog_type: *prog_type,
        };
        pair.fds.progs.push((fd.as_raw_fd() as u32, Arc::new(prog)));
    }
    let inner = Inner {
        id: 1,
        map: make(MapType::Array, 4, 4, 1),
    };
    pair.fds
        .maps
        .push((other_map.as_raw_fd() as u32, Arc::new(inner)));
    let mut candidates: Vec<u32> = kernel_progs
        .iter()
        .map(|(fd, _)| fd.as_raw_fd() as u32)
        .collect();
    candidates.extend([other_map.as_raw_fd() as u32, 100_000]);
    random_slots(&pair, &candidates, 3);
    pair.freeze();
    pair.freeze();
    random_slots(&pair, &candidates, 4);
}

#[test]
fn array_of_maps() {
    if !kernel::answers() {
        return;
    }
    let template = attr(MapType::Array, 4, 8, 4);
    let shapes = [
        template,
        template,
        attr(MapType::Array, 4, 8, 5),
        attr(MapType::Array, 4, 4, 4),
        attr(MapType::Hash, 4, 8, 4),
        with_flags(template, 8),
        with_flags(template, 128),
        with_flags(template, 4096),
        with_flags(attr(MapType::Array, 4, 8, 9), 4096),
        with_flags(attr(MapType::Hash, 4, 8, 9), 1),
    ];
    for (seed, template) in shapes.into_iter().enumerate() {
        let template_fd = kernel::create(&template, None).unwrap();
        let template_map = create(template, kernel_env()).unwrap();
        let outer = attr(MapType::ArrayOfMaps, 4, 4, 3);
        let fd = kernel::create(&outer, Some(&template_fd)).unwrap();
        let mut env = kernel_env();
        env.inner = Some(InnerTemplate::of(&*template_map).unwrap());
        let mut pair = Pair {
            fd,
            map: create(outer, env).unwrap(),
            fds: Fds::default(),
        };
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
        let mut candidates: Vec<u32> = inner.iter().map(|fd| fd.as_raw_fd() as u32).collect();
        candidates.push(100_000);
        pair.memlock();
        random_slots(&pair, &candidates, 5 + seed as u64);
    }
    // Templates that Linux refuses.
    for template in [
        attr(MapType::ProgArray, 4, 4, 1),
        attr(MapType::Ringbuf, 0, 0, 4096),
    ] {
        let fd = kernel::create(&template, None).unwrap();
        let theirs = answer(kernel::create(
            &attr(MapType::ArrayOfMaps, 4, 4, 1),
            Some(&fd),
        ));
        let map = create(template, kernel_env()).unwrap();
        assert_eq!(
            errno(InnerTemplate::of(&*map)),
            theirs,
            "template {template:?}"
        );
    }
}

/// Random operations on a map whose values are fds.
fn random_slots(pair: &Pair, fds: &[u32], seed: u64) {
    let mut rng = Rng(seed);
    // Each write to an outer map waits for a grace period in the kernel: not too many.
    for _ in 0..120 {
        let key = (rng.below(6) as u32).to_ne_bytes();
        match rng.below(8) {
            0..3 => pair.update(
                &key,
                &rng.pick(fds).to_ne_bytes(),
                rng.pick(&[0, 0, 0, 0, 1, 2, 4]),
            ),
            3 => pair.delete(&key),
            4..6 => pair.lookup(&key, rng.pick(&[0, 0, 4])),
            6 => pair.next_key(Some(&key)),
            _ => pair.lookup_and_delete(&key, 0),
        }
    }
}

#[test]
fn ringbuf_system_calls() {
    if !kernel::answers() {
        return;
    }
    let pair = Pair::new(attr(MapType::Ringbuf, 0, 0, 4096));
    pair.memlock();
    pair.lookup(&[], 0);
    pair.update(&[], &[], 0);
    pair.delete(&[]);
    pair.next_key(None);
    pair.lookup_and_delete(&[], 0);
    pair.freeze();
    pair.freeze();
}

const RING_SIZE: usize = 8192;

/// What a generated program does with the ring.
#[derive(Clone, Copy, Debug)]
enum RingOp {
    Output { size: u32, flags: u32 },
    Reserve { size: u32, discard: bool },
    Query { what: u32 },
}

impl RingOp {
    /// The program: 32-byte pattern on the stack, one helper call, its result returned.
    fn program(self, ring: &OwnedFd) -> Vec<u64> {
        let insn = |code: u64, dst: u64, src: u64, off: i16, imm: u32| {
            code | dst << 8 | src << 12 | u64::from(off as u16) << 16 | u64::from(imm) << 32
        };
        let map_fd = [insn(0x18, 1, 1, 0, ring.as_raw_fd() as u32), 0];
        let mut code = Vec::new();
        match self {
            Self::Output { size, flags } => {
                for slot in 0..8 {
                    code.push(insn(0x7a, 10, 0, -64 + slot * 8, 0x0101_0101));
                }
                code.extend(map_fd);
                code.push(insn(0xbf, 2, 10, 0, 0));
                code.push(insn(0x07, 2, 0, 0, -64_i32 as u32));
                code.push(insn(0xb7, 3, 0, 0, size));
                code.push(insn(0xb7, 4, 0, 0, flags));
                code.push(insn(0x85, 0, 0, 0, 130));
            }
            Self::Reserve { size, discard } => {
                code.extend(map_fd);
                code.push(insn(0xb7, 2, 0, 0, size));
                code.push(insn(0xb7, 3, 0, 0, 0));
                code.push(insn(0x85, 0, 0, 0, 131));
                code.push(insn(0x55, 0, 0, 2, 0));
                code.push(insn(0xb7, 0, 0, 0, 0));
                code.push(insn(0x95, 0, 0, 0, 0));
                // Linux refuses stores past the record: records here have at least 4 bytes.
                code.push(insn(0x62, 0, 0, 0, 0x0202_0202));
                code.push(insn(0xbf, 1, 0, 0, 0));
                code.push(insn(0xb7, 2, 0, 0, 0));
                code.push(insn(0x85, 0, 0, 0, if discard { 133 } else { 132 }));
                code.push(insn(0xb7, 0, 0, 0, 1));
            }
            Self::Query { what } => {
                code.extend(map_fd);
                code.push(insn(0xb7, 2, 0, 0, what));
                code.push(insn(0x85, 0, 0, 0, 134));
            }
        }
        code.push(insn(0x95, 0, 0, 0, 0));
        code
    }

    /// The same on our ring.
    fn run(self, ring: &skep_maps::ringbuf::RingBuf) -> u32 {
        use skep_maps::ringbuf::Commit;
        match self {
            Self::Output { size, flags } => {
                let mut stack = Vec::new();
                (0..8).for_each(|_| stack.extend(0x0101_0101_u64.to_ne_bytes()));
                let data = support::world::Live::new(&stack[..size as usize]);
                match ring.output(data.bytes(), u64::from(flags)) {
                    Ok(()) => 0,
                    Err(errno) => -i32::from(errno.0) as u32,
                }
            }
            Self::Reserve { size, discard } => {
                let data = ring.reserve(u64::from(size));
                if data.is_null() {
                    return 0;
                }
                let (record, _) = skep_memory::SpanSource::bytes_at(ring, data).unwrap();
                assert_eq!((record.start(), record.len()), (data, size as usize));
                record.write_u32(0, 0x0202_0202).unwrap();
                ring.commit(
                    data,
                    if discard {
                        Commit::Discard
                    } else {
                        Commit::Submit
                    },
                    0,
                );
                1
            }
            Self::Query { what } => ring.query(u64::from(what)) as u32,
        }
    }
}

#[test]
fn ringbuf_programs() {
    if !kernel::answers() {
        return;
    }
    let attr = attr(MapType::Ringbuf, 0, 0, RING_SIZE as u32);
    let fd = kernel::create(&attr, None).unwrap();
    let theirs = kernel::Ring::map(&fd, RING_SIZE);
    let map = create(attr, kernel_env()).unwrap();
    let ours = map.as_ringbuf().unwrap();
    let mut ops = Vec::new();
    ops.extend([1, 7, 8, 33, 64].map(|size| RingOp::Output { size, flags: 0 }));
    ops.extend([1, 2, 3, 4].map(|flags| RingOp::Output { size: 16, flags }));
    for size in [4, 8, 100, 1000, 3000, 8176, 8180, 8184, 8188, 100_000] {
        ops.extend([false, true].map(|discard| RingOp::Reserve { size, discard }));
    }
    ops.extend([0, 1, 2, 3, 4].map(|what| RingOp::Query { what }));
    let progs: Vec<_> = ops
        .iter()
        .map(|op| {
            (
                *op,
                kernel::prog_load(SOCKET_FILTER, &op.program(&fd)).expect("the program loads"),
            )
        })
        .collect();
    let mut rng = Rng(9);
    let mut seen = BTreeMap::new();
    for step in 0..2000 {
        let (op, prog) = &progs[rng.below(progs.len() as u64) as usize];
        let result = op.run(ours);
        assert_eq!(result, kernel::run(prog).unwrap(), "step {step}: {op:?}");
        *seen.entry(result).or_insert(0) += 1;
        let produced = ours.query(3);
        assert_eq!(
            produced,
            theirs.producer(),
            "step {step}: producer after {op:?}"
        );
        if rng.below(6) == 0 {
            // Compare the ready bytes, then consume them.
            let start = ours.query(2);
            let (offset, len) = (start as usize % RING_SIZE, (produced - start) as usize);
            let mut bytes = vec![0; len];
            ours.memory().copy_out(start, &mut bytes).unwrap();
            compare_records(&bytes, &theirs.data(offset, len));
            let count = ours.records().count();
            assert!(count <= len);
            assert_eq!(ours.query(2), produced);
            theirs.set_consumer(produced);
        }
    }
    println!("ringbuf: 2000 program runs compared, results {seen:?}");
}

/// Headers and record bytes must agree; what lies between records is left over from before.
fn compare_records(ours: &[u8], theirs: &[u8]) {
    let mut at = 0;
    while at < ours.len() {
        assert_eq!(ours[at..at + 8], theirs[at..at + 8], "header at {at}");
        let len = u32::from_ne_bytes(ours[at..at + 4].try_into().unwrap()) & !(3 << 30);
        let known = len.min(if len == 4 || len > 64 { 4 } else { len }) as usize;
        // Reserved records have four known bytes, the rest is what was there.
        let written = if ours[at + 8] == 2 {
            4.min(known)
        } else {
            known
        };
        assert_eq!(
            ours[at + 8..at + 8 + written],
            theirs[at + 8..at + 8 + written],
            "data at {at}"
        );
        at += (len as usize + 8).next_multiple_of(8);
    }
}

/// A map that exists in both worlds and is used by no test above: NoFds has no fds.
#[test]
fn fds_are_needed_for_slots() {
    let map = make(MapType::ProgArray, 4, 4, 1);
    assert_eq!(
        errno(syscall::update(&*map, &[0; 4], &[3, 0, 0, 0], 0, &NoFds)),
        libc::EBADF
    );
}
