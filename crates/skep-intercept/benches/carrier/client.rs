//! The clients: threads that make the same call over and over, and say what one cost.
//!
//! # Safety
//!
//! Pointers given to calls are to live buffers of the caller.
#![allow(unsafe_code)]

use std::sync::{Arc, Barrier};
use std::time::Instant;

const MAP_CREATE: u32 = 0;
pub(crate) const MAP_LOOKUP: u32 = 1;
const MAP_UPDATE: u32 = 2;
const MAP_FD_BY_ID: u32 = 14;
const HASH: u32 = 1;

/// What is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// MAP_LOOKUP_ELEM in a hash of 4-byte keys and 8-byte values.
    Lookup,
    /// MAP_GET_FD_BY_ID and close.
    FdById,
    /// MAP_CREATE and close.
    Create,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Lookup, Self::FdById, Self::Create];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Lookup => "lookup",
            Self::FdById => "fd-by-id",
            Self::Create => "create",
        }
    }

    pub(crate) fn of(name: &str) -> Self {
        let kind = Self::ALL.into_iter().find(|kind| kind.name() == name);
        kind.expect("a kind of call")
    }

    /// Bytes of the attr.
    pub(crate) fn attr_bytes(self) -> usize {
        match self {
            Self::Lookup => 32,
            Self::FdById => 16,
            Self::Create => 72,
        }
    }
}

fn bpf(cmd: u32, attr: &mut [u32]) -> i64 {
    let size = size_of_val(attr);
    // SAFETY: see the header.
    unsafe { libc::syscall(libc::SYS_bpf, cmd, attr.as_mut_ptr(), size) }
}

fn words<T>(value: &mut T) -> [u32; 2] {
    let at = (&raw mut *value).expose_provenance() as u64;
    [at as u32, (at >> 32) as u32]
}

fn close(fd: i64) {
    // SAFETY: a descriptor this client was just given.
    unsafe { libc::close(fd as i32) };
}

/// Makes `calls` calls; what one cost, in nanoseconds.
fn call(kind: Kind, calls: u32) -> f64 {
    let mut create = [0u32; 18];
    create[..4].copy_from_slice(&[HASH, 4, 8, 16]);
    let fd = bpf(MAP_CREATE, &mut create);
    let (mut key, mut value) = (1u32, 7u64);
    let ([key_low, key_high], [low, high]) = (words(&mut key), words(&mut value));
    let mut element = [fd as u32, 0, key_low, key_high, low, high, 0, 0];
    bpf(MAP_UPDATE, &mut element);
    let mut info = [0u32; 2];
    let [low, high] = words(&mut info);
    bpf(15, &mut [fd as u32, 8, low, high]);
    let mut by_id = [info[1], 0, 0, 0];

    let once = |element: &mut [u32], by_id: &mut [u32], create: &mut [u32]| match kind {
        Kind::Lookup => assert!(bpf(MAP_LOOKUP, element) >= 0),
        Kind::FdById => close(bpf(MAP_FD_BY_ID, by_id)),
        Kind::Create => close(bpf(MAP_CREATE, create)),
    };
    for _ in 0..calls / 10 {
        once(&mut element, &mut by_id, &mut create);
    }
    let start = Instant::now();
    for _ in 0..calls {
        once(&mut element, &mut by_id, &mut create);
    }
    start.elapsed().as_nanos() as f64 / f64::from(calls)
}

/// A client of `threads` threads; prints what a call cost each of them.
pub(crate) fn run(kind: Kind, threads: usize, calls: u32) {
    let ready = Arc::new(Barrier::new(threads));
    let start = |_| {
        let ready = Arc::clone(&ready);
        std::thread::spawn(move || {
            ready.wait();
            call(kind, calls)
        })
    };
    let started: Vec<_> = (0..threads).map(start).collect();
    let costs = started
        .into_iter()
        .map(|thread| thread.join().expect("a client thread"));
    println!("{}", costs.sum::<f64>() / threads as f64);
}
