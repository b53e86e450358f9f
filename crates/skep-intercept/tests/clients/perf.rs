//! Clients with perf buffers, read as libbpf does it.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::sleep;
use std::time::Duration;

use super::programs::{self, call, filter, insn, load_map, mov, run_filter};
use super::system::{
    bpf, close, dup, epoll, epoll_ctl, epoll_wait, map_shared, mapped_u32, mapped_u64,
    perf_event_open, perf_ioctl, poll, words,
};

const MAP_CREATE: u32 = 0;
const MAP_UPDATE: u32 = 2;
const ARRAY: u32 = 2;
const PERF_EVENT_ARRAY: u32 = 4;
const SOFTWARE: u32 = 1;
const BPF_OUTPUT: u32 = 10;
const ENABLE: u64 = 0x2400;
const DISABLE: u64 = 0x2401;
const LOST: u32 = 2;
const SAMPLE: u32 = 9;

const PAGE: usize = 4096;
const RDWR: i32 = libc::PROT_READ | libc::PROT_WRITE;
/// Header, length, 16 bytes of the program, 8 of the packet, made a multiple of 8.
const RECORD: u64 = 40;

fn possible_cpus() -> usize {
    let text = std::fs::read_to_string("/sys/devices/system/cpu/possible").unwrap();
    let last = text.trim().rsplit(['-', ',']).next().unwrap();
    last.parse::<usize>().unwrap() + 1
}

/// The event of one CPU and its buffer.
struct Buffer {
    fd: i32,
    at: usize,
    size: usize,
}

/// What a record says.
#[derive(PartialEq, Eq, Debug)]
enum Record {
    Sample { number: u64, producer: u64 },
    Lost(u64),
}

fn open(cpu: i32) -> Result<i32, i32> {
    perf_event_open(SOFTWARE, BPF_OUTPUT, -1, cpu)
}

impl Buffer {
    fn new(cpu: i32, pages: usize) -> Self {
        let fd = open(cpu).unwrap();
        let size = pages * PAGE;
        let at = map_shared(fd, 0, PAGE + size, RDWR).unwrap();
        perf_ioctl(fd, ENABLE).unwrap();
        Self { fd, at, size }
    }

    fn word(&self, position: u64) -> u32 {
        let offset = position as usize & (self.size - 1);
        mapped_u32(self.at + PAGE + offset).load(Ordering::Relaxed)
    }

    fn long(&self, position: u64) -> u64 {
        u64::from(self.word(position)) | u64::from(self.word(position + 4)) << 32
    }

    /// All records there are.
    fn read(&self, mut record: impl FnMut(Record)) {
        let (head, tail) = (mapped_u64(self.at + 1024), mapped_u64(self.at + 1032));
        let mut position = tail.load(Ordering::Relaxed);
        while position != head.load(Ordering::Acquire) {
            let len = self.word(position + 4) >> 16;
            record(match self.word(position) {
                LOST => Record::Lost(self.long(position + 16)),
                SAMPLE => {
                    assert_eq!((u64::from(len), self.word(position + 8)), (RECORD, 28));
                    Record::Sample {
                        number: self.long(position + 12),
                        producer: self.long(position + 20),
                    }
                }
                kind => panic!("record of type {kind}"),
            });
            position += u64::from(len);
            tail.store(position, Ordering::Release);
        }
    }
}

fn set(map: i32, index: usize, fd: i32) -> Result<i32, i32> {
    let (mut key, mut value) = (index as u32, fd as u32);
    let ([a, b], [c, d]) = (words(&mut key), words(&mut value));
    bpf(MAP_UPDATE, &mut [map as u32, 0, a, b, c, d, 0, 0])
}

/// A program that numbers its runs and outputs {number, producer} and 8 bytes of its packet to this CPU's event.
fn output(events: i32, producer: i32) -> i32 {
    let counter = bpf(MAP_CREATE, &mut [ARRAY, 4, 8, 1, 0]).unwrap();
    let mut all = vec![insn(0xbf, 6, 1, 0, 0)];
    all.extend(load_map(1, 2, counter));
    all.extend([
        mov(0, 1),
        insn(0xdb, 1, 0, 0, 1),
        insn(0x7b, 10, 0, -16, 0),
        insn(0x7a, 10, 0, -8, producer),
        insn(0xbf, 1, 6, 0, 0),
    ]);
    all.extend(load_map(2, 1, events));
    // r3 = 8 << 32 | BPF_F_CURRENT_CPU
    all.extend([insn(0x18, 3, 0, 0, -1), 8 << 32]);
    all.extend([
        insn(0xbf, 4, 10, 0, 0),
        insn(0x07, 4, 0, 0, -16),
        mov(5, 16),
        call(25),
        programs::EXIT,
    ]);
    filter(all)
}

pub(crate) fn rules() {
    assert_eq!(perf_event_open(0, 0, -1, 0), Err(libc::ENOENT), "cycles");
    assert_eq!(open(-1), Err(libc::EINVAL));
    let cpus = possible_cpus();
    let events = bpf(MAP_CREATE, &mut [PERF_EVENT_ARRAY, 4, 4, cpus as u32, 0]).unwrap();
    let prog = output(events, 0);
    let run = || -(run_filter(prog, 1) as i32);
    assert_eq!(run(), libc::ENOENT);
    assert_eq!(set(events, 0, prog), Err(libc::EBADF));

    let fds: Vec<i32> = (0..cpus).map(|cpu| open(cpu as i32).unwrap()).collect();
    for (cpu, fd) in fds.iter().enumerate() {
        assert_eq!(set(events, cpu, *fd), Ok(0));
    }
    assert_eq!(set(events, cpus, fds[0]), Err(libc::E2BIG));
    // Enabled at birth, but nobody has mapped them.
    assert_eq!(run(), libc::ENOSPC);
    for fd in &fds {
        perf_ioctl(*fd, DISABLE).unwrap();
    }
    assert_eq!(run(), libc::EOPNOTSUPP);
    let map = |len| map_shared(fds[0], 0, len, RDWR).map(drop);
    assert_eq!(map(4 * PAGE), Err(libc::EINVAL), "three pages of data");
    assert_eq!(map(3 * PAGE), Ok(()));
    assert_eq!(map(5 * PAGE), Err(libc::EINVAL), "another size");
    assert_eq!(map(3 * PAGE), Ok(()));
    let name = std::fs::read_link(format!("/proc/self/fd/{}", fds[0])).unwrap();
    assert_eq!(name.to_str(), Some("anon_inode:[perf_event]"));
    close(dup(fds[0]));
}

/// Records that do not fit are counted, and the count comes before the next that fits.
pub(crate) fn lost() {
    let cpus = possible_cpus();
    let events = bpf(MAP_CREATE, &mut [PERF_EVENT_ARRAY, 4, 4, cpus as u32, 0]).unwrap();
    let buffers: Vec<Buffer> = (0..cpus).map(|cpu| Buffer::new(cpu as i32, 1)).collect();
    for (cpu, buffer) in buffers.iter().enumerate() {
        set(events, cpu, buffer.fd).unwrap();
    }
    let prog = output(events, 0);
    // More than all buffers hold.
    let runs = (cpus as u64 + 1) * (PAGE as u64 / RECORD) * 4;
    for _ in 0..runs {
        run_filter(prog, 1);
    }
    let (samples, lost) = (Cell::new(0), Cell::new(0));
    let mut count = |record| match record {
        Record::Sample { .. } => samples.set(samples.get() + 1),
        Record::Lost(count) => lost.set(lost.get() + count),
    };
    for buffer in &buffers {
        assert_ne!(poll(buffer.fd, libc::POLLIN, 0).0, -1);
        buffer.read(&mut count);
    }
    assert!(samples.get() < runs);
    // Each CPU's next record brings what its buffer lost; which CPU a run gets is not ours to say.
    let mut more = 0;
    while samples.get() + lost.get() < runs + more && more < 100_000 {
        run_filter(prog, 1);
        more += 1;
        buffers.iter().for_each(|buffer| buffer.read(&mut count));
    }
    assert!(lost.get() > 0);
    assert_eq!(samples.get() + lost.get(), runs + more);
}

/// Two producers, and a consumer that sleeps between their bursts.
pub(crate) fn million() {
    const PRODUCERS: u64 = 2;
    const BURST: u32 = 2500;
    const BURSTS: u64 = 200;
    let cpus = possible_cpus();
    let events = bpf(MAP_CREATE, &mut [PERF_EVENT_ARRAY, 4, 4, cpus as u32, 0]).unwrap();
    let epoll = epoll();
    let buffers: Vec<Buffer> = (0..cpus).map(|cpu| Buffer::new(cpu as i32, 128)).collect();
    for (cpu, buffer) in buffers.iter().enumerate() {
        set(events, cpu, buffer.fd).unwrap();
        let add = libc::EPOLL_CTL_ADD;
        epoll_ctl(epoll, add, buffer.fd, libc::EPOLLIN, cpu as u64).unwrap();
    }
    assert_eq!(epoll_wait(epoll, 0), None);
    let progs = [0, 1].map(|producer| output(events, producer));
    let (total, seen) = (PRODUCERS * u64::from(BURST) * BURSTS, AtomicU64::new(0));
    let seen = &seen;
    let produce = |prog| {
        for burst in 1..=BURSTS {
            assert_eq!(run_filter(prog, BURST), 0, "a record did not fit");
            while seen.load(Ordering::Relaxed) < PRODUCERS * u64::from(BURST) * burst {
                sleep(Duration::from_micros(200));
            }
        }
    };
    let mut numbers = [BTreeSet::new(), BTreeSet::new()];
    std::thread::scope(|scope| {
        for prog in progs {
            scope.spawn(move || produce(prog));
        }
        while seen.load(Ordering::Relaxed) < total {
            let Some((events, cpu)) = epoll_wait(epoll, 10_000) else {
                panic!("{seen:?} of {total}, then nothing");
            };
            assert_eq!(events, libc::EPOLLIN as u32);
            buffers[cpu as usize].read(|record| match record {
                Record::Sample { number, producer } => {
                    let new = numbers[producer as usize].insert(number);
                    assert!(new, "{number} of {producer} twice");
                    seen.fetch_add(1, Ordering::Relaxed);
                }
                Record::Lost(count) => panic!("{count} lost"),
            });
        }
    });
    for numbers in numbers {
        assert_eq!(numbers.len() as u64, total / PRODUCERS);
        assert_eq!(numbers.last(), Some(&(total / PRODUCERS - 1)));
    }
}
