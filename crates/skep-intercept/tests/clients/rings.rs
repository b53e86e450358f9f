//! Clients with ring buffers: mapped, waited for, and read as libraries do it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::programs::{self, call, filter, insn, load_map, mov, output, run_filter};
use super::scripts::supervisor_files;
use super::system::{
    bpf, close, cpu_time, dup, epoll, epoll_ctl, epoll_wait, in_a_child, map_shared, mapped_u32,
    mapped_u64, poll,
};

const MAP_CREATE: u32 = 0;
const MAP_FREEZE: u32 = 22;
const ARRAY: u32 = 2;
const HASH: u32 = 1;
const RINGBUF: u32 = 27;
const USER_RINGBUF: u32 = 31;

const PAGE: usize = 4096;
const READ: i32 = libc::PROT_READ;
const WRITE: i32 = libc::PROT_WRITE;
const ADD: i32 = libc::EPOLL_CTL_ADD;
const MOD: i32 = libc::EPOLL_CTL_MOD;
const DEL: i32 = libc::EPOLL_CTL_DEL;
const IN: i32 = libc::EPOLLIN;
const NO_WAKEUP: i32 = 1;
const FORCE_WAKEUP: i32 = 2;

const BUSY: u32 = 1 << 31;
const DISCARD: u32 = 1 << 30;

fn ring_map(map_type: u32, size: usize) -> i32 {
    bpf(MAP_CREATE, &mut [map_type, 0, 0, size as u32, 0]).unwrap()
}

fn counter() -> i32 {
    bpf(MAP_CREATE, &mut [ARRAY, 4, 8, 1, 0]).unwrap()
}

/// A ring buffer's consumer, which reads as libbpf does.
struct Consumer {
    fd: i32,
    position: usize,
    producer: usize,
    size: usize,
}

impl Consumer {
    fn new(size: usize) -> Self {
        let fd = ring_map(RINGBUF, size);
        Self {
            fd,
            position: map_shared(fd, 0, PAGE, READ | WRITE).unwrap(),
            producer: map_shared(fd, PAGE as i64, PAGE + 2 * size, READ).unwrap(),
            size,
        }
    }

    /// Hands over records, at most so many, and gives their room back; how many there were.
    fn consume(&self, most: usize, mut record: impl FnMut([u64; 2])) -> usize {
        let mut position = mapped_u64(self.position).load(Ordering::Acquire);
        let mut count = 0;
        while count < most && position < mapped_u64(self.producer).load(Ordering::Acquire) {
            let at = self.producer + PAGE + (position as usize & (self.size - 1));
            let header = mapped_u32(at).load(Ordering::Acquire);
            if header & BUSY != 0 {
                break;
            }
            if header & DISCARD == 0 {
                record([8, 16].map(|part| mapped_u64(at + part).load(Ordering::Relaxed)));
                count += 1;
            }
            position += u64::from(header & !DISCARD).next_multiple_of(8) + 8;
            mapped_u64(self.position).store(position, Ordering::SeqCst);
        }
        count
    }
}

pub(crate) fn mapped() {
    const SIZE: usize = 2 * PAGE;
    let page = PAGE as i64;
    let map = |fd, offset, len, protection| map_shared(fd, offset, len, protection).map(drop);
    let ring = ring_map(RINGBUF, SIZE);
    assert_eq!(map(ring, 0, PAGE, READ | WRITE), Ok(()));
    assert_eq!(map(ring, 0, 2 * PAGE, READ | WRITE), Err(libc::EPERM));
    assert_eq!(map(ring, page, PAGE, READ | WRITE), Err(libc::EPERM));
    assert_eq!(map(ring, page, PAGE + 2 * SIZE, READ), Ok(()));
    assert_eq!(map(ring, 0, 2 * PAGE + 2 * SIZE, READ), Ok(()));
    assert_eq!(
        map(ring, page, 2 * PAGE + 2 * SIZE, READ),
        Err(libc::EINVAL)
    );
    let freeze = |fd| bpf(MAP_FREEZE, &mut [fd as u32]);
    assert_eq!(freeze(ring), Err(libc::EBUSY), "it is mapped writably");
    let ring = ring_map(RINGBUF, SIZE);
    freeze(ring).unwrap();
    assert_eq!(map(ring, 0, PAGE, READ | WRITE), Err(libc::EPERM));

    let user = ring_map(USER_RINGBUF, SIZE);
    assert_eq!(map(user, 0, PAGE, READ | WRITE), Err(libc::EPERM));
    assert_eq!(map(user, 0, PAGE, READ), Ok(()));
    assert_eq!(map(user, page, PAGE + 2 * SIZE, READ | WRITE), Ok(()));

    let hash = bpf(MAP_CREATE, &mut [HASH, 4, 4, 4, 0]).unwrap();
    assert_eq!(map(hash, 0, PAGE, READ), Err(524));
    let prog = filter(vec![mov(0, 0), programs::EXIT]);
    assert_eq!(map(prog, 0, PAGE, READ), Err(libc::ENODEV));
}

pub(crate) fn level() {
    let ring = Consumer::new(PAGE);
    let epoll = epoll();
    let event = Some((IN as u32, 0x0123_4567_89ab_cdef));
    let add = |events| epoll_ctl(epoll, ADD, ring.fd, events, 0x0123_4567_89ab_cdef);
    assert_eq!(add(IN), Ok(()));
    assert_eq!(add(IN), Err(libc::EEXIST));
    assert_eq!(epoll_ctl(epoll, 9, ring.fd, IN, 0), Err(libc::EINVAL));
    assert!(epoll_ctl(0, ADD, ring.fd, IN, 0).is_err());

    let counter = counter();
    let [plain, quiet, loud] =
        [0, NO_WAKEUP, FORCE_WAKEUP].map(|flags| filter(output(ring.fd, counter, 0, flags)));
    assert_eq!(epoll_wait(epoll, 0), None, "no data");
    run_filter(plain, 1);
    assert_eq!(epoll_wait(epoll, 0), event, "a record");
    assert_eq!(epoll_wait(epoll, 0), event, "not consumed");
    run_filter(plain, 1);
    assert_eq!(ring.consume(1, |_| {}), 1);
    assert_eq!(epoll_wait(epoll, 0), event, "one of two consumed");
    assert_eq!(ring.consume(9, |_| {}), 1);
    assert_eq!(epoll_wait(epoll, 20), None, "all consumed");

    // Nobody is told of these until somebody asks for it.
    run_filter(quiet, 1);
    assert_eq!(epoll_wait(epoll, 20), None, "a quiet record");
    run_filter(plain, 1);
    assert_eq!(
        epoll_wait(epoll, 20),
        None,
        "the consumer has not caught up"
    );
    run_filter(loud, 1);
    assert_eq!(epoll_wait(epoll, 0), event, "a loud record");
    assert_eq!(ring.consume(9, |_| {}), 3);

    std::thread::scope(|scope| {
        scope.spawn(|| {
            sleep(Duration::from_millis(50));
            run_filter(plain, 1);
        });
        let begin = Instant::now();
        assert_eq!(epoll_wait(epoll, 5000), event, "woken");
        assert!(begin.elapsed() >= Duration::from_millis(40));
    });
    let copy = dup(epoll);
    assert_eq!(epoll_wait(copy, 0), event, "a copy of the epoll");
    assert!(in_a_child(|| epoll_wait(copy, 0) == event), "in a child");
    assert_eq!(epoll_ctl(copy, MOD, ring.fd, IN, 7), Ok(()));
    assert_eq!(epoll_wait(epoll, 0), Some((IN as u32, 7)), "changed");
    assert_eq!(
        epoll_ctl(epoll, MOD, ring.fd, IN | libc::EPOLLET, 8),
        Ok(())
    );
    assert_eq!(epoll_wait(epoll, 0), Some((IN as u32, 8)), "an edge");
    assert_eq!(epoll_wait(epoll, 20), None, "once");
    run_filter(loud, 1);
    assert_eq!(epoll_wait(epoll, 0), Some((IN as u32, 8)), "another edge");
    assert_eq!(epoll_wait(epoll, 0), None, "once again");
    assert_eq!(epoll_ctl(epoll, DEL, ring.fd, 0, 0), Ok(()));
    assert_eq!(epoll_ctl(epoll, DEL, ring.fd, 0, 0), Err(libc::ENOENT));
    run_filter(loud, 1);
    assert_eq!(epoll_wait(epoll, 20), None, "deleted");
    assert_eq!(add(IN), Ok(()));
    assert_eq!(epoll_wait(epoll, 0), event, "added with records in it");
}

pub(crate) fn polled() {
    let ring = Consumer::new(PAGE);
    let prog = filter(output(ring.fd, counter(), 0, 0));
    let begin = Instant::now();
    assert_eq!(poll(ring.fd, libc::POLLIN, 60), (0, 0));
    assert!(begin.elapsed() >= Duration::from_millis(60));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            sleep(Duration::from_millis(30));
            run_filter(prog, 1);
        });
        assert_eq!(poll(ring.fd, libc::POLLIN, -1), (1, libc::POLLIN));
    });
    assert_eq!(poll(ring.fd, libc::POLLIN, 0), (1, libc::POLLIN));
    ring.consume(9, |_| {});
    assert_eq!(poll(ring.fd, libc::POLLIN, 0), (0, 0));

    let user = ring_map(USER_RINGBUF, PAGE);
    assert_eq!(
        poll(user, libc::POLLIN | libc::POLLOUT, 0),
        (1, libc::POLLOUT)
    );
}

/// Three producers, and a consumer that sleeps between their bursts.
pub(crate) fn million() {
    const PRODUCERS: usize = 3;
    const BURST: u32 = 2500;
    const BURSTS: u64 = 134;
    // A ring that the bursts of all do not fill, but that wraps with records of 24 bytes across its end.
    let ring = Consumer::new(1 << 18);
    let epoll = epoll();
    epoll_ctl(epoll, ADD, ring.fd, IN, 0).unwrap();
    let progs = [0, 1, 2].map(|producer| filter(output(ring.fd, counter(), producer, 0)));
    let (total, seen) = (
        PRODUCERS as u64 * u64::from(BURST) * BURSTS,
        AtomicU64::new(0),
    );
    let produce = |prog| {
        for burst in 1..=BURSTS {
            assert_eq!(run_filter(prog, BURST), 0, "a record did not fit");
            // Until the consumer has seen as much as one burst of each.
            while seen.load(Ordering::Relaxed) < PRODUCERS as u64 * u64::from(BURST) * burst {
                sleep(Duration::from_micros(200));
            }
            sleep(Duration::from_millis(1));
        }
    };
    let (mut next, mut waits) = ([0_u64; PRODUCERS], 0_u64);
    let (begin, busy) = (Instant::now(), cpu_time());
    std::thread::scope(|scope| {
        for prog in progs {
            scope.spawn(move || produce(prog));
        }
        while seen.load(Ordering::Relaxed) < total {
            waits += 1;
            assert!(
                epoll_wait(epoll, 10_000).is_some(),
                "{seen:?} of {total}, then nothing"
            );
            let count = ring.consume(usize::MAX, |[number, producer]| {
                let next = &mut next[producer as usize];
                assert_eq!(number, *next, "producer {producer}");
                *next += 1;
            });
            seen.fetch_add(count as u64, Ordering::Relaxed);
        }
    });
    assert_eq!(epoll_wait(epoll, 20), None, "all consumed");
    assert_eq!(next, [u64::from(BURST) * BURSTS; PRODUCERS]);
    let asleep = begin.elapsed().saturating_sub(cpu_time() - busy);
    println!("{total} records, {waits} waits, asleep for {asleep:?}");
    // The producers rest for a millisecond after each burst.
    assert!(asleep >= Duration::from_millis(BURSTS));
}

/// Samples from a client to a program, around a ring they do not fill evenly.
pub(crate) fn user_ring() {
    const SIZE: usize = PAGE;
    const SAMPLE: u64 = 24;
    const ALL: u64 = 100_000;
    let ring = ring_map(USER_RINGBUF, SIZE);
    let consumer = map_shared(ring, 0, PAGE, READ).unwrap();
    let producer = map_shared(ring, PAGE as i64, PAGE + 2 * SIZE, READ | WRITE).unwrap();
    let sums = bpf(MAP_CREATE, &mut [ARRAY, 4, 16, 1, 1 << 10]).unwrap();
    let sums_at = map_shared(sums, 0, PAGE, READ).unwrap();

    // Counts the samples and adds up their first words.
    let mut drain = Vec::new();
    drain.extend(load_map(1, 1, ring));
    drain.extend([insn(0x18, 2, 4, 0, 5), 0]);
    drain.extend([mov(3, 0), mov(4, 0), call(209), programs::EXIT]);
    // The callback: r1 is a dynptr.
    drain.extend([
        insn(0xbf, 3, 1, 0, 0),
        insn(0xbf, 1, 10, 0, 0),
        insn(0x07, 1, 0, 0, -24),
        mov(2, 24),
        mov(4, 0),
        mov(5, 0),
        call(201),
    ]);
    drain.extend(load_map(1, 2, sums));
    drain.extend([
        mov(2, 1),
        insn(0xdb, 1, 2, 0, 0),
        insn(0x79, 2, 10, -24, 0),
        insn(0xdb, 1, 2, 8, 0),
        mov(0, 0),
        programs::EXIT,
    ]);
    let prog = programs::syscall(drain, 8);

    let epoll = epoll();
    epoll_ctl(epoll, ADD, ring, libc::EPOLLOUT, 3).unwrap();
    let out = Some((libc::EPOLLOUT as u32, 3));
    assert_eq!(epoll_wait(epoll, 0), out, "room in an empty ring");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                sleep(Duration::from_micros(500));
                assert!((programs::run_syscall(prog) as i32) >= 0);
            }
        });
        let mut position = 0;
        for number in 1..=ALL {
            // One sample more would fill it to the last byte or beyond.
            while position + SAMPLE + 8 - mapped_u64(consumer).load(Ordering::Acquire)
                >= SIZE as u64
            {
                sleep(Duration::from_micros(100));
            }
            let data = producer + PAGE;
            let mask = SIZE as u64 - 1;
            let at = |position: u64| data + (position & mask) as usize;
            mapped_u32(at(position)).store(SAMPLE as u32 | BUSY, Ordering::Relaxed);
            mapped_u64(producer).store(position + SAMPLE + 8, Ordering::Release);
            let sample = at(position + 8);
            for (word, value) in [number, !number, number].into_iter().enumerate() {
                mapped_u64(sample + 8 * word).store(value, Ordering::Relaxed);
            }
            mapped_u32(at(position)).store(SAMPLE as u32, Ordering::Release);
            position += SAMPLE + 8;
        }
        while mapped_u64(consumer).load(Ordering::Acquire) != position {
            sleep(Duration::from_millis(1));
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(mapped_u64(sums_at).load(Ordering::SeqCst), ALL);
    let sum = mapped_u64(sums_at + 8).load(Ordering::SeqCst);
    assert_eq!(sum, ALL * (ALL + 1) / 2);

    // A full ring is not writable until it is drained.
    let position = mapped_u64(producer).load(Ordering::Relaxed);
    let at = producer + PAGE + (position as usize & (SIZE - 1));
    mapped_u32(at).store(SIZE as u32 - 8, Ordering::Relaxed);
    mapped_u64(producer).store(position + SIZE as u64, Ordering::Release);
    assert_eq!(epoll_wait(epoll, 20), None, "full");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            sleep(Duration::from_millis(30));
            assert_eq!(programs::run_syscall(prog), 1);
        });
        assert_eq!(epoll_wait(epoll, 5000), out, "drained");
    });
    // Positions that are no sample's.
    mapped_u64(producer).store(position + SIZE as u64 + 4, Ordering::Release);
    assert_eq!(programs::run_syscall(prog) as i32, -libc::EINVAL);
}

pub(crate) fn many_epolls() {
    let kept = epoll();
    let before = supervisor_files();
    for _ in 0..1000 {
        close(epoll());
    }
    assert!(supervisor_files() < before + 100);
    let ring = Consumer::new(PAGE);
    assert_eq!(epoll_ctl(kept, ADD, ring.fd, IN, 1), Ok(()));
}
