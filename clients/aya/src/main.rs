//! A client on aya: its own loader and relocations, its ring buffer on mmap, with an epoll beside it.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::path::Path;
use std::sync::atomic::Ordering;

use anyhow::{Context, Result, ensure};
use aya::Ebpf;
use aya::maps::{Array, HashMap, Map, MapData, RingBuf};
use aya::programs::{ProgramInfo, TestRun as _, TestRunOptions, Xdp};
use client_common::{Arguments, Consumer, Ledger, PER_RUN, bursts};

/// Keys of the hash that only this client uses.
const KEYS: u32 = 200;
/// XDP_PASS.
const PASS: u32 = 2;
/// BPF_NOEXIST.
const NO_EXIST: u64 = 1;

fn main() -> Result<()> {
    let arguments = Arguments::parse()?;
    let mut object = Ebpf::load_file(&arguments.object)?;
    elements(&mut object)?;
    program(&mut object)?.load()?;
    pins(&mut object, &arguments.pins)?;
    ring(&mut object, arguments.events)?;
    println!("aya: ok");
    Ok(())
}

fn program(object: &mut Ebpf) -> Result<&mut Xdp> {
    Ok(object.program_mut("emit").context("no emit")?.try_into()?)
}

/// Update, look-up, iteration, delete.
fn elements(object: &mut Ebpf) -> Result<()> {
    let runs = object.map_mut("runs").context("no runs")?;
    let mut runs: HashMap<_, u32, u64> = HashMap::try_from(runs)?;
    for key in 0..KEYS {
        runs.insert(key, u64::from(key) * 3, NO_EXIST)?;
    }
    ensure!(runs.insert(0, 0, NO_EXIST).is_err(), "a key was made twice");
    let found = runs.iter().collect::<Result<BTreeMap<_, _>, _>>()?;
    ensure!(found.len() == KEYS as usize, "{} keys", found.len());
    for (key, value) in found {
        ensure!(value == u64::from(key) * 3, "{key}: {value}");
    }
    for key in 0..KEYS {
        runs.remove(&key)?;
    }
    ensure!(
        runs.get(&0, 0).is_err() && runs.keys().next().is_none(),
        "keys are left"
    );
    Ok(())
}

/// Pins a map and the program, opens them again by path, and removes the pins.
fn pins(object: &mut Ebpf, directory: &Path) -> Result<()> {
    let (map_path, prog_path) = (directory.join("aya_state"), directory.join("aya_emit"));
    let state = object.map_mut("state").context("no state")?;
    let mut state: Array<_, u64> = Array::try_from(state)?;
    state.set(0, 7, 0)?;
    state.pin(&map_path)?;
    let mut reopened: Array<_, u64> = Map::Array(MapData::from_pin(&map_path)?).try_into()?;
    ensure!(reopened.get(&0, 0)? == 7, "the pin is of another map");
    reopened.set(0, 0, 0)?;
    std::fs::remove_file(&map_path)?;
    ensure!(
        MapData::from_pin(&map_path).is_err(),
        "the pin is still there"
    );

    let emit = program(object)?;
    emit.pin(&prog_path)?;
    let info = ProgramInfo::from_pin(&prog_path)?;
    ensure!(
        info.name_as_str() == Some("emit"),
        "the pin is of another program"
    );
    std::fs::remove_file(&prog_path)?;
    Ok(())
}

/// Events by test runs, consumed through aya's ring buffer by a thread that sleeps in epoll_wait.
fn ring(object: &mut Ebpf, events: u64) -> Result<()> {
    let consumer = Consumer::default();
    let ring = RingBuf::try_from(object.take_map("events").context("no events")?)?;
    let emit = program(object)?;
    std::thread::scope(|scope| {
        let reading = scope.spawn(|| read(ring, events, &consumer));
        let packet = [0; 64];
        let made = bursts(&consumer, events, |repeat| {
            let mut options = TestRunOptions::new();
            options.data_in = Some(&packet);
            options.repeat = repeat;
            ensure!(
                emit.test_run(options)?.return_value == PASS,
                "the program failed"
            );
            Ok(())
        });
        consumer.done.store(true, Ordering::Release);
        let read = reading.join().expect("the consumer does not panic");
        made.and(read)
    })?;
    let state: Array<_, u64> = Array::try_from(object.map("state").context("no state")?)?;
    ensure!(state.get(&1, 0)? == 0, "the program found the ring full");
    let runs: HashMap<_, u32, u64> = HashMap::try_from(object.map("runs").context("no runs")?)?;
    let counted = runs.get(&64, 0)?;
    ensure!(counted == events.div_ceil(PER_RUN), "{counted} runs");
    Ok(())
}

fn read(mut ring: RingBuf<MapData>, events: u64, consumer: &Consumer) -> Result<()> {
    let mut ledger = Ledger::new(events);
    let epoll = Epoll::of(ring.as_raw_fd())?;
    consumer.register();
    while !consumer.done.load(Ordering::Acquire) {
        epoll.wait(1000)?;
        while let Some(event) = ring.next() {
            ledger.enter(&event);
        }
        consumer.woken(ledger.received());
    }
    ledger.check()
}

/// An epoll on one descriptor.
struct Epoll(OwnedFd);

impl Epoll {
    fn of(fd: i32) -> io::Result<Self> {
        // SAFETY: epoll_create1(2) takes no pointer.
        let epoll = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
        if epoll < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: ours, just made.
        let epoll = unsafe { OwnedFd::from_raw_fd(epoll) };
        let mut event = libc::epoll_event {
            events: libc::EPOLLIN as u32,
            u64: 0,
        };
        // SAFETY: the event lives across the call.
        let added =
            unsafe { libc::epoll_ctl(epoll.as_raw_fd(), libc::EPOLL_CTL_ADD, fd, &mut event) };
        if added < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(Self(epoll))
    }

    fn wait(&self, milliseconds: i32) -> io::Result<()> {
        let mut event = libc::epoll_event { events: 0, u64: 0 };
        // SAFETY: room for one event.
        let ready = unsafe { libc::epoll_wait(self.0.as_raw_fd(), &mut event, 1, milliseconds) };
        let error = io::Error::last_os_error();
        if ready < 0 && error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
        Ok(())
    }
}
